"""The texts of the three flows: written, looked at as a citizen, and shown where they belong (domain.md §8; R36)."""

import pytest

from tests.eservice.administration.conftest import SODRA, TORGET, save
from tests.eservice.conftest import clinic
from tests.people import ANNA, DAN, KARIN

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> [klicka](javascript:alert(3)) "
    "[data](data:text/html,x) **<b onclick=alert(4)>fet</b>** [ok](https://example.com/)"
)


def harmless(page: str) -> bool:
    main = page.partition("<main")[2].partition("</main>")[0].lower()
    outside = "".join(part.partition("</textarea>")[2] or part for part in main.split("<textarea"))
    wrong = ("<script", "<img", "<b ", 'href="javascript', 'href="data', "onclick=alert(4)>", "onerror=alert(2)>")
    return not any(one in outside for one in wrong)


def test_texts_are_shown_in_a_new_booking_and_terms_must_be_ticked_r36(administer, browse):
    window, citizen = administer(), browse(DAN)
    save(
        window,
        f"{SODRA}/texter/nybokning",
        clinic_text="Du **måste** vara fastande.\n- inget kaffe\n- ingen mat",
        concerns_text="Gäller bara *remiss*.",
        to_care_text="Skriv vem som skrev remissen.",
        terms_text="Uteblir du får du betala.",
    )
    citizen.get("boka/provtagningen-sodra")
    assert "<strong>måste</strong>" in citizen.page
    assert "<li>inget kaffe</li>" in citizen.page
    assert "Uteblir du får du betala." in citizen.text
    citizen.submit("Fortsätt", place="provtagningen-sodra")
    assert citizen.status == 422
    assert "Godkänn villkoren för att fortsätta" in citizen.text
    step = citizen.url.replace("/innan", "/kontrollera")
    assert "/innan" in citizen.get(step).url
    citizen.submit("Fortsätt", place="provtagningen-sodra", terms="yes")
    assert citizen.heading == "Vad gäller bokningen?"
    assert "Gäller bara <em>remiss</em>." in citizen.page


def test_the_help_for_the_reason_stands_where_the_citizen_writes_it(administer, browse):
    window, citizen = administer("A001"), browse(ANNA)
    save(window, "personal/mottagning/bjorkdalens-vardcentral/texter/nybokning", to_care_text="Sedan **när**?")
    citizen.get("boka/bjorkdalens-vardcentral")
    kind = next(one for one in citizen.choices("kind") if one.endswith("|SSK30"))
    citizen.submit("Fortsätt", kind=kind).submit("Fortsätt").submit("Fortsätt", time=citizen.choices("time")[0])
    assert citizen.heading == "Berätta för vården"
    assert "Sedan <strong>när</strong>?" in citizen.page


@pytest.mark.parametrize(("flow", "way"), [("ombokning", "omboka"), ("avbokning", "avboka")])
def test_moving_and_cancelling_have_texts_and_terms_of_their_own_r36(demo, administer, browse, flow, way):
    citizen = browse(ANNA)
    (booked,) = [one for one in demo.booked(ANNA, "2B02") if one.cancel_booking_allowed]
    person = demo.eservice.people.person(ANNA.number)
    name = demo.eservice.references.of(person, clinic("2B02"), booked.booking_id).name
    page = f"personal/mottagning/provtagningen-norra/texter/{flow}"
    save(administer(), page, clinic_text=f"Läs detta om {flow}.", terms_text=f"Villkor för {flow}.")

    citizen.get(f"bokad-tid/{name}/{way}")
    assert f"Läs detta om {flow}." in citizen.text
    assert f"Villkor för {flow}." in citizen.text
    citizen.submit("Fortsätt")
    assert citizen.status == 422
    assert "Godkänn villkoren för att fortsätta" in citizen.text
    assert citizen.submit("Fortsätt", terms="yes").status == 200
    assert "Läs detta" not in citizen.text


