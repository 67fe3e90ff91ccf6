"""Visits: how they begin and end, what is kept over their end, and that nobody else gets it (domain.md §5.11 E17, §5.12: 8)."""

import base64
import re
import zlib
from collections.abc import Iterator

import pytest

from eservice.journeys import JourneyUnknown
from tests.eservice.lone_site import ROOT, Alone, alone
from tests.people import ALMA, ANNA, BERTIL, DAN, MOA

E17 = "Du har blivit utloggad. Logga in för att fortsätta – dina val är sparade i 30 minuter."
WORDS = "Ont i knät sedan i måndags. Åsa & co <tack>"


@pytest.fixture
def site(tmp_path) -> Iterator[Alone]:
    with alone(tmp_path) as made:
        yield made


def has_ended(window) -> bool:
    return window.get("/bokade-tider").status == 303


# -- The end, by rest and by length


def test_a_visit_ends_after_half_an_hours_rest_and_goes_on_as_long_as_something_happens(site):
    window = site.window(ANNA)
    for _ in range(4):
        site.later(minutes=29, seconds=59)
        assert window.get("/ombud").status == 200
    site.later(minutes=30)
    assert window.get("/ombud").status == 303


def test_a_visit_ends_after_its_most_hours_however_busy_it_is(site):
    window = site.window(ANNA)
    for _ in range(24):
        site.later(minutes=19)
        assert window.get("/fortsatt").status == 204
    site.later(minutes=19)  # 7 h 55 min
    assert window.get("/ombud").status == 200
    assert "loggas du ut kl. 15.30" in window.text
    site.later(minutes=5)
    assert window.get("/ombud").status == 303


def test_the_page_knows_when_to_warn_and_going_on_renews_the_visit(site):
    """§5.12 (8): two minutes before."""
    window = site.window(ANNA).get("/ombud")
    assert 'data-warn-seconds="1680"' in window.text
    assert f'data-stay-url="{ROOT}/fortsatt"' in window.text
    assert "Du loggas snart ut. Vill du fortsätta?" in window.text
    site.later(minutes=29)
    assert window.get("/fortsatt").status == 204
    site.later(minutes=29)
    assert window.get("/ombud").status == 200


def test_asking_to_go_on_too_late_changes_nothing_so_that_the_page_itself_says_it(site):
    window = site.window(ANNA)
    site.later(minutes=31)
    assert window.get("/fortsatt").status == 401
    assert E17 in window.get("/ombud").follow().text


# -- E17


def test_e17_who_comes_back_is_told_and_goes_on_with_choices_and_words(site):
    journey = site.journey(ANNA, typed={"reason": WORDS})
    window = site.window(ANNA).get(f"/arende/{journey.id}/kontrollera")
    site.later(minutes=45)
    window.get(f"/arende/{journey.id}/kontrollera").follow()

    assert E17 in window.text
    assert "Inloggad som" not in window.text
    window.post("/logga-in", number=ANNA.number, next=window.between('name="next" value="', '"'))
    assert window.place == f"{ROOT}/arende/{journey.id}/kontrollera"
    window.follow()
    assert "tisdag 8 december 2026 kl. 07.30" in window.text
    assert "Ont i knät sedan i måndags. Åsa &amp; co &lt;tack&gt;" in window.text


def test_e17_words_that_are_sent_too_late_are_kept_and_nothing_else_is_done(site):
    journey = site.journey(ANNA)
    window = site.window(ANNA).get(f"/arende/{journey.id}/beratta")
    site.later(minutes=31)
    window.post(f"/arende/{journey.id}/beratta", reason=WORDS)
    assert window.follow().between('role="status">', "<") == E17
    window.post("/logga-in", number=ANNA.number, next=window.between('name="next" value="', '"')).follow()
    assert window.heading == "Berätta för vården"
    assert f">{WORDS}</textarea>".replace("&", "&amp;").replace("<tack>", "&lt;tack&gt;") in window.text


def test_e17_a_booking_that_is_sent_too_late_is_not_made_and_its_contact_data_are_kept(site):
    journey = site.journey(ANNA)
    window = site.window(ANNA).get(f"/arende/{journey.id}/kontrollera")
    mark = window.between('name="form_mark" value="', '"')
    site.later(minutes=31)
    window.post(f"/arende/{journey.id}/kontrollera", form_mark=mark, phone="070-174 06 22", email="anna2@example.com")
    assert "logga-in" in window.place
    kept = site.eservice.journeys.find(journey.id, site.person(ANNA), site.person(ANNA))
    assert kept.phase == "open"  # nothing was sent: it would be `sending` before a call goes out
    window.follow().post("/logga-in", number=ANNA.number, next=window.between('name="next" value="', '"')).follow()
    assert window.heading == "Stämmer det här?"
    assert 'value="070-174 06 22"' in window.text
    assert 'value="anna2@example.com"' in window.text


