"""The stand-alone timebook (fristående tidbok): the scheduling system of clinics whose record system has none.

adapter.py is the plug-in, with settings.py, asked.py (messages in) and answers.py (messages out).
Elsewhere: rules, tables and what is done with them (engine/).
"""
