"""The citizen's booked times: the start page, all clinics, one clinic, one time (domain.md §5.2, §5.5)."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from contracts import codec, envelope, processing_status
from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.processing_status import SourceStatus
from contracts.transport import HttpAnswer
from eservice.clinic_settings import Audience, ServiceSettings
from eservice.platform import Platform
from tests.eservice.browser import Browser
from tests.eservice.conftest import Demo, a_demo, clinic
from tests.people import ANNA, BERTIL, ELIN, GRETA, HULDA, KARIN, MOA, NELLY, THEO, Person
from tidbro.demo_mode import Mode, set_mode

ADMINISTRATOR = HsaId("SE2321009991-S002")


def address_of(demo: Demo, person: Person, where: str, number: int = 0) -> str:
    """The page of the person's booking number so and so at the clinic."""
    booked = demo.booked(person, where)[number]
    return f"bokad-tid/{demo.eservice.references.of(person, clinic(where), booked.booking_id).name}"


def rows(window: Browser) -> list[str]:
    """The list's times, each as one line of text with what can be done; the last goes on to the end of the page."""
    parts = window.page.split('<p class="when">')[1:]
    return [" | ".join(Browser("", page=f"<p>{part}").text.split("\n")) for part in parts]


def change(demo: Demo, where: str, **settings: object) -> None:
    """The administrator of the clinic decides otherwise."""
    found = demo.eservice.clinics.clinic(clinic(where))
    assert found is not None
    changed = replace(found.settings, **settings)
    demo.eservice.clinics.change(found, changed, ADMINISTRATOR, "test", demo.clock())


def test_R22_R23_booked_times_stand_day_by_day_with_who_booked_them_and_what_can_be_done(demo, browse):
    demo.settle()
    window = browse(GRETA).get("bokade-tider")
    assert window.heading == "Bokade tider"
    found = rows(window)

    kinds = ["Läkarbesök", "Fysioterapi", "Nybesök ortopedi", "Cellprov", "Influensavaccin", "Blodprov", "Besök"]
    assert [kind in row for kind, row in zip(kinds, found, strict=True)] == [True] * len(kinds)
    assert "kl. 09.00, läkare Leila Asp | Läkarbesök | Björkdalens vårdcentral" in found[0]
    assert "Avboka" in found[0]
    assert "Omboka" not in found[0]
    assert "Bokad av dig" in found[1]
    assert "Omboka" in found[1]
    assert "kl. 09.00–09.30, ortoped Viktor Rönn" in found[2], "the one clinic that shows when visits end (R35)"
    assert "Bokad av vården" in found[2]
    assert "Bokad av vården" in found[3]
    assert "måndag 30 november 2026" in window.text
    for hidden in ("Ungdomsmottagningen", "Preventivmedel", "Screening Öster"):  # by care, over, cancelled
        assert hidden not in window.text
    assert not {one for one in ("SE2321009991", "1A01") if one.lower() in window.page.lower()}


def test_R24_a_time_too_close_has_no_buttons_and_its_page_says_why_with_a_number_to_ring(demo, browse):
    demo.settle()
    window = browse(KARIN).get("bokade-tider")
    close, later = rows(window)
    assert "Resevaccination" in close
    assert "Avboka" not in close
    assert "Omboka" not in close
    assert "Avboka" in later

    page = window.get(address_of(demo, KARIN, "2B01"))
    sentence = "Den här tiden kan inte avbokas eller ombokas på nätet. Ring 070-174 06 05."
    assert sentence in page.text
    assert {"Omboka", "Avboka"}.isdisjoint(told for told, _ in page.read.links)
    tried = window.get(f"{urlsplit(page.url).path}/avboka")
    assert tried.url.endswith("#kan-inte")
    assert 'id="kan-inte"' in tried.page

    own = browse(GRETA).get(address_of(demo, GRETA, "1A01"))
    assert "Den här tiden kan inte ombokas på nätet. Ring 070-174 06 13." in own.text
    assert "Avboka" in {told for told, _ in own.read.links}


