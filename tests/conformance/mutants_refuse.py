"""Mutants for what must be refused, for repeated requests and for races.

Where the engine sells seats and knows whose booking it is, the engine is changed (`patched`); the rest stands in the
door. Bookings that a door makes up are gone when they are cancelled at that door.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.producer import duel
from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.errors import ProducerFault
from scheduling_backends.engine import book, find
from scheduling_backends.engine.producer import EngineProducer
from tests.conformance.mutants import Mutant
from tests.conformance.twisting import Reply, Twist
from tests.people import DAN

_XML = {"content-type": "text/xml; charset=UTF-8"}
_SOAP = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
_CORE = "urn:riv:crm:scheduling:1"


def a_fault(words: str = "A technical error occurred.", detail: str = "") -> Reply:
    told = f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{words}</faultstring>{detail}</s:Fault>"
    return Reply(500, _SOAP.format(told).encode(), _XML)


def an_answer(interaction: str, inner: str) -> Reply:
    """An answer of the interaction, with these children."""
    name, namespace = f"{interaction}Response", SCHEDULING_INTERACTIONS[interaction].contract
    return Reply(200, _SOAP.format(f'<{name} xmlns="{namespace}">{inner}</{name}>').encode(), _XML)


def booked_as(booking_id: str) -> Reply:
    return an_answer("MakeBooking", f"<bookingId>{booking_id}</bookingId><resultCode>OK</resultCode>")


def text_of(name: str, message: bytes) -> str:
    """The text of the first element of this name; empty for none."""
    found = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)<".encode(), message)
    return found[1].decode() if found else ""


def slot_of(told: dict[str, str]) -> str:
    return "".join(f'<{name} xmlns="{_CORE}">{text}</{name}>' for name, text in told.items())


# -- In the door


class Instead(Twist):
    """Other answers of some interactions, where `when` says so."""

    def __init__(self, by: Callable[[], Reply], when: Callable[[Reply], bool], *interactions: str) -> None:
        self._by, self._when, self._interactions = by, when, interactions

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        return self._by() if interaction in self._interactions and self._when(reply) else reply


def is_error(reply: Reply) -> bool:
    return b">ERROR<" in reply.body


def is_fault(reply: Reply) -> bool:
    return reply.status == 500


def is_done(reply: Reply) -> bool:
    return b">OK<" in reply.body or b">INFO<" in reply.body


class OddErrors(Twist):
    """Something replaced in every ERROR."""

    def __init__(self, pattern: bytes, by: bytes) -> None:
        self._pattern, self._by = pattern, by

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if is_error(reply):
            reply.body = re.sub(self._pattern, self._by, reply.body, count=1, flags=re.DOTALL)
        return reply


class MadeUp(Twist):
    """Bookings that only this door knows of: `sells` says which refused MakeBooking is answered with one."""

    def __init__(self) -> None:
        self._sold: dict[str, tuple[str, str]] = {}  # person and timeslot, by booking id

    def sells(self, request: bytes, reply: Reply) -> bool:
        return False

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        if interaction == "CancelBooking" and self._sold.pop(text_of("bookingId", request), None):
            return an_answer("CancelBooking", "<resultCode>OK</resultCode>")
        return None

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if interaction == "MakeBooking" and self.sells(request, reply):
            return self._sell(request)
        if interaction == "GetSubjectOfCareSchedule":
            self._show(text_of("subject_of_care", request), reply)
        return reply

    def _sell(self, request: bytes) -> Reply:
        booking_id, person = f"MADE-UP-{id(request)}", text_of("subject_of_care", request)
        names = ("startTimeInclusive", "endTimeExclusive", "healthcare_facility")
        told = {name: text_of(name, request) for name in names} | {"bookingId": booking_id, "subject_of_care": person}
        self._sold[booking_id] = (person, slot_of(told))
        return booked_as(booking_id)

    def _show(self, person: str, reply: Reply) -> None:
        namespace = SCHEDULING_INTERACTIONS["GetSubjectOfCareSchedule"].contract
        theirs = [slot for owner, slot in list(self._sold.values()) if owner == person]
        mine = "".join(f'<timeslotDetail xmlns="{namespace}">{slot}</timeslotDetail>' for slot in theirs).encode()
        if mine and reply.status == 200:
            name = rb"((?:\w+:)?GetSubjectOfCareScheduleResponse)"
            opened = re.sub(rb"<" + name + rb"([^>]*)/>", rb"<\1\2></\1>", reply.body)
            reply.body = re.sub(rb"</" + name + rb">", lambda found: mine + found[0], opened)


class SellingAgain(MadeUp):
    """The same MakeBooking once more is one booking more."""

    def __init__(self) -> None:
        super().__init__()
        self._done: set[bytes] = set()

    def sells(self, request: bytes, reply: Reply) -> bool:
        if is_done(reply):
            self._done.add(request)
        return is_error(reply) and request in self._done


class SellingThePast(MadeUp):
    def sells(self, request: bytes, reply: Reply) -> bool:
        return "2000" < text_of("startTimeInclusive", request) < "20261124"


class SellingTheNight(MadeUp):
    def sells(self, request: bytes, reply: Reply) -> bool:
        return text_of("startTimeInclusive", request).endswith("031700")


class SellingAnywhere(MadeUp):
    def sells(self, request: bytes, reply: Reply) -> bool:
        return text_of("healthcare_facility", request).endswith("KIT0NONE")


class MadeUpDetails(Twist):
    """Details for booking ids that begin so, whether there is such a booking or not."""

    def __init__(self, beginning: str) -> None:
        self._beginning = beginning

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        booking_id = text_of("bookingId", request)
        if interaction != "GetBookingDetails" or not booking_id.startswith(self._beginning):
            return reply
        flags = dict.fromkeys(("cancel_booking_allowed", "rebooking_allowed", "message_allowed"), "false")
        told = {
            "startTimeInclusive": "20270104100000",
            "endTimeExclusive": "20270104101000",
            "healthcare_facility": text_of("healthcare_facility", request),
            "bookingId": booking_id,
            "subject_of_care": text_of("actorId", request),
        } | flags
        return an_answer("GetBookingDetails", f"<timeslotDetail>{slot_of(told)}</timeslotDetail>")


class Filling(Twist):
    """Puts in the name that a MakeBooking lacks, so that the system never sees that it lacked."""

    def request(self, interaction: str, body: bytes) -> bytes:
        if interaction != "MakeBooking" or b"subject_of_care_info" in body:
            return body
        names = "".join(f'<{one} xmlns="{_CORE}.1">Test</{one}>' for one in ("firstName", "lastName"))
        contract = SCHEDULING_INTERACTIONS["MakeBooking"].contract
        info = f'<subject_of_care_info xmlns="{contract}">{names}</subject_of_care_info>'.encode()
        return re.sub(rb"</(?:\w+:)?MakeBooking>", lambda found: info + found[0], body)


class Rolling(Twist):
    """Takes the 31st of November for the 1st of December, as lenient readers of dates do."""

    def request(self, interaction: str, body: bytes) -> bytes:
        return re.sub(rb">20261131(\d*)<", rb">20261201\1<", body)


class NoFlags(Twist):
    """Refuses a booking for the flags in it."""

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        if interaction != "MakeBooking" or b"cancel_booking_allowed" not in request:
            return None
        return an_answer(interaction, "<resultCode>ERROR</resultCode><resultText>Flaggor tas inte emot.</resultText>")


class FlagsTakenOver(Twist):
    """Shows a booking as one that cannot be cancelled, as its consumer said."""

    def __init__(self) -> None:
        self._fixed: set[str] = set()

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if interaction == "MakeBooking" and b"cancel_booking_allowed" in request:
            self._fixed.add(text_of("bookingId", reply.body))
        if interaction == "GetBookingDetails" and text_of("bookingId", request) in self._fixed:
            reply.body = re.sub(rb"(cancel_booking_allowed(?:\s[^>]*)?>)true", rb"\1false", reply.body)
        return reply


class FaultOnRepeat(Twist):
    """What was carried out once gets a fault the next time."""

    def __init__(self, interaction: str) -> None:
        self._interaction, self._done = interaction, set[bytes]()

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if interaction == self._interaction and request in self._done:
            return a_fault()
        if is_done(reply):
            self._done.add(request)
        return reply


class LatestBooking(Twist):
    """Takes an empty booking id for the latest booking."""

    def __init__(self) -> None:
        self._latest = b""

    def request(self, interaction: str, body: bytes) -> bytes:
        if interaction != "CancelBooking":
            return body
        return re.sub(rb"<((?:\w+:)?bookingId)([^>]*)(?:/>|></\1>)", rb"<\1\2>" + self._latest + rb"</\1>", body)

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if interaction == "MakeBooking" and is_done(reply):
            self._latest = text_of("bookingId", reply.body).encode()
        return reply


class CancelsAndRefuses(Twist):
    """Carries a CancelBooking without an Actor out, and says that it did not."""

    def __init__(self) -> None:
        self._actors: dict[str, bytes] = {}

    def request(self, interaction: str, body: bytes) -> bytes:
        if interaction != "CancelBooking" or b"Actor" in body:
            return body
        actor = self._actors[text_of("bookingId", body)]
        return re.sub(rb"</[^>]*Header>", lambda found: actor + found[0], body)

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        found = re.search(rb"<(\w+:)?Actor.*?Actor>", request, re.DOTALL)
        if interaction == "MakeBooking" and found:
            self._actors[text_of("bookingId", reply.body)] = found[0]
        if interaction == "CancelBooking" and not found:
            return an_answer(interaction, "<resultCode>ERROR</resultCode><resultText>Nej.</resultText>")
        return reply


# -- Inside of the engine


@contextmanager
def patched(where: Any, name: str, by: Callable[..., Any]) -> Iterator[None]:
    """`where.name` is `by`, which gets what was there as its first argument."""
    before = getattr(where, name)
    setattr(where, name, lambda *given, **named: by(before, *given, **named))
    try:
        yield
    finally:
        setattr(where, name, before)


class Rush:
    """Changes a method of the engine while many ask at once.

    When that is, the duel says, so that nothing here depends on how threads happen to run.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self.is_on = False

    @contextmanager
    def changing(self, ends: Callable[[Any], Any]) -> Iterator[None]:
        """`ends` gets the answer to a call in the rush, and gives another one or raises."""

        def call(before: Callable[..., Any], *given: Any) -> Any:
            answer = before(*given)
            return ends(answer) if self.is_on else answer

        def fight(before: Callable[..., Any], works: Any) -> Any:
            self.is_on = True
            try:
                return before(works)
            finally:
                self.is_on = False

        with patched(EngineProducer, self._method, call), patched(duel, "at_once", fight):
            yield


