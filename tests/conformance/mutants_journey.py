"""Wrong behaviours along the journeys: lists, availability, booking, moving, cancelling, invitations.

Those of MUTANTS can share a region, for what they book is gone when they are judged; INVITATION_MUTANTS use up what
they are about and want a region each (test_invitations.py). Small clinics where any clinic will do.
"""

import re
from copy import deepcopy
from datetime import timedelta

from lxml import etree

from conformance.producer.listing import UNKNOWN
from contracts.times import parse_ts
from tests.conformance.judging import TAKECARE, TIMEBOOK
from tests.conformance.ledger import (
    FREE,
    Ledger,
    add_to_schedule,
    as_patient,
    drop,
    every,
    later,
    later_day,
    make_invitation,
    root_of,
    set_text,
    text,
    without,
)
from tests.conformance.mutants import Mutant
from tests.conformance.twisting import Replacing, Reply, Twist

VACCINATION = "SE2321009991-2B01"
OTHER = "SE2321009991-2B03"
_HOUR = timedelta(hours=1)
_THURSDAY = 3
_STAMPS = ("startTimeInclusive", "endTimeExclusive")
_FAULT = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode>'
    b"<faultstring>unknown</faultstring></e:Fault></e:Body></e:Envelope>"
)


def answer_of(interaction: str, *fields: tuple[str, str]) -> bytes:
    """A short answer of our own."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields)
    contract = f"urn:riv:crm:scheduling:{interaction}Responder:1"
    return (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<{interaction}Response xmlns="{contract}">{inside}</{interaction}Response></e:Body></e:Envelope>'
    ).encode()


def said(body: bytes, status: int = 200) -> Reply:
    return Reply(status, body, {"content-type": "text/xml; charset=UTF-8"})


# -- Lists


class UnknownBookingFaults(Twist):
    def instead(self, interaction, request):
        is_it = interaction == "GetAllHealthcareFacilities" and UNKNOWN.encode() in request
        return said(_FAULT, 500) if is_it else None


class NoDaysAtTheOther(Twist):
    """Another clinic is listed, has a schedule, and answers no question about days."""

    def instead(self, interaction, request):
        is_it = interaction == "GetAvailableDates" and OTHER in text(root_of(request), "healthcare_facility")
        return said(_FAULT, 500) if is_it else None


class CareTypesUnknown(Twist):
    def instead(self, interaction, request):
        if interaction == "GetAllTimeTypes" and b"careTypeIDs" in request:
            return said(answer_of("GetAllTimeTypes"))
        return None


class Without(Twist):
    """Takes elements out of the requests of some interactions."""

    def __init__(self, name, *interactions):
        self.name, self.interactions = name, interactions

    def request(self, interaction, body):
        return without(body, self.name) if interaction in self.interactions else body


class AgentIsThePatient(Twist):
    def __init__(self, *interactions):
        self.interactions = interactions

    def request(self, interaction, body):
        return as_patient(body) if interaction in self.interactions else body


class WithoutItem(Ledger):
    """Takes items out of an answer: those whose element has the value, all for none."""

    def __init__(self, interaction, item, name="", value=""):
        super().__init__()
        self.interaction, self.item, self.name, self.value = interaction, item, name, value

    def seen(self, interaction, asked, root, done):
        if interaction == self.interaction:
            for element in every(root, self.item):
                if not self.name or text(element, self.name) == self.value:
                    element.getparent().remove(element)


# -- Availability


class DayOff(Ledger):
    def seen(self, interaction, asked, root, done):
        if interaction == "GetAvailableDates":
            for element in every(root, "date"):
                element.text = later_day(element.text, 1)


class NoThursdays(Ledger):
    """GetAvailableTimeslots has none on Thursdays, days that GetAvailableDates lists."""

    def seen(self, interaction, asked, root, done):
        if interaction == "GetAvailableTimeslots":
            for element in every(root, "timeslotDetail"):
                if is_thursday(text(element, "startTimeInclusive")):
                    element.getparent().remove(element)


def is_thursday(stamp):
    return parse_ts(stamp).weekday() == _THURSDAY


class LastDayExcluded(Twist):
    def request(self, interaction, body):
        if interaction not in FREE:
            return body
        root = root_of(body)
        set_text(root, "endDateInclusive", later_day(text(root, "endDateInclusive"), -1))
        return etree.tostring(root)


class EitherWay(Twist):
    """An interval that ends before it begins is read backwards."""

    def request(self, interaction, body):
        root = root_of(body)
        first, last = text(root, "startDateInclusive"), text(root, "endDateInclusive")
        if interaction not in FREE or first <= last:
            return body
        body = re.sub(rb"(startDateInclusive>)\d{8}", rb"\g<1>" + last.encode(), body)
        return re.sub(rb"(endDateInclusive>)\d{8}", rb"\g<1>" + first.encode(), body)


class PastToo(Ledger):
    """A time of yesterday is in every list that holds anything."""

    def seen(self, interaction, asked, root, done):
        slots = every(root, "timeslotDetail")
        if interaction == "GetAvailableTimeslots" and slots:
            copy = deepcopy(slots[0])
            for name in _STAMPS:
                set_text(copy, name, "20261123" + text(copy, name)[8:])
            slots[0].addprevious(copy)


# -- Booking


class Shifted(Ledger):
    """An hour is taken off in the answers of one interaction, as by a conversion to UTC."""

    def __init__(self, interaction):
        super().__init__()
        self.interaction = interaction

    def seen(self, interaction, asked, root, done):
        if interaction == self.interaction:
            for name in _STAMPS:
                for element in every(root, name):
                    element.text = later(element.text, -_HOUR)


class OldList(Twist):
    """The list of free times of a day is kept from when it was first asked for."""

    def __init__(self):
        self.kept = {}

    def instead(self, interaction, request):
        return self.kept.get(request)

    def answer(self, interaction, request, reply):
        root = root_of(request)
        is_one_day = text(root, "startDateInclusive") == text(root, "endDateInclusive")
        if interaction == "GetAvailableTimeslots" and is_one_day:
            self.kept[request] = reply
        return reply


class Hiding(Ledger):
    """Free times that are kept out of the lists: `hidden` are their starts."""

    def __init__(self):
        super().__init__()
        self.hidden = set()

    def seen(self, interaction, asked, root, done):
        if done:
            self.happened(interaction, self.bookings.get(text(asked, "bookingId")))
        if interaction == "GetAvailableTimeslots":
            drop(root, "timeslotDetail", "startTimeInclusive", self.hidden)


class NotFreedByCancelling(Hiding):
    def happened(self, interaction, kept):
        if interaction == "CancelBooking" and kept:
            self.hidden.add(kept.start)


class NotFreedByMoving(Hiding):
    def happened(self, interaction, kept):
        if interaction == "UpdateBooking" and kept and kept.start != kept.first_start:
            self.hidden.add(kept.first_start)


# -- Moving


class LostWhenRefused(Ledger):
    """A move that is refused takes the booking out of the schedule."""

    def __init__(self):
        super().__init__()
        self.lost = set()

    def seen(self, interaction, asked, root, done):
        if interaction == "UpdateBooking" and not done:
            self.lost.add(text(asked, "bookingId"))
        if interaction == "GetSubjectOfCareSchedule":
            drop(root, "timeslotDetail", "bookingId", self.lost)


class BothAfterAMove(Ledger):
    def seen(self, interaction, asked, root, done):
        if interaction == "GetSubjectOfCareSchedule":
            for booking_id, kept in self.bookings.items():
                is_moved = kept.start != kept.first_start and not kept.is_cancelled
                if is_moved and kept.person == text(asked, "subject_of_care"):
                    add_to_schedule(root, f"{booking_id}-2", kept, kept.first_start)


class NeverMovable(Twist):
    def instead(self, interaction, request):
        refusal = answer_of(interaction, ("resultCode", "ERROR"), ("resultText", "Det går inte."))
        return said(refusal) if interaction == "UpdateBooking" else None


class NeverMoved(Twist):
    def instead(self, interaction, request):
        return said(answer_of(interaction, ("resultCode", "OK"))) if interaction == "UpdateBooking" else None


class StillAnInvitation(Ledger):
    def __init__(self):
        super().__init__()
        self.moved = set()

    def seen(self, interaction, asked, root, done):
        if interaction == "UpdateBooking" and done:
            self.moved.add(text(asked, "bookingId"))
        if interaction == "GetBookingDetails" and text(asked, "bookingId") in self.moved:
            make_invitation(root)


# -- Cancelling


class StillInTheSchedule(Ledger):
    def seen(self, interaction, asked, root, done):
        if interaction == "GetSubjectOfCareSchedule":
            for booking_id, kept in self.bookings.items():
                if kept.is_cancelled and kept.person == text(asked, "subject_of_care"):
                    add_to_schedule(root, booking_id, kept, kept.start)


class NoMessages(Twist):
    """A cancellation with a message is refused, though the flag says that there may be one."""

    def instead(self, interaction, request):
        refusal = answer_of(interaction, ("resultCode", "ERROR"), ("resultText", "Det går inte."))
        return said(refusal) if interaction == "CancelBooking" and text(root_of(request), "message") else None


class SaysOkAndDoesNothing(Twist):
    """The first cancellation of a booking is confirmed and not carried out; the second is."""

    def __init__(self):
        self.first = set()

    def instead(self, interaction, request):
        booking_id = text(root_of(request), "bookingId")
        if interaction != "CancelBooking" or booking_id in self.first:
            return None
        self.first.add(booking_id)
        return said(answer_of(interaction, ("resultCode", "OK")))


# -- Invitations


class OpenInTheSchedule(Ledger):
    """The open invitation that somebody looked at is in their schedule."""

    def __init__(self):
        super().__init__()
        self.looked_at = {}

    def seen(self, interaction, asked, root, done):
        if interaction == "GetBookingDetails" and not text(root, "startTimeInclusive"):
            for slot in every(root, "timeslotDetail"):
                self.looked_at[text(root, "subject_of_care")] = slot
        if interaction == "GetSubjectOfCareSchedule" and text(asked, "subject_of_care") in self.looked_at:
            response = every(root, "GetSubjectOfCareScheduleResponse")[0]
            slot = etree.SubElement(response, f"{{{etree.QName(response).namespace}}}timeslotDetail")
            slot.extend(deepcopy(child) for child in self.looked_at[text(asked, "subject_of_care")])


class OpenWithATime(Ledger):
    """The details of an open invitation say when it might be."""

    def seen(self, interaction, asked, root, done):
        if interaction == "GetBookingDetails" and not text(root, "startTimeInclusive"):
            slot = every(root, "timeslotDetail")[0]
            for place, name in enumerate(_STAMPS):
                element = etree.Element(f"{{urn:riv:crm:scheduling:1}}{name}")
                element.text = f"202612{place + 1:02d}090000"
                slot.insert(place, element)


class BookedTwice(Twist):
    """The second booking of an invitation is confirmed too."""

    def __init__(self):
        self.used = set()

    def instead(self, interaction, request):
        booking_id = text(root_of(request), "bookingId")
        if interaction != "MakeBooking" or booking_id not in self.used:
            self.used |= {booking_id} if interaction == "MakeBooking" else set()
            return None
        return said(answer_of(interaction, ("bookingId", "B-2"), ("resultCode", "OK")))


class OpenIsMoved(Twist):
    def instead(self, interaction, request):
        return said(answer_of(interaction, ("resultCode", "OK"))) if interaction == "UpdateBooking" else None


class OpenStaysInvitation(Ledger):
    def seen(self, interaction, asked, root, done):
        if interaction == "GetBookingDetails" and text(asked, "bookingId") in self.bookings:
            make_invitation(root)


class FlagFalse(Replacing):
    def __init__(self, name, *interactions):
        super().__init__(rf"({name}>)true", r"\g<1>false", *interactions)


BOOKED = ("GetBookingDetails", "GetSubjectOfCareSchedule")

MUTANTS: tuple[Mutant, ...] = (
    Mutant("facilities-unknown-booking-faults", "directory.unknown-booking-leads-nowhere", "GHF-2",
           UnknownBookingFaults, clinic=VACCINATION),
    Mutant("facilities-without-the-asked-one", "directory.asked-clinic-is-listed", "GHF-5",
           lambda: WithoutItem("GetAllHealthcareFacilities", "healthcareFacilityInfos", "healthcare_facility", TIMEBOOK),
           kin=("directory.clinics-for-a-booking-can-take-it",)),
    Mutant("listed-clinic-cannot-be-booked", "directory.listed-clinics-can-be-booked", "GHF-4", NoDaysAtTheOther,
           kin=("directory.clinics-for-a-booking-can-take-it",)),
    Mutant("care-type-codes-not-accepted", "directory.care-type-codes-are-good-to-ask-with", "G-20",
           CareTypesUnknown, clinic=VACCINATION),
    Mutant("care-type-filter-ignored-for-time-types", "directory.care-type-codes-are-good-to-ask-with", "G-19",
           lambda: Without("careTypeIDs", "GetAllTimeTypes"), clinic=VACCINATION),
    Mutant("time-type-filter-ignored-for-care-types", "directory.care-types-follow-the-time-types", "GCT-1",
           lambda: Without("timeTypeIDs", "GetAllCareTypes"), clinic=VACCINATION),
    Mutant("time-type-filter-ignored-for-performers", "directory.performers-can-be-asked-for", "GP-1",
           lambda: Without("timeTypeIDs", "GetAllPerformers"), clinic=TAKECARE),
    Mutant("time-type-not-listed", "directory.time-types-are-those-with-times", "GTT-1",
           lambda: WithoutItem("GetAllTimeTypes", "ListOfTimeTypes", "timeTypeId", "AKUT15"), clinic=TAKECARE),
    Mutant("agent-gets-the-patients-lists", "directory.agents-get-one-list-for-all", "GTT-4",
           lambda: AgentIsThePatient("GetAllTimeTypes"), clinic=VACCINATION),
    Mutant("agent-gets-the-patients-times", "availability.agents-get-one-list-for-all", "GAT-5",
           lambda: AgentIsThePatient(*FREE), clinic=VACCINATION),
    Mutant("days-off-by-one", "availability.days-and-times-agree", "GAD-1", DayOff, clinic=VACCINATION),
    Mutant("listed-day-without-times", "availability.days-and-times-agree", "GAD-1", NoThursdays, clinic=VACCINATION),
    Mutant("last-day-excluded", "availability.both-ends-are-included", "GAT-4", LastDayExcluded, clinic=VACCINATION),
    Mutant("interval-read-backwards", "availability.impossible-interval-finds-nothing", "GAT-4", EitherWay,
           clinic=VACCINATION),
    Mutant("past-times-listed", "availability.nothing-in-the-past", "G-22", PastToo, clinic=VACCINATION),
    Mutant("time-type-filter-ignored", "availability.time-type-narrows", "GAT-1",
           lambda: Without("timeTypeID", *FREE), clinic=TAKECARE),
    Mutant("performer-filter-ignored", "availability.performer-narrows", "GAT-1",
           lambda: Without("performer", *FREE), clinic=TAKECARE),
    Mutant("care-type-filter-ignored", "availability.care-type-narrows", "G-19",
           lambda: Without("careTypeID", *FREE), clinic=TAKECARE),
    Mutant("rebooking-ignores-the-booking", "availability.rebooking-keeps-the-time-type", "GAT-2",
           lambda: Without("bookingId", *FREE), clinic=TAKECARE),
    Mutant("zone-converted-in-the-details", "booking.time-stays-as-it-was-listed", "G-4",
           lambda: Shifted("GetBookingDetails"), clinic=VACCINATION),
    Mutant("zone-converted-in-the-schedule", "booking.time-stays-as-it-was-listed", "G-4",
           lambda: Shifted("GetSubjectOfCareSchedule"), clinic=VACCINATION),
    Mutant("booking-absent-from-the-schedule", "booking.confirmed-is-seen", "G-21",
           lambda: WithoutItem("GetSubjectOfCareSchedule", "timeslotDetail"), clinic=VACCINATION,
           kin=("duel.many-for-one-time", "duel.lost-answers")),
    Mutant("booking-of-another-resource", "booking.is-what-was-asked-for", "G-16",
           lambda: Replacing(r"(resourceID>)[^<]+", r"\g<1>BAS-X", "GetBookingDetails"), clinic=VACCINATION),
    Mutant("details-under-another-id", "booking.answered-id-is-the-bookings", "MB-1",
           lambda: Replacing(r"(<[^/>]*bookingId>)", r"\g<1>X", "GetBookingDetails"), clinic=VACCINATION),
    Mutant("slot-still-listed-after-booking", "booking.time-is-gone-from-the-free-ones", "G-21", OldList,
           clinic=VACCINATION, kin=("moving.new-time-is-taken",)),
    Mutant("announced-flag-does-not-hold", "booking.announced-flags-hold", "GAT-7",
           lambda: FlagFalse("rebooking_allowed", *BOOKED), clinic=VACCINATION),
    Mutant("schedule-leaves-a-flag-out", "booking.schedule-and-details-agree-on-flags", "G-13",
           lambda: WithoutItem("GetSubjectOfCareSchedule", "cancel_booking_allowed"), clinic=VACCINATION),
    Mutant("info-without-a-text", "booking.info-tells-something", "G-17",
           lambda: WithoutItem("MakeBooking", "resultText"), kin=("messages.result-says-why",)),
    Mutant("listed-time-refused-to-a-move", "moving.listed-time-can-be-had", "GAT-2", NeverMovable,
           clinic=VACCINATION),
    Mutant("move-confirmed-and-not-made", "moving.stands-at-the-new-time-alone", "G-16", NeverMoved,
           clinic=VACCINATION),
    Mutant("both-bookings-after-a-move", "moving.stands-at-the-new-time-alone", "G-16", BothAfterAMove,
           clinic=VACCINATION,
           kin=("duel.moves-to-one-time", "repeats.moving-with-a-lost-answer", "repeats.moving-twice")),
    Mutant("old-slot-not-freed-by-a-move", "moving.old-time-is-free-again", "G-21", NotFreedByMoving,
           clinic=VACCINATION, kin=("duel.cancelled-while-moved",)),
    Mutant("lost-by-a-failed-move", "moving.failed-move-loses-nothing", "G-16", LostWhenRefused, clinic=VACCINATION,
           kin=("moving.to-its-own-time-keeps-it", "refusals.stranger-cannot-move", "duel.moves-to-one-time")),
    Mutant("an-invitation-after-a-move", "moving.makes-it-a-booking", "I-4", StillAnInvitation, clinic=VACCINATION),
    Mutant("moved-although-the-flag-is-false", "moving.false-flag-is-refused", "UB-2",
           lambda: FlagFalse("rebooking_allowed"), clinic=VACCINATION),
    Mutant("cancelled-and-still-in-the-schedule", "cancelling.confirmed-is-true", "CB-8", StillInTheSchedule,
           clinic=VACCINATION),
    Mutant("cancel-says-ok-and-does-nothing", "cancelling.confirmed-is-true", "CB-8", SaysOkAndDoesNothing,
           clinic=VACCINATION, kin=("refusals.unknown-booking",)),
    Mutant("message-refused", "cancelling.message-is-taken", "CB-2", NoMessages, clinic=VACCINATION),
    Mutant("slot-not-freed-by-cancelling", "cancelling.time-is-free-at-once", "CB-5", NotFreedByCancelling,
           clinic=VACCINATION, kin=("duel.cancelled-while-moved", "repeats.cancelling-with-a-lost-answer")),
)  # fmt: skip

INVITATION_MUTANTS: tuple[Mutant, ...] = (
    Mutant("open-invitation-in-the-schedule", "invitations.open-is-not-in-the-schedule", "GSS-1", OpenInTheSchedule,
           kin=("messages.schedule-has-no-open-invitations",)),
    Mutant("open-invitation-with-a-time", "invitations.open-has-no-time", "GBD-1",
           OpenWithATime),
    Mutant("invitation-without-its-text", "invitations.have-their-text", "GBD-4",
           lambda: WithoutItem("GetBookingDetails", "purpose"), kin=("messages.invitations-have-a-purpose",)),
    Mutant("invitation-booked-twice", "invitations.open-becomes-a-booking-once", "MB-4", BookedTwice),
    Mutant("open-invitation-moved", "invitations.open-is-not-moved", "UB-4", OpenIsMoved),
    Mutant("booked-and-still-an-invitation", "invitations.open-becomes-a-booking-once", "I-1", OpenStaysInvitation),
    Mutant("moved-and-still-an-invitation", "invitations.timed-becomes-a-booking", "I-4", StillAnInvitation),
)  # fmt: skip
