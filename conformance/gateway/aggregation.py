"""An aggregating service behind the gateway: all units of one citizen in one answer (rows 63–66).

The kit is the index that the service asks, and every unit; all of it goes through the gateway.
Source: platform.md §22, §24.
"""

import threading
from collections.abc import Sequence

from conformance.checks import Findings, NotJudged
from conformance.gateway import national
from conformance.gateway.bench import GatewayBench
from conformance.gateway.producers import Behaviour, closes, replies, waits
from conformance.gateway.reply import Reply
from conformance.gateway.rows import AGGREGATED, MOCK_INDEX, UNIT_WITHOUT_PERMISSION, UNITS_OF_SCHEDULE
from conformance.gateway.suite import SUITES
from conformance.people import TestPerson
from contracts import envelope, processing_status
from contracts.errors import PlatformError
from contracts.processing_status import SourceStatus

_WELL = "200 OK"
_XML = "Content-Type: text/xml; charset=UTF-8"


def _person(bench: GatewayBench) -> TestPerson:
    """Raises NotJudged when there is no aggregating service, or nobody to ask for."""
    if not bench.setup.aggregating_url:
        raise NotJudged("The set-up names no aggregating service; write it again with the service's URL.")
    return bench.person


def _asked(bench: GatewayBench, purpose: str, units: Sequence[str], index: Behaviour | None = None) -> Reply:
    """The answer to one citizen's question, whom the index knows to have bookings at `units`."""
    person = _person(bench)
    bench.http.tell(f"to:{MOCK_INDEX}", (index or replies(_WELL, national.found(person, units), _XML),))
    return bench.call(purpose, national.a_question(person, AGGREGATED))


def _sources(reply: Reply) -> tuple[SourceStatus, ...] | None:
    """The rows of ProcessingStatus; None when the answer has no such header."""
    try:
        return processing_status.read(envelope.read(reply.body))
    except PlatformError:
        return None


def _bookings(reply: Reply) -> list[str]:
    root = reply.answer.root
    return [] if root is None else [str(one.text or "").strip() for one in root.iter("{*}bookingId")]


@SUITES.check(
    "aggregation.pv-63-one-unit-is-late",
    rules=("PV-63",),
    title="Of three units one is late: the others' bookings come, and the status tells the one that failed",
)
def one_unit_is_late(bench: GatewayBench) -> Findings:
    person, (*well, late) = _person(bench), UNITS_OF_SCHEDULE
    for unit in well:
        bench.http.tell(f"to:{unit}", (replies(_WELL, national.schedule(person, unit), _XML),))
    has_been_seen = threading.Event()  # so that nobody waits for the late one longer than the service did
    bench.http.tell(f"to:{late}", (waits(has_been_seen, closes),))
    try:
        reply = _asked(bench, "Three units, of which one is late.", UNITS_OF_SCHEDULE)
    finally:
        has_been_seen.set()
    sources = _sources(reply)
    remedy = "Merge what came, and tell in ProcessingStatus whose part is missing (platform.md §22.2)."
    if reply.status != 200 or sources is None:
        sentence = f"There must be HTTP 200 with ProcessingStatus, whatever one unit does; there was {reply.in_words}."
        yield bench.finding("PV-63", sentence, remedy, reply)
        return
    if sorted(_bookings(reply)) != sorted(f"kit-{unit}" for unit in well):
        yield bench.finding("PV-63", "The bookings of the two units that answered are not all there.", remedy, reply)
    told = {one.logical_address: (one.status_code, one.error.code if one.error else "") for one in sources}
    codes = [told.get(unit, ("", ""))[0] for unit in UNITS_OF_SCHEDULE]
    if codes != ["DataFromSource"] * 2 + ["NoDataSynchFailed"] or told[late][1] not in ("500", "504"):
        sentence = "ProcessingStatus must tell DataFromSource twice and NoDataSynchFailed with 504 or 500 once."
        yield bench.finding("PV-63", sentence, remedy, reply)


@SUITES.check(
    "aggregation.pv-64-nobody-in-the-index",
    rules=("PV-64",),
    title="Who has nothing in the index gets an empty answer and an empty status",
)
def nobody_in_the_index(bench: GatewayBench) -> Findings:
    reply = _asked(bench, "A citizen without engagements.", ())
    if reply.status != 200 or _bookings(reply) or _sources(reply) != ():
        sentence = f"There must be HTTP 200, no bookings and an empty ProcessingStatus; there was {reply.in_words}."
        yield bench.finding("PV-64", sentence, "Answer empty when no unit is to be asked.", reply)


@SUITES.check("aggregation.pv-65-index-is-down", rules=("PV-65",), title="When the index is down the answer is a fault")
def index_is_down(bench: GatewayBench) -> Findings:
    reply = _asked(bench, "The index is down.", (), replies("503 Service Unavailable", b"down"))
    if not reply.answer.fault:
        sentence = (
            f"Without the index nobody knows whom to ask: there must be a SOAP fault; there was {reply.in_words}."
        )
        yield bench.finding("PV-65", sentence, "Answer with a SOAP fault when the index gave none.", reply)


@SUITES.check(
    "aggregation.pv-66-no-permission",
    rules=("PV-66",),
    title="A unit that the caller may not call is not asked, and the status does not tell of it",
)
def no_permission(bench: GatewayBench) -> Findings:
    person, unit = _person(bench), UNITS_OF_SCHEDULE[0]
    bench.http.tell(f"to:{unit}", (replies(_WELL, national.schedule(person, unit), _XML),))
    before = len(bench.http.seen(f"to:{UNIT_WITHOUT_PERMISSION}"))
    reply = _asked(bench, "One of two units may not be called.", (unit, UNIT_WITHOUT_PERMISSION))
    called = len(bench.http.seen(f"to:{UNIT_WITHOUT_PERMISSION}")) - before
    told = [one.logical_address for one in _sources(reply) or ()]
    if reply.status == 200 and (called or UNIT_WITHOUT_PERMISSION in told):
        sentence = f"A unit without authorisation was {'called' if called else 'told of in ProcessingStatus'}."
        remedy = "Ask only units that sender or original consumer is authorised for, and tell of no others."
        yield bench.finding("PV-66", sentence, remedy, reply)
    elif told != [unit]:
        sentence = f"The unit that may be called must be in the answer, which was {reply.in_words}."
        yield bench.finding("PV-66", sentence, "Ask the units that may be called.", reply)
