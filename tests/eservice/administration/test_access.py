"""Who comes into the administrators' pages, and to which clinics (domain.md §8)."""

from contextlib import closing
from datetime import timedelta

from eservice.site import make_site
from tests.eservice.administration.conftest import TORGET, save, sign_in
from tests.eservice.browser import Browser
from tests.eservice.conftest import a_demo
from tests.people import ANNA

PARTS = (
    "",
    "tjanster",
    "texter/nybokning",
    "texter/ombokning",
    "texter/avbokning",
    "malgrupp/boka-tid",
    "malgrupp/bokade-tider",
    "kontakt",
    "visning",
    "tidstyper",
)
OPEN = {"administration.sign_in.choose", "administration.sign_in.enter"}


def test_every_administrators_view_asks_who_is_not_signed_in_and_citizens_to_sign_in(demo, browse):
    rules = [
        rule
        for rule in make_site(demo.eservice, b"x" * 32).url_map.iter_rules()
        if rule.endpoint.startswith("administration.") and rule.endpoint not in OPEN
    ]
    assert len(rules) >= 2 + len(PARTS)
    nobody, citizen = browse(), browse(ANNA)
    for rule in rules:
        known = {"slug": "vaccinationen-torget", "flow": "nybokning", "name": "boka-tid"}
        path = rule.build({name: known[name] for name in rule.arguments})[1].lstrip("/")
        for window in (nobody, citizen):
            window.get("personal/logga-in")
            window.post(path) if "POST" in rule.methods else window.get(path)
            assert "/personal/logga-in" in window.url, rule.endpoint
    assert "Inloggad som Anna" in citizen.get().text


def test_an_administrators_cookie_gives_no_access_to_citizens_pages_and_each_visit_ends_alone(demo, browse):
    window = sign_in(browse())
    assert "/logga-in" in window.get("bokade-tider").url
    assert window.get("personal/").heading == "Mina mottagningar"

    window.sign_in(ANNA)
    assert window.get("personal/").heading == "Mina mottagningar"
    assert "Anna" not in window.text
    window.get("bokade-tider").submit("Logga ut")
    assert window.get("personal/").heading == "Mina mottagningar"

    window.sign_in(ANNA).get("personal/").submit("Logga ut")
    assert "/personal/logga-in" in window.get("personal/").url
    assert window.get("bokade-tider").heading == "Bokade tider"


def test_an_administrator_sees_and_changes_her_own_clinics_alone(administer):
    window = administer("A002").get("personal/")
    names = [text for text, url in window.read.links if "/personal/mottagning/" in url]
    assert names == ["Mottagningen Ostadig", "Provtagningen Norra", "Provtagningen Södra", "Vaccinationen Torget"]
    for part in PARTS:
        assert window.get(f"{TORGET}/{part}").status == 200, part
        assert window.get(f"personal/mottagning/rehab-an/{part}").status == 403, part
        assert "inte administratör för den mottagningen" in window.text
        assert window.get(f"personal/mottagning/finns-inte/{part}").status == 404, part
    for part in ("tjanster", "aktivering", "texter/nybokning", "malgrupp/boka-tid", "kontakt", "visning"):
        window.get("personal/")
        assert window.post(f"personal/mottagning/rehab-an/{part}", version="0").status == 403, part
    assert window.get(f"{TORGET}/texter/finns-inte").status == 404
    assert window.get(f"{TORGET}/malgrupp/finns-inte").status == 404


def test_a_form_that_is_not_from_the_administrators_own_pages_changes_nothing(demo, administer):
    window = administer()
    before = demo.eservice.clinics.by_slug("vaccinationen-torget")
    sent = window.session.post(f"{demo.site}{TORGET}/visning", data={"version": "0", "place_in_menu": "9"})
    assert sent.status_code == 400
    assert "Formuläret" in sent.text
    assert demo.eservice.clinics.by_slug("vaccinationen-torget") == before
    window.get(f"{TORGET}/visning").submit("Spara", csrf_token="wrong", place_in_menu="9")
    assert window.status == 400
    assert demo.eservice.clinics.by_slug("vaccinationen-torget") == before


def test_an_administrator_who_rests_too_long_signs_in_again_and_comes_back(demo, administer):
    window = administer()
    demo.clock.now += timedelta(minutes=29)
    assert window.get(f"{TORGET}/kontakt").heading == "Kontaktuppgifter"
    demo.clock.now += timedelta(minutes=31)
    window.get(f"{TORGET}/kontakt")
    assert "Du har blivit utloggad" in window.text
    assert window.submit("Göran Fläder").heading == "Kontaktuppgifter"


def test_without_emulated_sign_in_nobody_can_choose_to_be_an_administrator(planted, tmp_path):
    told = {"emulated_sign_in": False}
    with a_demo(planted, tmp_path, eservice=told) as demo, closing(Browser(demo.site)) as window:
        window.get("personal/logga-in")
        assert "inte påslagen" in window.text
        assert "Göran" not in window.page
        window.get()
        assert window.post("personal/logga-in", chosen="SE2321009991-A002").status == 403


def test_every_change_is_logged_with_who_and_when_but_not_whom_a_service_is_for(demo, administer, caplog):
    window = administer("A002")
    save(window, f"{TORGET}/visning", shows_end_time="yes", place_in_menu="3")
    save(window, f"{TORGET}/malgrupp/boka-tid", who="some", region_0="yes", numbers="19791212-9280")
    save(window, f"{TORGET}/tjanster", book_on=None)
    window.get(f"{TORGET}/visning").submit("Spara")
    assert "Inget var ändrat" in window.text

    clinic = demo.eservice.clinics.by_slug("vaccinationen-torget")
    changes = demo.eservice.clinics.changes(clinic, 10)
    assert [one.what for one in changes] == [
        "book.is_on:off",
        "book.audience.regions book.audience.selected",
        "shows_end_time:on place_in_menu",
    ]
    assert {one.administrator.text for one in changes} == {"SE2321009991-A002"}
    assert {one.at for one in changes} == {demo.clock.now}

    seen = window.get(f"{TORGET}/").text
    assert "tisdag 24 november 2026 kl. 07.30, Göran Fläder" in seen
    assert "Boka tid direkt, tjänsten: av" in seen
    assert "Boka tid direkt, målgrupp, utvalda invånare" in seen
    assert "9280" not in window.page
    assert "9280" not in caplog.text
