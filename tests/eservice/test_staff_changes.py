"""What others do to a citizen's times comes to the inbox, once, and nothing else does (domain.md §5.9, R43)."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts import engagements as e
from contracts import scheduling as s
from contracts.database import Database
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO_INDEX
from contracts.subscriber import Notice
from contracts.times import SWEDEN, format_ts
from eservice import engagements, news
from eservice.app import LOCATION
from eservice.contacts import Contact
from eservice.engagements import NOTHING, OPEN, Engagement
from eservice.models import HEAD, EngagementRow
from scheduling_backends.engine import care
from tests.eservice.conftest import a_demo, clinic
from tests.journeys.test_scenarios import NURSE, staff_at
from tests.people import ANNA, DAN, GRETA, KARIN, MOA, OSKAR
from tidbro.demo_mode import Mode, set_mode

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN)
MINUTE = timedelta(minutes=1)
WEST = HsaId("SE2321009991-2B05")


def letters(demo, person):
    """Kind and status of each letter, newest first."""
    found, _ = demo.eservice.inbox.page(person)
    return [(one.kind, one.status) for one in found]


def book(demo, place, code, person, days=5):
    """Staff book a time for somebody, a minute later; its id and start."""
    demo.clock.now += MINUTE
    system = staff_at(demo.town, place).system
    with system.desk() as desk:
        start = desk.empty_seat_at(clinic(place), code, demo.clock.now + timedelta(days=days), person.identity)
        return desk.book(clinic(place), code, start, person.identity), start


def cancel(demo, place, booking_id):
    demo.clock.now += MINUTE
    with staff_at(demo.town, place).system.desk() as desk:
        desk.cancel(booking_id)


def move(demo, place, code, booking_id, days=7):
    demo.clock.now += MINUTE
    staff = staff_at(demo.town, place)
    wanted = staff.free_slot(code, demo.clock.now.date() + timedelta(days=days))
    staff.does(care.move, booking_id, wanted.slot_id, NURSE, demo.clock.now)


def test_scenario_12_a_time_that_staff_move_is_told_of_once_with_the_old_and_the_new(demo, browse):
    """§10.5, 12; what had been booked before the e-service was there is no news."""
    demo.settle()
    assert letters(demo, ANNA) == []
    (old,) = demo.booked(ANNA, "1A01")
    move(demo, "1A01", "SSK30", old.booking_id)
    demo.settle()
    demo.settle()
    (new,) = demo.booked(ANNA, "1A01")
    assert letters(demo, ANNA) == [("care_moved", "")]

    window = browse(ANNA).get("inkorg")
    assert "Inkorg (1 olästa)" in window.text
    window.follow("Flyttad tid: Besök hos sjuksköterska")
    assert "Mottagningen har flyttat din tid" in window.text
    assert f"{new.start:%H.%M}" in window.text
    assert f"kl. {old.start:%H.%M} gäller inte längre" in window.text
    assert window.follow("Visa tiden").status == 200
    assert "Inkorg (" not in window.text


def test_staff_book_move_back_and_cancel_and_the_letters_say_what_became_of_the_time(demo, browse):
    demo.settle()
    booking_id, _ = book(demo, "2B03", "PROV10", DAN)
    demo.settle()
    assert letters(demo, DAN) == [("care_booked", "")]
    move(demo, "2B03", "PROV10", booking_id)
    demo.settle()
    assert letters(demo, DAN) == [("care_moved", ""), ("care_booked", "replaced")]
    cancel(demo, "2B03", booking_id)
    demo.settle()
    assert letters(demo, DAN) == [("care_cancelled", ""), ("care_moved", "cancelled"), ("care_booked", "replaced")]

    window = browse(DAN).get("inkorg")
    assert "Ersatt" in window.text
    window.follow("Avbokad av mottagningen: Blodprov")
    assert "Mottagningen har avbokat din tid" in window.text
    assert "Visa tiden" not in window.text
    window.get("inkorg").follow("Flyttad tid")
    assert "Avbokad" in window.text
    assert "Visa tiden" not in window.text


def test_a_time_that_has_begun_and_one_that_is_hidden_are_no_news(demo):
    """§10.5, 13; R22: the clinic does not show what care has booked. R43: the index forgets a time that begins."""
    demo.settle()
    book(demo, "2b06", "UNG30", OSKAR)
    _, start = book(demo, "2B03", "PROV10", KARIN)
    demo.settle()
    assert letters(demo, OSKAR) == []
    assert letters(demo, KARIN) == [("care_booked", "")]
    demo.clock.now = start + timedelta(minutes=1)
    staff_at(demo.town, "2B03").system.duty.sweep()
    demo.settle()
    assert letters(demo, KARIN) == [("care_booked", "")]
    assert demo.eservice.engagements.how_many_wait() == 0


def test_a_clinic_that_does_not_answer_is_asked_again_and_what_it_booked_is_told_of_once(planted, tmp_path):
    """E13; told once, although the process ended between the notice and the letter."""
    with a_demo(planted, tmp_path) as demo:
        demo.settle()
        set_mode(demo.served.data, Mode.FAULT)
        book(demo, "2B07", "OST15", ANNA)
        demo.settle()
        assert letters(demo, ANNA) == []
        assert demo.eservice.engagements.how_many_wait() == 1
        set_mode(demo.served.data, Mode.OFF)
    with a_demo(planted, tmp_path) as demo:
        demo.clock.now += MINUTE
        demo.settle()
        assert letters(demo, ANNA) == []  # it is not time to ask again
        demo.clock.now += news.WAITS[0]
        demo.settle()
        assert letters(demo, ANNA) == [("care_booked", "")]
    with a_demo(planted, tmp_path) as demo:
        demo.clock.now += timedelta(hours=1)
        demo.settle()
        assert letters(demo, ANNA) == [("care_booked", "")]


def test_a_letter_and_its_notices_are_written_together_or_not_at_all(demo):
    """The process ends in the midst of telling: nothing is there; afterwards all of it, once."""
    demo.settle()
    person = demo.eservice.people.person(ANNA.number)
    demo.eservice.contacts.change(person, Contact(email="anna@post.example", email_is_on=True))
    with dying(demo.eservice.post):
        book(demo, "2B03", "PROV10", ANNA)
        demo.settle()
        assert letters(demo, ANNA) == []
    demo.clock.now += news.WAITS[0]
    demo.settle()
    assert letters(demo, ANNA) == [("care_booked", "")]
    assert demo.eservice.settle_post(30)
    assert [one.recipient for one in demo.mailbox.messages()] == ["anna@post.example"]


@contextmanager
def dying(post):
    """Whatever writes an e-mail ends there."""

    def die(*told):
        raise SystemError

    post.send_email = die
    try:
        yield
    finally:
        del post.send_email


def test_guardians_are_told_by_their_own_settings_of_what_staff_do_to_a_childs_times(demo, browse):
    """R40: the letter is in the child's inbox; on its 13th birthday the child is alone with it."""
    demo.settle()
    anna, moa = demo.eservice.people.person(ANNA.number), demo.eservice.people.person(MOA.number)
    demo.eservice.contacts.change(anna, Contact(mobile="+46701740605", mobile_is_on=True))
    book(demo, "2B03", "PROV10", MOA)
    demo.settle()
    assert letters(demo, ANNA) == []
    assert letters(demo, MOA) == [("care_booked", "")]
    assert demo.eservice.settle_post(30)
    (told,) = demo.mailbox.messages()
    assert (told.recipient, told.is_sms) == ("+46701740605", True)
    assert "Moa" not in told.text
    assert "Blodprov" not in told.text
    demo.clock.now = datetime(2026, 12, 30, 8, tzinfo=SWEDEN)
    assert demo.eservice.people.guardians_of(moa, demo.clock.now.date()) == ()
    book(demo, "2B03", "PROV10", MOA)
    demo.settle()
    assert demo.eservice.settle_post(30)
    assert len(demo.mailbox.messages()) == 1


