"""Run by Alembic: migrates on the connection that the database was opened with."""

from alembic import context

from voiceact.studio.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
