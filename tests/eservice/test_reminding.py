"""Reminders, from choosing them on the pages to the mailbox: re-checked, moved, removed, sent once (domain.md §5.10)."""

import logging
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from eservice.models import ReminderRow
from eservice.reminders import Booked, move
from tests.eservice.reminded import (
    AT,
    MOBILE,
    SENT_TO,
    SHAKY,
    ask,
    booked,
    by_hand,
    due_on,
    known,
    moved,
    outcomes,
    page_of,
    received,
)
from tests.people import ANNA, DAN, KARIN, MOA, SIV
from tidbro.demo_mode import Mode, set_mode


@pytest.fixture(autouse=True)
def no_reminder_goes_by_itself(demo):
    by_hand(demo.eservice)


def test_a_reminder_asked_for_on_the_receipt_is_sent_the_day_before_by_email_and_sms_and_once(demo, browse, caplog):
    window = browse(DAN)
    window.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt").get("?dag=2026-11-27")
    window.submit("Fortsätt", time=window.choices("time")[0]).submit("Boka tiden").follow("Lägg till påminnelse")
    assert window.heading == "Påminnelse om besöket"
    assert "Demons brevlåda visar vad som skickas" in window.text
    (booking,) = [one for one in demo.booked(DAN, "2B03") if one.start > demo.clock.now]
    with caplog.at_level(logging.DEBUG):
        window.submit("Spara påminnelser", by_email="yes", by_sms="yes", email=AT, mobile=MOBILE)
        assert "Dina påminnelser är sparade." in window.text

        assert due_on(demo, booking, days=1, minutes=1) == 0
        assert received(demo) == []
        assert due_on(demo, booking, days=1) == 2
        assert demo.eservice.send_due(demo.clock.now) == 0
        text = f"Påminnelse: du har en bokad tid i morgon kl. {booking.start:%H.%M}. Logga in för att se mer."
        assert sorted(received(demo)) == [(SENT_TO, text), (AT, text)]
    assert window.sign_in(DAN).get(page_of(demo, booking)).text.count("Skickad") == 2
    for record in caplog.records:
        told = f"{record.getMessage()} {record.__dict__}".lower()
        assert not [word for word in (AT, "1740605", DAN.number, "påminnelse:") if word in told]


def test_only_what_can_come_in_time_is_offered_and_what_is_wrong_is_said(demo, browse):
    booking, window = booked(demo, days=1), browse(DAN)
    page = page_of(demo, booking)
    window.get(page)
    assert "Det är för sent för en påminnelse en vecka före." in window.text
    assert "lead_7d" not in window.page
    assert window.choices("names_clinic") == ["yes"]
    assert 'name="names_clinic" type="checkbox" value="yes">' in window.page  # off until it is wanted

    window.submit("Spara påminnelser", lead_1d=None)
    assert (window.status, window.title.startswith("Fel:")) == (422, True)
    assert "Välj när du vill bli påmind" in window.text
    assert "Välj e-post eller SMS" in window.text
    window.get(page).submit("Spara påminnelser", by_email="yes", by_sms="yes", email="nagon", mobile="08-174 06 05")
    assert "Skriv e-postadressen som namn@example.com" in window.text
    assert "Skriv ett svenskt mobilnummer" in window.text
    window.get(page)
    demo.clock.now = booking.start - timedelta(hours=23)  # meanwhile
    window.sign_in(DAN)
    window.post(page, lead_1d="yes", by_email="yes", email=AT)
    assert "En av påminnelserna hinner inte längre fram." in window.text
    demo.clock.now = booking.start - timedelta(hours=1)
    window.sign_in(DAN).get(page)
    assert "för sent att ställa in en påminnelse" in window.text
    assert "Spara påminnelser" not in window.text


