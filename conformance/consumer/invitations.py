"""Invitations: an open one is booked where it may be, a timed one is moved.

Source: contracts.md §3.2 (FLOW-5, FLOW-6), §3.3, GHF-5, MB-3, MB-5, UB-4.
"""

from conformance.checks import Findings
from conformance.consumer.bench import ConsumerBench
from conformance.consumer.moving import is_listed, looked_first
from conformance.consumer.suite import SUITES


@SUITES.check(
    "invitations.open-one-is-booked",
    rules=("UB-4", "I-3"),
    title="A time for an open invitation is taken with MakeBooking, never with UpdateBooking",
)
def open_one_is_booked(bench: ConsumerBench) -> Findings:
    played = bench.played("open-invitation")
    moved = played.all("UpdateBooking")
    if moved:
        sentence = "UpdateBooking came for an open invitation, which has no time that could be moved."
        remedy = "Book a time for an open invitation with MakeBooking, its id as requestedTimeslot's bookingId."
        yield bench.finding("UB-4", sentence, remedy, moved[0], moved[0].slot)
    else:
        played.demand("MakeBooking")


@SUITES.check(
    "invitations.open-one-in-order",
    rules=("FLOW-5",),
    title="Before an open invitation is booked its details are read, and free times asked for where it may be used",
)
def open_one_in_order(bench: ConsumerBench) -> Findings:
    played = bench.played("open-invitation")
    made = played.demand("MakeBooking")
    about = played.fact("BOOKING_ID")
    if not any(one.booking_id == about for one in played.before(made, "GetBookingDetails")):
        sentence = "An open invitation was booked without GetBookingDetails for it: what it is for was not read."
        yield bench.finding("FLOW-5", sentence, "Ask GetBookingDetails with the invitation's id first.", made)
    if not played.before(made, "GetAvailableTimeslots"):
        sentence = "A time was booked for an open invitation without GetAvailableTimeslots being asked."
        yield bench.finding("FLOW-5", sentence, "Ask for the free times, with the invitation's id as bookingId.", made)


@SUITES.check(
    "invitations.open-one-where-it-may-be-used",
    rules=("MB-5", "GHF-5"),
    title="An open invitation is booked only at a clinic that GetAllHealthcareFacilities gave for it",
)
def open_one_where_it_may_be_used(bench: ConsumerBench) -> Findings:
    played = bench.played("open-invitation")
    made = played.demand("MakeBooking")
    if not is_listed(played, made):
        sentence = "The invitation was used at a clinic that GetAllHealthcareFacilities had not given for its id."
        remedy = "Ask GetAllHealthcareFacilities with the invitation's id; the clinic that sent it is not implied."
        yield bench.finding("MB-5", sentence, remedy, made, made.slot)


@SUITES.check(
    "invitations.its-id-is-sent",
    rules=("MB-3",),
    title="MakeBooking for an open invitation carries the invitation's id, where the free time has none of its own",
)
def its_id_is_sent(bench: ConsumerBench) -> Findings:
    played = bench.played("open-invitation")
    made = played.demand("MakeBooking")
    if made.booking_id != played.fact("BOOKING_ID"):
        sentence = "MakeBooking does not say which invitation the time is for, so the invitation would stay open."
        remedy = "Send the invitation's id as requestedTimeslot's bookingId."
        yield bench.finding("MB-3", sentence, remedy, made, made.slot)


@SUITES.check(
    "invitations.timed-one-is-moved",
    rules=("FLOW-6", "I-3"),
    title="A timed invitation is moved with UpdateBooking, after its details and the times that fit it were read",
)
def timed_one_is_moved(bench: ConsumerBench) -> Findings:
    played = bench.played("timed-invitation")
    made = played.all("MakeBooking")
    if made:
        sentence = (
            "MakeBooking came for a timed invitation: the citizen would have two times, and the clinic an empty chair."
        )
        yield bench.finding("I-3", sentence, "Move a timed invitation with UpdateBooking and its id.", made[0])
        return
    yield from looked_first(bench, played, played.demand("UpdateBooking"), "FLOW-6")
