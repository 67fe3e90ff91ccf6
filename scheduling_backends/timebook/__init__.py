"""The stand-alone timebook (fristående tidbok): the scheduling system of clinics whose record system has none.

offer.py         what clinics and kinds of time are set to
schedules.py     the times that a period of a schedule gives
working_days.py  Swedish holidays, working days and cut-offs
rules.py         the booking rules, pure; refusals.py and texts_sv.toml: what they say to the citizen
models.py        the tables; migrations/: their versions
find.py          what is offered, free and booked; book.py: booking, moving, cancelling
desk.py          what staff do
access.py        on whose behalf somebody asks
adapter.py       the plug-in: messages to values and back, with answers.py
"""
