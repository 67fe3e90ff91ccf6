"""The suites that judge a scheduling system, alone or behind a platform: the kit is the e-service.

    bench.py           whom to ask, how, and what is put back afterwards
    http.py            what any call must get: HTTP, SOAP, the two header blocks
    …                  one module a suite; `SUITE` in suite.py holds them all, `all_checks` loads them

A suite's checks make the bookings that they need themselves and cancel them.
"""
