"""Producers that do not answer: silence, closed ports, broken connections, and what is tried again (rows 36–38).

The time-out and the delay are those of the set-up. That a delay has passed is seen by a call that took at least as
long; nothing is judged for having been slow.
Source: platform.md §13, §14.1, §14.2, §24.
"""

from conformance.checks import Findings
from conformance.gateway import rows
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import refused
from conformance.gateway.producers import hangs, replies, resets
from conformance.gateway.rows import SLOW, A, a_message
from conformance.gateway.suite import SUITES

_RETRY = "Try a failed connection again once (vp.producer.retry.attempts=1), after vp.producer.retry.delay."


@SUITES.check(
    "failures.pv-36-silence",
    rules=("PV-36",),
    title="A producer that is silent is given up after its time, and not retried",
)
def silence(bench: GatewayBench) -> Findings:
    reply = bench.call("The producer never answers.", a_message(A, SLOW), hangs)
    because = f"The contract's time-out of {rows.SLOW_MILLISECONDS} ms has passed."
    wrong = list(refused(bench, reply, "PV-36", "VP009", because))
    yield from wrong
    if wrong:
        return
    if "Timeout when waiting on response from producer." not in reply.detail:
        sentence = "The detail does not say 'Timeout when waiting on response from producer.'"
        yield bench.finding("PV-36", sentence, "Tell a time-out in these words.", reply, reply.fault_at)
    elif len(reply.seen) != 1:
        sentence = (
            f"The producer got the call {len(reply.seen)} times; a time-out is not retried: it may have been done."
        )
        yield bench.finding("PV-36", sentence, "Retry failed connections alone, never a time-out.", reply)


@SUITES.check(
    "failures.pv-37-closed-port", rules=("PV-37",), title="A closed port is VP009 after one retry and its delay"
)
def closed_port(bench: GatewayBench) -> Findings:
    reply = bench.call("Nobody listens at the producer's port.", a_message("KIT-REFUSED"))
    wrong = list(refused(bench, reply, "PV-37", "VP009", "The connection was refused."))
    if not wrong and reply.exchange.seconds < rows.RETRY_MILLISECONDS / 1000:
        took = round(reply.exchange.seconds * 1000)
        sentence = f"The fault came after {took} ms; before a retry {rows.RETRY_MILLISECONDS} ms must pass."
        wrong = [bench.finding("PV-37", sentence, _RETRY, reply)]
    yield from wrong
    if wrong:
        return
    before = bench.resetting.connections
    again = bench.call("The producer resets every connection.", a_message("KIT-RESETTING"))
    tried = bench.resetting.connections - before
    if tried != 2:
        sentence = f"The producer was connected to {tried} times; with one retry it is two."
        yield bench.finding("PV-37", sentence, _RETRY, again)


@SUITES.check(
    "failures.pv-38-reset-then-well",
    rules=("PV-38",),
    title="A connection that was reset is tried again, and the second answer counts",
)
def reset_then_well(bench: GatewayBench) -> Findings:
    reply = bench.call("The producer resets the first attempt.", None, resets, replies("200 OK", rows.ANSWER))
    if len(reply.seen) != 2:
        sentence = f"The producer saw {len(reply.seen)} attempts of two; the consumer got {reply.in_words}."
        yield bench.finding("PV-38", sentence, _RETRY, reply)
    elif reply.status != 200:
        sentence = f"The second attempt was answered, but the consumer got {reply.in_words}."
        yield bench.finding("PV-38", sentence, "Answer with what the retry brought.", reply, reply.fault_at)
