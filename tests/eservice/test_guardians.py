"""A guardian books for a child, through the gateway, until the child is 13 (domain.md §5.0, R40; §10.5, scenario 17)."""

from dataclasses import replace
from datetime import date, datetime

from contracts.times import SWEDEN
from eservice.people import PopulationRegister
from tests.people import ALMA, ANNA, MOA, THEO
from tidbro import demo_eservice

DAY_BEFORE = datetime(2026, 12, 29, 23, 50, tzinfo=SWEDEN)
BIRTHDAY = datetime(2026, 12, 30, 0, 0, tzinfo=SWEDEN)


def acts_for_moa(window):
    return window.get("").follow("Gör ärenden åt barn").submit("Moa Provbäck")


def test_r40_a_guardian_books_for_the_child_who_is_the_patient_and_sees_the_childs_pages_alone(demo, browse):
    window = acts_for_moa(browse(ANNA))
    moas, annas = len(demo.booked(MOA, "2B03")), len(demo.booked(ANNA, "2B03"))

    window.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    assert "Du gör ärenden åt Moa Provbäck" in window.text
    window.submit("Boka tiden")
    receipt = window.url

    assert window.heading == "Klart! Din tid är bokad"
    assert len(demo.booked(MOA, "2B03")) == moas + 1
    assert len(demo.booked(ANNA, "2B03")) == annas

    window.submit("Sluta vara ombud")
    assert window.get(receipt).status == 404
    assert acts_for_moa(window).get(receipt).status == 200


def test_r40_acting_ends_on_the_13th_birthday_in_the_middle_of_a_flow(demo, browse):
    demo.clock.now = DAY_BEFORE
    window = acts_for_moa(browse(ANNA))
    window.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    flow = window.url
    assert "Du gör ärenden åt Moa Provbäck" in window.text

    demo.clock.now = BIRTHDAY
    window.submit("Fortsätt")
    assert window.heading == "Gör ärenden åt barn"
    assert "Barnet har fyllt 13 år och loggar in självt." in window.text
    assert "Det finns inget barn att göra ärenden åt." in window.text
    assert "Du gör ärenden åt" not in window.text
    for path in (flow, flow.replace("/tid", "/kontrollera"), flow.replace("/tid", "/klart")):
        assert window.get(path).status == 404
    assert "Inloggad som Anna Provbäck" in window.text
    assert "Gör ärenden åt barn" not in window.get("").text

    assert "Inloggad som Moa Provbäck" in browse(MOA).get("").text


def test_r40_a_form_that_is_sent_after_the_birthday_is_not_carried_out_for_the_guardian_either(demo, browse):
    demo.clock.now = DAY_BEFORE
    window = acts_for_moa(browse(ANNA)).get("ombud")
    demo.clock.now = BIRTHDAY
    window.post("ombud", child="")
    assert "ditt senaste val är inte utfört" in window.text
    window.submit("Logga ut")
    assert "Du är utloggad." in window.text


def test_r40_signing_out_is_carried_out_though_the_child_has_grown_up(demo, browse):
    demo.clock.now = DAY_BEFORE
    window = acts_for_moa(browse(ANNA))
    demo.clock.now = BIRTHDAY
    window.submit("Logga ut")
    assert "Du är utloggad." in window.text
    assert "Inloggad som" not in window.get("").text


def test_r40_nobody_acts_for_a_child_of_13_or_more_whoever_is_its_guardian():
    """Theo is 14; the register may well say whose child he is."""
    anna, theo, moa, alma = (
        next(one for one in demo_eservice.people() if one.number == person.number) for person in (ANNA, THEO, MOA, ALMA)
    )
    anna = replace(anna, children=(theo.identity, moa.identity))
    register = PopulationRegister([anna, theo, moa, alma])
    day_before, birthday = date(2026, 12, 29), date(2026, 12, 30)
    assert register.children_of(anna, day_before) == (moa,)
    assert register.children_of(anna, birthday) == ()
    assert not register.may_act_for(anna, theo, day_before)
    assert not register.may_act_for(anna, alma, day_before)
    assert not register.may_act_for(moa, anna, day_before)
    assert register.may_act_for(theo, theo, day_before)