def oversell(take: Callable[..., Any], session: Any, slot_ids: Any, booking_id: str) -> Any:
    """A seat also where there is none left, for new bookings."""
    slot = take(session, slot_ids, booking_id)
    return slot_ids[0] if slot is None and _is_called_by("_sit_down") else slot


def _is_called_by(name: str) -> bool:
    return any(sys._getframe(up).f_code.co_name == name for up in range(2, 6))


@contextmanager
def oversold_in_the_rush(method: str) -> Iterator[None]:
    rush = Rush(method)

    def take(before: Callable[..., Any], session: Any, slot_ids: Any, booking_id: str) -> Any:
        slot = before(session, slot_ids, booking_id)
        return slot_ids[0] if slot is None and rush.is_on else slot

    with rush.changing(lambda answer: answer), patched(book, "take_seat", take):
        yield


def told_ok(answer: Any) -> Any:
    return replace(answer, result_code="OK", booking_id="B-nowhere") if answer.result_code == "ERROR" else answer


def told_fault(answer: Any) -> Any:
    if answer.result_code == "ERROR":
        raise ProducerFault("could not serialize access", "Server")
    return answer


def as_the_owner(of: s.ActorType, before: Callable[..., Any], system: Any, request: Any, caller: Any) -> Any:
    """A look at bookings as the patient would have it, for Actors of one type."""
    if caller.actor is None or caller.actor.actor_type is not of:
        return before(system, request, caller)
    with system.reading() as session:
        of_booking = getattr(request, "booking_id", None)
        owner = find.holder(session, of_booking) if of_booking else request.subject_of_care.number
    actor = caller.actor if owner is None else s.Actor(owner, s.ActorType.SUBJECT_OF_CARE)
    return before(system, request, replace(caller, actor=actor))


