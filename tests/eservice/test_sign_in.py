"""Signing in, choosing a language, and where one comes back to (domain.md §3.1, §5.1, §5.12: 6, 12, 13)."""

import logging
import posixpath
from collections.abc import Iterator
from datetime import date
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.identifiers import PersonIdentity, PersonKind
from eservice.people import Person as Citizen
from eservice.ways_back import below
from tests.eservice.lone_site import ROOT, Alone, alone
from tests.people import ANNA, HULDA, RESERV, SAMIR, SIV, Person

MALFORMED = "Skriv personnumret med tolv siffror, till exempel 19791212-9280"
WRONG_DIGIT = "Numret stämmer inte. Kontrollera siffrorna."
RESERVE = "Med reservnummer kan du inte logga in. Ring mottagningen."
UNKNOWN = "Ingen i demon har det numret. Välj en person i listan."
START = f"{ROOT}/"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Alone]:
    with alone(tmp_path_factory.mktemp("alone")) as made:
        yield made


def forms_of(person: Person) -> list[str]:
    """Every way that §3.1 lets somebody write the number; ten digits of Hulda's have the plus."""
    day, last = person.number[:8], person.number[8:]
    sign = "+" if person is HULDA else "-"
    short = f"{day[2:]}{sign}{last}"
    long = [f"{day}{last}", f"{day}-{last}", f"{day} {last}", f"{day}+{last}", f" {day[:4]} {day[4:]} - {last}\t"]
    pasted = [f"{day}\N{EN DASH}{last}", f"{day}\N{NON-BREAKING HYPHEN}{last}", f"{day}\N{NO-BREAK SPACE}{last}\n"]
    return [*long, *pasted, short, f" {short} ", *([f"{day[2:]}{last}"] if person is not HULDA else [])]


# -- The number


@pytest.mark.parametrize("person", [ANNA, HULDA, SAMIR], ids=["personnummer", "over_100", "samordningsnummer"])
def test_a_number_is_taken_in_every_form_that_people_write_it(site, person):
    for form in forms_of(person):
        window = site.window().get("/logga-in").post("/logga-in", number=form)
        assert (window.status, window.place) == (303, START), form
        assert f"Inloggad som {person.first_name} {person.last_name}" in window.follow().text


@pytest.mark.parametrize("typed", ["19850078-0000", "19850060-0001", "850078-0000", "00000060-0001"])
def test_a_samordningsnummer_with_month_00_or_day_60_is_read_up_to_its_last_digit_and_has_no_age(site, typed):
    """§3.1. The last digits here fit nobody."""
    window = site.window().get("/logga-in").post("/logga-in", number=typed)
    assert WRONG_DIGIT in window.text
    identity = PersonIdentity(f"19{typed.replace('-', '')}"[-12:])
    assert identity.kind is PersonKind.SAMORDNINGSNUMMER
    assert identity.age_on(date(2026, 11, 24)) is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", MALFORMED),
        ("Anna Provbäck", MALFORMED),
        ("19791212", MALFORMED),
        ("19791212--9280", MALFORMED),
        ("19791212-92800", MALFORMED),
        ("１９７９１２１２９２８０", MALFORMED),
        ("19791212-9281", WRONG_DIGIT),
        ("791212-9281", WRONG_DIGIT),
        (RESERV.number, RESERVE),
        ("19791212-T280", RESERVE),
        ("19791212p280", RESERVE),
        (f"{HULDA.number[2:8]}-{HULDA.number[8:]}", UNKNOWN),  # without the plus it is somebody born in 2021
    ],
)
def test_what_is_wrong_with_a_number_is_told_in_its_own_sentence_and_the_number_stays(site, typed, sentence):
    window = site.window().get("/logga-in").post("/logga-in", number=typed, next="/bokade-tider")

    assert window.status == 422
    assert window.between("<title>", "</title>").startswith("Fel: Logga in")
    assert window.text.count(sentence) == 2  # in the summary, and above the field
    assert f'<a href="#number">{sentence}</a>' in window.text
    field = window.between('<input id="number"', ">")
    assert window.between('<input id="number" name="number" type="text" value="', '"') == typed
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="number-help number-fault"' in field
    assert 'name="next" value="/eservice/bokade-tider"' in window.text
    assert "Inloggad som" not in window.get("/").text


