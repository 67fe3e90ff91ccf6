"""Somebody without rights: another's booking, inbox, flow, forged forms and cookies (R38, E12, domain.md §5.0, §5.1).

Every route of the site is tried, so a new one that forgets whose it is fails here. What is refused is logged by an
event's name, looks like what nobody has, and changes nothing.
"""

import base64
import json
import shutil
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urljoin

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from eservice import visits
from tests.eservice.administration.conftest import TORGET, sign_in
from tests.eservice.conftest import a_demo
from tests.eservice.owned import HER_WORDS, NONE_SUCH, booked_of, everything, kept_of, path_of, routes
from tests.eservice.walks import booked_page, calls, walk
from tests.people import ALMA, ANNA, BERTIL, MOA
from tidbro.sites import secret_in

CHANGES = ("MakeBooking", "UpdateBooking", "CancelBooking")
COOKIE = "eservice_visit"
E12 = "Ingen sådan bokning"


def events(caplog) -> Counter:
    """What was logged since the log was cleared, by event."""
    return Counter(one.getMessage() for one in caplog.records)


def seen(window, name: str) -> tuple:
    """What somebody sees, without the name that was asked for."""
    return window.status, window.heading, window.text.replace(name, ""), window.url.replace(name, NONE_SUCH)


def asked(window, method: str, path: str):
    """What the window gets; a form goes with the token of a page that was just shown."""
    window.get("mottagningar")
    return window.post(path) if method == "POST" else window.get(path)


# -- Another's


def test_r38_e12_whatever_is_annas_is_to_others_as_if_it_were_not_there_and_stays_as_it_is(demo, browse, caplog):
    names, addresses = everything(demo, browse)
    assert len(addresses) >= 60
    assert {one.path.partition("/")[0] for one in addresses} == set(names)
    nobody, bertil, staff = browse(), browse(BERTIL), sign_in(browse())
    before = kept_of(demo, ANNA), kept_of(demo, BERTIL)
    caplog.set_level("INFO")
    for one in addresses:
        name = next(part for part in one.path.split("/") if f"/{part}" in one.path and part not in one.unknown)
        for window in (nobody, staff):
            told = seen(asked(window, one.method, one.path), name)
            assert told == seen(asked(window, one.method, one.unknown), name), one
            assert window.heading == "Logga in", one
        caplog.clear()
        told = seen(asked(bertil, one.method, one.path), name)
        assert events(caplog)[one.event] == 1, (one, events(caplog))
        assert not {interaction for interaction, _ in calls(caplog)} & set(CHANGES), one
        caplog.clear()
        assert told == seen(asked(bertil, one.method, one.unknown), name), one
        assert one.event not in events(caplog), one
        assert HER_WORDS not in bertil.page
    assert (kept_of(demo, ANNA), kept_of(demo, BERTIL)) == before


def test_r40_nobody_acts_for_a_child_that_is_not_his_and_no_guardian_reads_past_the_child_acted_for(
    demo, browse, caplog
):
    bertil, anna = browse(BERTIL), browse(ANNA)
    with make_context(demo):
        words = {child: visits.word_of(child.number) for child in (ALMA, MOA, ANNA)}
    for word in (words[MOA], words[ANNA], MOA.number, "", "x" * 24):
        caplog.clear()
        bertil.get("ombud").post("ombud", child=word)
        assert bertil.status == (403 if word else 200)
        assert events(caplog)["acting_for_another_refused"] == bool(word)
        assert "Du gör ärenden åt" not in bertil.get().text

    moas = demo.town.visitor(MOA, "2B03")
    assert moas.book(moas.times()[0]).result_code in ("OK", "INFO")
    page = booked_page(demo, MOA, "2B03")
    assert anna.get(page).status == 404  # she may act for her, and does not now
    anna.get("ombud").submit("Moa Provbäck")
    assert "Blodprov" in anna.get(page).text
    assert "Du gör ärenden åt Moa" in anna.text
    assert anna.get(booked_page(demo, ANNA, "2B02")).status == 404
    assert bertil.get("ombud").submit("Alma Demosson").get(page).status == 404


# -- Producers that lie


