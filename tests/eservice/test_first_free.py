"""The first free time over several clinics (issue: beyond the real one)."""

from tests.eservice.conftest import clinic
from tests.people import DAN, KARIN
from tests.serving import MORNING
from tidbro.demo_mode import Mode, set_mode

AFTER_TEN = MORNING.replace(hour=10, minute=5)
"""At Södra the day's last time is too near to be booked, at Norra there is one left."""


def test_the_first_free_times_of_all_clinics_that_offer_a_kind_are_told_soonest_first(demo, browse):
    demo.clock.now = AFTER_TEN
    window = browse(DAN).get()
    window.follow("Första lediga tid")
    offered = window.text

    window.follow("Blodprov")

    assert "Influensavaccin" not in offered, "Dan is too young for it"
    assert "Glukosbelastning" not in offered, "care alone books it"
    assert offered.count("Provtagningen Norra, Provtagningen Södra") == 1, "two clinics, one name"
    shown = window.text
    first_north = demo.town.visitor(DAN, "2B02").times("PROV10")[0].start
    first_south = demo.town.visitor(DAN, "2B03").times("PROV10")[0].start
    assert first_north < first_south
    assert shown.index(told(first_north)) < shown.index(told(first_south))
    assert "Södra vägen 8, 999 02 Demostad" in shown
    assert "PROV10" not in window.page
    assert "SE2321009991" not in window.page
    assert window.choices("hos") == ["provtagningen-norra", "provtagningen-sodra"]

    window.get(f"{window.url}&hos=provtagningen-norra")

    assert told(first_north) in window.text
    assert "Södra vägen" not in window.text


def test_a_found_time_is_booked_from_the_choice_of_time_with_its_kind_and_day_chosen(demo, browse):
    window = browse(DAN).get("forsta-lediga").follow("Blodprov")
    day = demo.town.visitor(DAN, "2B03").times("PROV10")[0].start

    window.follow("Boka hos Provtagningen Södra")

    assert window.heading == "Välj dag och tid"
    assert f"{day.day}, " in window.text or told(day).split(" kl")[0] in window.text
    window.submit("Fortsätt", time=window.choices("time")[0]).submit("Boka tiden")
    assert window.heading == "Klart! Din tid är bokad"
    assert told(day) in window.text
    assert len(demo.booked(DAN, "2B03")) == 1


def test_what_a_clinic_says_first_and_its_terms_come_before_the_times(browse):
    window = browse(DAN).get("forsta-lediga").follow("Resevaccination").follow("Boka hos Vaccinationen Torget")

    assert window.heading == "Boka tid hos Vaccinationen Torget"
    window.submit("Fortsätt", terms="yes")

    assert window.heading == "Välj dag och tid", "the kind is known"
    window.follow("Tillbaka")
    assert window.heading == "Vad gäller bokningen?", "and can be changed"


def test_clinics_of_a_group_can_be_asked_alone(browse):
    window = browse(DAN).get("forsta-lediga?fran=provtagningen-norra")

    assert "Blodprov" in window.text
    assert "Resevaccination" not in window.text
    assert window.get("forsta-lediga?fran=finns-inte").status == 404


def test_clinics_that_give_no_answer_are_named(demo, browse):
    set_mode(demo.served.data, Mode.FAULT)
    window = browse(DAN).get("forsta-lediga")

    assert "Vi fick inget svar" in window.text
    assert "Mottagningen Ostadig, 070-174 06 12" in window.text
    assert "Blodprov" in window.text
    window.follow("Blodprov")
    assert "Mottagningen Ostadig, 070-174 06 12" in window.text, "it may offer that too"
    assert "Provtagningen Södra" in window.text


def test_a_clinic_without_free_times_is_told_with_a_way_to_wait(demo, browse):
    demo.clock.now = AFTER_TEN
    with demo.served.region.pipeline.producers.adapters["timebook"].desk() as desk:
        desk.change_time_type(clinic("2B03"), "PROV10", opens_days_before=0)
    window = browse(KARIN).get("forsta-lediga").follow("Blodprov")

    assert window.text.index("Provtagningen Norra") < window.text.index("Inga lediga tider\nProvtagningen Södra")
    window.follow("Bevaka tider hos Provtagningen Södra")
    assert "Just nu finns inga lediga tider att boka här" in window.text


def told(moment) -> str:
    """`onsdag 25 november 2026 kl. 08.00`."""
    weekdays = ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"]
    months = {11: "november", 12: "december"}
    return f"{weekdays[moment.weekday()]} {moment.day} {months[moment.month]} 2026 kl. {moment:%H.%M}"