def test_a_booking_is_shown_in_full_with_long_texts_folded(demo, browse):
    visitor = demo.town.visitor(ELIN, "2B01")
    reason = "Brasilien, reser om sju veckor. " * 6
    made = visitor.book(visitor.times("VACRES")[-1], reason.strip())
    window = browse(ELIN).get(f"bokad-tid/{demo.eservice.references.of(ELIN, visitor.clinic, made.booking_id).name}")

    assert window.status == 200
    assert window.heading.endswith(", Vaccinbås A")
    assert window.text.index("Information från vården") < window.text.index("Ta med vaccinationskort")
    assert "Visa hela texten Visa mindre" in window.text  # the style sheet shows the one that fits
    assert window.text.replace("\n", " ").count("Brasilien") == 6
    for fact in ("Resevaccination", "Torget 2, 999 01 Demostad", "070-174 06 05", "Bokad av dig"):
        assert fact in window.text
    assert made.booking_id not in window.page
    links = dict(window.read.links)
    assert links["Lägg till påminnelse"].endswith("/paminnelse")
    assert links["Spara i kalender (.ics)"].endswith("/kalender.ics")
    assert links["Vaccinationen Torget"].endswith("/mottagning/vaccinationen-torget")
    assert {"Omboka", "Avboka"} <= set(links)


def test_a_visit_that_has_begun_is_no_longer_listed_and_cannot_be_changed(demo, browse):
    demo.settle()
    page = address_of(demo, HULDA, "2B01")
    start = demo.booked(HULDA, "2B01")[0].start
    demo.clock.now = start
    window = browse(HULDA)
    assert "Influensavaccin" not in window.get("bokade-tider").text
    assert "Influensavaccin" not in window.get("bokade-tider/vaccinationen-torget").text
    told = window.get(page)
    assert told.status == 200
    assert "Tiden har redan passerat." in told.text
    assert {"Omboka", "Avboka", "Lägg till påminnelse"}.isdisjoint(one for one, _ in told.read.links)


@pytest.mark.parametrize(
    "booked", [ServiceSettings(is_on=False), ServiceSettings(audience=Audience(age_to=30))], ids=["off", "not for her"]
)
def test_R2_where_the_service_is_not_open_to_the_citizen_its_buttons_are_hidden_everywhere(demo, browse, booked):
    demo.settle()
    change(demo, "1A04", booked=booked)
    window = browse(GRETA).get("bokade-tider")
    (row,) = [one for one in rows(window) if "Rehab Ån" in one]
    assert "Visa" in row
    assert "Omboka" not in row
    assert "Avboka" not in row

    page = window.get(address_of(demo, GRETA, "1A04"))
    assert "Hos den här mottagningen kan du inte omboka eller avboka på nätet. Ring 070-174 06 16." in page.text
    assert {"Omboka", "Avboka"}.isdisjoint(told for told, _ in page.read.links)
    assert "Se, av- och omboka tider" not in {told for told, _ in window.get("mottagning/rehab-an").read.links}
    closed = window.get("bokade-tider/rehab-an")
    assert closed.status == 403
    assert "Tjänsten är inte öppen för dig hos den här mottagningen." in closed.text


def test_who_has_no_times_is_told_that_not_all_clinics_show_theirs(demo, browse):
    demo.settle()
    window = browse(ELIN)
    none = "Du har inga bokade tider som kan visas här."
    for page in ("bokade-tider", ""):
        told = window.get(page).text
        assert none in told
        assert "Alla mottagningar visar inte sina tider på nätet." in told
    assert "hos Rehab Ån som kan visas här" in window.get("bokade-tider/rehab-an").text


