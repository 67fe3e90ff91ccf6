"""The catalogue of routes and authorisations (tjänsteadresseringskatalogen, TAK).

`model` holds the values, `snapshot` all of them as they stood at one moment, `exchange` the file formats they come in.
"""
