"""The conformance kit: does somebody's system keep the contracts, and how does one see it?

What it is made of, from the outside in:

    requirements/*.csv     every rule: id, source, level, whom it binds; a reason where no check can tell
    requirements.py        reads them, and says which check verifies which rule
    model.py               the values: a finding, what came of a check, a run
    carrier.py             bytes to the target and back, always in bounded time and size
    exchange.py            what was sent and what came back, kept as evidence
    reading.py             answers read leniently, so that one mistake is one finding
    checks.py              how a check is written and found
    run.py                 the checks one after the other; what happens when they are stopped or the target is gone
    result.py              a run as a value
    coverage.py  explain.py   which rule is verified by which check; one rule at a time
    producer/  consumer/  gateway/     the suites
    reports/               what is told of a run, and in which forms

A check reads answers by local names, in any order, and leaves form to the checks about form: a system with one fault
has one red rule. A check whose ground is missing (no time is free, no booking could be made) is not judged, and says
why. Imports `contracts` alone: the kit judges our own systems as it does everybody's, by messages.
"""