def shown_to(of: s.ActorType, *methods: str) -> Callable[[], ExitStack]:
    def inside() -> ExitStack:
        changes = ExitStack()
        for method in methods:
            changes.enter_context(patched(EngineProducer, method, partial(as_the_owner, of)))
        return changes

    return inside


def anybodys(before: Callable[..., Any], *given: Any) -> Any:
    """A change of a booking, whosever it is: `is_own` is the one function among what is given."""
    return before(*((lambda booking: True) if callable(one) and not hasattr(one, "execute") else one for one in given))


_IN_PERSON, _AGENT = s.ActorType.SUBJECT_OF_CARE, s.ActorType.SUBJECT_OF_CARE_AGENT
_DETAILS, _SCHEDULE = "get_booking_details", "get_subject_of_care_schedule"
_DUELS = ("duel.many-for-one-time", "duel.lost-answers")
_TRACE = 'Traceback (most recent call last): File "booking.py", line 7, in details'
_OF_A_CONTRACT = f'<detail><bookingId xmlns="{_CORE}">B-1</bookingId></detail>'
_FAULTS = (is_fault, "GetBookingDetails")


def a_mutant(name: str, check: str, rule: str, *kin: str, **how: Any) -> Mutant:
    return Mutant(name, check, rule, kin=kin, **how)


