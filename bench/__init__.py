"""How fast is it? Load on a gateway of its own process, beside HAProxy passing the same bytes, in one run.

    __main__.py      `python -m bench [--out FILE]`: runs all of it in under three minutes, prints the report
    forwarding.py    requests a second and CPU a request: the gateway and HAProxy, in turns
    latency.py       what the gateway adds to a producer's answer at low load
    hanging.py       one producer hangs with 1,000 calls waiting: do the other routes notice?
    spyne_share.py   what Spyne costs a call
    booking.py       bookings a second on SQLite through the gateway, and that no seat is sold twice
    memory.py        what the gateway process holds, at rest and after the calls
    servers.py       the processes, each on its core;  stub.py  the producer;  generator.py  wrk and checked callers
    messages.py      the request and the answer;  people.py  citizens for load
    machine.py       cores, versions, CPU time;  report.py  the table

Core A has generator and producer, core B what is measured. Ratios are taken inside one run, for machines differ and
this one may be shared: every figure comes with its spread. The bars are DESIGN §5's.
"""