@given(st.text(max_size=40) | st.text(alphabet="0123456789-+ pT\u2013\u00a0", max_size=16))
@example("²²²²²²²²²²²²")
@example("19791212-9280\x00")
def test_whatever_is_typed_one_is_signed_in_or_told_a_sentence(site, typed):
    window = site.window().get("/logga-in").post("/logga-in", number=typed)
    told = [one for one in (MALFORMED, WRONG_DIGIT, RESERVE, UNKNOWN) if one in window.text]
    assert (window.status, len(told)) in ((303, 0), (422, 1))


def test_the_list_has_everybody_with_number_name_and_what_they_show_but_no_reserve_number(site):
    text = site.window().get("/logga-in").text
    listed = [one for one in site.eservice.people.everybody if f'value="{one.identity.displayed}"' in text]
    assert {one.number for one in site.eservice.people.everybody} - {one.number for one in listed} == {RESERV.number}
    for one in listed:
        assert f"<strong>{one.name}</strong>" in text
        assert f'<span class="more">{one.shows}</span>' in text
        assert one.shows
    assert "Detta är en demo med påhittade personer" in text


def test_the_field_takes_pastes_and_what_the_browser_remembers(site):
    """§5.12 (12), WCAG 3.3.8: no length limit cuts a pasted number, nothing is turned off."""
    field = site.window().get("/logga-in").between('<input id="number"', ">")
    assert 'autocomplete="username"' in field
    assert 'inputmode="numeric"' in field
    assert "maxlength" not in field
    assert "onpaste" not in field


def test_where_emulated_sign_in_is_off_nobody_is_listed_and_nobody_gets_in(tmp_path):
    with alone(tmp_path, emulated_sign_in=False) as site:
        window = site.window().get("/logga-in")
        assert "Inloggning är inte påslagen" in window.text
        assert ANNA.last_name not in window.text
        for typed in ({"number": ANNA.number}, {"chosen": ANNA.identity.displayed}):
            token = window.get("/logga-in").token
            assert window.post("/logga-in", token, **typed).status == 403
        window.get("/bokade-tider")
        assert (window.status, urlsplit(window.place).path) == (303, f"{ROOT}/logga-in")


def test_no_number_and_no_name_is_in_the_log(site, caplog):
    with caplog.at_level(logging.DEBUG):
        window = site.window(ANNA).get("/")
        window.post("/logga-in", number=f"{ANNA.number[:-1]}9")
        window.post("/logga-in", number=ANNA.number + "x").get("/finns-inte")
    told = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "citizen_signed_in" in told
    assert ANNA.number[8:] not in told
    assert ANNA.last_name not in told


# -- Where one comes back to


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/bokade-tider", f"{ROOT}/bokade-tider"),
        (f"{ROOT}/bokade-tider", f"{ROOT}/bokade-tider"),
        ("/mottagningar?sok=Bj%C3%B6rkdalen", f"{ROOT}/mottagningar?sok=Bj%C3%B6rkdalen"),
        ("/logga-in?next=/bokade-tider", START),
        ("/logga-ut", START),
        ("/fortsatt/", START),
        ("/static/eservice.css", START),
        ("", START),
    ],
)
def test_one_comes_back_to_the_page_that_one_wanted(site, wanted, place):
    assert site.window().sign_in(ANNA, next=wanted).place == place


