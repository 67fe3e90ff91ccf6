"""Waiting for freed times (issue: beyond the real one; domain.md §5.4, "bevaka tider")."""

import threading
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from eservice.contacts import Contact
from eservice.models import WatchRow
from scheduling_backends.engine.offer import BookableBy, TimeTypeSettings
from scheduling_backends.engine.schedules import Period
from tests.eservice.conftest import clinic
from tests.people import ANNA, BERTIL, DAN, MOA, SIV
from tidbro.demo_mode import Mode, set_mode

DAY = date(2026, 11, 26)
OSTADIG = clinic("2B07")


@pytest.fixture
def rare(demo):
    """A kind of time at Mottagningen Ostadig with two times, 14.00 and 14.30 on the day after tomorrow. What the index
    tells makes nobody look: the tests do."""
    assert demo.eservice.freed_listeners == [demo.eservice.watches.freed]
    demo.eservice.freed_listeners.clear()
    with demo.served.region.pipeline.producers.adapters["timebook"].desk() as desk:
        kind = TimeTypeSettings(
            code="RAR", internal_name="Rar", web_name="Sällsynt besök", length_minutes=30, bookable_by=BookableBy.BOTH,
        )  # fmt: skip
        desk.add_time_type(OSTADIG, kind)
        desk.add_slots(OSTADIG, "RAR", Period(DAY, DAY, time(14), time(15), 30))
    return demo


def fill(demo, person, number: int = 0) -> str:
    """Book one of the rare times; the booking's id."""
    visitor = demo.town.visitor(person, "2B07")
    made = visitor.book(visitor.times("RAR")[number])
    assert made.result_code == "OK"
    return made.booking_id


def begin(window, **days):
    """A watch for the rare times, by pages."""
    return ask(window).submit("Börja bevaka", **days)


def ask(window):
    """The page where one begins to wait for the rare times."""
    window.get("boka/mottagningen-ostadig")
    value = next(one for one in window.choices("kind") if one.endswith("RAR"))
    window.submit("Fortsätt", kind=value)
    return window.follow("evaka tider")


def letters(demo, person):
    found, _ = demo.eservice.inbox.page(demo.eservice.people.person(person.number))
    return [one for one in found if one.kind == "freed"]


def look(demo) -> int:
    return demo.eservice.watches.look(demo.clock())


def test_whoever_waits_for_a_full_day_gets_one_letter_when_another_cancels(rare, browse):
    first, second = fill(rare, BERTIL), fill(rare, SIV)
    window = begin(browse(DAN))
    assert window.heading == "Bevakningar"
    assert "Sällsynt besök\nMottagningen Ostadig" in window.text
    assert "Tiden hålls inte åt dig. Den som bokar först får den." in window.text
    assert look(rare) == 0

    rare.town.visitor(BERTIL, "2B07").cancel(first)

    assert look(rare) == 1
    assert look(rare) == 0, "it is told once"
    (letter,) = letters(rare, DAN)
    assert letter.clinic == OSTADIG
    assert letter.told["start"] == "2026-11-26T14:00:00+01:00"
    assert letter.told["time_type"] == "Sällsynt besök"
    assert "Tiden hålls inte åt dig" in letter.told["text"]
    assert "torsdag 26 november 2026 kl. 14.00" in window.get("bevakningar").text

    fill(rare, BERTIL)
    assert look(rare) == 0
    assert "kl. 14.00" not in window.get("bevakningar").text, "somebody else was first"
    rare.town.visitor(SIV, "2B07").cancel(second)
    assert look(rare) == 1, "another time is news"


def test_no_letter_tells_of_times_that_were_there_when_the_watch_began(rare, browse):
    taken = fill(rare, BERTIL, 1)
    begin(browse(DAN))

    assert look(rare) == 0
    assert letters(rare, DAN) == []
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    assert look(rare) == 1
    (letter,) = letters(rare, DAN)
    assert letter.told["start"] == "2026-11-26T14:30:00+01:00"


def test_a_watch_is_looked_at_when_the_index_tells_that_a_booking_at_the_clinic_is_gone(rare, browse):
    taken = fill(rare, BERTIL)
    begin(browse(DAN))
    rare.town.visitor(BERTIL, "2B07").cancel(taken)

    rare.eservice.watches.freed(clinic("2B03"))
    rare.eservice.watches.settle()
    assert letters(rare, DAN) == []
    with rare.eservice.database.writing():  # it is told within a transaction
        rare.eservice.watches.freed(OSTADIG)
        rare.eservice.watches.freed(OSTADIG)
    rare.eservice.watches.settle()

    assert len(letters(rare, DAN)) == 1


