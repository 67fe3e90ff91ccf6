"""What Alembic runs: the versions on the connection that Database.upgrade hands over."""

from alembic import context

from eservice.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
