"""The versions of the index's schema, for Alembic. Run by Database.upgrade, without an ini file.

`HEAD` is the newest version: a database that is there already starts without loading the migration tool.
"""

LOCATION = "national_services.index:migrations"
HEAD = "0001"
