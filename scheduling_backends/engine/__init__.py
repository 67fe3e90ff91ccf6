"""The booking engine that both scheduling systems stand on, each with a database of its own.

What is decided, pure:
    offer.py, states.py     what clinics and kinds of time are set to; what slots and bookings pass through
    rules.py                the booking rules; working_days.py: holidays and cut-offs
    refusals.py             what a refusal says, in the words of texts_sv.toml
    schedules.py            the times that a period of a schedule gives
    access.py               on whose behalf somebody asks
What is stored and done:
    models.py, migrations/  the tables and their versions; entries.py: what questions answer with
    find.py, choices.py     what is offered, free and booked; what there is to choose from, for whom
    wishes.py, seats.py     what a wished time means; taking a seat
    book.py, desk.py        what citizens do; what staff do
Elsewhere: how a system is reached, its words and its pages (timebook/, takecare/).
"""