def test_of_two_who_look_at_once_one_tells(rare, browse):
    taken = fill(rare, BERTIL)
    begin(browse(DAN))
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    together, told = threading.Barrier(4), []

    def look_too() -> None:
        together.wait()
        told.append(look(rare))

    threads = [threading.Thread(target=look_too) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sum(told) == 1
    assert len(letters(rare, DAN)) == 1


def test_an_answer_that_is_late_does_not_make_what_was_told_news_again(rare, browse):
    taken = fill(rare, BERTIL)
    fill(rare, SIV)
    begin(browse(DAN))
    with rare.eservice.database.reading() as session:
        (before,) = session.scalars(select(WatchRow))
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    assert look(rare) == 1

    assert not rare.eservice.watches._tell(before, (), rare.clock()), "asked before, answered after"

    assert look(rare) == 0


def test_only_days_that_suit_count(rare, browse):
    taken = fill(rare, BERTIL)
    window = begin(browse(DAN), last_day="2026-11-25")
    rare.town.visitor(BERTIL, "2B07").cancel(taken)

    assert look(rare) == 0

    begin(window, first_day="2026-11-27", last_day="2026-11-26")
    assert window.status == 422
    assert window.title.startswith("Fel: ")
    assert "Första dagen kan inte vara efter den sista." in window.text
    window.submit("Börja bevaka", first_day="2026-11-24", last_day="2027-11-24")
    assert "Välj en dag från 2026-11-24 till 2027-02-16." in window.text
    window.submit("Börja bevaka", first_day="imorgon", last_day="")
    assert "Skriv dagen som 2026-12-01." in window.text


def test_a_watch_ends_by_a_booking_of_the_kind_by_its_last_day_and_by_the_citizens_word(rare, browse):
    window = begin(browse(DAN))
    window.follow("Se lediga tider")
    assert window.heading == "Välj dag och tid"
    window.submit("Fortsätt", time=window.choices("time")[0])
    window.submit("Fortsätt")
    window.submit("Boka tiden")
    assert window.heading == "Klart! Din tid är bokad"
    assert "Du bevakar inga tider." in window.get("bevakningar").text

    other = begin(browse(SIV), last_day="2026-11-26")
    own = rare.eservice.watches.of(rare.eservice.people.person(SIV.number))
    assert window.post(f"bevakningar/{own[0].id}/avsluta").status == 404, "another's"
    other.submit("Avsluta")
    assert "Bevakningen är avslutad." in other.text
    assert "Du bevakar inga tider." in other.text

    begin(other, last_day="2026-11-26")
    taken = fill(rare, BERTIL)
    look(rare)
    rare.clock.now += timedelta(days=3)
    look(rare)
    rare.clock.now -= timedelta(days=3)
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    assert look(rare) == 0, "its last day has been"
    rare.clock.now += timedelta(days=40)
    look(rare)
    with rare.eservice.database.reading() as session:
        assert session.scalars(select(WatchRow)).all() == [], "nothing of it stays for long"


def test_the_same_wish_is_one_watch_and_nobody_has_more_than_five(rare, browse):
    window = begin(browse(DAN))
    begin(window, last_day="2026-12-24")
    assert window.text.count("Mottagningen Ostadig") == 2, "its name, and within the button's"
    for kind in ("Blodprov", "Blodtryckskontroll", "Fysioterapi", "Telefontid"):
        wait_for(window, kind)
        assert window.status == 200
    assert "Avsluta en av dem först" in wait_for(window, "Resevaccination").text, "said before"
    window.submit("Börja bevaka")
    assert window.status == 422
    assert "Du har redan 5 bevakningar, och fler kan man inte ha." in window.text
    assert len(rare.eservice.watches.of(rare.eservice.people.person(DAN.number))) == 5


def wait_for(window, kind: str):
    """A watch for the kind at the first clinic that offers it."""
    window.get("forsta-lediga").follow(kind).follow("Boka hos")
    window.get(window.url.rpartition("/")[0] + "/bevaka")
    return window if "Avsluta en av dem" in window.text else window.submit("Börja bevaka")


def test_a_guardian_waits_for_the_child_whose_inbox_is_told(rare, browse):
    taken = fill(rare, BERTIL)
    window = browse(ANNA).get("ombud").submit("Moa")
    begin(window)
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    look(rare)

    assert len(letters(rare, MOA)) == 1
    assert letters(rare, ANNA) == []


def test_the_notice_of_the_letter_says_nothing_of_health(rare, browse):
    dan = rare.eservice.people.person(DAN.number)
    rare.eservice.contacts.change(dan, Contact("dan@example.com", "070-174 06 20", True, True))
    taken = fill(rare, BERTIL)
    begin(browse(DAN))
    rare.town.visitor(BERTIL, "2B07").cancel(taken)

    assert look(rare) == 1

    assert rare.eservice.settle_post(20)
    assert {(one.is_sms, one.recipient, one.text.partition("\n\n")[0]) for one in rare.mailbox.messages()} == {
        (False, "dan@example.com", "Du har fått ett nytt meddelande. Logga in för att läsa."),
        (True, "+46701740620", "Du har fått ett nytt meddelande. Logga in för att läsa."),
    }


def test_a_clinic_that_does_not_answer_is_asked_again_and_begins_no_watch(rare, browse):
    taken = fill(rare, BERTIL)
    window = begin(browse(DAN))
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    other = ask(browse(SIV))
    set_mode(rare.served.data, Mode.FAULT)
    assert look(rare) == 0
    other.submit("Börja bevaka")
    assert other.heading == "Vi når inte mottagningen"
    assert rare.eservice.watches.of(rare.eservice.people.person(SIV.number)) == ()

    set_mode(rare.served.data, Mode.OFF)
    assert look(rare) == 1
    assert window.get("bevakningar").status == 200


def test_a_watch_for_an_earlier_time_than_a_booking_ends_at_the_day_before_it(rare, browse):
    taken = fill(rare, BERTIL)
    own = rare.eservice.references.of(rare.eservice.people.person(DAN.number), OSTADIG, fill(rare, DAN))
    window = browse(DAN).get(f"bokad-tid/{own.name}/omboka")
    window.get(window.url.replace("/tid", "/bevaka").replace("/innan", "/bevaka"))

    assert 'value="2026-11-25"' in window.page
    window.submit("Börja bevaka", last_day="2026-11-26")
    rare.town.visitor(BERTIL, "2B07").cancel(taken)
    assert look(rare) == 1
    window.get("bevakningar").follow("Se lediga tider")
    assert window.url.endswith(f"/bokad-tid/{own.name}")