MUTANTS: tuple[Mutant, ...] = (
    a_mutant(
        "a taken time is sold again",
        "refusals.taken-time",
        "MB-9",
        *_DUELS,
        inside=lambda: patched(book, "take_seat", oversell),
    ),
    a_mutant(
        "a time is sold twice in the rush",
        _DUELS[0],
        "MB-9",
        _DUELS[1],
        "duel.moves-to-one-time",
        inside=lambda: oversold_in_the_rush("make_booking"),
    ),
    a_mutant(
        "a time is given to two moves at once",
        "duel.moves-to-one-time",
        "UB-9",
        *_DUELS,
        inside=lambda: oversold_in_the_rush("update_booking"),
    ),
    a_mutant(
        "a booking that was confirmed in the rush is nowhere",
        _DUELS[0],
        "G-21",
        _DUELS[1],
        inside=lambda: Rush("make_booking").changing(told_ok),
    ),
    a_mutant(
        "who loses in the rush gets a fault",
        _DUELS[0],
        "G-15",
        _DUELS[1],
        inside=lambda: Rush("make_booking").changing(told_fault),
    ),
    a_mutant(
        "a refused booking is a fault",
        "refusals.taken-time",
        "G-15",
        "refusals.passed-time",
        "refusals.time-never-offered",
        "repeats.booking-twice",
        *_DUELS,
        twist=lambda: Instead(a_fault, is_error, "MakeBooking"),
    ),
    a_mutant(
        "an ERROR has no text",
        "messages.result-says-why",
        "G-17",
        *_DUELS,
        twist=lambda: OddErrors(rb"<((?:\w+:)?resultText)(?:\s[^>]*)?>.*?</\1>", b""),
    ),
    a_mutant(
        "an ERROR names a booking",
        "messages.booking-id-comes-with-success",
        "MB-1",
        twist=lambda: OddErrors(rb"(<(\w+:)?MakeBookingResponse[^>]*>)", rb"\1<\2bookingId>B-1</\2bookingId>"),
    ),
    a_mutant(
        "somebody else's schedule is shown",
        "refusals.stranger-sees-no-schedule",
        "ACT-1",
        inside=shown_to(_IN_PERSON, _SCHEDULE),
    ),
    a_mutant(
        "somebody else's booking is shown",
        "refusals.stranger-sees-no-details",
        "ACT-1",
        inside=shown_to(_IN_PERSON, _DETAILS),
    ),
    a_mutant(
        "an agent is shown what a patient has booked",
        "refusals.agent-sees-no-bookings",
        "A-5",
        inside=shown_to(_AGENT, _DETAILS, _SCHEDULE),
    ),
    a_mutant(
        "anybody may cancel",
        "refusals.stranger-cannot-cancel",
        "CB-3",
        inside=lambda: patched(book, "cancel", anybodys),
    ),
    a_mutant(
        "anybody may move",
        "refusals.stranger-cannot-move",
        "ACT-1",
        inside=lambda: patched(book, "move", anybodys),
    ),
    a_mutant(
        "a booking that does not exist is made up",
        "refusals.unknown-booking",
        "GBD-6",
        twist=lambda: MadeUpDetails("kit-"),
    ),
    a_mutant(
        "a free time is shown as a booking",
        "refusals.unknown-booking",
        "GBD-6",
        twist=lambda: MadeUpDetails("T-"),
    ),
    a_mutant("a passed time is booked", "refusals.passed-time", "G-22", twist=SellingThePast),
    a_mutant("a time that nobody offered is booked", "refusals.time-never-offered", "G-16", twist=SellingTheNight),
    a_mutant(
        "a facility that does not exist takes bookings", "refusals.unknown-facility", "G-16", twist=SellingAnywhere
    ),
    a_mutant("an impossible day is rolled over", "refusals.impossible-date", "G-5", twist=Rolling),
    a_mutant("a booking without a name is taken", "refusals.incomplete-booking", "REF-2", twist=Filling),
    a_mutant("an empty booking id is the latest booking", "refusals.empty-booking-id", "G-11", twist=LatestBooking),
    a_mutant(
        "a cancellation without an Actor is refused and carried out",
        "refusals.cancelling-without-actor",
        "CB-8",
        twist=CancelsAndRefuses,
    ),
    a_mutant("flags in a booking are refused", "refusals.flags-are-ignored", "TS-FLAGS", twist=NoFlags),
    a_mutant("flags in a booking are taken over", "refusals.flags-are-ignored", "TS-FLAGS", twist=FlagsTakenOver),
    a_mutant(
        "a fault shows a stack trace",
        "refusals.faults-are-bare",
        "G-14",
        twist=lambda: Instead(lambda: a_fault(_TRACE), *_FAULTS),
    ),
    a_mutant(
        "a fault names a person",
        "refusals.faults-are-bare",
        "G-14",
        twist=lambda: Instead(lambda: a_fault(f"no booking for {DAN.number}"), *_FAULTS),
    ),
    a_mutant(
        "a fault has a contract's elements",
        "refusals.faults-are-bare",
        "G-14",
        twist=lambda: Instead(lambda: a_fault(detail=_OF_A_CONTRACT), *_FAULTS),
    ),
    a_mutant(
        "the same booking once more is one booking more",
        "repeats.booking-twice",
        "MB-9",
        "repeats.booking-with-a-lost-answer",
        *_DUELS,
        twist=SellingAgain,
    ),
    a_mutant(
        "a second cancellation is a fault",
        "repeats.cancelling-twice",
        "REP-1",
        twist=lambda: FaultOnRepeat("CancelBooking"),
    ),
    a_mutant(
        "a second move is a fault",
        "repeats.moving-twice",
        "REP-1",
        twist=lambda: FaultOnRepeat("UpdateBooking"),
    ),
)