def test_what_was_chosen_is_shown_and_can_be_changed_and_removed(demo, browse):
    booking, window = booked(demo), browse(DAN)
    ask(demo, window, booking, lead_7d="yes", names_clinic="yes")
    assert window.text.count("SMS en vecka före") == window.text.count("E-post en dag före") == 1
    assert demo.eservice.contacts.of(known(demo, DAN)).mobile == SENT_TO

    other = booked(demo, DAN, SHAKY, days=8)
    assert AT in window.get(page_of(demo, other)).page  # kept for the next time
    window.get(page_of(demo, booking)).submit("Spara påminnelser", lead_7d=None, by_email=None, lead_2h="yes")
    assert "E-post en" not in window.text
    assert due_on(demo, booking, days=7) == 0
    assert due_on(demo, booking, days=1) == 1
    clock = f"{booking.start:%H.%M}"
    assert received(demo) == [
        (
            SENT_TO,
            f"Påminnelse: du har en bokad tid i morgon kl. {clock} hos Provtagningen Södra. Logga in för att se mer.",
        )
    ]
    window.sign_in(DAN).get(page_of(demo, booking)).submit("Ta bort påminnelserna")
    assert "Påminnelserna är borttagna." in window.text
    assert due_on(demo, booking, hours=2) == 0


def test_cancelling_removes_reminders_and_rebooking_moves_them(demo, browse):
    window = browse(DAN)
    booking = booked(demo, days=10)
    ask(demo, window, booking, lead_7d="yes")
    window.follow("Till bokningen").follow("Omboka").submit("Fortsätt").get("?dag=2026-11-27")
    window.submit("Fortsätt", time=window.choices("time")[0]).submit("Fortsätt").submit("Omboka tiden")
    assert window.heading == "Klart! Din tid är ombokad"
    (sooner,) = demo.booked(DAN, "2B03")
    assert sooner.start < booking.start - timedelta(days=3)
    assert outcomes(demo, sooner) == ["late", "late", "", ""]
    assert "Skickas inte – för nära besöket" in window.get(page_of(demo, sooner)).text
    assert due_on(demo, sooner, days=1) == 2
    assert due_on(demo, booking, days=1) == 0
    assert {text for _, text in received(demo)} == {
        f"Påminnelse: du har en bokad tid i morgon kl. {sooner.start:%H.%M}. Logga in för att se mer."
    }

    again = booked(demo, days=20)
    window.sign_in(DAN)
    ask(demo, window, again)
    window.follow("Till bokningen").follow("Avboka").submit("Avboka tiden")
    assert window.heading == "Klart! Din tid är avbokad"
    assert outcomes(demo, again) == []
    assert due_on(demo, again, days=1) == 0
    assert len(received(demo)) == 2


def test_what_staff_cancelled_or_moved_is_found_out_before_sending(demo, browse):
    window = browse(DAN)
    gone, later, earlier = booked(demo), booked(demo, where=SHAKY, days=15), booked(demo, KARIN, days=30)
    for booking in (gone, later):
        ask(demo, window, booking)
    ask(demo, browse(KARIN), earlier, KARIN)
    timebook = demo.served.region.pipeline.producers.adapters["timebook"]
    with timebook.desk() as desk:
        desk.cancel(gone.booking_id)
    postponed = moved(demo, later, later.start + timedelta(days=4))
    sooner = moved(demo, earlier, demo.clock.now + timedelta(days=3), KARIN)
    demo.settle()  # the index has told of it all

    assert demo.eservice.send_due(demo.clock.now) == 0
    assert outcomes(demo, gone) == ["gone", "gone"]
    assert due_on(demo, sooner, days=1) == 2  # weeks before the moment that was asked for
    assert due_on(demo, gone, days=1) == 0
    assert due_on(demo, later, days=1) == 0
    assert due_on(demo, postponed, days=1) == 2
    assert due_on(demo, earlier, days=1) == 0
    assert len(received(demo)) == 4


def test_a_move_that_nobody_told_of_is_seen_at_the_re_check(demo, browse):
    booking = booked(demo)
    ask(demo, browse(DAN), booking)
    later = moved(demo, booking, booking.start + timedelta(days=2))
    assert due_on(demo, booking, days=1) == 0
    assert outcomes(demo, later) == ["", ""]
    assert due_on(demo, later, days=1) == 2
    assert len(received(demo)) == 2


