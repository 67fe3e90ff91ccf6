"""What a citizen has typed or chosen is still there: after a log-out in the middle (E17), going back, a clinic that is
silent (domain.md §5.0, §5.11, §5.12)."""

from datetime import timedelta

import pytest

from tests.eservice.walks import booked_page, kind, step, walk
from tests.people import ALMA, BERTIL, DAN, GRETA
from tests.serving import MORNING
from tidbro.demo_mode import Mode, set_mode

TOMORROW = MORNING.date() + timedelta(days=1)
ENDED = "Du har blivit utloggad. Logga in för att fortsätta – dina val är sparade i 30 minuter."


def sign_in_again(window, person):
    """On the page that one was sent to."""
    assert ENDED in window.text
    number = f"{person.number[:8]}-{person.number[8:]}"
    return window.submit("", number=number)


def test_e17_a_text_that_came_too_late_is_there_after_signing_in(demo, browse):
    window = walk(browse(DAN).get("boka/mottagningen-ostadig"), "beratta", day=TOMORROW)
    address = window.url
    demo.clock.now += timedelta(minutes=31)
    window.submit("Fortsätt", reason="Hosta i tre veckor")
    assert step(window) == "logga-in"
    demo.clock.now += timedelta(minutes=29)
    sign_in_again(window, DAN)
    assert window.url == address
    assert "Hosta i tre veckor" in window.page
    assert "Hosta i tre veckor" in walk(window).text
    assert window.submit("Boka tiden").heading == "Klart! Din tid är bokad"


def test_e17_choices_are_kept_when_a_page_is_asked_for_too_late_but_not_for_ever(demo, browse):
    window = walk(browse(DAN).get("boka/mottagningen-ostadig"), day=TOMORROW, reason="Hosta")
    check = window.url
    demo.clock.now += timedelta(minutes=45)
    assert step(window.get(check)) == "logga-in"
    assert "Hosta" in sign_in_again(window, DAN).text
    demo.clock.now += timedelta(minutes=61)
    window.get(check)
    sign_in_again(window, DAN)
    assert "Ärendet finns inte längre" in window.text
    assert window.status == 404
    other = browse(BERTIL).get(check)
    assert (other.status, "Ärendet finns inte längre" in other.text) == (404, True)  # nor is it anybody else's


def test_e17_a_guardian_goes_on_with_the_childs_visit(demo, browse):
    window = browse(BERTIL).get("ombud").submit("Alma")
    walk(window.get("boka/mottagningen-ostadig"), "beratta", day=TOMORROW)
    demo.clock.now += timedelta(minutes=31)
    window.submit("Fortsätt", reason="Öronvärk")
    sign_in_again(window, BERTIL)
    assert "Du gör ärenden åt Alma Demosson" in window.text
    assert "Öronvärk" in window.page
    walk(window).submit("Boka tiden")
    assert len(demo.booked(ALMA, "2B07")) == 1
    demo.clock.now += timedelta(minutes=31)
    window.get("bokade-tider")
    sign_in_again(window, DAN)  # somebody else at the same screen
    assert "Du gör ärenden åt" not in window.text


def test_nobody_has_to_write_in_haste(demo, browse):
    """§5.12 (8): as long as one says that one goes on, the flow is there."""
    window = walk(browse(DAN).get("boka/mottagningen-ostadig"), "beratta", day=TOMORROW)
    for _ in range(6):
        demo.clock.now += timedelta(minutes=25)
        window.session.get(f"{window.base}fortsatt")
    window.submit("Fortsätt", reason="En lång historia")
    assert step(window) == "kontrollera"
    assert "En lång historia" in window.text


def test_a_comment_is_kept_over_a_clinic_that_is_silent(demo, browse):
    """E13 on a reading between, and back again."""
    window = walk(browse(GRETA).get(f"{booked_page(demo, GRETA, '2B07')}/omboka"), "beratta", at=2)
    set_mode(demo.served.data, Mode.FAULT)
    window.submit("Tillbaka", reason="Hinner inte")
    assert "Vi når inte mottagningens tidbok just nu." in window.text
    assert window.status == 503
    set_mode(demo.served.data, Mode.OFF)
    window.follow("Försök igen")
    assert step(window) == "tid"
    assert "Hinner inte" in walk(window, at=1).text


@pytest.mark.parametrize("page", ["vem", "tid", "beratta", "kontrollera"])
def test_a_typed_address_leads_to_what_must_be_chosen_first(demo, browse, page):
    window = browse(DAN).get("boka/bjorkdalens-vardcentral")
    root = window.url.rpartition("/")[0]
    assert step(window.get(f"{root}/{page}")) == "vad"
    assert kind(window, "SSK30")
    assert window.get(f"{root}/vilse").status == 404
