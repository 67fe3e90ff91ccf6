"""Services on and off, names, closing for a time, activation, and what the platform must lead to (R1, R42, E18)."""

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.eservice.administration.conftest import SODRA, TORGET, save, sign_in
from tests.eservice.browser import Browser
from tests.eservice.conftest import a_demo, clinic
from tests.people import ANNA, DAN, KARIN
from tests.serving import SetClock
from tidbro import catalogue, demo_catalogue
from tidbro import demo as demo_mode
from tidbro.settings import read_region

E18 = "Tjänsten är inte öppen för dig hos den här mottagningen."


def links(window: Browser, part: str) -> list[str]:
    return [url for _, url in window.read.links if part in url]


def test_r1_a_booking_service_that_is_switched_off_has_no_links_and_is_e18_when_forced(demo, administer, browse):
    citizen, window = browse(KARIN), administer()
    assert links(citizen.get("mottagning/vaccinationen-torget"), "/boka/")
    under_way = citizen.get("boka/vaccinationen-torget").url

    save(window, f"{TORGET}/tjanster", book_on=None)
    assert not links(citizen.get("mottagning/vaccinationen-torget"), "/boka/")
    for forced in ("boka/vaccinationen-torget", under_way):
        assert citizen.get(forced).status == 403
        assert E18 in citizen.text
        assert links(citizen, "mottagning/vaccinationen-torget")
    assert citizen.get(under_way.replace("/innan", "/vad")).status == 403

    save(window, f"{TORGET}/tjanster", book_on="yes")
    assert links(citizen.get("mottagning/vaccinationen-torget"), "/boka/")
    assert citizen.get(under_way).heading == "Boka tid hos Vaccinationen Torget"


def test_r1_where_booked_times_are_off_moving_and_cancelling_are_e18_and_no_hint_leads_there(demo, administer, browse):
    citizen, window = browse(ANNA), administer()
    (booked,) = [one for one in demo.booked(ANNA, "2B02") if one.cancel_booking_allowed]
    person = demo.eservice.people.person(ANNA.number)
    name = demo.eservice.references.of(person, clinic("2B02"), booked.booking_id).name
    under_way = citizen.get(f"bokad-tid/{name}/avboka").url
    citizen.get("boka/provtagningen-norra").submit("Fortsätt", place="provtagningen-norra")
    assert "Du har redan en tid" in citizen.text

    save(window, "personal/mottagning/provtagningen-norra/tjanster", booked_on=None)
    for forced in (f"bokad-tid/{name}/avboka", f"bokad-tid/{name}/omboka", under_way):
        assert citizen.get(forced).status == 403
        assert E18 in citizen.text
    citizen.get("boka/provtagningen-norra").submit("Fortsätt", place="provtagningen-norra")
    assert "Du har redan en tid" not in citizen.text
    assert booked.booking_id in {one.booking_id for one in demo.booked(ANNA, "2B02")}


def test_r1_a_clinic_of_the_group_whose_service_is_off_is_not_in_the_menu(administer, browse):
    citizen = browse(DAN).get("boka/provtagningen-norra")
    assert citizen.choices("place") == ["provtagningen-norra", "provtagningen-sodra"]
    save(administer(), f"{SODRA}/tjanster", book_on=None)
    assert citizen.get("boka/provtagningen-norra").choices("place") == []


def test_r42_while_a_clinic_is_closed_citizens_read_why_and_cannot_book_but_can_cancel(demo, administer, browse):
    citizen, window = browse(ANNA), administer("A001")
    (booked,) = [one for one in demo.booked(ANNA, "1A01") if one.cancel_booking_allowed]
    person = demo.eservice.people.person(ANNA.number)
    name = demo.eservice.references.of(person, clinic("1A01"), booked.booking_id).name
    path = "personal/mottagning/bjorkdalens-vardcentral/tjanster"
    save(window, path, is_closed="yes", reason="Vi byter lokaler", first_day="2026-11-25", last_day="2026-11-26")
    sentence = "Bokning på nätet är tillfälligt stängd. Vi byter lokaler. Ring 070-174 06 13."
    assert sentence in window.text
    assert sentence not in citizen.get("mottagning/bjorkdalens-vardcentral").text

    for day in (1, 2):
        demo.clock.now += timedelta(days=1)
        citizen.sign_in(ANNA).get("mottagning/bjorkdalens-vardcentral")
        assert sentence in citizen.text, day
        assert not links(citizen, "/boka/")
        assert citizen.get("boka/bjorkdalens-vardcentral").status == 403
        assert sentence in citizen.text
        assert citizen.get(f"bokad-tid/{name}/avboka").status == 200
    demo.clock.now += timedelta(days=1)
    citizen.sign_in(ANNA).get("mottagning/bjorkdalens-vardcentral")
    assert sentence not in citizen.text
    assert links(citizen, "/boka/")

    demo.clock.now = demo.clock.now.replace(day=24)
    sign_in(window, "A001")
    save(window, path, is_closed=None)
    assert demo.eservice.clinics.by_slug("bjorkdalens-vardcentral").settings.closing.first_day is None