def test_what_the_citizen_sent_from_here_without_an_answer_is_not_told_of_as_others_doing(demo, browse):
    """E14: while it is looked into the index tells of the booking; the only letter is the citizen's own."""
    demo.settle()
    window = browse(ANNA).get("boka/mottagningen-ostadig").submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0]).submit("Fortsätt")
    set_mode(demo.served.data, Mode.BAD_ANSWER)
    window.submit("Boka tiden")
    assert "Boka inte en gång till" in window.text
    set_mode(demo.served.data, Mode.OFF)
    demo.settle()
    assert letters(demo, ANNA) == []
    assert demo.eservice.engagements.how_many_wait() == 1
    assert window.get(window.url.removeprefix(demo.site)).heading == "Klart! Din tid är bokad"
    demo.clock.now += MINUTE
    demo.settle()
    assert letters(demo, ANNA) == [("booked", "")]
    assert demo.eservice.engagements.how_many_wait() == 0


def test_listeners_hear_where_a_time_becomes_free_before_it_has_begun(demo):
    heard = []
    demo.settle()
    demo.eservice.freed_listeners.append(heard.append)
    first, _ = book(demo, "2B03", "PROV10", DAN)
    demo.settle()
    assert heard == []
    move(demo, "2B03", "PROV10", first)
    demo.settle()
    assert heard == [clinic("2B03")]
    cancel(demo, "2B03", first)
    demo.settle()
    assert heard == [clinic("2B03"), clinic("2B03")]
    _, start = book(demo, "2B03", "PROV10", DAN, days=1)
    demo.settle()
    demo.clock.now = start
    staff_at(demo.town, "2B03").system.duty.sweep()
    demo.settle()
    assert demo.eservice.engagements.find(demo.eservice.people.person(DAN.number), clinic("2B03"), first)
    assert len(heard) == 2


