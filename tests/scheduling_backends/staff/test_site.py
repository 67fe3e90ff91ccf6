"""staff/: signing in, visits that end, forms that are ours, and what surrounds every answer."""

import logging
from datetime import timedelta

import pytest

from scheduling_backends.engine.states import Role
from scheduling_backends.staff.site import make_site
from tests.scheduling_backends.staff.conftest import BOOKER, CHIEF, READER, SECRET, Browser, staffed
from tests.scheduling_backends.timebooks import NORTH, World

NORTH_ID, ALONE_ID = 1, 2


def test_who_is_not_signed_in_is_led_to_the_cards_and_back_to_the_page(browser: Browser) -> None:
    answer = browser.get("/arbete")
    assert answer.request.path == "/logga-in"
    assert answer.request.args["next"] == "/arbete"
    answer = browser.sign_in(BOOKER, NORTH_ID, next="/arbete")
    assert (answer.request.path, browser.page) == ("/arbete", "Bo Bokare at Norra")


def test_the_cards_lead_to_the_clinics_of_the_card(browser: Browser) -> None:
    """domain.md §7.1: a person can hold several roles and several clinics."""
    browser.get("/logga-in/mottagning", staff=CHIEF.text)
    assert "Norra" in browser.page
    assert "Kajen" in browser.page
    browser.get("/logga-in/mottagning", staff=READER.text)
    assert "Kajen" not in browser.page


def test_nobody_signs_in_at_a_clinic_without_a_role_there(browser: Browser) -> None:
    assert browser.sign_in(BOOKER, ALONE_ID).status_code == 403


def test_a_visit_ends_after_half_an_hour_of_rest(browser: Browser, site_world: World) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    site_world.clock.now += timedelta(minutes=30)
    assert browser.get("/arbete").request.path == "/arbete"
    site_world.clock.now += timedelta(minutes=30, seconds=1)
    answer = browser.get("/arbete")
    assert (answer.request.path, "Du har blivit utloggad" in browser.page) == ("/logga-in", True)
    assert browser.get("/arbete").request.path == "/logga-in"


def test_a_visit_ends_after_eight_hours_of_work(browser: Browser, site_world: World) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    for _ in range(16):
        site_world.clock.now += timedelta(minutes=30)
        assert browser.get("/arbete").request.path == "/arbete"
    site_world.clock.now += timedelta(minutes=1)
    assert browser.get("/arbete").request.path == "/logga-in"


def test_who_leaves_is_gone(browser: Browser) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    browser.get("/logga-in")
    browser.post("/logga-ut")
    assert browser.get("/arbete").request.path == "/logga-in"


def test_a_role_that_is_taken_away_is_gone_at_once(browser: Browser, site_world: World) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    with site_world.timebook.desk() as desk:
        desk.take_role(BOOKER, Role.BOOKER, NORTH)
    assert browser.get("/arbete").request.path == "/logga-in"


def test_what_a_role_may_not_is_refused_with_a_page_that_says_so(browser: Browser) -> None:
    browser.sign_in(READER, NORTH_ID)
    browser.get("/logga-in")
    answer = browser.post("/arbete")
    assert answer.status_code == 403
    assert "Du har inte den behörigheten" in browser.page


@pytest.mark.parametrize("token", ["", "forged", "å"])
def test_a_forged_form_is_refused_and_says_that_nothing_has_changed(browser: Browser, token: str) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    answer = browser.client.post("/arbete", data={"csrf_token": token})
    assert answer.status_code == 400
    assert "Inget har ändrats" in answer.get_data(as_text=True)


def test_a_form_of_another_visit_is_refused(browser: Browser) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    browser.get("/logga-in")
    old = browser.token
    browser.sign_in(BOOKER, NORTH_ID)
    assert browser.client.post("/arbete", data={"csrf_token": old}).status_code == 400


@pytest.mark.parametrize(
    "wanted",
    [
        "https://example.com/",
        "//example.com",
        "/\\example.com",
        "\\\\example.com",
        "javascript:alert(1)",
        "/\t/example.com",
    ],
)
def test_nobody_is_led_to_another_site(browser: Browser, wanted: str) -> None:
    answer = browser.sign_in(BOOKER, NORTH_ID, next=wanted)
    assert answer.request.path == "/arbete"


def test_the_cookie_holds_ids_alone_and_is_for_the_site_alone(browser: Browser) -> None:
    browser.get("/logga-in/mottagning", staff=BOOKER.text)
    answer = browser.client.post(
        "/logga-in",
        data={"csrf_token": browser.token, "staff": BOOKER.text, "clinic": "1"},
        base_url="https://localhost",
        headers={"Cookie": ""},
    )
    told = answer.headers["Set-Cookie"]
    assert "HttpOnly" in told
    assert "SameSite=Lax" in told
    with browser.client.session_transaction(base_url="https://localhost") as kept:
        assert set(kept) == {"staff", "clinic", "began", "seen", "token"}


def test_every_answer_forbids_what_the_site_does_not_need(browser: Browser) -> None:
    for path in ("/logga-in", "/nowhere", "/arbete"):
        headers = browser.client.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/logga-ut", 405)])
def test_trouble_is_told_in_swedish(browser: Browser, path: str, status: int) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    answer = browser.get(path)
    assert answer.status_code == status
    assert 'lang="sv"' in browser.page


def test_a_fault_of_ours_tells_nothing(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    browser.sign_in(BOOKER, NORTH_ID)
    with caplog.at_level(logging.ERROR):
        answer = browser.get("/trasig")
    assert answer.status_code == 500
    assert "words that a citizen wrote" not in browser.page + caplog.text


def test_without_the_setting_nobody_signs_in(world: World) -> None:
    """A default opens nothing: cards prove nothing."""
    site = make_site(staffed(world).timebook, [], [], "sign_in.cards", (), SECRET)
    with site.test_client() as client:
        browser = Browser(client)
        browser.get("/logga-in")
        assert "Inloggning är inte påslagen" in browser.page
        assert BOOKER.text not in browser.page
        assert client.get("/logga-in/mottagning", query_string={"staff": BOOKER.text}).status_code == 403


def test_a_site_without_a_secret_is_not_made(world: World) -> None:
    with pytest.raises(ValueError, match="secret"):
        make_site(world.timebook, [], [], "sign_in.cards", (), b"")