def test_e17_somebody_else_who_signs_in_does_not_get_it(site):
    journey = site.journey(ANNA, typed={"reason": WORDS})
    window = site.window(ANNA).get(f"/arende/{journey.id}/beratta")
    site.later(minutes=31)
    window.post(f"/arende/{journey.id}/beratta", reason=WORDS).follow()
    window.post("/logga-in", number=DAN.number, next=window.between('name="next" value="', '"')).follow()
    assert (window.status, window.heading) == (404, "Ärendet finns inte längre")
    assert "Ont i knät" not in window.text


def test_e17_what_somebody_sends_is_kept_in_no_other_citizens_flow(site):
    journey = site.journey(ANNA, typed={"reason": "Annas egna ord"})
    window = site.window(DAN).get("/ombud")
    token = window.token
    site.later(minutes=31)
    window.post(f"/arende/{journey.id}/beratta", token, reason="Dans ord")
    kept = site.eservice.journeys.find(journey.id, site.person(ANNA), site.person(ANNA))
    assert kept.typed["reason"] == "Annas egna ord"


def test_e17_flows_are_kept_for_half_an_hour_after_the_visit_and_no_longer(site):
    journey, anna = site.journey(ANNA), site.person(ANNA)
    site.window(ANNA)
    site.later(minutes=60)
    assert site.eservice.journeys.find(journey.id, anna, anna).id == journey.id
    site.later(seconds=1)
    with pytest.raises(JourneyUnknown):
        site.eservice.journeys.find(journey.id, anna, anna)


def test_e17_promises_nothing_when_the_half_hour_has_gone_unless_words_came_with_it(site):
    journey = site.journey(ANNA)
    early, late = site.window(ANNA), site.window(ANNA).get(f"/arende/{journey.id}/beratta")
    site.later(hours=3)
    text = early.get("/bokade-tider").follow().text
    assert "Du har blivit utloggad. Logga in för att fortsätta." in text
    assert "dina val är sparade" not in text

    late.post(f"/arende/{journey.id}/beratta", reason=WORDS).follow()
    assert E17 in late.text
    late.post("/logga-in", number=ANNA.number, next=late.between('name="next" value="', '"')).follow()
    assert "Ont i knät" in late.text


def test_a_flow_is_kept_while_its_citizen_is_busy_elsewhere(site):
    """§5.12 (8): no time limit on filling in."""
    journey = site.journey(ANNA)
    window = site.window(ANNA)
    for _ in range(5):
        site.later(minutes=25)
        window.get("/fortsatt")
    assert window.get(f"/arende/{journey.id}/beratta").status == 200


def test_e17_a_guardian_goes_on_acting_for_the_child_and_another_one_does_not(site):
    journey = site.journey(ANNA, MOA)
    window = site.window(ANNA).get("/ombud")
    window.post("/ombud", child=window.between('name="child" value="', '"')).get(f"/arende/{journey.id}/beratta")
    site.later(minutes=31)
    window.get(f"/arende/{journey.id}/beratta").follow()
    wanted = window.between('name="next" value="', '"')
    before = window.cookie
    window.post("/logga-in", number=ANNA.number, next=wanted).follow()
    assert window.heading == "Berätta för vården"
    assert "Du gör ärenden åt Moa Provbäck" in window.text

    window.cookie = before
    window.get("/logga-in").post("/logga-in", number=BERTIL.number, next=wanted).follow()
    assert window.status == 404
    assert "Du gör ärenden åt" not in window.text


def test_what_only_a_form_asks_for_is_no_page_to_come_back_to(site):
    journey = site.journey(ANNA)
    window = site.window(ANNA).get("/ombud")
    site.later(minutes=31)
    window.post(f"/arende/{journey.id}/igen").follow()
    assert f'name="next" value="{ROOT}/arende/{journey.id}/klart"' in window.text


# -- Beginning, signing out, cookies


def test_signing_in_makes_a_new_token_and_a_new_visit_and_forms_of_the_old_one_are_refused(site):
    """Session fixation: what somebody knew before is of no use after."""
    window = site.window().get("/logga-in")
    before, token = window.cookie, window.token
    window.post("/logga-in", number=ANNA.number)
    after = window.cookie
    assert before != after
    assert window.get("/").token != token
    assert window.post("/logga-ut", token).status == 400
    window.cookie = before
    assert has_ended(window)


def test_a_form_without_the_token_is_refused_for_everybody_and_does_nothing(site):
    signed_in, stranger = site.window(ANNA).get("/"), site.window().get("/")
    for window in (signed_in, stranger):
        for token in ("", "wrong", "é"):
            assert window.post("/logga-ut", token).status == 400
            assert window.post("/logga-in", token, number=DAN.number).status == 400
            assert window.post("/sprak", token, language="en").status == 400
    assert "Inloggad som Anna Provbäck" in signed_in.text
    assert "Inloggad som Anna" in signed_in.get("/").text
    assert '<html lang="sv">' in stranger.get("/").text
    assert signed_in.post("/logga-ut", stranger.token).status == 400


def test_who_is_not_signed_in_is_sent_to_sign_in_without_being_told_of_an_end(site):
    window = site.window().get("/bokade-tider?sida=2")
    assert (window.status, window.place) == (303, f"{ROOT}/logga-in?next=/eservice/bokade-tider?sida%3D2")
    assert "Du har blivit utloggad" not in window.follow().text


