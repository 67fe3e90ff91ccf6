"""How a check demands a fault of the platform, or that a call gets through.

The row that is a code's home demands its fault code and detail; others ask for the code alone, so that one wrong word
is one finding. What a fault looks like otherwise is for messages.py.
"""

from collections.abc import Iterator

from conformance.checks import NotJudged
from conformance.gateway.bench import GatewayBench
from conformance.gateway.fault_texts import SENTENCES
from conformance.gateway.producers import Seen
from conformance.gateway.reply import Reply
from conformance.model import Finding


def refused(
    bench: GatewayBench,
    reply: Reply,
    rule: str,
    code: str,
    because: str,
    *,
    detail: str | None = None,
    whole: bool = False,
) -> Iterator[Finding]:
    """What is wrong with a call that must end with `code`; `because` says why it must, as the end of a sentence.

    With `whole` or a `detail` the fault code is looked at too, and the detail where one is given.
    """
    if reply.code != code:
        sentence = f"{because} The answer must be the fault {code}, and was {reply.in_words}."
        yield bench.finding(rule, sentence, f"Answer such a call with {code}.", reply, reply.fault_at)
        return
    wanted = SENTENCES[code][0]
    if (whole or detail is not None) and reply.faultcode != wanted:
        sentence = (
            f"{because} The fault {code} has the fault code {reply.faultcode or '(none)'} and must have {wanted}."
        )
        yield bench.finding(rule, sentence, f"Give {code} the fault code SOAP-ENV:{wanted}.", reply, reply.fault_at)
    elif detail is not None and reply.detail != detail:
        sentence = f"{because} detailString of {code} is not what consumers know it by: {detail!r}."
        yield bench.finding(rule, sentence, "Write the detail word by word, blanks too.", reply, reply.fault_at)


def delivered(bench: GatewayBench, reply: Reply, rule: str, because: str, remedy: str) -> Iterator[Finding]:
    """What is wrong with a call that must reach its producer and bring its answer back."""
    if reply.is_delivered:
        return
    if reply.status == 200:
        sentence = f"{because} HTTP is 200, but no producer saw the call."
    else:
        sentence = f"{because} It must get through, and the answer was {reply.in_words}."
    yield bench.finding(rule, sentence, remedy, reply, reply.fault_at)


def arrived(reply: Reply) -> Seen:
    """The last attempt as the producer saw it. Raises NotJudged for a call that did not get through."""
    if not reply.is_delivered:
        raise NotJudged(f"The call that would show it did not get through: {reply.in_words}.")
    return reply.seen[-1]


def reached(bench: GatewayBench, reply: Reply, rule: str, because: str, wanted: str, remedy: str) -> Iterator[Finding]:
    """As `delivered`, at a producer whose path ends in `wanted`."""
    wrong = list(delivered(bench, reply, rule, because, remedy))
    yield from wrong
    if not wrong and not reply.seen[-1].path.endswith(wanted):
        sentence = f"{because} The producer at {wanted} must be called, and the one at {reply.seen[-1].path} was."
        yield bench.finding(rule, sentence, remedy, reply)
