"""The database of a listening test: its migrations, whose answers it holds, and what it refuses."""

# ruff: noqa: E402
from pathlib import Path

import pytest

for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "httpx"):
    pytest.importorskip(library, reason="voiceact[listen] is not installed")

from tiny_house import House
from tiny_listening import make_test
from tiny_migrations import check_migrations

from voiceact.errors import UsageError
from voiceact.listening.delivery.server.database import database_url, open_database
from voiceact.listening.delivery.server.service import ListeningService
from voiceact.listening.delivery.server.stored import read_stored_answers
from voiceact.listening.loading import load_test


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "test")


def test_a_database_of_another_test_is_refused(house: House, tmp_path: Path) -> None:
    other = load_test(make_test(tmp_path / "other", clips=3))
    with pytest.raises(UsageError, match=f"holds the answers of test {house.test.id}, and this is test {other.id}"):
        ListeningService(other, house.service.engine)
    with pytest.raises(UsageError, match="name another one with --database"):
        read_stored_answers(other, house.service.engine)


@pytest.mark.parametrize(
    ("asked", "words"),
    [("answers", "is no URL; expected 'sqlite' or postgresql"), ("mysql://localhost/x", "names 'mysql'; expected 'sqlite'")],
)
def test_a_database_that_cannot_be_is_told(tmp_path: Path, asked: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        database_url(tmp_path, asked)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_text("This is a letter, and no database at all. " * 100)
    with pytest.raises(UsageError, match="cannot be opened: file is not a database"):
        open_database(database_url(tmp_path, None))


def test_a_database_of_a_newer_version_is_told(house: House) -> None:
    from sqlalchemy import text

    with house.service.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999'"))
    with pytest.raises(UsageError, match="was written by a newer voiceact"):
        open_database(database_url(house.folder, None))


def test_the_tables_are_those_of_the_models(tmp_path: Path) -> None:
    check_migrations(lambda: database_url(tmp_path, None))


def test_reading_holds_nobody_up(house: House) -> None:
    from sqlalchemy import text

    from voiceact.listening.delivery.server.database import for_reading

    visitor = house.listener()
    item = visitor.begin()
    with for_reading(house.service.engine).connect() as connection:
        connection.execute(text("SELECT * FROM answer")).all()
        assert visitor.answer(item, 1).status_code == 200