def test_r38_e12_a_clinic_that_answers_with_anothers_booking_is_not_believed(demo, browse, caplog):
    page, anna = booked_page(demo, ANNA, "2B02"), browse(ANNA)
    cancelling = walk(anna.get(f"{page}/avboka")).url
    moving = walk(anna.get(f"{page}/omboka")).url
    (bertils,) = demo.booked(BERTIL, "2B02")
    before = booked_of(demo, ANNA)
    with lying(demo, "get_booking_details", lambda told: replace(told, timeslot=bertils)):
        for path in ("", "/kalender.ics", "/omboka", "/avboka", "/paminnelse"):
            caplog.clear()
            anna.get(f"{page}{path}")
            assert (anna.status, anna.heading) == (404, E12), path
            assert events(caplog)["booking_of_another_refused"] >= 1
        caplog.set_level("INFO")
        for flow, button in ((cancelling, "Avboka tiden"), (moving, "Omboka tiden")):
            caplog.clear()
            anna.get(flow).submit(button)
            assert (anna.status, anna.heading) == (404, E12), button
            assert events(caplog)["booking_of_another_refused"] >= 1
            assert not {interaction for interaction, _ in calls(caplog)} & set(CHANGES)
    assert booked_of(demo, ANNA) == before
    assert anna.get(page).status == 200


def test_r38_a_schedule_that_holds_anothers_time_does_not_show_it(demo, browse):
    (bertils,) = demo.booked(BERTIL, "2B02")
    anna = browse(ANNA)

    def with_bertils(told):
        return replace(told, timeslots=(*told.timeslots, bertils))

    shown = anna.get("bokade-tider/provtagningen-norra").text
    assert shown.count("Blodprov") == 1
    with lying(demo, "get_subject_of_care_schedule", with_bertils):
        assert anna.get("bokade-tider/provtagningen-norra").text == shown
        for path in ("bokade-tider", ""):
            assert "2 dec" not in anna.get(path).text
            assert "2 december" not in anna.text


# -- Forms


def test_a_form_that_is_not_of_this_visits_pages_is_refused_by_every_route_and_logged(demo, browse, caplog):
    """§5.0: absent, forged, somebody else's and one of before; the words are the same for citizens and staff."""
    names, _ = everything(demo, browse)
    anna, staff, other = browse(ANNA), sign_in(browse()), browse(BERTIL)
    before_last = anna.get().token
    anna.submit("Logga ut").sign_in(ANNA)
    before = kept_of(demo, ANNA), demo.eservice.clinics.by_slug("vaccinationen-torget")
    forged = {
        "absent": {},
        "empty": {"csrf_token": ""},
        "made up": {"csrf_token": "x" * 32},
        "not of letters": {"csrf_token": "å\0\ufffd"},
        "another's": {"csrf_token": other.get().token},
        "of the last visit": {"csrf_token": before_last},
    }
    posts = routes(demo, "POST")
    assert len(posts) >= 25
    for rule in posts:
        first = str(rule).split("/")[1]
        window = staff if first == "personal" else anna
        known = {"slug": "vaccinationen-torget", "flow": "nybokning", "name": "boka-tid", "journey": ""}
        own = known if first == "personal" else {**known, **dict.fromkeys(rule.arguments - {"slug"}, first)}
        path = path_of(rule, **{one: names[own[one]][0] if own[one] in names else own[one] for one in rule.arguments})
        for kind, token in forged.items():
            caplog.clear()
            window.get("mottagningar")
            answer = window.session.post(urljoin(window.base, path), data=token, allow_redirects=False)
            assert answer.status_code == 400, (rule, kind)
            assert "Formuläret" in answer.text
            assert events(caplog)["form_not_ours_refused"] == 1, (rule, kind)
    assert (kept_of(demo, ANNA), demo.eservice.clinics.by_slug("vaccinationen-torget")) == before
    assert "Inloggad som Anna" in anna.get().text
    assert staff.get("personal/").heading == "Mina mottagningar"


def test_a_token_in_the_address_or_a_form_of_another_kind_is_none(demo, browse):
    anna = browse(ANNA).get()
    token, place = anna.token, f"{demo.site}logga-ut"
    sent = [
        anna.session.post(place, params={"csrf_token": token}),
        anna.session.post(place, json={"csrf_token": token}),
        anna.session.post(place, data=f"csrf_token={token}", headers={"Content-Type": "text/plain"}),
    ]
    assert [one.status_code for one in sent] == [400, 400, 400]
    assert "Inloggad som Anna" in anna.get().text


# -- Cookies


def test_a_cookie_that_was_changed_or_made_by_others_is_that_of_nobody_and_logged(demo, browse, caplog):
    anna = browse(ANNA)
    cookie = anna.session.cookies[COOKIE]
    payload, moment, signature = cookie.split(".")[-3:]
    told = json.loads(_payload(cookie))
    with make_context(demo):
        told["citizen"] = visits.word_of(BERTIL.number)
    as_bertil = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    elsewhere = URLSafeTimedSerializer(b"another secret of 32 bytes......", salt="cookie-session").dumps(told)
    tried = [
        f"{as_bertil}.{moment}.{signature}",
        f"{as_bertil}.{moment}.",
        f"{as_bertil}..",
        as_bertil,
        f"{payload}.{moment}.{'A' * len(signature)}",
        f"{payload}.zzzzzz.{signature}",
        elsewhere,
        f".{zlib.compress(b'x' * 100).hex()}.{moment}.{signature}",
        "x" * 5000,
    ]
    for one in tried:
        window = browse()
        has_cookie(window, one)
        caplog.clear()
        assert window.get("bokade-tider").heading == "Logga in", one
        assert events(caplog)["cookie_not_ours_refused"] >= 1, one
    window = browse()
    has_cookie(window, cookie)
    assert window.get("bokade-tider").heading == "Bokade tider"  # as it was it would have opened them


