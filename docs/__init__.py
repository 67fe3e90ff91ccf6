"""The documentation. Pages that the code knows better than any author are made by generate.py."""
