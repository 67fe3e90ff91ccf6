"""Who answers: the scheduling systems behind the gateway, each with adapter, rules, database and desk.

`engine/` is what they stand on: rules, tables, booking. `timebook/` is the stand-alone timebook (fristående tidbok),
`takecare/` the TakeCare-like record system, `staff/` what their pages share. `database.py` and `audit.py` serve all,
`testing.py` says what every adapter must show, also those that others write.
Elsewhere: the messages and the plug-in protocol (contracts), who may ask (gateway).
"""
