"""Whom a service is for: region, municipality, sex, age, named citizens; a child acted for, and unknown ages (R2)."""

from datetime import date

import pytest

from contracts.identifiers import PersonIdentity
from eservice.clinic_settings import Audience
from eservice.people import Person as Citizen
from tests.eservice.administration.conftest import save
from tests.people import ALMA, ANNA, BERTIL, DAN, HULDA, KARIN, RESERV, SAMIR

PAGE = "personal/mottagning/provtagningen-norra/malgrupp/boka-tid"
CARD = "mottagning/provtagningen-norra"
E18 = "Tjänsten är inte öppen för dig hos den här mottagningen."


def is_open(window) -> bool:
    """Whether the citizen sees the service; when not, forcing it must be E18."""
    linked = any("/boka/" in url for _, url in window.get(CARD).read.links)
    window.get("boka/provtagningen-norra")
    assert window.status == (200 if linked else 403)
    assert linked or E18 in window.text
    return linked


def test_r2_a_service_is_for_those_of_the_regions_municipality_sex_and_ages_alone(demo, administer, browse):
    window = administer()
    people = {one.first_name: browse(one) for one in (ANNA, DAN, KARIN, HULDA, SAMIR)}

    def those() -> str:
        return " ".join(name for name, seen in people.items() if is_open(seen))

    assert those() == "Anna Dan Karin Hulda Samir"
    save(window, PAGE, who="some", region_0="yes")
    assert those() == "Anna Dan Karin Hulda"
    save(window, PAGE, region_0=None, region_1="yes")
    assert those() == "Samir"
    save(window, PAGE, region_0="yes", municipality_0="yes")
    assert those() == "Anna Dan Karin"
    save(window, PAGE, sex_woman="yes")
    assert those() == "Anna Karin"
    save(window, PAGE, age_from="46", age_to="47")
    assert those() == "Anna"
    save(window, PAGE, age_from="48", age_to="")
    assert those() == "Karin"
    save(window, PAGE, who="all")
    assert those() == "Anna Dan Karin Hulda Samir"
    assert demo.eservice.clinics.by_slug("provtagningen-norra").settings.book.audience == Audience()


def test_r2_a_limited_selection_is_by_checked_numbers_and_shown_masked(demo, administer, browse):
    window, anna, dan = administer(), browse(ANNA), browse(DAN)
    window.get(PAGE).submit("Spara", who="some", region_0="yes", numbers="197912129280\n\n19881224-2398, 991981000010")
    assert window.status == 422
    assert "Rad 3: numret stämmer inte. Kontrollera siffrorna." in window.text
    window.submit("Spara", numbers="991981000010")
    assert "Rad 1: med reservnummer går det inte att logga in." in window.text

    window.submit("Spara", numbers="197912129280\n881224-2397")
    assert window.status == 200
    assert "19791212-****" in window.text
    assert "Dan Tävling" in window.text
    assert not any(part in window.page for part in ("9280", "2397", "197912129280"))
    assert (is_open(anna), is_open(dan), is_open(browse(KARIN))) == (True, True, False)

    field = next(name for form in window.read.forms for name in form.choices if name.startswith("remove_"))
    window.submit("Spara", **{field: "yes"})
    assert "19791212-****" not in window.text
    assert (is_open(anna), is_open(dan)) == (False, True)
    assert demo.eservice.clinics.by_slug("provtagningen-norra").settings.book.audience.selected == (DAN.number,)


def test_r2_who_limits_a_service_must_choose_a_region_and_ages_that_somebody_can_have(demo, administer):
    window = administer().get(PAGE)
    window.submit("Spara", who="some", sex_woman="yes", age_from="70", age_to="40")
    assert window.status == 422
    assert "Välj minst en region" in window.text
    assert "Den högsta åldern är lägre än den lägsta." in window.text
    form = next(one for one in window.read.forms if "age_from" in one.values)
    assert (form.values["age_from"], form.values["sex_woman"], form.values["who"]) == ("70", "yes", "some")
    window.submit("Spara", age_from="gammal", age_to="131")
    assert "Skriv ett heltal mellan 0 och 130." in window.text
    assert demo.eservice.clinics.by_slug("provtagningen-norra").settings.book.audience == Audience()


def test_r2_who_acts_for_a_child_has_the_childs_services(administer, browse):
    window, guardian = administer(), browse(BERTIL)
    save(window, PAGE, who="some", region_0="yes", age_to="12")
    assert not is_open(guardian)
    guardian.get("ombud").submit(ALMA.first_name)
    assert f"Du gör ärenden åt {ALMA.first_name}" in guardian.text
    assert is_open(guardian)
    save(window, PAGE, age_from="13", age_to="")
    assert not is_open(guardian)


def test_r2_the_audience_of_booked_times_is_one_of_its_own(demo, administer, browse):
    citizen = browse(ANNA)
    (booked,) = [one for one in demo.booked(ANNA, "2B02") if one.cancel_booking_allowed]
    person = demo.eservice.people.person(ANNA.number)
    clinic = demo.eservice.clinics.by_slug("provtagningen-norra").hsa_id
    name = demo.eservice.references.of(person, clinic, booked.booking_id).name
    save(administer(), PAGE.replace("boka-tid", "bokade-tider"), who="some", region_0="yes", sex_man="yes")
    assert is_open(citizen)
    assert citizen.get(f"bokad-tid/{name}/avboka").status == 403
    assert E18 in citizen.text


@pytest.mark.parametrize(
    "audience", [Audience(age_from=0), Audience(age_to=130), Audience(age_from=18, age_to=65, regions=("R",))]
)
def test_r2_whose_birth_is_unknown_fits_no_age_limit(audience):
    unknown = Citizen(PersonIdentity(RESERV.number), "Okänd", "Person", region="R")
    assert unknown.identity.age_on(date(2026, 11, 24)) is None
    assert not audience.admits(unknown, date(2026, 11, 24))
    assert Audience(regions=("R",)).admits(unknown, date(2026, 11, 24))
    assert not Audience(sexes=("woman",)).admits(unknown, date(2026, 11, 24))


def test_r2_age_counts_on_the_day_and_both_ends_are_included():
    lars = Citizen(PersonIdentity("196112122871"), "Lars", "Gränsfall")
    admits = Audience(age_from=65, age_to=65).admits
    assert not admits(lars, date(2026, 12, 11))
    assert admits(lars, date(2026, 12, 12))
    assert admits(lars, date(2027, 12, 11))
    assert not admits(lars, date(2027, 12, 12))