# -- Taking notices in


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'e-service.sqlite'}")
    made.upgrade(LOCATION, HEAD)
    yield made
    made.close()


def an_engagement(**changes):
    usual = e.Engagement(
        GRETA.number, e.DOMAIN, e.BOOKING, WEST.text, "B-1", "NA", "20261201080000", "SE2321009991-FT01",
        data_controller="SE2321009991",
    )  # fmt: skip
    return replace(usual, **changes)


def versioned(one, version):
    return replace(one, extensions=(f'<version xmlns="{TIDBRO_INDEX}">{version}</version>'.encode(),))


def taken(database, number, one, is_deletion=False, message="later"):
    """What is known when the notice has been taken in, and whether there is news."""
    with database.writing() as session:
        notice = Notice(number, message, NOW, e.EngagementTransaction(is_deletion, one))
        engagements.take(session, notice, NOW)
        row = session.get(EngagementRow, (GRETA.number, WEST.key, one.business_object))
        return None if row is None else (row.is_there, row.category, row.most_recent, row.tell_at is not None)


def test_the_first_message_of_a_system_is_no_news_but_for_its_invitations(database):
    assert taken(database, 1, an_engagement(), message="load") == (True, "Booking", "20261201080000", False)
    invitation = an_engagement(categorization=e.INVITATION, business_object="B-2")
    assert taken(database, 2, invitation, message="load")[3]
    assert taken(database, 3, an_engagement(business_object="B-3"))[3]
    other = an_engagement(business_object="B-4", source_system="SE2321009991-TC01")
    assert not taken(database, 4, other)[3]
    assert taken(database, 5, an_engagement(business_object="B-5"))[3]


def test_what_the_owner_did_before_the_first_message_came_is_no_news_after_it(database):
    """A time cancelled here while its system was still telling all that it had."""
    with database.writing() as session:
        engagements.note_own(session, GRETA, WEST, "B-1", None, NOW)
    taken(database, 1, versioned(an_engagement(), 1), message="load")
    assert taken(database, 2, versioned(an_engagement(), 2), is_deletion=True) == (
        False,
        "Booking",
        "20261201080000",
        False,
    )


