"""What migrations must do, on whichever database."""

from collections.abc import Callable
from typing import Any

from voiceact.listening.delivery.server.database import open_database


def check_migrations(url: Callable[[], Any]) -> None:
    """Up from empty, from the first version with its rows, and the outcome is what the models say."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import text

    from voiceact.listening.delivery.server.models import Base

    first = open_database(url(), target="001")
    with first.begin() as connection:
        connection.execute(text("INSERT INTO listener (id, seed, qualified, created) VALUES ('old', 4294967295, true, 1.5)"))
        connection.execute(text("INSERT INTO assignment VALUES ('old', 'i1', 1, 1, 1.5, 1.6)"))
        connection.execute(text("INSERT INTO answer VALUES ('old', 'i1', 'nonce', '2', 1, 0.5, 1.7)"))
    first.dispose()
    engine = open_database(url())
    with engine.begin() as connection:
        assert connection.execute(text("SELECT id, seed, tries FROM listener")).one() == ("old", 4294967295, 1)
        assert connection.execute(text("SELECT count(*) FROM answer")).scalar() == 1
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
