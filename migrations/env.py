"""Run by alembic. The connection comes from the caller, inside the caller's transaction."""

from alembic import context

from workflow.store.schema import VERSION_TABLE, complete_for_postgresql

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=complete_for_postgresql(),
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds the whole upgrade
)
context.run_migrations()