def test_a_system_with_more_than_a_message_holds_tells_all_it_has_in_several(database):
    for number in range(engagements.MOST_IN_A_MESSAGE):
        with database.writing() as session:
            one = an_engagement(business_object=f"B-{number}")
            engagements.take(session, Notice(number + 1, "load", NOW, e.EngagementTransaction(False, one)), NOW)
    assert not taken(database, 2001, an_engagement(business_object="C-1"), message="load, the rest")[3]
    assert taken(database, 2002, an_engagement(business_object="C-2"), message="a change")[3]


def test_what_is_older_than_what_is_known_is_passed_over(database):
    taken(database, 1, versioned(an_engagement(), 1), message="load")
    assert taken(database, 2, versioned(an_engagement(most_recent_content="20261203080000"), 3))[2] == "20261203080000"
    assert taken(database, 3, versioned(an_engagement(most_recent_content="20261202080000"), 2))[2] == "20261203080000"
    assert taken(database, 4, versioned(an_engagement(), 2), is_deletion=True)[0]
    assert not taken(database, 5, versioned(an_engagement(), 4), is_deletion=True)[0]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_timed_invitation_that_becomes_a_booking_stays_whichever_part_comes_first(database, order):
    """§7: a deletion under the old category and a creation under the new one, with one version."""
    invitation = an_engagement(categorization=e.INVITATION)
    taken(database, 1, versioned(invitation, 1), message="load")
    parts = [
        (versioned(invitation, 2), True),
        (versioned(an_engagement(most_recent_content="20261202080000"), 2), False),
    ]
    for number, place in enumerate(order, 2):
        known = taken(database, number, *parts[place])
    assert known == (True, "Booking", "20261202080000", True)


@pytest.mark.parametrize(
    "odd",
    [
        {"service_domain": "riv:clinicalprocess:logistics"},
        {"categorization": "NA"},
        {"logical_address": "  "},
        {"business_object": "B" * 256},
        {"most_recent_content": "2026-12-01T08:00:00"},
    ],
)
def test_what_is_not_about_bookings_or_cannot_be_kept_is_passed_over(database, odd, caplog):
    assert taken(database, 1, an_engagement(**odd)) is None
    assert GRETA.number not in caplog.text


# -- What is news

START = datetime(2026, 12, 1, 8, tzinfo=SWEDEN)
TS = format_ts(START)


def known(what, is_there=True):
    return Engagement(GRETA.number, WEST, "B-1", e.BOOKING, is_there, what)


def slot(start=START, **more):
    return s.Timeslot(WEST, start, None if start is None else start + timedelta(minutes=15), **more)


@pytest.mark.parametrize(
    ("one", "there", "kind", "knows"),
    [
        (known(NOTHING), slot(), "care_booked", TS),
        (known(NOTHING), slot(is_invitation=True), "invited", TS),
        (known(TS), slot(), None, TS),  # it has moved back
        (known("20261130080000"), slot(), "care_moved", TS),
        (known(NOTHING), slot(None), "invited", OPEN),
        (known(OPEN), slot(None), None, OPEN),
        (known(OPEN), slot(is_invitation=True), "invited", TS),
        (known(TS, False), None, "care_cancelled", NOTHING),
        (known(OPEN, False), None, "withdrawn", NOTHING),
        (known(OPEN, False), slot(None), "withdrawn", NOTHING),  # it has run out
        (known("20261124073000", False), None, None, NOTHING),  # it has begun
        (known(NOTHING, False), None, None, NOTHING),
        (known(TS), None, None, TS),  # the index will tell
        (known(TS, False), slot(), None, TS),  # it is still there: the index will tell
        (known(NOTHING), slot(NOW), None, format_ts(NOW)),
        (known(TS, False), slot(NOW - timedelta(days=1)), None, NOTHING),
    ],
)
def test_what_the_clinic_has_is_held_against_what_the_citizen_knows(one, there, kind, knows):
    found = news.find(one, there, NOW)
    assert (found.kind, found.known) == (kind, knows)
