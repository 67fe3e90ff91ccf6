"""A flow is sent once, whatever is clicked (domain.md §5.11: E14, one-time form tokens), and what a page sends is what
it shows."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from eservice.journeys import JourneySent
from tests.eservice.walks import calls, journey_of, letters, step, walk
from tests.people import DAN
from tidbro.demo_mode import Mode, set_mode

SLUG = "mottagningen-ostadig"


@pytest.fixture
def window(browse):
    return walk(browse(DAN).get(f"boka/{SLUG}"), at=4, reason="Hosta")


def same(window):
    """Another tab of the same browser, at the same page."""
    tab = replace(window)
    tab.url, tab.page = window.url, window.page
    return tab


def test_a_double_click_sends_one_booking(demo, window, caplog):
    """E1, E14: two threads send one form; whoever is late waits for what comes of it."""
    tabs = [same(window) for _ in range(4)]
    barrier = threading.Barrier(len(tabs))

    def press(tab):
        barrier.wait()
        tab.submit("Boka tiden")

    threads = [threading.Thread(target=press, args=(tab,)) for tab in tabs]
    with caplog.at_level("INFO"):
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert [name for name, _ in calls(caplog) if name == "MakeBooking"] == ["MakeBooking"]
    assert {step(tab) for tab in tabs} == {"klart"}
    assert {tab.get(tab.url).heading for tab in tabs} == {"Klart! Din tid är bokad"}
    assert len(demo.booked(DAN, "2B07")) == 1
    assert [one.kind for one in letters(demo, DAN)] == ["booked"]


def test_a_form_sent_again_after_going_back_shows_the_receipt(demo, window, caplog):
    old = same(window)
    check = window.url
    assert window.submit("Boka tiden").heading == "Klart! Din tid är bokad"
    with caplog.at_level("INFO"):
        assert old.submit("Boka tiden").heading == "Klart! Din tid är bokad"
        for page in (check, check.replace("kontrollera", "tid"), check.replace("kontrollera", "beratta")):
            assert step(window.get(page)) == "klart"  # going back shows what came of it
    assert "MakeBooking" not in [name for name, _ in calls(caplog)]
    assert len(demo.booked(DAN, "2B07")) == 1


def test_two_tabs_of_one_flow_send_it_once(demo, window, caplog):
    """Each tab has loaded the page, and so has a mark of its own."""
    tabs = [same(window).get(window.url) for _ in range(2)]
    barrier = threading.Barrier(2)

    def press(tab):
        barrier.wait()
        tab.submit("Boka tiden")

    threads = [threading.Thread(target=press, args=(tab,)) for tab in tabs]
    with caplog.at_level("INFO"):
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert [name for name, _ in calls(caplog)].count("MakeBooking") == 1
    assert len(demo.booked(DAN, "2B07")) == 1


def test_a_page_that_another_tab_has_made_untrue_sends_nothing(demo, window, caplog):
    """What is sent is what the page shows."""
    old, tab = same(window), same(window)
    tab.submit("Ändra när")
    tab.submit("Fortsätt", time=tab.choices("time")[7])
    assert step(tab) == "kontrollera"
    with caplog.at_level("INFO"):
        old.submit("Boka tiden")
    assert (old.status, step(old)) == (422, "kontrollera")
    assert "Uppgifterna har ändrats i ett annat fönster. Kontrollera dem igen." in old.text
    assert calls(caplog) == []
    chosen = journey_of(tab, demo).slot.start
    assert f"kl. {chosen:%H.%M}" in old.text
    assert old.submit("Boka tiden").heading == "Klart! Din tid är bokad"
    assert demo.booked(DAN, "2B07")[0].start == chosen


def test_a_page_of_before_does_not_open_a_flow_again_that_is_being_sent(demo, window):
    """A slow thread that has read the flow while it was open cannot write it back over what was sent meanwhile."""
    journey = journey_of(window, demo)
    assert demo.eservice.journeys.begin_sending(journey, "a mark")
    assert not demo.eservice.journeys.begin_sending(journey, "another mark")
    with pytest.raises(JourneySent):
        demo.eservice.journeys.keep(journey.type(reason="annat"))
    assert journey_of(window, demo).phase == "sending"


def begun(demo, window):
    """As a process leaves it that ends while the call is out."""
    journey = journey_of(window, demo)
    assert demo.eservice.journeys.begin_sending(journey, "a mark")
    return journey


def test_e14_a_process_that_died_after_the_booking_was_made_finds_it(demo, window, caplog):
    journey = begun(demo, window)
    dan = demo.town.visitor(DAN, "2B07")
    dan.book(journey.slot, "Hosta")
    with caplog.at_level("INFO"):
        window.submit("Boka tiden")
        assert "Boka inte en gång till" in window.text
        assert calls(caplog) == []  # somebody may still be waiting for the answer
        demo.clock.now += timedelta(seconds=40)
        window.get(window.url)
    assert window.heading == "Klart! Din tid är bokad"
    assert "MakeBooking" not in [name for name, _ in calls(caplog)]
    assert len(demo.booked(DAN, "2B07")) == 1
    assert [one.kind for one in letters(demo, DAN)] == ["booked"]


def test_e14_a_process_that_died_before_the_booking_was_made_says_so(demo, window):
    begun(demo, window)
    demo.clock.now += timedelta(seconds=40)
    window.submit("Boka tiden")
    for _ in range(2):
        window.get(window.url)
    assert window.heading == "Tiden blev inte bokad"
    assert demo.booked(DAN, "2B07") == ()


def test_a_form_of_before_a_refusal_leads_to_the_page_as_it_is(demo, browse, window):
    """Its mark is used; the page that comes has a new one."""
    old = same(window)
    set_mode(demo.served.data, Mode.FAULT)
    window.submit("Boka tiden")
    set_mode(demo.served.data, Mode.OFF)
    for _ in range(3):
        window.get(window.url)
    assert window.heading == "Tiden blev inte bokad"
    old.submit("Boka tiden")
    assert old.heading == "Tiden blev inte bokad"
    assert demo.booked(DAN, "2B07") == ()