def test_signing_out_ends_the_visit_also_for_a_copy_of_its_cookie(site):
    window = site.window(ANNA).get("/")
    copied = window.cookie
    window.post("/logga-ut").follow()
    assert "Du är utloggad." in window.text
    assert "Inloggad som" not in window.text
    assert has_ended(window)
    window.cookie = copied
    window.get("/")
    assert "Inloggad som" not in window.text
    assert has_ended(window)
    assert "ended=" not in window.place

    first = site.window(ANNA)
    copied = first.cookie
    first.sign_in(DAN)
    first.cookie = copied
    assert has_ended(first)


def test_a_copy_of_an_ended_visits_cookie_cannot_write_into_its_flows(site):
    journey = site.journey(ANNA)
    window = site.window(ANNA).get(f"/arende/{journey.id}/beratta")
    copied, token = window.cookie, window.token
    window.post("/logga-ut")
    window.cookie = copied
    site.later(minutes=31)
    assert window.post(f"/arende/{journey.id}/beratta", token, reason="Någon annans ord").status == 400
    anna = site.person(ANNA)
    assert "reason" not in site.eservice.journeys.find(journey.id, anna, anna).typed


def test_going_back_after_signing_out_shows_nothing_for_no_page_may_be_kept(site):
    journey = site.journey(ANNA)
    window = site.window(ANNA)
    for path in ("/", "/ombud", "/logga-in", "/installningar", f"/arende/{journey.id}/beratta", "/finns-inte"):
        assert window.get(path).headers["Cache-Control"] == "no-store", path


def test_the_cookie_goes_to_this_site_alone_and_no_script_reads_it(site):
    window = site.window().get("/logga-in")
    told = window.headers["Set-Cookie"]
    assert "HttpOnly" in told
    assert "SameSite=Lax" in told
    assert f"Path={ROOT}/" in told
    assert "Secure" not in told
    assert "Expires" not in told  # it ends with the browser
    secure = site.window()
    answer = secure._client.get("/logga-in", base_url=f"https://localhost{ROOT}")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_cookie_tells_no_number_and_no_name(site):
    window = site.window(ANNA).get("/ombud")
    window.post("/ombud", child=window.between('name="child" value="', '"')).follow()
    body = window.cookie.lstrip(".").partition(".")[0]
    read = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    told = (zlib.decompress(read) if window.cookie.startswith(".") else read).decode()
    assert '"subject"' in told
    for person in (ANNA, MOA):
        for part in (person.number, person.number[2:], person.number[8:], person.first_name, person.last_name):
            assert not re.search(rf"(?<![0-9a-z]){part}(?![0-9a-z])", told), told


def test_a_page_that_is_not_there_still_knows_who_is_signed_in(site):
    window = site.window(ANNA).get("/finns-inte")
    assert window.status == 404
    assert "Inloggad som Anna Provbäck" in window.text


# -- Acting for a child


def test_only_those_who_have_children_under_13_are_offered_to_act_for_them(site):
    """§5.0, R40."""
    window = site.window(ANNA).get("/")
    assert f'<a href="{ROOT}/ombud">Gör ärenden åt barn</a>' in window.text
    assert "Gör ärenden åt barn" not in site.window(DAN).get("/").text
    assert "Gör ärenden åt barn" not in site.window().get("/").text
    assert "Det finns inget barn att göra ärenden åt." in site.window(DAN).get("/ombud").text


def test_acting_shows_whose_pages_they_are_until_one_stops(site):
    """§5.0: the band."""
    window = site.window(ANNA).get("/ombud")
    assert "Moa Provbäck" in window.text
    window.post("/ombud", child=window.between('name="child" value="', '"')).follow()
    assert "Inloggad som Anna Provbäck" in window.text
    assert "Du gör ärenden åt Moa Provbäck" in window.text
    assert "Du gör ärenden åt Moa Provbäck" in window.get("/tillganglighet").text
    window.post("/ombud", child="").follow()
    assert "Du gör ärenden åt" not in window.text


def test_a_guardian_acts_for_nobody_elses_child_and_for_no_grown_up(site):
    other = site.window(BERTIL).get("/ombud")
    almas_word = other.between('name="child" value="', '"')
    window = site.window(ANNA).get("/")
    token = window.token
    for word in (almas_word, "0", "²", MOA.number, ALMA.number, "x" * 1000):
        assert window.post("/ombud", token, child=word).status == 403, word
    assert "Du gör ärenden åt" not in window.get("/").text


def test_a_form_that_was_made_while_the_pages_were_about_another_is_refused(site):
    """Two tabs: what was filled in for the child is not done to the guardian."""
    window = site.window(ANNA).get("/ombud")
    own = window.token
    window.post("/ombud", child=window.between('name="child" value="', '"')).follow()
    childs = window.token
    assert window.post("/sprak", own, language="en").status == 400
    window.post("/ombud", childs, child="")
    assert window.post("/sprak", childs, language="en").status == 400
