"""Systems that are not ours, or do less: optional contracts that are missing (E16), refusals without our code (§5.11).

A system that knows the contracts and nothing of us is the notebook of docs/adapters.md, installed as pip would.
"""

import shutil
from dataclasses import replace

import pytest

from tests.adapters import notebook
from tests.adapters.test_notebook import ENTRY_POINT
from tests.eservice.conftest import a_demo
from tests.eservice.walks import booked_page, calls, hsa_id, kind, step, walk
from tests.people import ANNA, BERTIL, DAN, HULDA
from tests.serving import SetClock
from tidbro import catalogue, demo, demo_catalogue
from tidbro.settings import read_region

OPTIONAL = ("GetAllCareTypes", "GetAllHealthcareFacilities", "GetAllPerformers")


@pytest.fixture
def with_catalogue(planted, tmp_path):
    """Makes a demo whose catalogue is another than the demo's own."""

    def make(changed, **settings):
        data = shutil.copytree(planted, tmp_path / "data")
        told = demo.opened(read_region(None, {"demo": True, "data_directory": str(data)}))
        for one in data.glob(f"{catalogue.database_of(told).name}*"):
            one.unlink()
        catalogue.local_copy_of(told).unlink(missing_ok=True)
        wanted = demo_catalogue.wanted_now("http://127.0.0.1:8080", demo_catalogue.TIMEBOOK)
        with catalogue.store_of(told, SetClock()) as store:
            store.plant(changed(wanted), "demo", "Another region.")
        return a_demo(planted, tmp_path, **settings)

    return make


def is_optional(one, *clinics):
    name = one.contract.split(":")[-2].removesuffix("Responder")
    return name in OPTIONAL and one.logical_address in {hsa_id(clinic).text for clinic in clinics}


@pytest.mark.parametrize("left_out", ["routes", "authorisations"])
def test_e16_steps_whose_contract_is_not_to_be_had_are_skipped_without_a_word(with_catalogue, caplog, left_out):
    """Both systems. What one may not ask is not asked, as the registry says; what leads nowhere is no failure."""

    def without(told):
        kept = tuple(one for one in getattr(told, left_out) if not is_optional(one, "1A01", "2B02"))
        return type(told).of(**{"routes": told.routes, "authorisations": told.authorisations, left_out: kept})

    with with_catalogue(without) as made:
        window = made.browser(HULDA)
        with caplog.at_level("INFO"):
            window.get("boka/bjorkdalens-vardcentral")
            assert step(window) == "vad"
            assert "Mottagningsbesök" not in window.text  # one list, without kinds of care
            assert "Steg 1 av 5" in window.text
            window.submit("Fortsätt", kind=kind(window, "SSK30"))
            assert step(window) == "tid"  # nobody to choose
            assert "Steg 2 av 4: Välj tid" in window.text
            walk(window, reason="Hosta")
            assert window.submit("Boka tiden").heading == "Klart! Din tid är bokad"
            other = made.browser(DAN).get("boka/provtagningen-norra")
            assert step(other) == "vad"  # no clinic to choose
            assert walk(other).submit("Boka tiden").heading == "Klart! Din tid är bokad"
            moved = made.browser(ANNA).get(f"{booked_page(made, ANNA, '2B02')}/omboka")
            assert walk(moved).submit("Omboka tiden").heading == "Klart! Din tid är ombokad"
        asked = {name for name, _ in calls(caplog)} & set(OPTIONAL)
        assert asked == (set() if left_out == "authorisations" else set(OPTIONAL))
        for one in (window, other, moved):
            one.close()


# -- A system that tells no codes


@pytest.fixture
def foreign(with_catalogue, tmp_path, monkeypatch):
    """The notebook answers for Mottagningen Ostadig."""
    info = tmp_path / "site" / "notebook-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: notebook\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    monkeypatch.syspath_prepend(str(info.parent))
    clinic = hsa_id("2B07").text

    def moved(told):
        routes = [
            replace(one, address="adapter:notebook") if one.logical_address == clinic else one for one in told.routes
        ]
        return type(told).of(routes, told.authorisations)

    with with_catalogue(moved, adapters={"notebook": {"facility": clinic}}) as made:
        yield made


def test_a_foreign_system_is_booked_moved_and_cancelled_on_the_same_pages(foreign):
    window = walk(foreign.browser(DAN).get("boka/mottagningen-ostadig"), at=2, reason="Hosta")
    assert window.submit("Boka tiden").heading == "Klart! Din tid är bokad"
    page = booked_page(foreign, DAN, "2B07")
    assert walk(window.get(f"{page}/omboka"), at=3).submit("Omboka tiden").heading == "Klart! Din tid är ombokad"
    assert walk(window.get(f"{page}/avboka")).submit("Avboka tiden").heading == "Klart! Din tid är avbokad"
    assert foreign.booked(DAN, "2B07") == ()
    window.close()


def test_a_refusal_without_a_code_shows_its_text_one_step_back(foreign):
    """§5.11: the text must be shown; what was typed is there, and the way on to other times too."""
    first, second = (foreign.browser(one) for one in (DAN, BERTIL))
    for window in (first, second):
        walk(window.get("boka/mottagningen-ostadig"), at=2, reason="Hosta")
    first.submit("Boka tiden")
    second.submit("Boka tiden")
    assert step(second) == "beratta"
    assert "Tiden är inte ledig längre. Välj en annan." in second.text
    assert second.title.startswith("Fel: Berätta för vården – ")
    second.submit("Tillbaka", reason="Hosta och feber")
    assert step(second) == "tid"
    second.submit("Fortsätt", time=second.choices("time")[0])
    assert "Hosta och feber" in second.text
    assert second.submit("Boka tiden").heading == "Klart! Din tid är bokad"

    page = booked_page(foreign, DAN, "2B07")
    first.get(f"{page}/avboka")
    foreign.clock.now = foreign.booked(DAN, "2B07")[0].start.replace(second=0)
    first.sign_in(DAN).get(f"{page}/avboka")
    assert not first.url.endswith("kontrollera")  # it has begun: nothing to change
    for one in (first, second):
        one.close()


def test_a_cancelling_that_is_refused_without_a_code_stays_at_its_page(foreign):
    window = walk(foreign.browser(DAN).get("boka/mottagningen-ostadig"), at=2)
    window.submit("Boka tiden")
    start = foreign.booked(DAN, "2B07")[0].start
    foreign.clock.now = start.replace(hour=start.hour - 1, minute=35)
    window.sign_in(DAN).get(f"{booked_page(foreign, DAN, '2B07')}/avboka")
    walk(window)
    foreign.clock.now = start.replace(hour=start.hour - 1, minute=50)
    window.submit("Avboka tiden", reason="Hinner inte")
    assert step(window) == "kontrollera"
    assert "Det är för sent att avboka. Ring mottagningen." in window.text
    assert "Hinner inte" in window.page
    assert window.title.startswith("Fel: ")
    assert len(foreign.booked(DAN, "2B07")) == 1
    window.close()


def test_the_notebook_is_another_system_than_ours():
    """It writes no element of our own beside a refusal."""
    assert "TIDBRO" not in vars(notebook)
