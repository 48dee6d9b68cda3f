"""The secret from which ids that browsers see are made, one for each database."""

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"


def upgrade() -> None:
    """From the second version; the server draws the secret when it next opens the test."""
    op.add_column("served", sa.Column("secret", sa.String(64)))


def downgrade() -> None:
    """To the second version."""
    op.drop_column("served", "secret")
