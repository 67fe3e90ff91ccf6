"""The suites that judge a scheduling system, alone or behind a platform: the kit is the e-service.

    bench.py           whom to ask, how, and what is put back afterwards
    listing.py         free days and times as they are listed, under which filters
    seats.py           whether a time is in the list of free ones, before and after something happened to it
    http.py            what any call must get: HTTP, SOAP, the two header blocks
    …                  one module a suite; `SUITE` in suite.py holds them all, `all_checks` loads them

A suite's checks make the bookings that they need themselves and cancel them.
"""