def test_E15_the_list_names_clinics_that_did_not_answer_above_the_times_of_the_others(demo, browse):
    demo.settle()
    set_mode(demo.served.data, Mode.FAULT)
    window = browse(GRETA).get("bokade-tider")
    box = (
        "Vi kunde inte hämta tider från Mottagningen Ostadig. Dina tider där finns kvar, men visas inte just nu. "
        "Försök igen."
    )
    assert box in window.text
    assert window.text.index(box) < window.text.index("Läkarbesök")
    assert len(rows(window)) == 6
    assert "inga bokade tider" not in window.text
    assert box in window.get("").text

    set_mode(demo.served.data, Mode.OFF)
    assert len(rows(window.get("bokade-tider").follow("Bokade tider"))) == 7


def test_E15_that_there_are_none_is_never_said_when_a_clinic_did_not_answer(demo, browse):
    for where, first in (("2B02", 0), ("2B07", -1)):
        visitor = demo.town.visitor(ELIN, where)
        visitor.book(visitor.times({"2B02": "PROV10", "2B07": "OST15"}[where])[first])
    demo.settle()
    demo.clock.now += timedelta(days=3)
    set_mode(demo.served.data, Mode.FAULT)
    window = browse(ELIN)
    for page in ("bokade-tider", ""):
        told = window.get(page).text
        assert "Vi kunde inte hämta tider från Mottagningen Ostadig." in told
        assert "Just nu kan vi inte visa några tider." in told
        assert "inga bokade tider" not in told


def test_E13_when_nobody_answers_the_page_says_whom_to_ring(demo, browse):
    visitor = demo.town.visitor(NELLY, "2B07")
    visitor.book(visitor.times("OST15")[-1])
    demo.settle()
    window = browse(NELLY)
    window.get("mottagning/rehab-an").submit("Lägg till")
    one = address_of(demo, NELLY, "2B07")
    set_mode(demo.served.data, Mode.FAULT)

    told = window.get("bokade-tider")
    assert told.status == 503
    assert told.title.startswith("Fel: ")
    assert "Rehab Ån 070-174 06 16" in told.text
    assert "Mottagningen Ostadig 070-174 06 12" in told.text
    assert "inga bokade tider" not in told.text
    start = window.get("")
    assert start.status == 200
    assert "Vi når inte mottagningarnas tidböcker just nu." in start.text
    assert "inga bokade tider" not in start.text
    sentence = "Vi når inte mottagningens tidbok just nu. Försök igen om en stund eller ring 070-174 06 12."
    for page in ("bokade-tider/mottagningen-ostadig", one, f"{one}/kalender.ics"):
        told = window.get(page)
        assert told.status == 503
        assert sentence in told.text

    set_mode(demo.served.data, Mode.OFF)
    assert window.get("bokade-tider").follow("Bokade tider").status == 200


@pytest.mark.parametrize("aggregated", ["", "SE2321009991-NOBODY"])
def test_E13_without_anybody_who_answers_for_all_clinics_each_clinic_can_still_be_asked(planted, tmp_path, aggregated):
    with a_demo(planted, tmp_path, eservice={"aggregated_address": aggregated}) as demo:
        window = demo.browser(ANNA)
        told = window.get("bokade-tider")
        assert told.status == 503
        assert "Björkdalens vårdcentral 070-174 06 13" in told.text, "where Anna is listed"
        assert window.get("").status == 200
        assert "Besök hos sjuksköterska" in window.get("bokade-tider/bjorkdalens-vardcentral").text
        window.close()


def test_E12_another_persons_booking_is_as_unknown_as_none(demo, browse):
    page = address_of(demo, ANNA, "2B02")
    assert browse(ANNA).get(page).status == 200
    other = browse(BERTIL)
    for more in ("", "/kalender.ics", "/omboka", "/avboka"):
        theirs, none = other.get(f"{page}{more}").text, other.get(f"bokad-tid/AAAAAAAAAAAAAAAA{more}").text
        assert other.status == 404
        assert theirs == none
        assert "Vi hittar inte bokningen." in theirs
    demo.town.visitor(ANNA, "2B02").cancel(demo.booked(ANNA, "2B02")[0].booking_id)
    assert "Vi hittar inte bokningen." in browse(ANNA).get(page).text


