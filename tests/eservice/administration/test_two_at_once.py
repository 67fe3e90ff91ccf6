"""Two administrators at the same settings: nobody's change is lost, nothing typed is lost (domain.md §8)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from contracts.database import Database
from contracts.identifiers import HsaId
from eservice.app import LOCATION
from eservice.clinics import ClinicRegister, SettingsChanged, Unit
from eservice.models import HEAD
from tests.eservice.administration.conftest import save
from tests.serving import MORNING

PAGE = "personal/mottagning/provtagningen-norra/kontakt"
HANDS = 8


def test_who_is_overtaken_is_told_keeps_what_was_typed_and_can_save_again(demo, administer):
    first, second = administer("A002").get(PAGE), administer("A003").get(PAGE)
    second.submit("Spara", phone_hours="Andras tid")
    first.submit("Spara", address="Min adress")
    assert first.status == 409
    assert "Någon annan har ändrat inställningarna" in first.text
    assert "Ändringen gjordes tisdag 24 november 2026 kl. 07.30." in first.text
    (form,) = [one for one in first.read.forms if "phone" in one.values]
    assert form.values["address"] == "Min adress"
    contact = demo.eservice.clinics.by_slug("provtagningen-norra").settings.contact
    assert (contact.address, contact.phone_hours) == ("", "Andras tid")

    first.submit("Spara")
    assert "Ändringarna är sparade" in first.text
    clinic = demo.eservice.clinics.by_slug("provtagningen-norra")
    assert clinic.settings.contact.address == "Min adress"
    assert [one.administrator.text[-4:] for one in demo.eservice.clinics.changes(clinic, 9)] == ["A002", "A003"]


def test_overtaken_in_another_part_of_the_settings_the_others_change_stays_when_saved_again(demo, administer):
    first, second = administer("A002").get(PAGE), administer("A003")
    save(second, PAGE.replace("kontakt", "visning"), shows_end_time="yes")
    assert first.submit("Spara", address="Min adress").status == 409
    first.submit("Spara")
    settings = demo.eservice.clinics.by_slug("provtagningen-norra").settings
    assert (settings.contact.address, settings.shows_end_time) == ("Min adress", True)


def test_a_form_that_does_not_say_of_which_settings_it_is_changes_nothing(demo, administer):
    window = administer()
    for version in (None, "", "x", "99"):
        window.get(PAGE).submit("Spara", version=version, address="Min adress")
        assert window.status == 409, version
    assert demo.eservice.clinics.by_slug("provtagningen-norra").version == 0


def test_of_many_who_change_the_same_settings_at_once_one_is_taken(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'eservice.sqlite'}")
    database.upgrade(LOCATION, HEAD)
    unit = Unit(HsaId("SE2321009991-2B01"), "torget", "Torget")
    register, barrier = ClinicRegister([unit], database), threading.Barrier(HANDS)
    for turn in range(3):
        seen = register.by_slug("torget")
        wanted = [replace(seen.settings, place_in_menu=turn * HANDS + one + 1) for one in range(HANDS)]

        def change(settings, seen=seen) -> bool:
            barrier.wait()
            try:
                register.change(seen, settings, HsaId("SE2321009991-A002"), "place_in_menu", MORNING)
            except SettingsChanged:
                return False
            return True

        with ThreadPoolExecutor(HANDS) as pool:
            taken = list(pool.map(change, wanted))
        assert sum(taken) == 1
        now = register.by_slug("torget")
        assert (now.settings, now.version) == (wanted[taken.index(True)], turn + 1)
        assert len(register.changes(now, 99)) == turn + 1
    database.close()
