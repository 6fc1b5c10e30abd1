"""Alembic's environment: it migrates over the connection that it is given."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="mnemo_version")
with context.begin_transaction():
    context.run_migrations()
