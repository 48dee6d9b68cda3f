"""A project, its lines, their takes, and what was changed."""

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None


def upgrade() -> None:
    """Create the tables in an empty database."""
    op.create_table(
        "project",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("access_key", sa.String(64), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("order_revision", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("header", sa.JSON, nullable=False),
        sa.Column("table_sha256", sa.String(64)),
        sa.Column("notes", sa.JSON, nullable=False),
    )
    op.create_table(
        "line",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("position", sa.Double, nullable=False, index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
        sa.Column("cells", sa.JSON, nullable=False),
        sa.Column("extra", sa.JSON, nullable=False),
        sa.Column("file_id", sa.Text, nullable=False, index=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("synced", sa.JSON),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("pick", sa.String(16)),
        sa.Column("checked", sa.JSON),
        sa.Column("faulty", sa.Boolean, nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("stale", sa.JSON, nullable=False),
    )
    op.create_table(
        "take",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("line_key", sa.String(16), sa.ForeignKey("line.key"), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked", sa.Double, nullable=False),
        sa.Column("made", sa.Double),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("file", sa.Text),
        sa.Column("seconds", sa.Double),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("nonce", sa.String(64), nullable=False, unique=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("client", sa.String(64), nullable=False, index=True),
        sa.Column("who", sa.String(60), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("line_key", sa.String(16), index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("undoes", sa.Integer),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("change", "take", "line", "project"):
        op.drop_table(table)
