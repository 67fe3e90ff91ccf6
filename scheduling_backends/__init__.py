"""Who answers: the scheduling systems behind the gateway, each with adapter, rules, database and desk.

`timebook/` is the stand-alone timebook (fristående tidbok). `database.py` and `audit.py` are what the systems share,
`testing.py` what every adapter must show, also those that others write.
Elsewhere: the messages and the plug-in protocol (contracts), who may ask (gateway).
"""
