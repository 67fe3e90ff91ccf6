"""A small consumer that does everything right, by raw HTTP; what is wrong with another is one method of a subclass.

It is a `Drive`: the kit's scenarios are played by its methods, and it tells what its citizen saw.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import requests

from conformance.consumer.drivers import Seen
from conformance.consumer.scenarios import Scenario
from contracts import codec, envelope, xml
from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.consumer import PLATFORM_PATH
from contracts.identifiers import HsaId
from contracts.times import parse_ts

FLAGS = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed", "is_invitation")
SORRY = "Något gick fel. Försök igen senare."
PLATFORM = HsaId("SE2321009991-TP01")
_REGISTRY = "urn:riv:infrastructure:itintegration:registry:GetSupportedServiceContractsResponder:2"


class Failed(Exception):
    """A fault, or no answer at all."""


class Consumer:
    """Signed in is the scenario's test person. `seen` is what is on the screen."""

    def __init__(self, url: str, today: date) -> None:
        self.url, self.today = url, today
        self.session = requests.Session()
        self.seen: list[str] = []

    def close(self) -> None:
        self.session.close()

    def __call__(self, scenario: Scenario) -> Seen:
        self.seen, self.person, self.facts = [], scenario.person, scenario.facts
        self.clinic, self.new_clinic = HsaId(self.facts["CLINIC"]), HsaId(self.facts["NEW_CLINIC"])
        self.had = self.facts["BOOKING_ID"]
        getattr(self, scenario.name.replace("-", "_"), self.book)()
        return Seen("\n".join(self.seen))

    # -- Messages

    def ask(self, message: Any, at: HsaId | None = None) -> Any:
        """The typed answer. Raises Failed."""
        name = type(message).__name__
        body = self.body(message, at or self.address_of(message))
        try:
            got = self.session.post(self.url + PLATFORM_PATH.format(interaction=name), body, headers=self.headers(name))
        except requests.RequestException:
            raise Failed from None
        payload = self.read(got.content).payload
        forms = SCHEDULING_INTERACTIONS[name]
        if got.status_code != 200 or payload is None:
            raise Failed(got.text)
        return codec.decode(forms.response, payload)

    def read(self, body: bytes) -> envelope.Message:
        return envelope.read(body)

    def body(self, message: Any, at: HsaId) -> bytes:
        return envelope.write_request(codec.encode(message), at, self.actor())

    def actor(self) -> s.Actor | None:
        return self.person.actor

    def headers(self, name: str) -> dict[str, str]:
        action = f'"{SCHEDULING_INTERACTIONS[name].contract}:{name}"'
        return {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": action}

    def address_of(self, message: Any) -> HsaId:
        slot = getattr(message, "timeslot", None)
        return slot.healthcare_facility if slot else message.healthcare_facility

    # -- Seeing

    def see(self) -> None:
        booked = self.schedule(PLATFORM)
        self.seen += [f"{one.start:%d %B %H:%M}" for one in booked] or ["Du har inga bokade tider."]
        if self.had:
            slot = self.details()
            self.seen.append(slot.time_type_name)

    def see_none(self) -> None:
        try:
            self.see()
        except Failed:
            self.seen.append(SORRY)

    def see_unknown(self) -> None:
        self.see_none()

    def see_part(self) -> None:
        self.see_none()

    def schedule(self, at: HsaId | None = None) -> tuple[s.Timeslot, ...]:
        """At one clinic, or at the platform's own address for all of them; silence of these is no answer."""
        here = at or self.clinic
        question = s.GetSubjectOfCareSchedule(here, self.person.identity)
        body = self.body(question, here)
        url = self.url + PLATFORM_PATH.format(interaction="GetSubjectOfCareSchedule")
        got = self.session.post(url, body, headers=self.headers("GetSubjectOfCareSchedule"))
        if got.status_code != 200 or self.is_unknown(got.text):
            raise Failed
        read = envelope.read(got.content).payload
        return codec.decode(SCHEDULING_INTERACTIONS["GetSubjectOfCareSchedule"].response, read).timeslots

    def is_unknown(self, text: str) -> bool:
        return "NoDataSynchFailed" in text

    def details(self, booking_id: str = "") -> s.Timeslot:
        return self.ask(s.GetBookingDetails(self.clinic, booking_id or self.had)).timeslot

    # -- Booking

    def book(self) -> None:
        slot = self.wanted(self.choose())
        self.say(lambda: self.make(slot))

    def choose(self) -> s.Timeslot:
        """The time that the scenario names, by way of what the clinic offers."""
        care = self.care_type()
        self.ask(s.GetAllTimeTypes(self.clinic, self.person.identity, (care,) if care else ()))
        return self.listed(self.clinic, "START", time_type_id=self.facts["TIME_TYPE"], care_type_id=care)

    def care_type(self) -> str | None:
        if SCHEDULING_INTERACTIONS["GetAllCareTypes"].contract not in self.offered():
            return None
        return self.ask(s.GetAllCareTypes(self.clinic, self.person.identity)).care_types[0].care_type_id

    def offered(self) -> str:
        """What the registry says of the clinic."""
        told = f"<logicalAdress>{self.clinic}</logicalAdress>"
        question = f'<GetSupportedServiceContracts xmlns="{_REGISTRY}">{told}</GetSupportedServiceContracts>'
        body = envelope.write_request(xml.parse(question.encode()), PLATFORM, None)
        return self.session.post(f"{self.url}/registry", body, headers={"Content-Type": "text/xml"}).text

    def listed(self, at: HsaId, start: str, **filters: Any) -> s.Timeslot:
        first, last = self.today, self.today + timedelta(weeks=12)
        question = s.GetAvailableDates(at, self.person.identity, first, last, **filters)
        days = {one.day for one in self.ask(question).availabilities}
        wanted = parse_ts(self.facts[start])
        assert wanted.date() in days
        times = self.ask(s.GetAvailableTimeslots(at, self.person.identity, wanted.date(), wanted.date(), **filters))
        return next(one for one in times.timeslots if one.start == wanted and self.is_at(one, at))

    def is_at(self, slot: s.Timeslot, at: HsaId) -> bool:
        return slot.healthcare_facility == at

    def wanted(self, slot: s.Timeslot, booking_id: str | None = None) -> s.Timeslot:
        changes = {"booking_id": booking_id} if booking_id else {}
        return replace(slot, subject_of_care=self.person.identity, **dict.fromkeys(FLAGS), **changes)

    def make(self, slot: s.Timeslot) -> Any:
        return self.ask(s.MakeBooking(self.clinic, slot, self.person.info))

    def say(self, change) -> Any:
        """Make a change and show what came of it."""
        try:
            answer = change()
        except Failed:
            return self.unanswered(change)
        self.tell(answer)
        return answer

    def tell(self, answer: Any) -> None:
        self.seen.append("Klart." if answer.result_code != "ERROR" else "Det gick inte.")
        self.seen.append(answer.result_text or "")

    def unanswered(self, change) -> None:
        """Look, and try again when it is not there."""
        wanted = parse_ts(self.facts["START"])
        if any(one.start == wanted for one in self.schedule()):
            self.seen.append("Klart.")
        else:
            self.tell(change())

    # -- Changing

    def move(self) -> None:
        self.moved(self.clinic)
        later = parse_ts(self.facts["NEW_START"])
        now = next(one for one in self.schedule() if one.start == later)
        self.cancelled(self.new_id(now))

    def new_id(self, now: s.Timeslot) -> str:
        return now.booking_id or ""

    def moved(self, to: HsaId) -> None:
        if self.may(self.details(), "rebooking_allowed"):
            self.say(lambda: self.update(self.wanted(self.listed(to, "NEW_START", booking_id=self.had), self.had)))
        else:
            self.seen.append("Ring mottagningen.")

    def update(self, slot: s.Timeslot) -> Any:
        return self.ask(s.UpdateBooking(slot, self.person.info))

    def may(self, slot: s.Timeslot, flag: str) -> bool:
        return bool(getattr(slot, flag))

    def move_away(self) -> None:
        self.moved(self.places()[-1])

    def places(self) -> list[HsaId]:
        question = s.GetAllHealthcareFacilities(self.clinic, self.person.identity, self.had)
        return [one.healthcare_facility for one in self.ask(question).facilities]

    def cancel(self) -> None:
        self.cancelled(self.had)

    cancel_wordless = cancel_refused = cancel

    def cancelled(self, booking_id: str) -> None:
        slot = self.details(booking_id)
        if not self.may(slot, "cancel_booking_allowed"):
            self.seen.append("Ring mottagningen.")
            return
        words = self.facts["REASON"] if self.may(slot, "message_allowed") else None
        self.say(lambda: self.ask(s.CancelBooking(self.clinic, booking_id, words)))

    def locked(self) -> None:
        self.schedule()
        self.cancelled(self.had)
        self.moved(self.clinic)

    # -- Invitations

    def open_invitation(self) -> None:
        self.details()
        (place,) = self.places()
        slot = self.listed(place, "START", booking_id=self.had)
        self.say(lambda: self.take_invited(self.wanted(slot, self.had)))

    def take_invited(self, slot: s.Timeslot) -> Any:
        return self.make(slot)

    def timed_invitation(self) -> None:
        self.moved(self.clinic)


@contextmanager
def a_consumer(kind: type[Consumer], url: str, today: date) -> Iterator[Consumer]:
    made = kind(url, today)
    try:
        yield made
    finally:
        made.close()
