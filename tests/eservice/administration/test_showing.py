"""How times are shown, the order of menus, contact data, and the kinds of time as a citizen sees them (R3, R35)."""

import re

from tests.eservice.administration.conftest import SODRA, TORGET, save
from tests.people import ANNA, DAN, GRETA, KARIN
from tidbro.demo_mode import Mode, set_mode

NORRA = "personal/mottagning/provtagningen-norra"
CENTRAL = "personal/mottagning/bjorkdalens-vardcentral"


def test_r35_the_end_of_a_time_is_shown_only_where_the_clinic_wants_that(administer, browse):
    window, citizen = administer(), browse(DAN)

    def booked_time() -> str:
        citizen.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra").submit("Fortsätt")
        times = citizen.text
        citizen.submit("Fortsätt", time=citizen.choices("time")[0])
        assert citizen.heading == "Stämmer det här?"
        return times + citizen.text

    assert not re.search(r"\d\d\.\d\d–\d\d\.\d\d", booked_time())
    save(window, f"{SODRA}/visning", shows_end_time="yes")
    assert len(re.findall(r"\d\d\.\d\d–\d\d\.\d\d", booked_time())) > 1
    assert re.search(r"kl\. \d\d\.\d\d–\d\d\.\d\d", citizen.text)


def test_clinics_stand_in_menus_in_the_order_of_their_numbers(administer, browse):
    window, citizen = administer(), browse(DAN)
    listed = [url for _, url in citizen.get("mottagningar").read.links if "/mottagning/" in url]
    save(window, f"{NORRA}/visning", place_in_menu="9")
    save(window, f"{SODRA}/visning", place_in_menu="8")
    assert citizen.get("boka/provtagningen-norra").choices("place") == ["provtagningen-sodra", "provtagningen-norra"]
    now = [url for _, url in citizen.get("mottagningar").read.links if "/mottagning/" in url]
    assert set(now) == set(listed)
    assert [url.rpartition("/")[2] for url in now[-2:]] == ["provtagningen-sodra", "provtagningen-norra"]
    window.get(f"{NORRA}/visning").submit("Spara", place_in_menu="1000")
    assert "Skriv ett heltal mellan 0 och 999." in window.text


def test_kinds_of_care_are_shown_or_not(administer, browse):
    window, citizen = administer("A001"), browse(ANNA)
    assert "Mottagningsbesök" in citizen.get("boka/bjorkdalens-vardcentral").text
    save(window, f"{CENTRAL}/visning", shows_care_types=None)
    assert "Mottagningsbesök" not in citizen.get("boka/bjorkdalens-vardcentral").text
    assert "Besök hos sjuksköterska" in citizen.text


def test_contact_data_take_the_place_of_the_catalogues_which_stand_beside_and_are_read_only(administer, browse):
    window, citizen = administer(), browse()
    window.get(f"{TORGET}/kontakt")
    assert {"Torget 2, 999 01 Demostad", "SE2321009991-2B01"} <= set(window.text.splitlines())
    (form,) = [one for one in window.read.forms if "phone" in one.values]
    assert not {"name", "hsa_id", "place"} & form.field_names
    save(window, f"{TORGET}/kontakt", address="Nya vägen 1", phone="070-174 06 99", phone_hours="Alltid")
    card = citizen.get("mottagning/vaccinationen-torget").text
    assert "Nya vägen 1" in card
    assert "070-174 06 99" in card
    assert "Vardagar 9–16" in card  # opening hours, as the catalogue has them
    assert "Torget 2, 999 01 Demostad" in window.text
    save(window, f"{TORGET}/kontakt", address="")
    assert "Torget 2, 999 01 Demostad" in citizen.get("mottagning/vaccinationen-torget").text


def test_a_phone_must_be_one_and_a_map_a_web_address(administer):
    window = administer().get(f"{TORGET}/kontakt")
    window.submit("Spara", phone="ring oss", map_url="javascript:alert(1)", address="x" * 201)
    assert window.status == 422
    assert "Skriv telefonnumret med siffror" in window.text
    assert "Skriv hela adressen, till exempel https://example.com/karta" in window.text
    assert "Skriv högst 200 tecken." in window.text
    save(window, f"{TORGET}/kontakt", phone="", map_url="https://example.com/karta")


def test_the_administrator_sees_the_kinds_of_time_as_a_citizen_does_and_no_number_is_in_the_address(administer):
    window = administer().get(f"{TORGET}/tidstyper")
    (form,) = [one for one in window.read.forms if "invanare" in one.choices]
    words = dict(zip(re.findall(r"<option [^>]*>([^,<]*),", window.page), form.choices["invanare"], strict=True))
    assert "Influensavaccin 65 år och äldre" in window.submit("Visa", invanare=words["Karin Vaccberg"]).text
    assert "Vaccination" in window.text.splitlines()
    assert "Influensavaccin" not in window.submit("Visa", invanare=words["Anna Provbäck"]).text
    assert "Resevaccination" in window.text
    assert not any(one.number[4:] in window.url + window.page for one in (ANNA, KARIN, GRETA))
    save(window, f"{TORGET}/malgrupp/boka-tid", who="some", region_0="yes", sex_man="yes")
    window.get(f"{TORGET}/tidstyper").submit("Visa", invanare=words["Karin Vaccberg"])
    assert "Boka tid direkt: inte öppen för invånaren" in window.text


def test_a_clinic_that_does_not_answer_is_told_of_on_the_page(demo, administer):
    set_mode(demo.served.data, Mode.FAULT)
    window = administer().get("personal/mottagning/mottagningen-ostadig/tidstyper").submit("Visa")
    assert window.status == 503
    assert "Mottagningens tidbok svarar inte just nu." in window.text
    assert window.heading == "Synliga tidstyper"
