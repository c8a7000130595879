"""Alembic's entry: runs on the connection `cloud.schema.migrate` hands over. Never imported by the office itself."""

from alembic import context

from cloud.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
