"""Run by Alembic: migrates on the connection that voiceact.listening.delivery.server.database opened."""

from alembic import context

from voiceact.listening.delivery.server.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
