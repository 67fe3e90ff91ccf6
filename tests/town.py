"""A demo region for each journey, planted once and copied, and people who use it through the real door."""

import shutil
from dataclasses import dataclass
from datetime import date, time, timedelta

import pytest

from contracts import scheduling as s
from contracts.consumer import InternalCaller, SchedulingConsumer
from contracts.identifiers import HsaId
from contracts.transport import HttpTransport
from scheduling_backends.engine.offer import BookableBy, TimeTypeSettings
from scheduling_backends.engine.schedules import Period
from tests.people import Person
from tests.serving import MORNING, Served, demo_region
from tidbro import demo
from tidbro.settings import read_region
from tidbro.wiring import build

E_SERVICE = InternalCaller("SE2321009991-ET01", "SE2321009991-TP01")


@dataclass(frozen=True)
class Visitor:
    """One citizen at one clinic, asking through the gateway as the e-service does."""

    consumer: SchedulingConsumer
    person: Person
    clinic: HsaId
    today: date

    def times(self, time_type: str | None = None, weeks: int = 12, **more) -> tuple[s.Timeslot, ...]:
        last = self.today + timedelta(weeks=weeks)
        question = s.GetAvailableTimeslots(
            self.clinic, self.person.identity, self.today, last, time_type_id=time_type, **more
        )
        return self.consumer.get_available_timeslots(question, actor=self.person.actor).timeslots

    def days(self, time_type: str | None = None, weeks: int = 12, **more) -> list[date]:
        last = self.today + timedelta(weeks=weeks)
        question = s.GetAvailableDates(
            self.clinic, self.person.identity, self.today, last, time_type_id=time_type, **more
        )
        found = self.consumer.get_available_dates(question, actor=self.person.actor).availabilities
        return sorted({one.day for one in found})

    def book(self, slot: s.Timeslot, reason: str | None = None, **changes) -> s.MakeBookingResponse:
        question = s.MakeBooking(self.clinic, self.wanted(slot, reason, **changes), self.person.info)
        return self.consumer.make_booking(question, actor=self.person.actor)

    def wanted(self, slot: s.Timeslot, reason: str | None = None, **changes) -> s.Timeslot:
        """The slot echoed back as a request must have it: with its citizen, without flags (contracts.md MB-2)."""
        fields = {name: getattr(slot, name) for name in slot.__dataclass_fields__}
        flags = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed", "is_invitation")
        fields |= {"subject_of_care": self.person.identity, "reason": reason, **dict.fromkeys(flags), **changes}
        return s.Timeslot(**fields)

    def schedule(self) -> tuple[s.Timeslot, ...]:
        question = s.GetSubjectOfCareSchedule(self.clinic, self.person.identity)
        return self.consumer.get_subject_of_care_schedule(question, actor=self.person.actor).timeslots

    def details(self, booking_id: str, clinic: HsaId | None = None) -> s.Timeslot:
        question = s.GetBookingDetails(clinic or self.clinic, booking_id)
        return self.consumer.get_booking_details(question, actor=self.person.actor).timeslot

    def move(self, booking_id: str, slot: s.Timeslot, reason: str | None = None) -> s.UpdateBookingResponse:
        question = s.UpdateBooking(self.wanted(slot, reason, booking_id=booking_id))
        return self.consumer.update_booking(question, actor=self.person.actor)

    def cancel(self, booking_id: str, message: str | None = None) -> s.CancelBookingResponse:
        question = s.CancelBooking(self.clinic, booking_id, message)
        return self.consumer.cancel_booking(question, actor=self.person.actor)

    def time_types(self) -> list[str]:
        question = s.GetAllTimeTypes(self.clinic, self.person.identity)
        answer = self.consumer.get_all_time_types(question, actor=self.person.actor)
        return [one.time_type_id for one in answer.time_types]

    def facilities(self, booking_id: str | None = None) -> list[HsaId]:
        question = s.GetAllHealthcareFacilities(self.clinic, self.person.identity, booking_id)
        answer = self.consumer.get_all_healthcare_facilities(question, actor=self.person.actor)
        return [one.healthcare_facility for one in answer.facilities]


@dataclass(frozen=True)
class Town:
    """A served demo region and the way to it."""

    served: Served
    consumer: SchedulingConsumer

    def visitor(self, person: Person, clinic: str) -> Visitor:
        """`person` at the clinic `SE2321009991-<clinic>`."""
        return Visitor(self.consumer, person, HsaId(f"SE2321009991-{clinic}"), self.served.clock.now.date())

    def add_group_times(self) -> None:
        """A kind of time for four at once at Mottagningen Ostadig, on the day after tomorrow."""
        day = self.served.clock.now.date() + timedelta(days=2)
        timebook = self.served.region.pipeline.producers.adapters["timebook"]
        with timebook.desk() as desk:
            kind = TimeTypeSettings(
                code="GRUPP", internal_name="Grupp", web_name="Grupp", length_minutes=60,
                bookable_by=BookableBy.BOTH, capacity=4,
            )  # fmt: skip
            desk.add_time_type(HsaId("SE2321009991-2B07"), kind)
            desk.add_slots(HsaId("SE2321009991-2B07"), "GRUPP", Period(day, day, time(14), time(16), 60))


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """The demo region's data as they are when the demo starts."""
    folder = tmp_path_factory.mktemp("planted")
    settings = demo.opened(read_region(None, {"demo": True, "data_directory": str(folder)}))
    demo.plant(build(settings, lambda: MORNING))
    return folder


@pytest.fixture
def town(planted, tmp_path):
    """A demo region of the test's own, on the morning of Tuesday 24 November 2026."""
    data = shutil.copytree(planted, tmp_path / "data")
    with demo_region(data) as served, HttpTransport(read_seconds=60) as transport:
        yield Town(served, SchedulingConsumer(served.url, transport, caller=E_SERVICE))
