"""A clinic's contact card, and which clinics are one's own (domain.md §5.2, §5.3)."""

from dataclasses import replace
from datetime import date

from contracts.identifiers import HsaId
from eservice.clinic_settings import Closing, ContactData, ServiceSettings
from tests.eservice.browser import Browser
from tests.eservice.conftest import Demo, clinic
from tests.people import ANNA, BERTIL, DAN, ELIN, THEO

ADMINISTRATOR = HsaId("SE2321009991-S002")
SEE = "Se, av- och omboka tider"


def change(demo: Demo, where: str, **settings: object) -> None:
    """The administrator of the clinic decides otherwise."""
    found = demo.eservice.clinics.clinic(clinic(where))
    assert found is not None
    changed = replace(found.settings, **settings)
    demo.eservice.clinics.change(found, changed, ADMINISTRATOR, "test", demo.clock())


def links(window: Browser) -> dict[str, str]:
    return dict(window.read.links)


def own(window: Browser) -> list[str]:
    """The clinics of the start page."""
    part = window.get("").page.partition('id="start-own"')[2].partition("</section>")[0]
    return [told for told, _ in Browser("", page=part).read.links]


def test_a_card_can_be_read_by_all_and_its_services_begin_after_signing_in(demo, browse):
    window = browse().get("mottagning/bjorkdalens-vardcentral")
    for fact in ("Björkvägen 1, 999 04 Björkdalen", "070-174 06 13", "Vardagar 8–16", "Vardagar 8–17"):
        assert fact in window.text
    assert links(window)["070-174 06 13"] == "tel:070-1740613"
    assert "Du loggar in först." in window.text
    assert "mina mottagningar" not in window.text
    assert "SE2321009991" not in window.page
    window.follow(SEE)
    assert window.heading == "Logga in"
    window.submit("Anna")
    assert window.heading == "Bokade tider hos Björkdalens vårdcentral"


def test_an_administrators_names_and_contact_data_are_on_the_card(demo, browse):
    contact = ContactData(
        address="Nya vägen 1", phone="070-174 06 99 (knapp 2)", phone_hours="Måndagar 9–10",
        map_url="https://example.com/karta", extra="Vi har **flyttat** hit. " + "Välkommen in. " * 40,
    )  # fmt: skip
    named = {"book": ServiceSettings(name="Boka besök"), "booked": ServiceSettings(name="Bokade tider här")}
    change(demo, "1A01", contact=contact, **named)
    window = browse(ANNA).get("mottagning/bjorkdalens-vardcentral")
    found = links(window)
    assert found["Boka besök"].endswith("/boka/bjorkdalens-vardcentral")
    assert found["Bokade tider här"].endswith("/bokade-tider/bjorkdalens-vardcentral")
    assert found["Visa på karta"] == "https://example.com/karta"
    assert "070-174 06 99 (knapp 2)" not in found, "no number to ring by a link"
    assert "<strong>flyttat</strong>" in window.page
    assert "Visa hela texten" in window.text
    for fact in ("Nya vägen 1", "070-174 06 99 (knapp 2)", "Måndagar 9–10", "Vardagar 8–17"):
        assert fact in window.text
    assert "Björkvägen" not in window.text

    change(demo, "1A02", contact=ContactData(map_url="javascript:alert(1)"))
    assert "javascript:" not in window.get("mottagning/bjorkdalens-barnmorskemottagning").page


def test_R2_a_service_whose_audience_excludes_the_citizen_is_not_linked(demo, browse):
    page = "mottagning/ungdomsmottagningen-kajen"
    assert {"Boka tid", SEE} <= set(links(browse(THEO).get(page)))
    excluded = browse(ELIN).get(page)
    assert {"Boka tid", SEE}.isdisjoint(links(excluded))
    assert "Det här är inte öppet för dig hos den här mottagningen: Boka tid och Se, av- och omboka" in excluded.text
    assert {"Boka tid", SEE} <= set(links(browse().get(page))), "nobody is excluded who has not said who it is"


def test_R1_services_that_are_off_or_not_routed_are_not_on_the_card(demo, browse):
    window = browse(ANNA)
    orthopaedics = links(window.get("mottagning/ortopedmottagningen"))
    assert "Boka tid" not in orthopaedics
    assert SEE in orthopaedics

    virtual = window.get("mottagning/screeningkansliet")
    assert {"Boka tid", SEE}.isdisjoint(links(virtual))
    assert "Härifrån skickas kallelser." in virtual.text

    off = ServiceSettings(is_on=False)
    change(demo, "1A02", book=off, booked=off)
    assert "Mottagningen har inga tjänster på nätet. Ring 070-174 06 14." in (
        window.get("mottagning/bjorkdalens-barnmorskemottagning").text
    )
    change(demo, "1A04", is_active=False)
    for page in ("mottagning/rehab-an", "bokade-tider/rehab-an", "mottagning/finns-inte", "bokade-tider/finns-inte"):
        assert window.get(page).status == 404


def test_R42_a_clinic_that_is_closed_for_a_time_says_why_and_whom_to_ring(demo, browse):
    change(demo, "2B02", closing=Closing("Vi bygger om.", date(2026, 11, 24), date(2026, 11, 30)))
    window = browse(ANNA).get("mottagning/provtagningen-norra")
    assert "Bokning på nätet är tillfälligt stängd. Vi bygger om. Ring 070-174 06 06." in window.text
    assert "Boka tid" not in links(window)
    assert SEE in links(window), "booked times can still be seen and cancelled"


def test_a_citizen_adds_a_clinic_to_the_own_and_takes_it_away(demo, browse):
    window = browse(DAN)
    assert "Här samlas mottagningar" in window.get("").text
    window.get("mottagning/rehab-an").submit("Lägg till bland mina mottagningar")
    assert "Rehab Ån finns nu bland dina mottagningar." in window.text
    assert own(window) == ["Rehab Ån"]
    window.get("mottagning/rehab-an").submit("Ta bort bland mina mottagningar")
    assert own(window) == []
    forged = window.session.post(f"{demo.site}mottagning/rehab-an/min", data={"keep": "yes"})
    assert forged.status_code == 400
    assert own(window) == []


def test_where_one_is_listed_is_among_the_own_until_it_is_taken_away_and_again_after_a_booking(demo, browse):
    window = browse(ANNA)
    assert own(window) == ["Björkdalens vårdcentral"]
    window.get("mottagning/bjorkdalens-vardcentral").submit("Ta bort")
    assert own(window) == []
    eservice, now = demo.eservice, demo.clock()
    with eservice.database.writing() as session:
        eservice.own_clinics.put(session, ANNA.number, clinic("1a01"), "booked", now)
        eservice.own_clinics.put(session, ANNA.number, clinic("1A01"), "invited", now)
    assert own(window) == ["Björkdalens vårdcentral"]


def test_where_one_has_booked_is_among_the_own(demo, browse):
    window = browse(DAN)
    window.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    window.submit("Boka tiden")
    assert own(window) == ["Provtagningen Södra"]
    assert own(browse(BERTIL)) != ["Provtagningen Södra"]