def test_a_clinic_whose_id_is_in_small_letters_is_the_same_in_large(demo, browse):
    demo.settle()
    window = browse(THEO).get("bokade-tider")
    (row,) = rows(window)
    assert "Ungdomsmottagningen Kajen" in row
    assert "Omboka" in row
    references, booked = demo.eservice.references, demo.booked(THEO, "2B06")[0]
    names = {references.of(THEO, clinic(one), booked.booking_id).name for one in ("2b06", "2B06")}
    assert len(names) == 1
    assert "Vill prata om skolan" in window.follow("Visa").text
    assert "Samtal på ungdomsmottagning" in window.get("bokade-tider/ungdomsmottagningen-kajen").text


def test_R40_who_acts_for_a_child_sees_the_childs_times_and_not_the_own(demo, browse):
    visitor = demo.town.visitor(MOA, "2B03")
    made = visitor.book(visitor.times("PROV10")[3])
    demo.settle()
    page = f"bokad-tid/{demo.eservice.references.of(MOA, visitor.clinic, made.booking_id).name}"
    window = browse(ANNA).get("bokade-tider")
    assert "Provtagningen Södra" not in window.text
    assert window.get(page).status == 404

    window.get("").follow("Välj barn").submit("Moa")
    assert window.heading == "Hej Moa"
    (row,) = rows(window.get("bokade-tider"))
    assert "Provtagningen Södra" in row
    assert window.get(page).status == 200
    assert window.get(f"{page}/kalender.ics").status == 200
    assert window.get(address_of(demo, ANNA, "2B02")).status == 404


def test_the_start_page_has_the_next_three_times_the_inbox_and_the_own_clinics(demo, browse):
    demo.settle()
    window = browse(GRETA).get("")
    assert window.heading == "Hej Greta"
    kinds = [row.split(" | ")[1] for row in rows(window)]
    assert kinds == ["Läkarbesök", "Fysioterapi", "Nybesök ortopedi"]
    links = dict(window.read.links)
    assert links["Alla bokade tider (4 till)"].endswith("/bokade-tider")
    assert links["Gå till inkorgen"].endswith("/inkorg")
    assert "Björkdalens vårdcentral" in links, "where she is listed"
    assert "Namn eller ort" in window.text
    assert "Läkarbesök" in window.follow("kl. 09.00, läkare").text

    welcome = browse()
    assert "Logga in" in welcome.get("").text
    assert "Bokade tider" not in {told for told, _ in welcome.read.links}


class OldAnswer:
    """A platform that has one clinic's part from a while ago, and nothing of another's."""

    def __init__(self, slot: s.Timeslot) -> None:
        self._slot = slot

    def post(self, address, body, headers) -> HttpAnswer:
        answer = codec.encode(s.GetSubjectOfCareScheduleResponse((self._slot,)))
        rows = [
            SourceStatus("SE2321009991-2b02", "DataFromCacheSynchFailed", True, False, "20261123070000"),
            SourceStatus("SE2321009991-1A03", "NoDataSynchFailed", False, False),
            SourceStatus("SE2321009991-9X99", "NoDataSynchFailed", False, False),
            SourceStatus("SE2321009991-1A01", "DataFromSource", False, True),
        ]
        content = envelope.write_response(answer, processing_status.write(rows))
        return HttpAnswer(200, {"content-type": "text/xml; charset=utf-8"}, content)


def test_E15_times_that_may_be_old_are_shown_and_said_to_be(demo, browse):
    eservice, usual = demo.eservice, demo.eservice.platform
    eservice.platform = Platform(eservice.settings, OldAnswer(demo.booked(ANNA, "2B02")[0]), eservice.clock)
    told = browse(ANNA).get("bokade-tider")
    assert "Tiderna från Provtagningen Norra hämtades tidigare och kan ha ändrats." in told.text
    assert "från Ortopedmottagningen, Demosjukhuset och en annan mottagning." in told.text
    assert len(rows(told)) == 1
    assert "9X99" not in told.page
    eservice.platform.close()
    eservice.platform = usual
