"""What a clinic offers is asked first, and its codes are sent back to it and to nobody else.

Source: contracts.md G-10, G-18, G-19.
"""

from collections.abc import Iterator, Sequence

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked, is_same
from conformance.consumer.bench import ConsumerBench
from conformance.consumer.suite import SUITES
from conformance.reading import Node

_CARE = ("careTypeID", "careTypeIDs", "careTypeName")
_IDS = ("bookingId", "timeTypeID", "timeTypeIDs", "timeTypeId", "resourceID")


@SUITES.check(
    "offers.care-types-only-where-they-are-offered",
    rules=("G-19",),
    title="No kind of care is sent to a clinic that does not offer GetAllCareTypes",
)
def care_types_only_where_they_are_offered(bench: ConsumerBench) -> Findings:
    bench.played("book-plain").demand("MakeBooking")
    plain = bench.settings.other_facility.text
    for asked, node in _care_sent(bench):
        if is_same(asked.facility, plain):
            sentence = f"{asked.interaction} carries {node.name} to a clinic that does not offer GetAllCareTypes."
            remedy = (
                "Find out with GetSupportedServiceContracts what the clinic offers, and leave out all careType elements"
                " where GetAllCareTypes is not among it."
            )
            yield bench.finding("G-19", sentence, remedy, asked, node)


@SUITES.check(
    "offers.care-types-are-the-clinics-own",
    rules=("G-18",),
    title="The kinds of care that are sent are those that the clinic has told",
)
def care_types_are_the_clinics_own(bench: ConsumerBench) -> Findings:
    bench.played("book").demand("MakeBooking")
    full, is_seen = bench.settings.facility.text, False
    told: set[str] = set()
    for asked in _everything(bench):
        if is_same(asked.facility, full):
            for node in _care_in(asked):
                is_seen = True
                if node.own_text and node.own_text not in told:
                    sentence = (
                        f"{asked.interaction} carries a {node.name} that the clinic has told in no answer before."
                    )
                    remedy = "Send only codes that this clinic answered, as they came: kinds of care are local to it."
                    yield bench.finding("G-18", sentence, remedy, asked, node)
        told |= _values_in(asked, (*_CARE, "careTypeId"))
    if not is_seen:
        raise NotJudged("The consumer sends no kinds of care.")


@SUITES.check(
    "offers.ids-go-back-as-they-came",
    rules=("G-10",),
    title="Ids of bookings, time types and resources are sent as the clinic gave them",
)
def ids_go_back_as_they_came(bench: ConsumerBench) -> Findings:
    bench.played("book").demand("MakeBooking")
    for played in bench.so_far():
        told = {played.fact("BOOKING_ID"), played.fact("TIME_TYPE")}
        for asked in played.asked:
            for node in asked.elements():
                if node.name in _IDS and node.own_text and node.own_text not in told:
                    sentence = f"{asked.interaction} carries a {node.name} that the clinic has given in no answer."
                    remedy = "Keep ids as opaque texts, of any length and with any signs, and send them as they came."
                    yield bench.finding("G-10", sentence, remedy, asked, node)
            told |= _values_in(asked, _IDS)


def _care_sent(bench: ConsumerBench) -> Iterator[tuple[Asked, Node]]:
    return ((asked, node) for asked in _everything(bench) for node in _care_in(asked) if node.own_text)


def _everything(bench: ConsumerBench) -> Iterator[Asked]:
    return (asked for played in bench.so_far() for asked in played.asked)


def _care_in(asked: Asked) -> Iterator[Node]:
    return (node for node in asked.elements() if node.name in _CARE)


def _values_in(asked: Asked, names: Sequence[str]) -> set[str]:
    """What elements of these names hold in an answer."""
    payload = asked.answer.payload
    nodes = () if payload is None else (Node(one) for one in payload.element.iter("*"))
    return {text for node in nodes if node.name in names and (text := node.own_text)}
