"""The versions of the booking engine's schema, for Alembic. Run by Database.upgrade, without an ini file.

`HEAD` is the newest version: a database that is there already starts without loading the migration tool.
"""

LOCATION = "scheduling_backends.engine:migrations"
HEAD = "0004"
