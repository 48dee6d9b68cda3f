"""Add the events, and the number of tries at the headphone check."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"


def upgrade() -> None:
    """Upgrade from the first version; listeners who passed the headphone check tried it at least once."""
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Double, nullable=False, index=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("listener_id", sa.String(32)),
        sa.Column("detail", sa.String(200), nullable=False),
    )
    op.add_column("listener", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE listener SET tries = 1 WHERE qualified IS NOT NULL")


def downgrade() -> None:
    """Downgrade to the first version."""
    op.drop_column("listener", "tries")
    op.drop_table("event")
