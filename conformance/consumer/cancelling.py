"""Cancelling: only what may be cancelled, after a look at the booking, with a message only where one is wanted.

Source: contracts.md §3.2 (FLOW-4), §5.2, G-13.
"""

from conformance.checks import Findings
from conformance.consumer.bench import ConsumerBench
from conformance.consumer.moving import forbidden
from conformance.consumer.suite import SUITES

CANCEL = "CancelBooking"


@SUITES.check(
    "cancelling.details-first",
    rules=("FLOW-4",),
    title="Before a booking is cancelled its details are read",
)
def details_first(bench: ConsumerBench) -> Findings:
    played = bench.played("cancel")
    sent = played.demand(CANCEL)
    if not any(one.booking_id == sent.booking_id for one in played.before(sent, "GetBookingDetails")):
        sentence = (
            "CancelBooking came without GetBookingDetails for the booking: whether it may be cancelled was not read."
        )
        yield bench.finding("FLOW-4", sentence, "Ask GetBookingDetails before cancelling a booking.", sent)


@SUITES.check(
    "cancelling.only-what-may-be",
    rules=("CB-1", "G-13"),
    title="A booking whose cancel_booking_allowed is false or absent is not cancelled",
)
def only_what_may_be(bench: ConsumerBench) -> Findings:
    yield from forbidden(bench, CANCEL, "CB-1", "cancel_booking_allowed")


@SUITES.check(
    "cancelling.message-only-where-allowed",
    rules=("CB-2",),
    title="A message is sent with CancelBooking only where GetBookingDetails said message_allowed",
)
def message_only_where_allowed(bench: ConsumerBench) -> Findings:
    sent = bench.played("cancel-wordless").demand(CANCEL)
    node = sent.payload.one("message") if sent.payload else None
    if node is not None and node.own_text:
        sentence = "CancelBooking carries a message although GetBookingDetails had answered message_allowed false."
        remedy = "Ask the citizen for a reason, and send one, only where message_allowed is true for this booking."
        yield bench.finding("CB-2", sentence, remedy, sent, node)