@pytest.mark.parametrize(
    "attack",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/%2fevil.example",
        "/%5cevil.example",
        "%2f%2fevil.example",
        "/\t/evil.example",
        "/bokade-tider\r\nSet-Cookie: a=b",
        "/bokade-tider%0d%0aSet-Cookie:%20a=b",
        "/console/",
        f"{ROOT}/../console/",
        f"{ROOT}/%2e%2e/console/",
        f"{ROOT}/.%2E/console/",
        f"{ROOT}/static/../../console/",
        f"{ROOT}//evil.example",
        f"{ROOT}evil/bokade-tider",
        "//[",
        "//\N{FULLWIDTH SOLIDUS}evil.example",
        f"/mottagning/{'a' * 5000}",
        "@evil.example",
        " /bokade-tider",
    ],
)
def test_a_way_back_that_is_no_page_of_this_site_is_not_taken(site, attack):
    assert site.window().sign_in(ANNA, next=attack).place == START
    shown = site.window().get("/logga-in", query_string={"next": attack})
    assert 'name="next" value=""' in shown.text


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(
            ["/", "\\", ".", "..", "%2e", "%2f", "%5c", "eservice", "evil.example", "?", "#", "@", "//", ":"]
        ),
        max_size=8,
    ).map("".join),
    st.sampled_from(["", ROOT]),
)
@example("/eservice/..//evil.example", ROOT)
@example("/\\evil.example", "")
@example("/a\\..\\..\\..\\console", ROOT)
@example("/\t/evil.example", "")
def test_any_address_stays_below_the_site_or_is_none_of_its(asked, root):
    """By what a browser makes of it: `\\` is `/`, tabs and line breaks are dropped, `%2e` is a dot."""
    found = below(asked, root)
    if not found:
        return
    as_read = f"{root}{found}".replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
    there = urlsplit(urljoin("https://here.example/somewhere/", as_read))
    assert there.netloc == "here.example"
    assert posixpath.normpath(unquote(there.path)).startswith(root or "/")


# -- Language


def test_the_language_is_changed_on_the_page_that_one_is_on_and_stays_over_signing_in_and_out(site):
    """§5.0: html lang; dates in words of the language."""
    window = site.window().get("/mottagningar?sok=torget")
    assert '<html lang="sv">' in window.text
    window.post("/sprak", language="en", next=window.between('name="next" value="', '"'))
    assert window.place == f"{ROOT}/mottagningar?sok=torget"
    window.follow()
    assert '<html lang="en">' in window.text
    assert 'value="torget"' in window.text
    assert "Find a clinic" in window.text

    window.sign_in(ANNA).get("/")
    assert "Signed in as Anna Provbäck" in window.text
    window.post("/logga-ut").follow()
    assert '<html lang="en">' in window.text
    assert "You are signed out." in window.text
    window.post("/sprak", language="xx").follow()
    assert '<html lang="sv">' in window.text


def test_dates_are_told_in_english_and_what_clinics_say_is_marked_as_swedish(site):
    journey = site.journey(ANNA)
    window = site.window(ANNA).get("/")
    window.post("/sprak", language="en")
    window.get(f"/arende/{journey.id}/kontrollera")
    assert window.heading == "Is this right?"
    assert "Tuesday 8 December 2026 at 07.30" in window.text
    assert '<span lang="sv">Besök fysioterapeut</span>' in window.text
    window.get(f"/arende/{journey.id}/beratta")
    assert '<div class="prose" lang="sv">' in window.text
    window.post("/sprak", language="sv").get(f"/arende/{journey.id}/kontrollera")
    assert "tisdag 8 december 2026 kl. 07.30" in window.text
    assert 'lang="sv">Besök' not in window.text


# -- Protected identity


def test_contact_data_of_a_protected_person_are_neither_asked_for_nor_sent(site):
    """R41."""
    siv: Citizen = site.person(SIV)
    told = siv.information("070-174 06 20", "siv@example.com")
    assert (told.first_name, told.phone, told.email) == ("Siv", None, None)
    window = site.window(SIV).get(f"/arende/{site.journey(SIV).id}/kontrollera")
    assert window.heading == "Stämmer det här?"
    assert 'name="phone"' not in window.text
    assert 'name="email"' not in window.text
    assert 'name="phone"' in site.window(ANNA).get(f"/arende/{site.journey(ANNA).id}/kontrollera").text


# -- The accessibility statement


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "sv",
            ["delvis förenlig med lagen (2018:1937)", "Kända brister", "Myndigheten för digital förvaltning (Digg)"],
        ),
        ("en", ["partially compliant", "Known shortcomings", "Digg"]),
    ],
)
def test_the_accessibility_statement_tells_how_it_is_what_lacks_and_whom_to_tell(site, language, words):
    """§5.12: tillgänglighetsredogörelse, for everybody, linked from every page."""
    window = site.window().get("/")
    assert f'href="{ROOT}/tillganglighet"' in window.text
    window.post("/sprak", language=language).get("/tillganglighet")
    assert window.status == 200
    assert f'<html lang="{language}">' in window.text
    for word in [*words, "EN 301 549", "WCAG 2.1", "mailto:tillganglighet@example.com", "tel:+46701740698", "axe"]:
        assert word in window.text