@pytest.mark.parametrize("is_staff", [False, True], ids=["citizen", "administrator"])
def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(demo, browse, caplog, is_staff):
    window = sign_in(browse()) if is_staff else browse(ANNA)
    page, heading = ("personal/", "Mina mottagningar") if is_staff else ("bokade-tider", "Bokade tider")
    copies = [window.session.cookies[COOKIE]]
    assert window.get(page).heading == heading
    copies.append(window.session.cookies[COOKIE])
    token = window.token
    window.submit("Logga ut")
    for copy in copies:
        thief = browse()
        has_cookie(thief, copy)
        caplog.clear()
        assert thief.get(page).url.partition("?")[0].endswith("/logga-in")
        assert events(caplog)["ended_visit_refused"] >= 1
        path = f"{TORGET}/visning" if is_staff else "installningar"
        has_cookie(thief, copy)
        sent = thief.session.post(urljoin(demo.site, path), data={"csrf_token": token}, allow_redirects=False)
        assert (sent.status_code, "/logga-in" in sent.headers.get("Location", "/logga-in")) in (
            (400, True),
            (303, True),
        )


def test_signing_in_makes_a_cookie_of_its_own_whatever_was_there_before(demo, browse):
    """Session fixation: what somebody planted before is worth nothing afterwards."""
    attacker, victim = browse(), browse()
    planted = attacker.get("logga-in").token
    has_cookie(victim, attacker.session.cookies[COOKIE])
    victim.sign_in(ANNA)
    assert attacker.get("bokade-tider").heading == "Logga in"
    assert victim.get("ombud").token != planted
    assert victim.session.post(f"{demo.site}ombud", data={"csrf_token": planted}).status_code == 400

    attacker.get("personal/logga-in")
    has_cookie(victim, attacker.session.cookies[COOKIE])
    sign_in(victim)
    assert "/personal/logga-in" in attacker.get("personal/").url
    assert victim.get("personal/").token != attacker.get("personal/logga-in").token


def test_where_nobody_can_sign_in_no_cookie_of_before_opens_anything(demo, browse, planted, tmp_path):
    """A default that opens what was closed: emulated sign-in is off unless it is switched on."""
    anna, staff = browse(ANNA), sign_in(browse())
    again = tmp_path / "again"
    shutil.copytree(planted, again / "data")
    (again / "data" / "sites.key").unlink(missing_ok=True)
    (again / "data" / "sites.key").write_bytes(secret_in(demo.served.data))
    with a_demo(planted, again, eservice={"emulated_sign_in": False}) as shut:
        for window, page in ((anna, "bokade-tider"), (anna, ""), (staff, "personal/"), (staff, f"{TORGET}/kontakt")):
            copy = shut.browser()
            has_cookie(copy, window.session.cookies[COOKIE])
            copy.get(page)
            assert "Inloggad som" not in copy.text
            assert "Mina mottagningar" not in copy.text
            assert page == "" or "/logga-in" in copy.url
            copy.close()


# -- How


@contextmanager
def lying(demo, question: str, changed):
    """The booking system answers a question with something else, until the block ends."""
    adapter = demo.served.region.pipeline.producers.adapters["timebook"]
    honest = getattr(adapter, question)
    setattr(adapter, question, lambda request, caller: changed(honest(request, caller)))
    try:
        yield
    finally:
        setattr(adapter, question, honest)


def has_cookie(window, cookie: str) -> None:
    """The window has this cookie, and none that it had."""
    window.session.cookies.clear()
    window.session.cookies.set(COOKIE, cookie, domain="127.0.0.1", path="/eservice/")


def make_context(demo):
    """A site with the demo's secret, for the words that stand for persons in cookies and forms."""
    site = Flask("a site with the secret")
    site.config["SECRET_KEY"] = secret_in(demo.served.data)
    return site.app_context()


def _payload(cookie: str) -> bytes:
    """What a cookie holds, as everybody who has it can read."""
    text = cookie.removeprefix(".").split(".")[0]
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return zlib.decompress(packed) if cookie.startswith(".") else packed
