"""The catalogue of routes and authorisations (tjänsteadresseringskatalogen, TAK).

What a gateway needs: `model` holds the values, `snapshot` all of them as they stood at one moment, `exchange` and
`toml_file` the files that they come in and go out as, `cache` the gateway's own copy.
What a catalogue is: `store` keeps pending changes and published versions (`entities`, `editing`, `rules`, `quality`),
`publication` is one version and `published_json` its documents; `importing`, `orders`, `changes` and `unmatched` take
in, order, compare and report.
"""
