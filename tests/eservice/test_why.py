"""Why something cannot be booked, moved or cancelled: the rule's sentence (issue: beyond the real one; §9.2)."""

import re

import pytest

from eservice import why
from eservice.wording import texts_in
from scheduling_backends.engine.refusals import RULES, Reason
from tests.eservice.conftest import clinic
from tests.people import BERTIL, DAN

STOPS_IN_THE_ESERVICE = {"R2", "R36"}
STOPS_WITHOUT_A_REASON = {"R17", "R22"}
"""A time that is full is told as taken (R15); what may not be seen is not refused but missing."""


def test_every_rule_that_can_stop_a_citizen_has_one_sentence():
    told = texts_in("sv").below("why")

    assert set(told) == set(RULES.values()) | STOPS_IN_THE_ESERVICE | STOPS_WITHOUT_A_REASON
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in told.values())


def test_every_reason_is_told_by_its_own_sentence_or_its_rules():
    t = texts_in("sv")

    assert set(t.below("why_reason")) <= set(Reason)
    silent = {one for one in Reason if one not in t.below("why_reason") and RULES.get(one) not in t.below("why")}
    assert silent == {Reason.NOT_ALLOWED}, "it says nothing, so nothing is claimed"


@pytest.mark.parametrize(("part", "rules"), why._MISSING.items())
def test_the_general_page_tells_of_rules_that_have_sentences(part, rules):
    t = texts_in("sv")

    assert all(t(f"why.{rule}") for rule in rules)
    assert t(f"why_page.{part}.heading")


def at_the_button(window, path, kind=None, **before):
    """The summary page of a booking of the first free time."""
    window.get(path)
    if "/innan" in window.url:
        window.submit("Fortsätt", **before)
    window.submit("Fortsätt", **({"kind": kind} if kind else {}))
    if "/vem" in window.url:
        window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    if "/beratta" in window.url:
        window.submit("Fortsätt")
    assert window.heading == "Stämmer det här?"
    return window


def test_a_refusal_shows_the_clinics_text_and_beside_it_the_rules_sentence(demo, browse):
    """R15: the seat goes to one; R6: no booking basis any more."""
    window = at_the_button(browse(DAN), "boka/mottagningen-ostadig")
    bertil = demo.town.visitor(BERTIL, "2B07")
    assert bertil.book(bertil.times("OST15")[0]).result_code == "OK"

    window.submit("Boka tiden")

    assert "Någon annan hann boka tiden" in window.text
    assert "Varför?\nEn tid kan bara bokas av en person, och någon annan var före." in window.text
    window.follow("Läs mer om vad som kan hindra")
    assert window.heading == "Varför kan jag inte?"

    at_the_button(window, "boka/mottagningen-ostadig")
    with demo.served.region.pipeline.producers.adapters["timebook"].desk() as desk:
        desk.change_time_type(clinic("2B07"), "OST15", requires_basis=True)
    window.submit("Boka tiden")

    assert "Den här tiden kan du inte boka själv. Ring 070-174 06 12." in window.text
    assert f"Varför?\n{texts_in('sv')('why.R6')}" in window.text
    assert "Det finns inget du kan boka själv här just nu." in window.text
    window.follow("Varför finns inte det jag söker?")
    assert "Vissa sorters tider får man bara genom en kallelse." in window.text


def test_a_refusal_that_leads_out_of_the_flow_takes_its_sentence_along(demo, browse):
    """R13: one booking of the kind at a time."""
    window = at_the_button(browse(DAN), "boka/mottagningen-ostadig")
    dan = demo.town.visitor(DAN, "2B07")
    assert dan.book(dan.times("OST15")[5]).result_code == "OK"

    window.submit("Boka tiden")

    assert "Du har redan en bokad tid för Besök. Omboka eller avboka den först." in window.text
    assert texts_in("sv")("why.R13") in window.text


def test_the_page_claims_only_what_the_e_service_decides(browse):
    """R2: the audience is the e-service's own; kinds, days and flags are not."""
    window = browse(DAN).get("varfor/ungdomsmottagningen-kajen")
    assert texts_in("sv")("why.R2") == first_notice(window)

    window.get("varfor/ortopedmottagningen")
    assert texts_in("sv")("why.R1") == first_notice(window)
    assert "Jag kan inte omboka eller avboka" in window.text
    assert 'id="andra"' in window.page

    window.get("varfor/provtagningen-sodra")
    assert first_notice(window) == ""
    assert not re.search(r"SE2321009991|R\d\d?\b", window.page)
    assert window.get("varfor/finns-inte").status == 404


def test_whoever_the_service_is_closed_to_is_led_to_the_reasons(browse):
    window = browse(DAN).get("boka/ungdomsmottagningen-kajen")

    assert window.status == 403
    assert window.follow("Varför kan jag inte?").heading == "Varför kan jag inte?"


def test_days_that_are_missing_are_explained_beside_the_calendar(browse):
    window = browse(DAN).get("boka/mottagningen-ostadig")
    window.submit("Fortsätt")

    window.follow("Varför saknas dagar och tider?")

    assert "Tiden måste bokas en viss tid i förväg." in window.text


def first_notice(window) -> str:
    return window.page.partition('<p class="notice note">')[2].partition("</p>")[0]
