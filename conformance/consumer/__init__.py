"""Judging a consumer: the kit plays the clinic, and the platform in front of it, and looks at what the consumer sends.

    settings.py    which clinics the kit plays, where it answers, for whom
    scenarios.py   what the consumer is brought to do, one instruction each
    drivers.py     how it is brought there: by hand, by a command, by any callable
    script.py      what goes wrong in a scenario
    clinic.py      the clinic: its times and bookings, in memory
    platform.py    envelopes in, envelopes out: dispatch, registry, ping, faults, the aggregated schedule
    endpoint.py    the socket, and the evidence
    asked.py       what came in, read leniently
    bench.py       plays a scenario once, whichever check asks first
    judge.py       a whole run: `judge_consumer`

Suites: seeing, making, offers, unanswered, moving, cancelling, invitations, texts, and messages about the form of all
that came.
"""
