"""Booked times as calendar files: given out, moved, taken out again (domain.md §5.10)."""

from datetime import timedelta

import icalendar

from contracts.identifiers import HsaId
from eservice.calendar_entries import Booking, CalendarEntries, Entry
from eservice.icalendar import uid_of
from tests.eservice.browser import Browser
from tests.eservice.conftest import Demo, clinic
from tests.people import ANNA, BERTIL, GRETA, Person
from tests.serving import MORNING

HERE, THERE = HsaId("SE2321009991-2B02"), HsaId("SE2321009991-2B03")
SOON, LATER = MORNING + timedelta(days=7), MORNING + timedelta(days=9)


def name_of(demo: Demo, person: Person, where: str) -> str:
    booked = demo.booked(person, where)[0]
    return demo.eservice.references.of(person, clinic(where), booked.booking_id).name


def event(window: Browser) -> icalendar.Event:
    """What the file that the window got says."""
    assert window.status == 200
    assert window.headers["content-type"] == "text/calendar; charset=utf-8"
    assert window.headers["content-disposition"] == 'attachment; filename="tid.ics"'
    assert window.headers["cache-control"] == "no-store"
    (found,) = icalendar.Calendar.from_ical(window.page).walk("VEVENT")
    return found


def test_a_booking_is_given_out_as_a_file_that_tells_little(demo, browse):
    window = browse(GRETA).get(f"bokad-tid/{name_of(demo, GRETA, '1A01')}")
    told = event(window.follow("Spara i kalender"))
    booked = demo.booked(GRETA, "1A01")[0]
    assert told["dtstart"].dt == booked.start
    assert (str(told["summary"]), str(told["location"])) == ("Vårdbesök", "Björkvägen 1, 999 04 Björkdalen")
    assert (str(told["uid"]), int(told["sequence"])) == (uid_of(clinic("1A01"), booked.booking_id), 0)
    assert "dtend" not in told, "this clinic does not show when visits end (R35)"
    assert "METHOD:PUBLISH" in window.page
    for private in ("Läkarbesök", "Leila", "Årskontroll", booked.booking_id, "Greta"):
        assert private not in window.page

    assert "dtend" in event(window.get(f"bokad-tid/{name_of(demo, GRETA, '1A03')}/kalender.ics"))
    again = event(window.get(f"bokad-tid/{name_of(demo, GRETA, '1A01')}/kalender.ics"))
    assert int(again["sequence"]) == 0
    invitation = demo.eservice.references.of(GRETA, clinic("2B99"), "unknown").name
    assert window.get(f"bokad-tid/{invitation}/kalender.ics").status == 404


def test_a_time_that_the_citizen_moves_to_another_clinic_stays_the_same_entry(demo, browse):
    window = browse(BERTIL)
    before = event(window.get(f"bokad-tid/{name_of(demo, BERTIL, '2B02')}/kalender.ics"))
    window.get(f"bokad-tid/{name_of(demo, BERTIL, '2B02')}/omboka")
    window.submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt", time=window.choices("time")[0])
    window.submit("Fortsätt")
    window.submit("Omboka tiden")
    assert window.heading == "Klart! Din tid är ombokad"

    after = event(window.follow("Spara i kalender"))
    assert str(after["uid"]) == str(before["uid"])
    assert int(after["sequence"]) == int(before["sequence"]) + 1
    assert after["dtstart"].dt == demo.booked(BERTIL, "2B03")[0].start
    assert "Södra" in str(after["location"])


def test_a_time_that_was_moved_elsewhere_has_a_higher_sequence_when_it_is_asked_for_again(demo, browse):
    visitor, page = demo.town.visitor(ANNA, "2B02"), f"bokad-tid/{name_of(demo, ANNA, '2B02')}/kalender.ics"
    window = browse(ANNA)
    before = event(window.get(page))
    booked = demo.booked(ANNA, "2B02")[0]
    moved = visitor.times(booking_id=booked.booking_id)[-1]
    assert visitor.move(booked.booking_id, moved).result_code != "ERROR"
    after = event(window.get(page))
    assert (str(after["uid"]), int(after["sequence"])) == (str(before["uid"]), 1)
    assert after["dtstart"].dt == moved.start


def test_a_cancelled_time_has_a_file_that_takes_it_out_of_the_calendar(demo, browse):
    window = browse(ANNA)
    before = event(window.get(f"bokad-tid/{name_of(demo, ANNA, '2B02')}/kalender.ics"))
    window.get(f"bokad-tid/{name_of(demo, ANNA, '2B02')}/avboka")
    if "Avboka tiden" not in window.text:
        window.submit("Fortsätt")
    window.submit("Avboka tiden")
    (address,) = [url for told, url in window.read.links if "Ta bort ur kalendern" in told]

    told = event(window.follow("Ta bort ur kalendern"))
    assert "METHOD:CANCEL" in window.page
    assert str(told["status"]) == "CANCELLED"
    assert (str(told["uid"]), int(told["sequence"])) == (str(before["uid"]), int(before["sequence"]) + 1)
    assert told["dtstart"].dt == before["dtstart"].dt
    other = browse(BERTIL)
    assert other.session.get(f"{demo.served.url}{address}").status_code == 404


def test_only_a_flow_that_has_cancelled_has_such_a_file(demo, browse):
    window = browse(ANNA).get(f"bokad-tid/{name_of(demo, ANNA, '2B02')}/avboka")
    journey = window.url.partition("/arende/")[2].partition("/")[0]
    assert window.get(f"arende/{journey}/avbokad.ics").status == 404


# -- Entries


def entries(demo: Demo) -> CalendarEntries:
    return demo.eservice.calendar_entries


def test_entries_keep_their_uid_over_moves_and_a_move_told_twice_is_told_once(demo):
    first, second = Booking(ANNA.number, HERE, "A"), Booking(ANNA.number, THERE, "B")
    uid = uid_of(HERE, "A")
    assert entries(demo).at(first, SOON) == Entry(uid, 0)
    for _ in range(2):
        with demo.eservice.database.writing() as session:
            entries(demo).move(session, first, second, LATER)
    assert entries(demo).at(second, LATER) == Entry(uid, 1)
    for _ in range(2):
        with demo.eservice.database.writing() as session:
            entries(demo).move(session, second, second, SOON)
    assert entries(demo).at(Booking(ANNA.number, HsaId("se2321009991-2b03"), "B"), SOON) == Entry(uid, 2)
    assert entries(demo).after_cancelling(second) == Entry(uid, 3)

    assert entries(demo).at(Booking(BERTIL.number, THERE, "B"), LATER) == Entry(uid_of(THERE, "B"), 0)
    fresh = Booking(BERTIL.number, HERE, "C")
    with demo.eservice.database.writing() as session:
        entries(demo).move(session, fresh, Booking(BERTIL.number, HERE, "D"), SOON)
    assert entries(demo).at(Booking(BERTIL.number, HERE, "D"), SOON) == Entry(uid_of(HERE, "C"), 1)
    assert entries(demo).after_cancelling(Booking(BERTIL.number, HERE, "E")) == Entry(uid_of(HERE, "E"), 1)
