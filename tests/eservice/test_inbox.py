"""The inbox: copies of confirmations, what became of them, and the notices of letters (domain.md §5.9)."""

import re
from contextlib import contextmanager
from datetime import timedelta

from eservice.inbox import PER_PAGE
from tests.eservice.conftest import clinic
from tests.eservice.test_staff_changes import letters
from tests.people import ANNA, BERTIL, DAN, KARIN, MOA

MINUTE = timedelta(minutes=1)


def book_blood_test(window, place="provtagningen-sodra", at=0):
    """Book through the pages; the receipt is shown."""
    window.get("boka/provtagningen-sodra").submit("Fortsätt", place=place).submit("Fortsätt")
    if at:
        window.follow("Nästa månad")
    window.submit("Fortsätt", time=window.choices("time")[at])
    return window.submit("Boka tiden")


def test_a_receipt_is_in_the_inbox_as_it_was_and_says_what_became_of_the_time(demo, browse):
    """R20: the clinic's message too. A copy after booking, moving and cancelling; the index's word of it is no news."""
    window = book_blood_test(browse(DAN), at=-1)
    assert "Inkorg (1 olästa)" in window.text
    window.follow("Gå till inkorgen")
    assert "Oläst" in window.text
    window.follow("Bokad tid: Blodprov")
    assert re.fullmatch(r"Bokad tid: Blodprov \w+dag \d+ \w+ 2026", window.heading)
    assert "Kom fastande" in window.text
    assert "Provtagningen Södra" in window.text
    assert "Södra vägen 8" in window.text
    letter = window.url
    assert "Oläst" not in window.get("inkorg").text

    booking = window.get(letter).follow("Visa tiden").url
    demo.clock.now += MINUTE
    window.get(f"{booking}/omboka").submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[-1])
    if "kontrollera" not in window.url:
        window.submit("Fortsätt")
    window.submit("Omboka tiden")
    assert "Ersatt" in window.get(letter).text
    assert "Visa tiden" not in window.text
    moved = window.get("inkorg").follow("Ombokad tid: Blodprov").url
    assert "är släppt" in window.text
    demo.settle()

    booking = window.follow("Visa tiden").url
    demo.clock.now += MINUTE
    window.get(f"{booking}/avboka")
    if "kontrollera" not in window.url:
        window.submit("Fortsätt")
    window.submit("Avboka tiden")
    demo.settle()
    assert letters(demo, DAN) == [("cancelled", ""), ("rebooked", "cancelled"), ("booked", "replaced")]
    assert re.findall(r"(\w+) tid: Blodprov", window.get("inkorg").text) == ["Avbokad", "Ombokad", "Bokad"]
    assert "Avbokad" in window.get(moved).text
    assert "Visa tiden" not in window.text


def test_a_process_that_dies_when_a_move_is_confirmed_confirms_it_once(demo, browse):
    """The flow is still being sent when its process is there again: it is looked into and found (E14)."""
    window = book_blood_test(browse(DAN), at=-1)
    booking = window.get("inkorg").follow("Bokad tid").follow("Visa tiden").url
    demo.clock.now += MINUTE
    window.get(f"{booking}/omboka").submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[-1])
    if "kontrollera" not in window.url:
        window.submit("Fortsätt")
    check = window.url
    with dying_when_done(demo.eservice.journeys):
        assert window.submit("Omboka tiden").status == 500
    demo.clock.now += 2 * MINUTE  # nobody looks while the call may be under way
    window.get(check.replace("kontrollera", "klart"))
    assert window.heading == "Klart! Din tid är ombokad"
    demo.settle()
    assert letters(demo, DAN) == [("rebooked", ""), ("booked", "replaced")]


@contextmanager
def dying_when_done(journeys):
    """Nothing is written down of a flow that is done."""
    conclude = journeys.conclude

    def die(journey):
        if journey.phase == "done":
            raise SystemError
        return conclude(journey)

    journeys.conclude = die
    try:
        yield
    finally:
        del journeys.conclude


def test_anothers_letter_is_as_unknown_as_none(demo, browse):
    """R38."""
    mine = book_blood_test(browse(DAN)).get("inkorg").follow("Bokad tid").url
    other = browse(BERTIL).get(mine)
    assert other.status == 404
    assert other.page.count("Blodprov") == 0
    told = other.text
    assert browse(BERTIL).get("inkorg/AAAAAAAAAAAAAAAA").text == told
    assert browse().get(mine).heading == "Logga in"