def test_the_preview_is_what_citizens_see_and_is_not_saved(demo, administer, browse):
    window, citizen = administer(), browse(KARIN)
    text = "Första *delen*. " + "Mycket mer att läsa här. " * 20
    window.get(f"{TORGET}/texter/nybokning").submit("Förhandsgranska", clinic_text=text, terms_text="**Betala**")
    seen = window.page.partition('class="seen"')[2]
    assert "Texterna är inte sparade" in seen
    (form,) = [one for one in window.read.forms if "clinic_text" in one.values]
    assert form.values["clinic_text"].strip() == text.strip()
    assert "Mycket mer" not in citizen.get("boka/vaccinationen-torget").text

    window.submit("Spara")
    seen = window.page.partition('class="seen"')[2]
    assert "Texterna är inte sparade" not in seen
    shown = citizen.get("boka/vaccinationen-torget").page
    prose = shown[shown.index('<div class="prose"') : shown.index('<section class="panel" aria-labelledby="terms')]
    terms = shown[shown.index('<section class="panel" aria-labelledby="terms') :].partition("</section>")[0]
    assert "<details>" in prose
    assert prose.split("\n<form")[0].strip() in seen
    assert terms in seen


def test_terms_can_be_begun_from_templates_that_go_after_what_was_typed(demo, administer):
    window = administer().get(f"{SODRA}/texter/avbokning")
    window.submit("Avboka senast 24 timmar före besöket.", terms_text="Tänk på detta.")
    window.submit("Kom i tid.")
    window.submit("Spara")
    terms = demo.eservice.clinics.by_slug("provtagningen-sodra").settings.cancel_texts.terms
    first = "Avboka senast 24 timmar före besöket. Uteblir du utan att avboka får du betala."
    assert terms.startswith(f"Tänk på detta.\n\n{first}\n\nKom i tid.")


def test_information_to_care_has_at_most_150_signs_and_what_was_typed_stays(demo, administer):
    window = administer().get(f"{SODRA}/texter/nybokning")
    window.submit("Spara", to_care_text="å" * 151, clinic_text="Kvar")
    assert window.status == 422
    assert window.title.startswith("Fel: Texter vid nybokning")
    assert "Skriv högst 150 tecken." in window.text
    form = next(one for one in window.read.forms if "to_care_text" in one.values)
    assert (len(form.values["to_care_text"]), form.values["clinic_text"]) == (151, "Kvar")
    assert demo.eservice.clinics.by_slug("provtagningen-sodra").settings.book_texts.clinic == ""
    save(window, f"{SODRA}/texter/nybokning", to_care_text="å" * 150)


def test_hostile_texts_harm_neither_the_preview_nor_the_flows(demo, administer, browse):
    window, citizen = administer(), browse(DAN)
    typed = {"clinic_text": HOSTILE, "concerns_text": HOSTILE, "to_care_text": HOSTILE[:150], "terms_text": HOSTILE}
    window.get(f"{SODRA}/texter/nybokning").submit("Förhandsgranska", **typed)
    assert harmless(window.page)
    assert 'href="https://example.com/"' in window.page
    save(window, f"{SODRA}/texter/nybokning", **typed)
    assert harmless(window.page)
    assert harmless(window.get(f"{SODRA}/tidstyper").page)
    citizen.get("boka/provtagningen-sodra")
    assert "&lt;script&gt;" in citizen.page
    assert harmless(citizen.page)
    citizen.submit("Fortsätt", place="provtagningen-sodra", terms="yes")
    assert citizen.heading == "Vad gäller bokningen?"
    assert harmless(citizen.page)

    save(window, f"{SODRA}/kontakt", extra=HOSTILE, address="<script>alert(1)</script>")
    save(
        window,
        f"{SODRA}/tjanster",
        book_name="<script>alert(1)</script>",
        is_closed="yes",
        reason="<img src=x onerror=alert(2)>",
        first_day="2026-11-24",
    )
    for path in ("personal/", f"{SODRA}/", f"{SODRA}/kontakt", f"{SODRA}/tjanster", "mottagning/provtagningen-sodra"):
        assert harmless(window.get(path).page), path
