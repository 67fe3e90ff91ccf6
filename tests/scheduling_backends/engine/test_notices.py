"""R43 and contracts.md §7 (EIU): what the engagement index is told, whoever changes a booking, and never without it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope, xml
from contracts.catalogue import Catalogue
from contracts.identifiers import HsaId
from contracts.outbox import Letter, NotDelivered
from contracts.validation import Validator
from scheduling_backends.engine import care, notices
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.care import CareRefused
from scheduling_backends.engine.duty import IndexDuty
from scheduling_backends.engine.models import INDEX_OUTBOX, SlotRow
from scheduling_backends.engine.offer import ClinicSettings
from scheduling_backends.engine.seats import Author
from scheduling_backends.timebook.adapter import Timebook
from scheduling_backends.timebook.settings import TimebookSettings
from tests.people import ANNA, BERTIL, DAN, Person
from tests.scheduling_backends.timebooks import (
    GROUP,
    NORTH,
    SOUTH,
    MovableClock,
    World,
    a_type,
    at,
    empty_database,
)

INDEX, SYSTEM = HsaId("SE2321009991-EI01"), HsaId("SE2321009991-FT01")
NURSE = Author("care", "SE2321009991-S003")
VALIDATOR = Validator(Catalogue.official())


@dataclass
class Told:
    """An index that only writes down; `is_away` while it takes nothing."""

    letters: list[Letter] = field(default_factory=list)
    is_away: bool = False

    def __call__(self, letter: Letter) -> None:
        if self.is_away:
            raise NotDelivered("away")
        self.letters.append(letter)

    @property
    def changes(self) -> list[e.EngagementTransaction]:
        return [change for letter in self.letters for change in changes_of(letter)]

    @property
    def entries(self) -> dict[str, tuple[str, str, str]]:
        """What stands in the index after all that was told: by booking, category, address and content."""
        standing: dict[tuple[str, str, str], str | None] = {}
        for change in self.changes:
            one = change.engagement
            key = (one.business_object, one.categorization, one.logical_address)
            if change.is_deletion:
                del standing[key]  # what was never told is never taken back
            else:
                standing[key] = one.most_recent_content
        assert len({booking for booking, _, _ in standing}) == len(standing), "one booking has two entries"
        return {booking: (kind, place, content or "") for (booking, kind, place), content in standing.items()}

    def lately(self) -> list[tuple[str, str, str]]:
        """The changes since the last look, as (done, category, booking)."""
        told = [
            ("deleted" if c.is_deletion else "told", c.engagement.categorization, c.engagement.business_object)
            for c in self.changes
        ]
        self.letters.clear()
        return told


def changes_of(letter: Letter) -> tuple[e.EngagementTransaction, ...]:
    update = codec.decode(codec.UPDATE.request, envelope.read(letter.body).payload)
    return update.transactions


def a_timebook(folder: Path, told: Told, clock: MovableClock) -> Timebook:
    settings = TimebookSettings(database_url=empty_database(folder))
    timebook = Timebook(settings, clock)
    timebook._duty = IndexDuty(INDEX, SYSTEM, told)
    return timebook


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def world(tmp_path: Path, told: Told) -> Iterator[World]:
    """A clinic group of two with free times, whose index is told of everything."""
    clock = MovableClock()
    timebook = a_timebook(tmp_path, told, clock)
    timebook.open()
    timebook.duty.relay.close()  # here the test delivers
    world = World(timebook, clock, f"sqlite:///{tmp_path / 'timebook.sqlite'}")
    for clinic in (NORTH, SOUTH):
        world.add_clinic(clinic, GROUP, a_type(max_simultaneous=5, rebook_care=a_type().rebook_own))
        world.add_times(clinic)
    yield world
    timebook.close()
    for database in world.databases:
        database.close()


def deliver(world: World) -> None:
    world.timebook.duty.relay.deliver_all()


def slot_at(world: World, clinic: HsaId, start: datetime) -> int:
    with world.timebook.reading() as session:
        place = select(SlotRow.id).where(SlotRow.start == start)
        slots = session.scalars(place.order_by(SlotRow.id)).all()
    return slots[0 if clinic == NORTH else 1]


def care_books(world: World, person: Person = ANNA, hour: int = 11, text: str | None = None) -> str:
    with world.timebook.writing() as session:
        slot = slot_at(world, NORTH, at(1, hour))
        return care.book(
            session, slot, person.identity, Contact(), NURSE, world.clock.now, note="Återbesök", invitation_text=text
        )


# -- The table of contracts.md §7


def test_eiu_5_a_booking_is_told_with_all_that_the_index_wants(world, told):
    booking = world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    deliver(world)
    (change,) = told.changes
    assert change.engagement == e.Engagement(
        resident=ANNA.number,
        service_domain="riv:crm:scheduling",
        categorization="Booking",
        logical_address=NORTH.text,
        business_object=booking,
        clinical_process="NA",
        most_recent_content="20261201090000",
        source_system=SYSTEM.text,
        data_controller="SE2321009991",
        extensions=change.engagement.extensions,
    )
    (letter,) = told.letters
    assert (letter.contract, letter.logical_address) == (codec.UPDATE.contract, INDEX.text)
    assert VALIDATOR.check_request(envelope.read(letter.body)) == ()


def test_a_citizen_who_cancels_is_told_by_one_deletion_without_a_time(world, told):
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    ask.cancel(booking)
    deliver(world)
    assert told.lately() == [("told", "Booking", booking), ("deleted", "Booking", booking)]


def test_a_move_within_the_clinic_is_the_same_entry_with_a_new_time(world, told):
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    ask.move(booking, ask.free_times()[3])
    deliver(world)
    assert told.entries == {booking: ("Booking", NORTH.text, "20261201110000")}


def test_a_move_to_another_clinic_replaces_the_entry_in_one_letter(world, told):
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    deliver(world)
    told.letters.clear()
    south = world.ask(ANNA, SOUTH)
    south.move(booking, south.free_times(booking_id=booking)[0])
    deliver(world)
    (letter,) = told.letters
    gone, new = changes_of(letter)
    assert (gone.is_deletion, gone.engagement.business_object) == (True, booking)
    assert (new.is_deletion, new.engagement.logical_address) == (False, SOUTH.text)


def test_eiu_6_an_open_invitation_bears_the_day_it_was_made_with_noughts(world, told):
    with world.timebook.desk() as desk:
        invitation = desk.invite(NORTH, "BES", ANNA.identity, "Välj en tid", [NORTH])
    deliver(world)
    assert told.entries == {invitation: ("Invitation", NORTH.text, "20261127000000")}


def test_an_open_invitation_that_is_booked_is_replaced_by_a_booking(world, told):
    with world.timebook.desk() as desk:
        invitation = desk.invite(NORTH, "BES", ANNA.identity, "Välj en tid", [NORTH])
    deliver(world)
    told.letters.clear()
    ask = world.ask(ANNA)
    booking = ask.booked(replace(ask.free_times(booking_id=invitation)[0], booking_id=invitation))
    deliver(world)
    assert sorted(told.lately()) == [("deleted", "Invitation", invitation), ("told", "Booking", booking)]


def test_i_4_a_timed_invitation_that_the_citizen_moves_becomes_a_booking_in_the_index(world, told):
    booking = care_books(world, text="Välkommen")
    deliver(world)
    assert told.lately() == [("told", "Invitation", booking)]
    ask = world.ask(ANNA)
    ask.move(booking, ask.free_times()[0])
    deliver(world)
    assert told.lately() == [("deleted", "Invitation", booking), ("told", "Booking", booking)]


def test_eiu_1_what_staff_do_is_told_like_what_citizens_do(world, told):
    booking = care_books(world)
    with world.timebook.writing() as session:
        care.move(session, booking, slot_at(world, NORTH, at(1, 10)), NURSE, world.clock.now)
    with world.timebook.writing() as session:
        care.cancel(session, booking, NURSE, world.clock.now)
    deliver(world)
    contents = [c.engagement.most_recent_content for c in told.changes]
    assert contents == ["20261201110000", "20261201100000", None]


def test_r22_what_the_citizen_may_not_see_is_not_told(world, told):
    world.change(shows_care_booked=False)
    care_books(world)
    deliver(world)
    assert told.entries == {}


def test_r22_a_change_of_what_may_be_seen_tells_and_takes_back(world, told):
    booking = care_books(world)
    world.change(shows_care_booked=False)
    deliver(world)
    assert told.lately() == [("told", "Booking", booking), ("deleted", "Booking", booking)]
    world.change(shows_care_booked=True)
    deliver(world)
    assert told.lately() == [("told", "Booking", booking)]


def test_eiu_7_an_entry_is_gone_when_its_time_begins_and_not_before(world, told):
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    world.clock.now = at(1, 9) - timedelta(seconds=1)
    assert world.timebook.duty.sweep() == 0
    world.clock.now = at(1, 9)
    assert world.timebook.duty.sweep() == 1
    assert world.timebook.duty.sweep() == 0
    deliver(world)
    assert told.lately() == [("told", "Booking", booking), ("deleted", "Booking", booking)]


def test_eiu_7_an_invitation_is_gone_when_its_last_day_is_over(world, told):
    with world.timebook.desk() as desk:
        desk.invite(NORTH, "BES", ANNA.identity, "Välj en tid", [NORTH], expires_on=date(2026, 11, 30))
    world.clock.now = at(30, 23, 59, month=11)
    assert world.timebook.duty.sweep() == 0
    world.clock.now = at(1, 0)
    assert world.timebook.duty.sweep() == 1
    deliver(world)
    assert told.entries == {}


# -- Never without, never twice


def test_what_is_refused_or_undone_tells_nothing(world, told):
    ask = world.ask(ANNA)
    slot = ask.free_times()[0]
    booking = world.ask(BERTIL).booked(slot)
    deliver(world)
    told.letters.clear()
    assert ask.make(slot).result_code == "ERROR"
    with pytest.raises(CareRefused):
        cancels_and_then_fails(world, booking)
    deliver(world)
    assert told.letters == []


def cancels_and_then_fails(world: World, booking: str) -> None:
    with world.timebook.writing() as session:
        care.cancel(session, booking, NURSE, world.clock.now)
        care.cancel(session, booking, NURSE, world.clock.now)


def test_eiu_8_all_is_told_anew_when_the_index_has_to_be_filled(world, told):
    bookings = {world.ask(one).booked(world.ask(one).free_times()[0]) for one in (ANNA, BERTIL, DAN)}
    deliver(world)
    told.letters.clear()
    world.timebook.duty.tell_anew()
    deliver(world)
    assert set(told.entries) == bookings


def test_eiu_3_a_system_that_gets_an_index_tells_what_was_booked_before(tmp_path, told):
    clock = MovableClock()
    without = Timebook(TimebookSettings(database_url=empty_database(tmp_path)), clock)
    without.open()
    world = World(without, clock, "")
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    booking = world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    without.close()
    timebook = Timebook(TimebookSettings(database_url=f"sqlite:///{tmp_path / 'timebook.sqlite'}"), clock)
    timebook._duty = IndexDuty(INDEX, SYSTEM, told)
    timebook.open()
    timebook.duty.relay.close()
    timebook.duty.relay.deliver_all()
    timebook.close()
    assert told.entries == {booking: ("Booking", NORTH.text, "20261201090000")}


def test_a_system_that_starts_again_tells_nothing_twice(world, told):
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    deliver(world)
    told.letters.clear()
    world.timebook.close()
    world.timebook.open()
    world.timebook.duty.relay.close()
    deliver(world)
    assert told.letters == []


def test_while_the_index_is_away_letters_wait_in_their_order(world, told):
    told.is_away = True
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    deliver(world)
    ask.cancel(booking)
    deliver(world)
    told.is_away = False
    deliver(world)
    assert told.lately() == [("told", "Booking", booking), ("deleted", "Booking", booking)]


def test_without_an_index_nothing_is_kept_for_it(clinic_without_index):
    world = clinic_without_index
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    with world.timebook.reading() as session:
        assert session.execute(select(INDEX_OUTBOX)).all() == []


@pytest.fixture
def clinic_without_index(tmp_path: Path) -> Iterator[World]:
    timebook = Timebook(TimebookSettings(database_url=empty_database(tmp_path)), MovableClock())
    timebook.open()
    world = World(timebook, timebook._clock, "")
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    yield world
    timebook.close()


def test_a_version_rises_with_each_notice_about_a_booking(world, told):
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    ask.move(booking, ask.free_times()[3])
    ask.cancel(booking)
    deliver(world)
    versions = [int(xml.text_of(xml.parse(change.engagement.extensions[0]))) for change in told.changes]
    assert versions == [1, 2, 3]


@pytest.mark.parametrize("name", ["platform_url", "platform_instance", "system_id"])
def test_half_a_duty_is_refused(name):
    whole = {"index_address": "a", "platform_url": "b", "platform_instance": "c", "system_id": "d"}
    with pytest.raises(ValueError, match=f"index_address needs {name} too"):
        TimebookSettings(**{**whole, name: ""})


def test_of_two_processes_on_one_database_one_sends_what_both_have_written(world, told, tmp_path):
    second = Timebook(TimebookSettings(database_url=f"sqlite:///{tmp_path / 'timebook.sqlite'}"), world.clock)
    silent = Told()
    second._duty = IndexDuty(INDEX, SYSTEM, silent, sends_letters=False)
    second.open()
    other = World(second, world.clock, "")
    booking = other.ask(ANNA).booked(other.ask(ANNA).free_times()[0])
    second.close()
    deliver(world)
    assert silent.letters == []
    assert told.entries == {booking: ("Booking", NORTH.text, "20261201090000")}


# -- Any history


class Histories(RuleBasedStateMachine):
    """Citizens and staff do whatever they like; after each step the index, once told, has what it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.told, clock = Told(), MovableClock()
        timebook = a_timebook(Path(self.folder.name), self.told, clock)
        timebook.open()
        timebook.duty.relay.close()
        self.world = World(timebook, clock, "")
        for clinic in (NORTH, SOUTH):
            self.world.add_clinic(
                clinic, ClinicSettings("M", group="G", rebooks_in_group=True), a_type(max_simultaneous=9)
            )
            self.world.add_times(clinic)
        self.bookings: list[tuple[Person, str]] = []

    def teardown(self) -> None:
        self.world.timebook.close()
        self.folder.cleanup()

    @rule(person=st.sampled_from([ANNA, BERTIL]), clinic=st.sampled_from([NORTH, SOUTH]), which=st.integers(0, 20))
    def book(self, person: Person, clinic: HsaId, which: int) -> None:
        free = self.world.ask(person, clinic).free_times()
        if free:
            answer = self.world.ask(person, clinic).make(free[which % len(free)])
            if answer.booking_id:
                self.bookings.append((person, answer.booking_id))

    @precondition(lambda self: self.bookings)
    @rule(which=st.integers(0, 20), to=st.integers(0, 20), clinic=st.sampled_from([NORTH, SOUTH]))
    def move(self, which: int, to: int, clinic: HsaId) -> None:
        person, booking = self.bookings[which % len(self.bookings)]
        ask = self.world.ask(person, clinic)
        free = ask.free_times(booking_id=booking)
        if free:
            ask.move(booking, free[to % len(free)])

    @precondition(lambda self: self.bookings)
    @rule(which=st.integers(0, 20))
    def cancel(self, which: int) -> None:
        person, booking = self.bookings[which % len(self.bookings)]
        self.world.ask(person, NORTH).cancel(booking)
        self.world.ask(person, SOUTH).cancel(booking)

    @rule(shows=st.booleans())
    def hide(self, shows: bool) -> None:
        self.world.change(is_hidden=shows)

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.world.clock.now += timedelta(hours=hours)
        self.world.timebook.duty.sweep()

    @rule()
    def start_again(self) -> None:
        self.world.timebook.close()
        self.world.timebook.open()
        self.world.timebook.duty.relay.close()

    @rule(away=st.booleans())
    def index_is_away(self, away: bool) -> None:
        self.told.is_away = away

    @invariant()
    def the_index_has_what_it_should_have(self) -> None:
        self.world.timebook.duty.relay.deliver_all()
        if self.told.is_away:
            return
        with self.world.timebook.reading() as session:
            wanted = notices._all_wanted(session, self.world.clock.now)
        assert self.told.entries == {
            one.booking_id: (one.category, one.logical_address, one.most_recent_content) for one in wanted.values()
        }


TestAnyHistory = Histories.TestCase
TestAnyHistory.settings = how(max_examples=25, stateful_step_count=20, deadline=None)
