"""The suites that judge a gateway, anybody's, by the rows of platform.md §24, with mock producers of the kit's own.

    setup.py           writes the folder of everything that a gateway must be given to be judged
    rows.py            its routes, authorisations and units: each logical address says what is special about it
    files.py           … in the real platform's formats; certificates.py  who calls; tak_service.py  a TAK
    producers.py       mock producers, which the routes lead to
    bench.py           the kit as consumer, between the gateway and its producers
    gateways.py        which gateways there are in a run; starting.py  one that the kit starts
    reply.py           what came back, and what the producers saw of it
    expecting.py       how a check demands a fault, or that a call gets through
    suite.py           where the checks are registered; the other modules are suites

A gateway that runs is judged as far as one set of properties goes. Rows that need other properties, or a catalogue
that cannot be had at the start, need a command by which the kit itself starts a gateway (`start`); without it they are
not judged and say what to set. What a gateway answers is read leniently in each row, so that one fault in its form is
told once, by the suite `messages`.
"""
