"""Add the secret from which the ids that browsers see are made."""

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"


def upgrade() -> None:
    """Upgrade from the second version; the server draws the secret when it next opens the test."""
    op.add_column("served", sa.Column("secret", sa.String(64)))


def downgrade() -> None:
    """Downgrade to the second version."""
    op.drop_column("served", "secret")
