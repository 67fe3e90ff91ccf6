"""What is logged of a call (rows 61, 62): events of the Elastic common schema, one a line.

Source: platform.md §19, §24.
"""

import json

from conformance.checks import Findings
from conformance.gateway.bench import GatewayBench
from conformance.gateway.events import field_of
from conformance.gateway.rows import a_message
from conformance.gateway.suite import SUITES


@SUITES.check(
    "log.pv-61-four-events", rules=("PV-61",), title="A call is four events of one trace id, certificate masked"
)
def four_events(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to be found in the log.")
    events = bench.events(reply)
    actions = [str(field_of(one, "event.action")) for one in events]
    if actions != ["req-in", "req-out", "resp-in", "resp-out"]:
        sentence = f"With the call's trace id there are the events {', '.join(actions) or '(none)'} in the log."
        remedy = "Log req-in, req-out, resp-in and resp-out once each, with trace.id, the correlation id."
        yield bench.finding("PV-61", sentence, remedy, reply)
    elif bench.bare("consumer")[:60] in "".join(json.dumps(one) for one in events).replace("\\n", ""):
        sentence = "The certificate that came in a header stands in the log."
        yield bench.finding("PV-61", sentence, "Write <filtered> in place of the certificate header's value.", reply)


@SUITES.check("log.pv-62-fault-events", rules=("PV-62",), title="A fault is logged as error and resp-out, once each")
def fault_events(bench: GatewayBench) -> Findings:
    reply = bench.call("A call that ends with a fault of the platform.", a_message("KIT-UNPERMITTED"))
    actions = [str(field_of(one, "event.action")) for one in bench.events(reply)]
    counted = {name: actions.count(name) for name in ("error", "resp-out")}
    if set(counted.values()) != {1}:
        said = ", ".join(f"{name} {count} times" for name, count in counted.items())
        sentence = f"A call that ended with a fault has the events {said}; each must be there once."
        yield bench.finding("PV-62", sentence, "Log error and resp-out once for each fault of the platform.", reply)
