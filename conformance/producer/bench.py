"""Whom a producer's checks ask, in whose name, and how all is put back afterwards.

The bench remembers what each test person had booked before the run. Whatever is there in addition at the end, known to
a check or not, it cancels; what it cannot cancel it names. It books only times that say they can be cancelled, or that
say nothing of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from conformance.carrier import Carrier
from conformance.checks import NotJudged
from conformance.exchange import Evidence, HttpMessage
from conformance.model import Finding, Part
from conformance.people import TestPerson
from conformance.producer.settings import ProducerSettings
from conformance.reading import Answer, Node, Slot, day_of
from contracts import codec, envelope
from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.identifiers import HsaId
from contracts.times import Clock, system_clock

XML = "text/xml; charset=UTF-8"

REQUIRED = ("GetSubjectOfCareSchedule", "GetBookingDetails")
"""What every producer must offer (contracts.md §3.1)."""

_WITHOUT_SENSE = 2
"""After so many calls without an answer that makes sense the target is taken for none."""

_DOMAIN, _DOMAIN_OF_PING = "/crm/scheduling/", "/itintegration/monitoring/"
_FLAGS = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed", "is_invitation")
_MESSAGE = "Provbokning som avbokas"
_LATE_DAYS = 3
_SPARE = 10
_MOST_KINDS = 10
_T = TypeVar("_T")


class Nobody:
    """Stands for the Actor that is left out."""


NOBODY = Nobody()


@dataclass
class Booking:
    """A booking that a check made; `slot` is the free time as it was listed."""

    id: str
    person: TestPerson
    slot: Slot
    answer: Answer


class ProducerBench:
    """Asks the target. Safe for a duel's threads, except for the notes about what to put back."""

    def __init__(self, settings: ProducerSettings, carrier: Carrier, clock: Clock = system_clock) -> None:
        self.settings, self.carrier, self.clock = settings, carrier, clock
        self.evidence = Evidence()
        self.notes: list[str] = []  # sentences about the run for its report, that are no findings
        self._had: dict[str, frozenset[str]] = {}
        self._spent: dict[str, None] = {}  # invitations that were used, in order
        self._cancelled: set[str] = set()
        self._left: list[str] = []
        self._learnt: dict[str, Any] = {}
        self._late: dict[str | None, date] = {}  # from when on free times were found last
        self._by_need: tuple[TestPerson, ...] | None = None
        self._kinds: tuple[str, ...] | None = None
        self._offers: dict[str, bool] = {}
        self._touched: dict[str, TestPerson] = {}
        self._makes_sense = False  # whether anything has been answered as a scheduling system would
        self._is_cleaning, self._has_given_up = False, False

    # Asking

    @property
    def person(self) -> TestPerson:
        """The first test person who has nothing booked, for whom no limit on bookings is in the way."""
        return self.persons[0]

    @property
    def other(self) -> TestPerson:
        """Somebody else."""
        return self.persons[1]

    @property
    def persons(self) -> tuple[TestPerson, ...]:
        """The test persons, those with nothing booked at the clinic first; asked once, before anything is booked."""
        if self._by_need is None:
            self._by_need = self.settings.persons  # for the questions that follow
            had: dict[str, int] = {}
            for one in self.settings.persons:
                answer = self.schedule(one, "What has the person booked before the run?")
                if not answer.is_usable:
                    return self._by_need
                had[one.number] = len(answer.slots)
            self._by_need = tuple(sorted(self.settings.persons, key=lambda one: had[one.number]))
        return self._by_need

    @property
    def today(self) -> date:
        return self.clock().date()

    def address_of(self, interaction: str) -> str:
        """Where an interaction is; ping's domain is another one, which shows in a path that follows the contracts."""
        if interaction == "PingForConfiguration":
            address = self.settings.ping_address or self.settings.address.replace(_DOMAIN, _DOMAIN_OF_PING)
            return address.replace("{interaction}", interaction)
        return self.settings.address.replace("{interaction}", interaction)

    def ask(
        self,
        message: object,
        purpose: str,
        *,
        person: TestPerson | None = None,
        actor: s.Actor | Nobody | None = None,
        logical_address: HsaId | None = None,
        drop_answer: bool = False,
    ) -> Answer:
        """The answer to a typed question, as its person or as `actor`."""
        payload = codec.encode(message)
        who = (person or self.person).actor if actor is None else None if isinstance(actor, Nobody) else actor
        whom = logical_address or self.settings.logical_address or self.settings.facility
        body = envelope.write_request(payload, whom, who)
        return self.send(type(message).__name__, body, purpose, drop_answer=drop_answer)

    def send(
        self,
        interaction: str,
        body: bytes,
        purpose: str,
        *,
        headers: Mapping[str, str | None] | None = None,
        drop_answer: bool = False,
    ) -> Answer:
        """The answer to `body` as it stands; `headers` are added to the usual ones, or stand in their place, or take
        them away (None).

        Raises NotJudged, without a call, when there is a reason to ask no more (`Evidence.why_to_stop`).
        """
        if (reason := self.evidence.why_to_stop()) and not self._is_cleaning:
            raise NotJudged(reason)
        action = f'"{contract_of(interaction)}:{interaction}"'
        usual = {"content-type": XML, "soapaction": action, **lower(self.settings.headers)}
        given = {**usual, **{name.lower(): value for name, value in (headers or {}).items()}}
        told = {name: value for name, value in given.items() if value is not None}
        request = HttpMessage(told, body)
        address = self.address_of(interaction)
        got = self.carrier.call(address, request, drop_answer=drop_answer)
        told_without_secrets = HttpMessage({name: _hidden(name, value) for name, value in told.items()}, body)
        answer = Answer(
            self.evidence.add(purpose, interaction, address, told_without_secrets, got.answer, got.failure, got.seconds)
        )
        self._look_for_sense(answer)
        return answer

    def _look_for_sense(self, answer: Answer) -> None:
        """Give up on an address where nothing answers, or something else than a scheduling system does."""
        self._makes_sense = self._makes_sense or answer.is_usable or answer.fault is not None
        if not self._makes_sense and answer.number >= _WITHOUT_SENSE:
            self.evidence.useless = (
                f"Of {answer.number} calls none got an answer to its question or a SOAP fault; the latest gave"
                f" {answer.in_words}. Is it the address of a scheduling system?"
            )

    def finding(
        self,
        rule: str,
        sentence: str,
        remedy: str,
        answer: Answer | None = None,
        at: Node | None = None,
        part: Part = "answer",
    ) -> Finding:
        """A finding that points at an element of an answer, or at the answer as a whole."""
        line = at.line if at is not None else None
        return Finding(rule, sentence, remedy, answer.number if answer else None, part, line)

    def once(self, what: str, learn: Callable[[], _T]) -> _T:
        """What was learnt once for the whole run; asked again as long as `learn` raises."""
        if what not in self._learnt:
            self._learnt[what] = learn()
        found: _T = self._learnt[what]
        return found

    def has_learnt(self, what: str) -> bool:
        return what in self._learnt

    # What the target offers

    def offers(self, interaction: str) -> bool:
        """Whether the target answers a plain question of this kind; MakeBooking and the like are not probed."""
        if interaction not in self._offers:
            self._offers[interaction] = self._probe(interaction)
        return self._offers[interaction]

    def demand(self, interaction: str) -> None:
        """Raises NotJudged when the target does not offer an optional interaction."""
        if not self.offers(interaction):
            raise NotJudged(f"The target does not offer {interaction}, which is optional.")

    def _probe(self, interaction: str) -> bool:
        plain = self.plain_question(interaction)
        if plain is None:
            return True
        return self.ask(plain, f"Is {interaction} offered?").is_usable

    def plain_question(self, interaction: str) -> Any:
        """A valid question without filters; None for what changes bookings or needs one."""
        here, who = self.settings.facility, self.person.identity
        last = self.today + timedelta(weeks=self.settings.weeks)
        questions: dict[str, Any] = {
            "GetAllCareTypes": s.GetAllCareTypes(here, who),
            "GetAllHealthcareFacilities": s.GetAllHealthcareFacilities(here, who),
            "GetAllPerformers": s.GetAllPerformers(here, who),
            "GetAllTimeTypes": s.GetAllTimeTypes(here, who),
            "GetAvailableDates": s.GetAvailableDates(here, who, self.today, last, time_type_id=self.settings.time_type),
            "GetAvailableTimeslots": s.GetAvailableTimeslots(
                here, who, self.today, last, time_type_id=self.settings.time_type
            ),
            "GetSubjectOfCareSchedule": s.GetSubjectOfCareSchedule(here, who),
        }
        return questions.get(interaction)

    # Times

    def kinds(self) -> tuple[str | None, ...]:
        """The time types to look for times of: the one given, those that are offered, or none in particular."""
        if self.settings.time_type:
            return (self.settings.time_type,)
        if self._kinds is None:
            answer = self.ask(self.plain_question("GetAllTimeTypes"), "Which time types are there to book?")
            self._kinds = tuple(i for one in answer.all("ListOfTimeTypes") if (i := one.text("timeTypeId")))
        return self._kinds or (None,)

    def times(
        self,
        purpose: str,
        *,
        person: TestPerson | None = None,
        kind: str | None = None,
        booking_id: str | None = None,
        first: date | None = None,
        last: date | None = None,
        actor: s.Actor | Nobody | None = None,
    ) -> Answer:
        """What is free, asked as `person`."""
        who = person or self.person
        first = first or self.today
        last = last or self.today + timedelta(weeks=self.settings.weeks)
        question = s.GetAvailableTimeslots(
            self.settings.facility, who.identity, first, last, booking_id=booking_id, time_type_id=kind
        )
        return self.ask(question, purpose, person=who, actor=actor)

    def free(
        self,
        person: TestPerson | None = None,
        *,
        wanted: int = 1,
        but: Sequence[Slot] = (),
        fit: Callable[[Slot], bool] | None = None,
    ) -> list[Slot]:
        """Free times, all of one kind, that may be booked by a check: the last ones, so that rules about notice hold.

        `but` are times not to give again; `fit` says which will do. The last days are asked for first, for a whole
        list can be long. Raises NotJudged when there are not `wanted` of them.
        """
        taken = {slot.text("startTimeInclusive") for slot in but}
        for kind in self.kinds() if fit is None else self.kinds()[:_MOST_KINDS]:
            good: dict[str | None, Slot] = {}
            for first in dict.fromkeys((self._late_for(kind), self.today)):
                answer = self.times("Which times are free?", person=person, kind=kind, first=first)
                listed = [
                    one
                    for one in answer.slots
                    if one.start and one.end and one.flag("cancel_booking_allowed") is not False
                ]
                good = {one.text("startTimeInclusive"): one for one in listed}
                if len(good.keys() - taken) >= wanted:
                    break
            found = [good[start] for start in sorted(good, key=str, reverse=True) if start not in taken]
            found = [slot for slot in found if fit is None or fit(slot)]
            if len(found) >= wanted:
                earliest = found[: wanted + _SPARE][-1].start
                self._late[kind] = earliest.date() if earliest else self.today
                return found
        raise NotJudged(
            f"Too few free times ({wanted} needed) that may be cancelled again, for any time type; open some, or name a"
            " time type."
            if fit is None
            else "There is no free time of the kind that this needs and that may be cancelled again."
        )

    def _late_for(self, kind: str | None) -> date:
        """From which day on to look for late times: where they were last time, or a few days before the last day."""
        if kind not in self._late:
            here, last = self.settings.facility, self.today + timedelta(weeks=self.settings.weeks)
            question = s.GetAvailableDates(here, self.person.identity, self.today, last, time_type_id=kind)
            answer = self.ask(question, "Which is the last day with a free time?")
            listed = [day_of(node.text("date")) for node in answer.all("performerAvailabilityByDate")]
            latest = max((day for day in listed if day), default=self.today)
            self._late[kind] = max(latest - timedelta(days=_LATE_DAYS), self.today)
        return self._late[kind]

    # Booking, and putting back

    def wanted(self, slot: Slot, person: TestPerson, **changes: Any) -> s.Timeslot:
        """The free time as a request must have it: echoed, with its citizen, without flags (MB-2, MB-3)."""
        names = {part.name: part for part in codec.TIMESLOT.parts}
        fields: dict[str, Any] = {"healthcare_facility": self.settings.facility}
        for node in slot.children():
            part = names.get(node.name)
            if (
                part is not None
                and part.field not in _FLAGS
                and node.own_text
                and not isinstance(part.holds, codec.Form)
            ):
                try:
                    fields[part.field] = part.holds.read(node.own_text)
                except ValueError:
                    continue
        if slot.start and slot.end:
            fields |= {"start": slot.start, "end": slot.end}  # read leniently
        fields |= {"subject_of_care": person.identity, "reason": self.settings.reason, **changes}
        return s.Timeslot(**fields)

    def make(
        self, slot: Slot, person: TestPerson, purpose: str, *, drop_answer: bool = False, **changes: Any
    ) -> Answer:
        """MakeBooking of a listed time. Whatever comes of it is put back at the end."""
        self.remember(person)
        question = s.MakeBooking(self.settings.facility, self.wanted(slot, person, **changes), person.info)
        return self.ask(question, purpose, person=person, drop_answer=drop_answer)

    def move(
        self,
        booking: Booking,
        slot: Slot,
        purpose: str,
        *,
        person: TestPerson | None = None,
        drop_answer: bool = False,
    ) -> Answer:
        """UpdateBooking of a booking to a listed time, by its owner or by `person`."""
        who = person or booking.person
        self.remember(who)
        question = s.UpdateBooking(self.wanted(slot, who, booking_id=booking.id))
        return self.ask(question, purpose, person=who, drop_answer=drop_answer)

    def cancel(
        self, booking_id: str, person: TestPerson, purpose: str, message: str | None = None, **how: Any
    ) -> Answer:
        question = s.CancelBooking(self.settings.facility, booking_id, message)
        answer = self.ask(question, purpose, person=person, **how)
        if answer.is_done:
            self._cancelled.add(booking_id)
        return answer

    def end(self, booking_id: str, person: TestPerson, purpose: str) -> Answer:
        """Cancel, with a message where the clinic may have one and cancels nothing without."""
        answer = self.cancel(booking_id, person, purpose)
        if answer.result == "ERROR":
            details = self.details(booking_id, person, "May a message be sent with a cancellation?")
            if any(slot.flag("message_allowed") for slot in details.slots):
                return self.cancel(booking_id, person, purpose, message=self.message)
        return answer

    @property
    def message(self) -> str:
        """The reason for cancelling."""
        return self.settings.reason or _MESSAGE

    def details(self, booking_id: str, person: TestPerson, purpose: str, **how: Any) -> Answer:
        question = s.GetBookingDetails(self.settings.facility, booking_id)
        return self.ask(question, purpose, person=person, **how)

    def schedule(self, person: TestPerson, purpose: str, **how: Any) -> Answer:
        question = s.GetSubjectOfCareSchedule(self.settings.facility, person.identity)
        return self.ask(question, purpose, person=person, **how)

    @contextmanager
    def booked(
        self, person: TestPerson | None = None, *, but: Sequence[Slot] = (), slot: Slot | None = None
    ) -> Iterator[Booking]:
        """A booking made for a check, of `slot` if given, cancelled when the block ends. Raises NotJudged when none can
        be made."""
        who = person or self.person
        slot = slot or self.free(who, but=but)[0]
        answer = self.make(slot, who, "A booking for this check.")
        if not answer.is_done or not answer.text("bookingId"):
            raise NotJudged(
                f"No booking could be made ({answer.in_words}); see the check booking.a-free-time-can-be-booked."
            )
        booking = Booking(answer.text("bookingId") or "", who, slot, answer)
        try:
            yield booking
        finally:
            self.put_back(booking)

    def put_back(self, booking: Booking) -> bool:
        """Cancel a booking that was not cancelled, and say whether it is; the schedule may show it or not."""
        if booking.id in self._cancelled:
            return True
        return self.end(booking.id, booking.person, "The booking of this check is cancelled again.").is_done

    def has_cancelled(self, booking_id: str | None) -> bool:
        """Whether a cancellation of this booking was confirmed to the run."""
        return booking_id in self._cancelled

    def ids_of(self, person: TestPerson) -> frozenset[str]:
        """The ids of what a person has booked, empty when that cannot be learnt."""
        answer = self.schedule(person, "What has the person booked?")
        return frozenset(one.booking_id for one in answer.slots if one.booking_id)

    def remember(self, person: TestPerson) -> None:
        """Note what a person had before the kit books anything for them. Raises NotJudged when nobody tells."""
        if person.number not in self._had:
            answer = self.schedule(person, "What has the person booked, to be left alone?")
            if not answer.is_usable:
                why = f"GetSubjectOfCareSchedule gave {answer.in_words}"
                raise NotJudged(f"{why}: without knowing what a person has booked the kit books nothing for them.")
            self._had[person.number] = frozenset(one.booking_id for one in answer.slots if one.booking_id)
            self._touched[person.number] = person

    def spend(self, booking_id: str) -> None:
        """Note that an invitation was used, which nothing can undo."""
        self._spent[booking_id] = None

    def leave_behind(self, sentence: str) -> None:
        """Note something that the run changed and cannot put back."""
        self._left.append(sentence)

    def clean_up(self) -> tuple[str, ...]:
        """Cancel what the test persons have beyond what they had; Ctrl-C stops that. Sentences about what is left."""
        self._is_cleaning = True
        left = [f"The invitation {one} was used by this run; the clinic can send a new one." for one in self._spent]
        left += self._left
        jobs = list(self._touched.values())
        try:
            while jobs:
                left += self._cleaned_for(jobs[0])
                jobs.pop(0)
        except KeyboardInterrupt:
            left.append(f"The cleaning was stopped: what this run booked for {len(jobs)} test persons may still stand.")
        return tuple(left)

    def _cleaned_for(self, person: TestPerson) -> Iterator[str]:
        if self._has_given_up:
            yield "Whether anything is left is not known: the target does not answer any more."
            return
        answer = self.schedule(person, "Cleaning: is anything of this run still booked?")
        self._has_given_up = answer.exchange.failure is not None
        if not answer.is_usable:
            yield f"Whether anything is left is not known: asking for the schedule gave {answer.in_words}."
            return
        for slot in answer.slots:
            if slot.booking_id and slot.booking_id not in self._had[person.number]:
                yield from self._cleaned(slot.booking_id, slot, person)

    def _cleaned(self, booking_id: str, slot: Slot, person: TestPerson) -> Iterator[str]:
        when = slot.text("startTimeInclusive") or "without a time"
        try:
            answer = self.end(booking_id, person, "Cleaning: a booking of this run is cancelled.")
        except KeyboardInterrupt:
            yield f"The booking {booking_id}, {when}, may still stand: its cancelling was stopped."
            raise
        if not answer.is_done:
            yield f"The booking {booking_id}, {when}, still stands: cancelling it gave {answer.in_words}."


def contract_of(interaction: str) -> str:
    """The contract's namespace; that of the eleven for a name that is none of theirs."""
    forms = SCHEDULING_INTERACTIONS.get(interaction)
    if forms is not None:
        return forms.contract
    if interaction == "PingForConfiguration":
        return "urn:riv:itintegration:monitoring:PingForConfigurationResponder:1"
    return f"urn:riv:crm:scheduling:{interaction}Responder:1"


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _hidden(name: str, value: str) -> str:
    """A header as evidence shows it: nothing that lets somebody in."""
    return "(hidden)" if name in ("authorization", "cookie", "x-vp-auth-cert") else value
