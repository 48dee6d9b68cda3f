"""Listeners, what they were given, what they answered."""

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None


def upgrade() -> None:
    """Create the tables in an empty database."""
    op.create_table("served", sa.Column("test", sa.String(64), primary_key=True))
    op.create_table(
        "listener",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("token_hash", sa.String(64), unique=True),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("qualified", sa.Boolean),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double),
        sa.Column("consented", sa.Double),
        sa.Column("ready", sa.Double),
        sa.Column("done", sa.Double),
        sa.Column("deleted", sa.Double),
    )
    op.create_table(
        "assignment",
        sa.Column("listener_id", sa.String(32), sa.ForeignKey("listener.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("item", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("stage", sa.Integer, nullable=False),
        sa.Column("given", sa.Double, nullable=False),
        sa.Column("shown", sa.Double),
        sa.UniqueConstraint("listener_id", "position", name="one_item_a_position"),
    )
    op.create_table(
        "answer",
        sa.Column("listener_id", sa.String(32), primary_key=True),
        sa.Column("item", sa.String(64), primary_key=True),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("plays", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["listener_id", "item"],
            ["assignment.listener_id", "assignment.item"],
            name="only_what_was_given",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("answer", "assignment", "listener", "served"):
        op.drop_table(table)
