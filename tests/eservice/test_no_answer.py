"""E14: a booking, a move or a cancelling that got no answer (domain.md §5.11, §10.5 scenario 15).

Mottagningen Ostadig really fails: in `time-out` it does what it is asked and tells nobody, in `fault` it does nothing.
Nothing is ever sent a second time; what the schedule says decides.
"""

from datetime import timedelta

import pytest

from tests.eservice.conftest import a_demo
from tests.eservice.walks import booked_page, calls, letters, step, walk
from tests.people import DAN, GRETA
from tidbro.demo_mode import Mode, set_mode

SLUG = "mottagningen-ostadig"
UNKNOWN = (
    "Vi fick inget svar och vet inte om det gick igenom. Boka inte en gång till – vi kontrollerar dina bokade tider."
)
SILENT = "Vi når inte mottagningens tidbok just nu."
HASTY = {"producer_timeout_seconds": 1.0}


@pytest.fixture
def hasty(planted, tmp_path):
    """A platform that waits a second for a clinic, and then says VP009: maybe."""
    with a_demo(planted, tmp_path, gateway=HASTY) as made:
        yield made


def set_clinic(demo, mode):
    set_mode(demo.served.data, mode)


def changes(caplog):
    """The calls that change something, of those the gateway has carried."""
    return [name for name, _ in calls(caplog) if name in ("MakeBooking", "UpdateBooking", "CancelBooking")]


def at_check(window, flow, demo):
    """Ready to send: a new booking for Dan, a change of Greta's time."""
    if flow == "boka":
        window.sign_in(DAN).get(f"boka/{SLUG}")
        return walk(window, at=3, reason="Hosta")
    window.sign_in(GRETA).get(f"{booked_page(demo, GRETA, '2B07')}/{flow}")
    return walk(window, at=3, reason="Hinner inte") if flow == "omboka" else walk(window)


WAYS = [
    ("boka", "Boka tiden", "MakeBooking", "Klart! Din tid är bokad", "Tiden blev inte bokad"),
    ("omboka", "Omboka tiden", "UpdateBooking", "Klart! Din tid är ombokad", "Tiden blev inte ombokad"),
    ("avboka", "Avboka tiden", "CancelBooking", "Klart! Din tid är avbokad", "Tiden blev inte avbokad"),
]


@pytest.mark.parametrize(("flow", "button", "call", "done", "_failed"), WAYS, ids=[one[0] for one in WAYS])
def test_e14_it_was_done_and_is_found_in_the_schedule(hasty, caplog, flow, button, call, done, _failed):
    window = at_check(hasty.browser(), flow, hasty)
    set_clinic(hasty, Mode.TIME_OUT)
    with caplog.at_level("INFO"):
        window.submit(button)
        assert step(window) == "klart"
        assert window.heading == "Vi vet inte om det gick igenom"
        assert UNKNOWN in window.text
        assert "Kontroll 1 av 3" in window.text
        assert SILENT in window.text  # the reading failed too, says so, and does not count
        assert '<meta http-equiv="refresh"' in window.page
        assert letters(hasty, DAN if flow == "boka" else GRETA) == ()

        set_clinic(hasty, Mode.OFF)
        window.get(window.url)
    assert window.heading == done
    assert changes(caplog) == [call]
    person = DAN if flow == "boka" else GRETA
    assert len(hasty.booked(person, "2B07")) == (0 if flow == "avboka" else 1)
    kinds = {"boka": "booked", "omboka": "rebooked", "avboka": "cancelled"}
    assert [one.kind for one in letters(hasty, person)] == [kinds[flow]]
    window.close()


@pytest.mark.parametrize(("flow", "button", "call", "_done", "failed"), WAYS, ids=[one[0] for one in WAYS])
def test_e14_it_was_not_done_as_three_readings_say(demo, browse, caplog, flow, button, call, _done, failed):
    window = at_check(browse(), flow, demo)
    set_clinic(demo, Mode.FAULT)
    with caplog.at_level("INFO"):
        window.submit(button)
        for _ in range(4):
            window.get(window.url)
            assert "Kontroll 1 av 3" in window.text  # readings that fail do not count, however many
            assert SILENT in window.text
        set_clinic(demo, Mode.OFF)
        for number in (2, 3):
            assert f"Kontroll {number} av 3" in window.get(window.url).text
            assert SILENT not in window.text
        window.get(window.url)
    assert window.heading == failed
    assert window.title.startswith(f"Fel: {failed} – ")
    assert "Ring" in window.text
    assert changes(caplog) == [call]

    window.submit("Försök igen")  # and what was typed is there
    if flow == "boka":
        assert "Hosta" in walk(window).text
        assert window.submit(button).heading == "Klart! Din tid är bokad"
        assert len(demo.booked(DAN, "2B07")) == 1
    else:
        assert len(demo.booked(GRETA, "2B07")) == 1


def test_e14_the_line_itself_is_silent(planted, tmp_path):
    """The e-service has waited long enough before the platform has."""
    with a_demo(planted, tmp_path, eservice={"read_seconds": 2.0}, gateway={"producer_timeout_seconds": 5.0}) as demo:
        window = at_check(demo.browser(), "boka", demo)
        set_clinic(demo, Mode.TIME_OUT)
        window.submit("Boka tiden")
        assert UNKNOWN in window.text
        set_clinic(demo, Mode.OFF)
        assert window.get(window.url).heading == "Klart! Din tid är bokad"
        assert len(demo.booked(DAN, "2B07")) == 1
        window.close()


def test_e14_an_answer_that_cannot_be_used_leaves_it_open_too(demo, browse):
    window = at_check(browse(), "boka", demo)
    set_clinic(demo, Mode.BAD_ANSWER)
    assert UNKNOWN in window.submit("Boka tiden").text
    set_clinic(demo, Mode.OFF)
    assert window.get(window.url).heading == "Klart! Din tid är bokad"


def test_e14_the_readings_follow_each_other_with_a_pause(planted, tmp_path):
    """The page reloads by itself; a reload too early reads nothing."""
    with a_demo(planted, tmp_path, eservice={"reconcile_pause_seconds": 10.0}) as demo:
        window = at_check(demo.browser(), "boka", demo)
        set_clinic(demo, Mode.FAULT)
        window.submit("Boka tiden")
        set_clinic(demo, Mode.OFF)
        assert 'content="20"' in window.page  # the clinic was silent: longer than usual
        assert "Kontroll 1 av 3" in window.get(window.url).text
        for number in (2, 3):
            demo.clock.now += timedelta(seconds=21)
            for _ in range(2):
                assert f"Kontroll {number} av 3" in window.get(window.url).text
        demo.clock.now += timedelta(seconds=21)
        assert window.get(window.url).heading == "Tiden blev inte bokad"
        window.close()