def test_after_a_move_whose_new_id_could_not_be_read_the_booking_is_found_by_its_start(demo, browse):
    """§5.6: the id may change, and the clinic may be silent just then."""
    booking = booked(demo)
    ask(demo, browse(DAN), booking)
    here = Booked(DAN.number, booking.healthcare_facility, booking.booking_id)
    with demo.eservice.database.writing() as session:
        move(session, here, replace(here, booking_id="unknown"), booking.start, demo.clock.now)
    assert outcomes(demo, booking) == []
    assert due_on(demo, booking, days=1) == 2
    assert outcomes(demo, booking) == ["sent", "sent"]


def test_a_clinic_that_is_not_reached_is_asked_again_until_the_visit_has_begun(demo, browse):
    first, second = booked(demo, where=SHAKY, days=5), booked(demo, KARIN, SHAKY, days=12)
    ask(demo, browse(DAN), first, lead_2h="yes")
    ask(demo, browse(KARIN), second, KARIN, lead_2h="yes")
    set_mode(demo.served.data, Mode.FAULT)
    assert due_on(demo, first, days=1) == 0
    assert outcomes(demo, first) == ["", "", "", ""]
    set_mode(demo.served.data, Mode.OFF)
    assert demo.eservice.send_due(demo.clock.now) == 0  # it is left in peace for a moment
    demo.clock.now += timedelta(hours=3)
    assert demo.eservice.send_due(demo.clock.now) == 2
    assert len(received(demo)) == 2
    assert outcomes(demo, first) == ["sent", "sent", "", ""]

    set_mode(demo.served.data, Mode.FAULT)
    for minutes in (24 * 60, 120, 60, 1):
        assert due_on(demo, second, minutes=minutes) == 0
        assert outcomes(demo, second, KARIN) == [""] * 4
    due_on(demo, second, minutes=-2)
    assert outcomes(demo, second, KARIN) == ["late"] * 4
    set_mode(demo.served.data, Mode.OFF)
    assert due_on(demo, second, minutes=-5) == 0
    assert len(received(demo)) == 2


def test_of_several_that_are_due_together_one_is_sent_each_way(demo, browse):
    """As after a long stop: nobody is told the same thing three times."""
    booking = booked(demo)
    ask(demo, browse(DAN), booking, lead_7d="yes", lead_2h="yes")
    assert due_on(demo, booking, hours=1) == 2
    assert outcomes(demo, booking) == ["late"] * 4 + ["sent"] * 2
    assert {text for _, text in received(demo)} == {
        f"Påminnelse: du har en bokad tid i dag kl. {booking.start:%H.%M}. Logga in för att se mer."
    }


def test_a_protected_person_is_reminded_by_their_own_choice_and_a_guardian_until_the_child_is_13(demo, browse):
    """R40, R41: what the register hides is asked for here; a guardian's reminder goes to the guardian."""
    hidden, window = booked(demo, SIV, days=9), browse(SIV)
    assert 'name="email" type="email" value=""' in window.get(page_of(demo, hidden, SIV)).page
    ask(demo, window, hidden, SIV, email="siv@post.example", by_sms=None)
    guardian = browse(ANNA)
    guardian.get("ombud").submit("Moa")
    before, after = booked(demo, MOA, days=8), booked(demo, MOA, SHAKY, days=40)
    for booking in (before, after):
        ask(demo, guardian, booking, MOA, by_sms=None)
    assert due_on(demo, before, days=1) == 1
    assert due_on(demo, hidden, days=1) == 1
    assert due_on(demo, after, days=1) == 0  # she is 13 since 30 December
    assert demo.clock.now.date() > date(2026, 12, 30)
    (child, theirs), (own, text) = received(demo)
    assert (child, own) == (AT, "siv@post.example")
    assert theirs.startswith("Påminnelse: ditt barn har en bokad tid i morgon")
    assert text.startswith("Påminnelse: du har en bokad tid i morgon")


def test_somebody_elses_booking_cannot_be_asked_for(demo, browse):
    """E12, R38: another's name for a booking is none."""
    booking, window = booked(demo), browse(ANNA)
    page = page_of(demo, booking)
    assert window.get(page).status == 404
    window.get("")
    for path in (page, f"{page}/ta-bort"):
        assert window.post(path, lead_1d="yes", by_email="yes", email=AT).status == 404
    with demo.eservice.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReminderRow)) == 0
