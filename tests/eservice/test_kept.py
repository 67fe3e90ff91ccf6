"""What the e-service keeps, on each kind of database: flows, references, letters; and its schema and settings."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from contracts import scheduling as s
from contracts.database import Database
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from eservice.app import LOCATION
from eservice.inbox import PER_PAGE, Inbox
from eservice.journeys import MOST_OFFERED, Journey, Journeys, JourneyUnknown
from eservice.models import HEAD, Base
from eservice.people import Person
from eservice.references import References
from eservice.settings import EServiceSettings
from eservice.slots import key_of
from eservice.troubles import BookingUnknown
from tests.people import ANNA, BERTIL, MOA
from tests.scheduling_backends.timebooks import postgresql
from tests.serving import SetClock

CLINIC, OTHER = HsaId("SE2321009991-2B02"), HsaId("SE2321009991-2B03")


def known(person) -> Person:
    return Person(person.identity, person.first_name, person.last_name)


def a_slot(hour: int = 8, **changes) -> s.Timeslot:
    start = datetime(2026, 12, 1, hour, 20, tzinfo=SWEDEN)
    usual = s.Timeslot(CLINIC, start, start + timedelta(minutes=10), booking_id="slot-1", time_type_id="PROV10")
    return replace(usual, **changes)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'eservice.sqlite'}"
    else:
        with postgresql() as found:
            yield found


@pytest.fixture
def database(url) -> Iterator[Database]:
    made = Database(url)
    made.upgrade(LOCATION, HEAD)
    yield made
    made.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def journeys(database, clock) -> Journeys:
    return Journeys(database, clock)


# -- The schema and the settings


def test_migrations_make_the_tables_of_the_models(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hsa_id", " "), ("hsa_id", 1), ("read_seconds", 0), ("read_seconds", "30"), ("idle_minutes", -1),
        ("idle_minutes", 1.5), ("reconcile_pause_seconds", -1.0), ("emulated_sign_in", "yes"), ("reconcile_tries", True),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_stops_the_start_and_is_named(name, value):
    with pytest.raises(ValueError, match=f"setting {name} "):
        EServiceSettings.from_mapping({name: value})


def test_an_unknown_setting_stops_the_start():
    with pytest.raises(ValueError, match="the e-service has no setting colour"):
        EServiceSettings.from_mapping({"colour": "blue"})


def test_sign_in_without_proof_and_the_calls_behind_pages_are_closed_unless_somebody_opens_them():
    assert not EServiceSettings().emulated_sign_in
    assert not EServiceSettings().shows_calls


# -- Flows


def test_a_flow_comes_back_as_it_was_kept(journeys):
    old = a_slot(9, booking_id="b-1", subject_of_care=ANNA.identity, performer=HsaId("SE2321009991-P001"))
    journey = Journey("", "rebook", CLINIC, OTHER, "b-1", old, {"day": "2026-12-01"}, {"reason": "Ont i halsen"})
    begun = journeys.begin(journey.offer((a_slot(),)), known(ANNA), known(ANNA))

    kept = journeys.keep(replace(begun, slot=begun.free_time(key_of(a_slot())), result={"text": "Kom fastande"}))

    assert journeys.find(begun.id, known(ANNA), known(ANNA)) == kept
    assert kept.slot == a_slot()
    assert "halsen" not in repr(kept)


def test_a_flow_of_another_and_one_that_never_was_are_equally_unknown(journeys):
    """R38, E12: neither another citizen's, nor one's own that is for another person."""
    begun = journeys.begin(Journey("", "book", CLINIC, CLINIC), known(ANNA), known(MOA))
    for citizen, subject, name in (
        (BERTIL, BERTIL, begun.id), (ANNA, ANNA, begun.id), (BERTIL, MOA, begun.id), (ANNA, MOA, "never-was"),
    ):  # fmt: skip
        with pytest.raises(JourneyUnknown):
            journeys.find(name, known(citizen), known(subject))


def test_a_flow_can_be_taken_up_for_half_an_hour_and_its_receipt_read_for_a_day(journeys, clock):
    """E17: choices are kept for 30 minutes."""
    begun = journeys.begin(Journey("", "book", CLINIC, CLINIC), known(ANNA), known(ANNA))
    done = journeys.keep(replace(journeys.begin(begun, known(ANNA), known(ANNA)), phase="done"))
    clock.now += timedelta(minutes=30)
    journeys.find(begun.id, known(ANNA), known(ANNA))
    clock.now += timedelta(seconds=1)
    with pytest.raises(JourneyUnknown):
        journeys.find(begun.id, known(ANNA), known(ANNA))
    clock.now += timedelta(hours=23)
    journeys.find(done.id, known(ANNA), known(ANNA))
    clock.now += timedelta(hours=1)
    assert journeys.forget_old() == 2


def test_of_two_hands_that_send_a_flow_at_once_one_may(journeys):
    """§5.11: a double click makes one call, even with two marks."""
    begun = journeys.begin(Journey("", "book", CLINIC, CLINIC, slot=a_slot()), known(ANNA), known(ANNA))
    barrier, may = threading.Barrier(4), []

    def send(mark: str) -> None:
        barrier.wait()
        may.append(journeys.begin_sending(begun, mark))

    threads = [threading.Thread(target=send, args=(mark,)) for mark in ("one", "one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(may) == [False, False, False, True]
    assert journeys.find(begun.id, known(ANNA), known(ANNA)).phase == "sending"


def test_what_was_typed_after_a_session_ended_is_kept_in_ones_own_open_flow_alone(journeys):
    begun = journeys.begin(Journey("", "book", CLINIC, CLINIC), known(ANNA), known(ANNA))
    journeys.keep_typed(begun.id, known(BERTIL), {"reason": "another's"})
    assert journeys.find(begun.id, known(ANNA), known(ANNA)).typed == {}
    journeys.keep_typed(begun.id, known(ANNA), {"reason": "Ont i halsen"})
    kept = journeys.find(begun.id, known(ANNA), known(ANNA))
    assert kept.typed == {"reason": "Ont i halsen"}
    journeys.keep(replace(kept, phase="done"))
    journeys.keep_typed(begun.id, known(ANNA), {"reason": "too late"})
    assert journeys.find(begun.id, known(ANNA), known(ANNA)).typed == {"reason": "Ont i halsen"}


def test_free_times_that_were_shown_stay_to_choose_from_within_bounds():
    many = tuple(a_slot(booking_id=f"slot-{number}") for number in range(MOST_OFFERED))
    journey = Journey("", "book", CLINIC, CLINIC).offer((a_slot(7),)).offer(many[:-1])
    assert journey.free_time(key_of(a_slot(7))) == a_slot(7)
    journey = journey.offer(many)
    assert len(journey.offered) == MOST_OFFERED
    assert journey.free_time(key_of(a_slot(7))) is None
    assert journey.free_time("no such key") is None


# -- References


def test_a_booking_has_one_name_however_its_clinic_is_spelled_and_whoever_asks_first(database):
    references = References(database)
    barrier, names = threading.Barrier(4), []

    def ask(clinic: HsaId) -> None:
        barrier.wait()
        names.append(references.of(known(ANNA), clinic, "b-1").name)

    threads = [threading.Thread(target=ask, args=(one,)) for one in (CLINIC, CLINIC, CLINIC, HsaId(CLINIC.text))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(names)) == 1
    assert references.of(known(ANNA), HsaId(CLINIC.text.lower()), "b-1").name == names[0]
    assert references.of(known(ANNA), OTHER, "b-1").name != names[0]


def test_a_reference_serves_its_owner_alone_and_tells_nothing(database, caplog):
    """R38, E12."""
    references = References(database)
    mine = references.of(known(ANNA), CLINIC, "b-1")
    assert references.find(known(ANNA), mine.name) == mine
    for owner, name in ((BERTIL, mine.name), (ANNA, "never-was")):
        with pytest.raises(BookingUnknown):
            references.find(known(owner), name)
    assert [record.message for record in caplog.records] == ["reference_of_another_refused"]
    assert references.of(known(BERTIL), CLINIC, "b-1").name != mine.name
    assert "b-1" not in mine.name


# -- Letters


def test_a_letter_is_written_once_and_read_by_its_owner_alone(database, clock):
    inbox = Inbox(database)
    for _ in range(2):
        with database.writing() as session:
            inbox.put(session, ANNA.number, "booked", CLINIC, "b-1", {"text": "Kom fastande"}, "flow:1", clock.now)
    (letter,), has_more = inbox.page(known(ANNA))
    assert (inbox.unread(known(ANNA)), has_more) == (1, False)
    assert inbox.read(known(BERTIL), letter.id, clock.now) is None
    assert inbox.unread(known(ANNA)) == 1
    inbox.read(known(ANNA), letter.id, clock.now)
    assert inbox.unread(known(ANNA)) == 0


def test_what_becomes_of_a_booking_is_told_by_its_letters_status_and_changes_nothing_else(database, clock):
    """§5.9: history is not edited."""
    inbox = Inbox(database)
    with database.writing() as session:
        inbox.put(session, ANNA.number, "booked", CLINIC, "b-1", {"text": "Kom fastande"}, "1", clock.now)
        inbox.put(session, ANNA.number, "booked", CLINIC, "b-2", {}, "2", clock.now)
        inbox.mark(session, ANNA.number, HsaId(CLINIC.text.lower()), "b-1", "replaced")
        inbox.mark(session, ANNA.number, CLINIC, "b-1", "cancelled")
    letters = {one.booking_id: one for one in inbox.page(known(ANNA))[0]}
    assert {name: one.status for name, one in letters.items()} == {"b-1": "replaced", "b-2": ""}
    assert letters["b-1"].told == {"text": "Kom fastande"}


def test_an_inbox_is_told_by_pages_newest_first(database, clock):
    inbox = Inbox(database)
    with database.writing() as session:
        for number in range(PER_PAGE + 1):
            moment = clock.now + timedelta(minutes=number)
            inbox.put(session, ANNA.number, "booked", CLINIC, f"b-{number}", {}, str(number), moment)
    first, has_older = inbox.page(known(ANNA))
    second, has_more = inbox.page(known(ANNA), 2)
    assert (first[0].booking_id, len(first), has_older) == (f"b-{PER_PAGE}", PER_PAGE, True)
    assert ([one.booking_id for one in second], has_more) == (["b-0"], False)


# -- People


def test_r41_of_a_protected_person_a_booking_tells_no_phone_and_no_email():
    told = known(ANNA).information("070-174 06 20", "anna@example.com")
    assert (told.phone, told.email) == ("070-174 06 20", "anna@example.com")
    hidden = replace(known(ANNA), is_protected=True).information("070-174 06 20", "anna@example.com")
    assert (hidden.first_name, hidden.phone, hidden.email) == ("Anna", None, None)