def test_r42_a_closing_must_have_a_reason_and_end_after_it_begins(administer):
    window = administer().get(f"{TORGET}/tjanster")
    window.submit("Spara", is_closed="yes", reason=" ", first_day="2026-12-02", last_day="2026-12-01")
    assert window.status == 422
    assert window.title.startswith("Fel: Tjänster")
    assert "Sista dagen kan inte vara före första dagen." in window.text
    assert "Fyll i fältet." in window.text
    assert [one.values["last_day"] for one in window.read.forms if "last_day" in one.values] == ["2026-12-01"]
    window.submit("Spara", first_day="", last_day="igår", reason="x" * 301)
    assert "Skriv högst 300 tecken." in window.text
    assert "Skriv dagen som 2026-12-01." in window.text


def test_a_service_can_have_a_name_of_its_own(administer, browse):
    save(administer(), f"{TORGET}/tjanster", book_name="Vaccinera dig", booked_name="Bokade tider")
    assert "Vaccinera dig" in browse(KARIN).get("mottagning/vaccinationen-torget").text


def test_a_clinic_is_activated_before_its_services_and_deactivating_hides_it(demo, administer, browse):
    citizen, window = browse(KARIN), administer()
    window.get(f"{TORGET}/tjanster").submit("Inaktivera mottagningen")
    assert "Mottagningen är inte aktiverad" in window.text
    settings = demo.eservice.clinics.by_slug("vaccinationen-torget").settings
    assert (settings.is_active, settings.book.is_on, settings.booked.is_on) == (False, False, False)
    assert citizen.get("mottagning/vaccinationen-torget").status == 404
    assert "Vaccinationen" not in citizen.get("mottagningar?sok=vaccin").text
    assert citizen.get("boka/vaccinationen-torget").status == 403

    window.get(f"{TORGET}/tjanster").submit("Spara", book_on="yes")
    assert window.status == 422
    assert "Aktivera mottagningen först." in window.text
    window.get(f"{TORGET}/tjanster").submit("Aktivera mottagningen")
    save(window, f"{TORGET}/tjanster", book_on="yes")
    assert links(citizen.get("mottagning/vaccinationen-torget"), "/boka/")


def with_gaps(planted: Path, data: Path) -> None:
    """The demo's data in a folder, its catalogue without a route to Torget's bookings, and with three authorisations
    for Södra gone."""
    shutil.copytree(planted, data)
    settings = demo_mode.opened(read_region(None, {"demo": True, "data_directory": str(data)}))
    demo_catalogue.plant(settings, SetClock())
    with catalogue.store_of(settings, SetClock()) as store:
        with store.editing("test") as editing:
            torget, sodra = map(editing.logical_address, ("SE2321009991-2B01", "SE2321009991-2B03"))
            (route,) = editing.routes(torget, editing.contract(namespace("GetBookingDetails")))
            editing.delete(route)
            for one in ("GetAvailableDates", "MakeBooking", "UpdateBooking"):
                caller = editing.component("SE2321009991-ET01")
                (authorisation,) = editing.authorisations(caller, sodra, editing.contract(namespace(one)))
                editing.delete(authorisation)
        store.publish("test")


def namespace(interaction: str) -> str:
    return f"urn:riv:crm:scheduling:{interaction}Responder:1"


def test_a_service_cannot_be_switched_on_before_the_platform_leads_to_the_clinic(planted, tmp_path):
    with_gaps(planted, tmp_path / "data")
    with a_demo(planted, tmp_path) as demo, closing(Browser(demo.site)) as window:
        sign_in(window)
        save(window, f"{TORGET}/tjanster", book_on=None, booked_on=None)
        window.submit("Spara", book_on="yes", booked_on="yes")
        assert window.status == 422
        assert window.text.count("Tjänsteplattformen har inget vägval till mottagningen.") == 5  # thrice, at two fields
        assert not demo.eservice.clinics.by_slug("vaccinationen-torget").settings.booked.is_on

        save(window, f"{SODRA}/tjanster", book_on=None, booked_on=None)
        window.submit("Spara", book_on="yes", booked_on="yes")
        assert window.status == 422
        missing = "E-tjänsten saknar behörighet i tjänsteplattformen till GetAvailableDates, MakeBooking."
        assert window.text.count(missing) == 3  # among what must be there, atop the page, at the field
        assert "Saknas, men behövs inte: UpdateBooking." in window.text
        assert not demo.eservice.clinics.by_slug("provtagningen-sodra").settings.book.is_on
        save(window, f"{SODRA}/tjanster", booked_on="yes")


def test_nothing_is_switched_on_while_the_platform_does_not_answer(planted, tmp_path):
    silent = {"platform_url": "http://127.0.0.1:1"}
    with a_demo(planted, tmp_path, eservice=silent) as demo, closing(Browser(demo.site)) as window:
        sign_in(window)
        save(window, f"{TORGET}/tjanster", book_on=None)
        window.submit("Spara", book_on="yes")
        assert window.status == 422
        assert "Tjänsteplattformen svarar inte" in window.text