def test_a_full_inbox_has_pages_and_an_empty_one_says_what_will_be_here(demo, browse):
    window = browse(KARIN).get("inkorg")
    assert "Du har inga meddelanden." in window.text
    with demo.eservice.database.writing() as session:
        for number in range(PER_PAGE + 1):
            told = {"time_type": f"Sort {number:02}", "clinic_name": "Provtagningen Södra"}
            now = demo.clock.now + number * MINUTE
            demo.eservice.inbox.put(session, KARIN.number, "booked", clinic("2B03"), "", told, f"test:{number}", now)
    window.get("inkorg")
    assert f"Inkorg ({PER_PAGE + 1} olästa)" in window.text
    assert window.text.count("Bokad tid:") == PER_PAGE
    assert "Sort 00" not in window.text
    window.follow("Äldre meddelanden")
    assert "Sort 00" in window.text
    assert window.text.count("Bokad tid:") == 1
    assert "Sort 20" in window.follow("Nyare meddelanden").text
    assert window.get("inkorg?sida=3").status == 404
    for odd in ("0", "-1", "x", "²", "9" * 30):
        assert window.get(f"inkorg?sida={odd}").status in (200, 404)


# -- Settings and notices


def test_settings_are_judged_kept_in_one_form_and_shown_as_people_write_them(demo, browse):
    window = browse(ANNA).get("installningar")
    assert "Du har fått ett nytt meddelande. Logga in för att läsa." in window.text
    window.submit("Spara", mobile="08-465 00 00", email="anna", mobile_is_on="yes")
    assert window.status == 422
    assert window.title.startswith("Fel:")
    assert "Skriv ett svenskt mobilnummer" in window.text
    assert "Skriv e-postadressen som" in window.text
    assert 'value="08-465 00 00"' in window.page
    window.submit("Spara", mobile="", email="", mobile_is_on="yes", email_is_on="yes")
    assert "Skriv ett mobilnummer att skicka sms till" in window.text
    assert "Skriv en e-postadress att skicka till" in window.text
    window.submit("Spara", mobile="0046 70 174 06 05", email=" Anna@Post.EXAMPLE", mobile_is_on="yes", email_is_on=None)
    assert "Dina inställningar är sparade." in window.text
    assert 'value="070-174 06 05"' in window.page
    assert 'value="Anna@post.example"' in window.page
    kept = demo.eservice.contacts.of(ANNA)
    assert (kept.mobile, kept.mobile_is_on, kept.email_is_on) == ("+46701740605", True, False)
    window.submit("Spara", mobile="", email="", mobile_is_on=None)
    assert demo.eservice.contacts.of(ANNA).mobile == ""


def test_a_notice_goes_the_ways_that_are_on_and_says_nothing_of_the_letter(demo, browse):
    window = browse(DAN).get("installningar")
    window.submit("Spara", mobile="070-174 06 15", email="dan@post.example", mobile_is_on="yes", email_is_on="yes")
    book_blood_test(window)
    assert demo.eservice.settle_post(30)
    sms, email = sorted(demo.mailbox.messages(), key=lambda one: not one.is_sms)
    assert (sms.recipient, email.recipient) == ("+46701740615", "dan@post.example")
    assert email.subject == "Du har fått ett nytt meddelande"
    for told in (sms.text, email.text):
        assert told == f"Du har fått ett nytt meddelande. Logga in för att läsa.\n\n{demo.site}"
    window.get("installningar").submit("Spara", email_is_on=None, mobile_is_on=None)
    book_blood_test(window, place="provtagningen-norra", at=-1)
    assert demo.eservice.settle_post(30)
    assert len(demo.mailbox.messages()) == 2


def test_the_guardian_who_books_is_told_and_the_letter_is_the_childs(demo, browse):
    """R40."""
    window = browse(ANNA).get("installningar")
    assert "Moa" in window.text
    window.submit("Spara", email="anna@post.example", email_is_on="yes")
    window.get("ombud").submit("Moa")
    assert "Du gör ärenden åt Moa Provbäck" in window.text
    book_blood_test(window)
    assert "Bokad tid: Blodprov" in window.get("inkorg").text
    assert demo.eservice.settle_post(30)
    (told,) = demo.mailbox.messages()
    assert told.recipient == "anna@post.example"
    window.submit("Sluta vara ombud")
    assert "Du har inga meddelanden." in window.get("inkorg").text
    assert demo.eservice.inbox.page(MOA)[0]
