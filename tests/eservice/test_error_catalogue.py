"""What a citizen meets when a clinic refuses: the text, and where it leads (domain.md §5.11, E1–E11), for real.

Both systems: 1A.. is the record system's, 2B.. the timebook's. E12, E13, E15 and E18 are about other pages; E14 has tests
of its own (test_no_answer.py).
"""

import threading
from datetime import timedelta

import pytest

from scheduling_backends.engine import citizens
from scheduling_backends.engine.offer import ReasonMode
from tests.eservice.walks import (
    booked_page,
    change,
    desk,
    journey_of,
    letters,
    name_of,
    pass_time,
    slot_of,
    step,
    system_of,
    walk,
)
from tests.people import ANNA, BERTIL, DAN, GRETA, HULDA, ISAK, LARS

SSK30 = ("1A01", "bjorkdalens-vardcentral", "SSK30")
PROV10 = ("2B02", "provtagningen-norra", "PROV10")
OST15 = ("2B07", "mottagningen-ostadig", "OST15")
IN_BOTH = (SSK30, PROV10)
PHONES = {"1A01": "070-174 06 13", "2B02": "070-174 06 06"}


def at_check(window, slug, code, **more):
    """Ready to book."""
    window.get(f"boka/{slug}")
    return walk(window, kind=code, **more)


# -- E1


@pytest.mark.parametrize(("clinic", "slug", "code"), [SSK30, OST15], ids=["record-system", "timebook"])
def test_e1_the_time_was_taken_meanwhile_and_nothing_typed_is_lost(demo, browse, clinic, slug, code):
    first, second = browse(BERTIL), browse(HULDA)
    for window in (first, second):
        at_check(window, slug, code, at=5, reason="Hosta sedan i måndags")
    day = demo.clock.now.date()
    assert "Klart" in first.submit("Boka tiden").heading

    second.submit("Boka tiden", phone="070-174 06 99")

    taken = own(demo, BERTIL, clinic, code).start
    assert step(second) == "tid"
    told = f"Någon annan hann boka tiden kl. {taken:%H.%M}. Det du skrivit är kvar – välj en ny tid."
    assert told in second.text
    assert second.title.startswith("Fel: Välj tid – Boka tid – ")
    assert second.page.count('role="alert"') == 1
    assert f"{day.day} november" in second.text  # the same day, with a fresh list

    second.submit("Fortsätt", time=second.choices("time")[0])  # and straight back to what was typed
    assert step(second) == "kontrollera"
    assert "Hosta sedan i måndags" in second.text
    assert 'value="070-174 06 99"' in second.page
    assert second.submit("Boka tiden").heading == "Klart! Din tid är bokad"
    assert own(demo, HULDA, clinic, code).reason == "Hosta sedan i måndags"


def own(demo, person, clinic, code):
    (found,) = [one for one in demo.booked(person, clinic) if one.time_type_id == code]
    return found


@pytest.mark.parametrize(("clinic", "slug", "code"), [SSK30, OST15], ids=["record-system", "timebook"])
def test_e1_two_who_press_at_the_same_moment_share_one_booking(demo, browse, clinic, slug, code):
    windows = [browse(BERTIL), browse(HULDA)]
    for window in windows:
        at_check(window, slug, code, at=5, reason="Hosta")
    barrier = threading.Barrier(2)

    def press(window):
        barrier.wait()
        window.submit("Boka tiden")

    threads = [threading.Thread(target=press, args=(window,)) for window in windows]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(step(one) for one in windows) == ["klart", "tid"]
    (loser,) = [one for one in windows if step(one) == "tid"]
    assert "Någon annan hann boka tiden" in loser.text
    booked = [one for person in (BERTIL, HULDA) for one in demo.booked(person, clinic) if one.time_type_id == code]
    assert len(booked) == 1


# -- E2 to E4: the clock, and the clinic's schedule


@pytest.mark.parametrize(("clinic", "slug", "code"), [("1A01", SSK30[1], "AKUT15"), PROV10], ids=["record", "timebook"])
def test_e2_the_time_has_passed(demo, browse, clinic, slug, code):
    window = at_check(browse(DAN), slug, code, reason="Feber", place=slug)
    pass_time(demo, journey_of(window, demo).slot.start + timedelta(minutes=1), window)
    window.submit("Boka tiden")
    assert step(window) == "tid"
    assert "Tiden har redan passerat. Välj en ny tid." in window.text
    assert window.title.startswith("Fel: ")


def test_e3_the_clinic_has_changed_its_schedule(demo, browse):
    for clinic, slug, code in IN_BOTH:
        window = at_check(browse(HULDA), slug, code, at=3, place=slug, reason="Hosta")
        with desk(demo, clinic) as made:
            made.block([slot_of(window, demo)])
        window.submit("Boka tiden")
        assert step(window) == "tid"
        assert "Tiden går inte längre att boka. Välj en annan." in window.text


def test_e4_it_is_too_close_to_the_time(demo, browse):
    window, other = browse(HULDA), browse(DAN)
    at_check(window, SSK30[1], "SSK30", reason="Hosta")
    at_check(other, PROV10[1], "PROV10", place=PROV10[1])
    pass_time(demo, demo.clock.now + timedelta(minutes=30), window, other)
    for one, phone in ((window, "070-174 06 13"), (other, "070-174 06 06")):
        one.submit("Boka tiden")
        assert step(one) == "tid"
        assert f"Den här tiden kan inte bokas så nära inpå. Välj en senare tid eller ring {phone}." in one.text


# -- E5 to E7: the person


def test_e5_there_is_another_time_at_the_same_moment_which_the_page_leads_to(demo, browse):
    hulda = demo.town.visitor(HULDA, "1A01")
    other = hulda.book(hulda.times("BLT15")[0])
    window = at_check(browse(HULDA), SSK30[1], "AKUT15", reason="Feber")
    window.submit("Boka tiden")
    assert step(window) == "tid"
    assert "Du har redan en tid kl. 13.00 samma dag hos Björkdalens vårdcentral." in window.text
    assert window.follow("Visa den tiden").status == 200
    assert window.url.endswith(f"bokad-tid/{name_of(demo, HULDA, '1A01', other.booking_id)}")


def test_e5_a_time_that_care_booked_stands_in_the_way(demo, browse):
    """In the timebook: Isak's long test and a blood sample in the middle of it."""
    (booked,) = demo.booked(ISAK, "2B02")
    window = browse(ISAK).get("boka/provtagningen-norra")
    walk(window, kind="PROV10", place="provtagningen-norra", day=booked.start.date())
    window.submit("Boka tiden")
    assert f"Du har redan en tid kl. {booked.start:%H.%M} samma dag hos Provtagningen Norra." in window.text
    assert window.follow("Visa den tiden").url.endswith(booked_page(demo, ISAK, "2B02"))


def test_e6_the_basis_for_booking_was_withdrawn(demo, browse):
    window = at_check(browse(ANNA), "rehab-an", "KBT45", reason="Oro")
    with system_of(demo, "1A04").writing() as session:
        citizens.withdraw_basis(session, 1, demo.clock.now)
    window.submit("Boka tiden")
    assert step(window) == "vad"
    assert "Den här tiden kan du inte boka själv. Ring 070-174 06 16." in window.text
    assert window.title.startswith("Fel: Välj vad det gäller – ")
    assert not any("KBT45" in one for one in window.choices("kind"))


def test_e6_too_young_on_the_day_of_the_visit(demo, browse):
    """Lars turns 65 on 12 December: only later days are offered; then the clinic raises its limit."""
    window = browse(LARS).get("boka/vaccinationen-torget")
    walk(window, "tid", kind="VAC65")
    assert "Första lediga dagen är måndag 14 december 2026" in window.text.replace("december.", "december 2026")
    walk(window)
    change(demo, "2B01", "VAC65", age_from=66)
    window.submit("Boka tiden")
    assert step(window) == "vad"
    assert "Den här tiden kan du inte boka själv. Ring 070-174 06 05." in window.text


def test_e7_one_booking_of_the_kind_is_the_most_and_the_page_leads_to_it(demo, browse):
    for clinic, slug, code, name in ((*SSK30[:2], "BLT15", "Blodtryckskontroll"), (*PROV10, "Blodprov")):
        window = at_check(browse(BERTIL), slug, code, place=slug)
        window.submit("Boka tiden")
        assert f"Du har redan en bokad tid för {name}. Omboka eller avboka den först." in window.text
        booked = own(demo, BERTIL, clinic, code)
        assert window.url.endswith(f"bokad-tid/{name_of(demo, BERTIL, clinic, booked.booking_id)}")


# -- E8


@pytest.mark.parametrize(("clinic", "slug", "code"), [SSK30, OST15], ids=["record-system", "timebook"])
def test_e8_the_clinic_demands_a_reason_that_it_had_not_asked_for(demo, browse, clinic, slug, code):
    window = at_check(browse(HULDA), slug, code)
    change(demo, clinic, code, booking_reason=ReasonMode.REQUIRED)
    window.submit("Boka tiden")
    assert step(window) == "beratta"
    assert window.title.startswith("Fel: Berätta för vården – ")
    assert window.text.count("Skriv varför du söker") == 2  # in the summary of faults, and at the field
    assert "(måste fyllas i)" in window.text
    assert 'aria-invalid="true"' in window.page
    window.submit("Fortsätt", reason=" ")
    assert (window.status, step(window)) == (422, "beratta")
    assert "Skriv varför du söker" in window.text
    window.submit("Fortsätt", reason="Yrsel")
    assert window.submit("Boka tiden").heading == "Klart! Din tid är bokad"


def test_e8_the_clinic_demands_a_comment_on_the_move(demo, browse):
    for clinic, slug, code in IN_BOTH:
        change(demo, clinic, code, rebooking_reason=ReasonMode.OPTIONAL)
        window = browse(ANNA).get(f"{booked_page(demo, ANNA, clinic)}/omboka")
        walk(window, place=slug, at=2)
        change(demo, clinic, code, rebooking_reason=ReasonMode.REQUIRED)
        window.submit("Omboka tiden")
        assert step(window) == "beratta"
        assert "Skriv varför du vill omboka" in window.text
        window.submit("Fortsätt", reason="Jobbar")
        assert window.submit("Omboka tiden").heading == "Klart! Din tid är ombokad"


def test_e8_the_clinic_demands_a_comment_on_the_cancelling_and_the_field_says_so(demo, browse):
    """1A03 asks why; the contract does not tell that before."""
    window = browse(GRETA).get(f"{booked_page(demo, GRETA, '1A03')}/avboka")
    walk(window)
    assert "(frivilligt)" in window.text
    window.submit("Avboka tiden", reason="")
    assert step(window) == "kontrollera"
    assert window.text.count("Skriv varför du vill avboka") == 2
    assert "(måste fyllas i)" in window.text
    assert window.title.startswith("Fel: ")
    window.submit("Avboka tiden", reason="   ")
    assert (window.status, len(demo.booked(GRETA, "1A03"))) == (422, 1)
    assert window.submit("Avboka tiden", reason="Är bortrest").heading == "Klart! Din tid är avbokad"
    assert demo.booked(GRETA, "1A03") == ()


def test_e8_too_much_text_is_told_before_it_is_sent_and_is_still_there(demo, browse):
    window = browse(HULDA).get(f"boka/{SSK30[1]}")
    walk(window, "beratta", kind="SSK30")
    long = "x" * 501
    window.submit("Fortsätt", reason=long)
    assert (window.status, step(window)) == (422, "beratta")
    assert "Skriv högst 500 tecken." in window.text
    assert long in window.page


# -- E9 to E11: changing what is booked


@pytest.mark.parametrize(
    ("clinic", "slug", "limit", "note"),
    [
        (*SSK30[:2], timedelta(hours=24), " Uteblir du utan att avboka får du betala 200 kronor."),
        (*PROV10[:2], timedelta(hours=1), ""),
    ],
    ids=["record-system", "timebook"],
)
def test_e9_it_became_too_late_while_the_page_was_shown(demo, browse, clinic, slug, limit, note):
    (booked,) = demo.booked(ANNA, clinic)
    page = booked_page(demo, ANNA, clinic)
    demo.clock.now = booked.start - limit - timedelta(minutes=5)
    windows = {word: walk(browse(ANNA).get(f"{page}/{word}"), place=slug) for word in ("avboka", "omboka")}
    pass_time(demo, booked.start - limit + timedelta(minutes=1), *windows.values())
    for word, window in windows.items():
        window.submit(f"{word.capitalize()} tiden")
        assert f"Det är för sent att {word} på nätet. Ring {PHONES[clinic]} så snart du kan.{note}" in window.text
        assert window.url.endswith(page)
    assert demo.booked(ANNA, clinic)[0].start == booked.start


def test_e10_the_clinic_has_withdrawn_the_right_to_change_it(demo, browse):
    for clinic, slug, code in IN_BOTH:
        page = booked_page(demo, ANNA, clinic)
        windows = {word: walk(browse(ANNA).get(f"{page}/{word}"), place=slug) for word in ("avboka", "omboka")}
        change(demo, clinic, code, cancel_own=None, rebook_own=None)
        for word, window in windows.items():
            window.submit(f"{word.capitalize()} tiden")
            assert f"Den här tiden kan bara {word}s av mottagningen. Ring {PHONES[clinic]}." in window.text
            assert window.url.endswith(page)
        assert len(demo.booked(ANNA, clinic)) == 1


def test_e11_it_was_cancelled_in_another_window(demo, browse):
    for clinic, slug, _ in IN_BOTH:
        page = booked_page(demo, ANNA, clinic)
        first, second, third = (browse(ANNA) for _ in range(3))
        walk(first.get(f"{page}/avboka"))
        walk(second.get(f"{page}/avboka"))
        walk(third.get(f"{page}/omboka"), place=slug)
        assert first.submit("Avboka tiden").heading == "Klart! Din tid är avbokad"
        for window, button in ((second, "Avboka tiden"), (third, "Omboka tiden")):
            window.submit(button)
            assert window.url.endswith("bokade-tider")
            assert "Tiden är redan avbokad." in window.text
            assert 'class="notice bad"' not in window.page  # no red error
            assert not window.title.startswith("Fel")
    assert [one.kind for one in letters(demo, ANNA)] == ["cancelled", "cancelled"]


def test_e11_it_was_moved_in_another_window_and_the_new_time_is_not_touched(demo, browse):
    """Within the clinic the booking keeps its id: to cancel it from an old page would cancel the new time."""
    for clinic, slug, _ in IN_BOTH:
        page = booked_page(demo, ANNA, clinic)
        first, second, third = (browse(ANNA) for _ in range(3))
        walk(first.get(f"{page}/omboka"), place=slug, at=1)
        walk(second.get(f"{page}/avboka"))
        walk(third.get(f"{page}/omboka"), place=slug, at=2)
        assert first.submit("Omboka tiden").heading == "Klart! Din tid är ombokad"
        (moved,) = demo.booked(ANNA, clinic)
        for window, button in ((second, "Avboka tiden"), (third, "Omboka tiden")):
            window.submit(button)
            assert window.url.endswith("bokade-tider")
            assert f"Tiden är redan ombokad till tisdag 24 november 2026 kl. {moved.start:%H.%M}." in window.text
            assert 'class="notice bad"' not in window.page
        assert demo.booked(ANNA, clinic) == (moved,)


def test_e11_it_was_moved_to_another_clinic(demo, browse):
    page = booked_page(demo, ANNA, "2B02")
    second = walk(browse(ANNA).get(f"{page}/avboka"))
    first = walk(browse(ANNA).get(f"{page}/omboka"), place="provtagningen-sodra", at=1)
    assert first.submit("Omboka tiden").heading == "Klart! Din tid är ombokad"
    second.submit("Avboka tiden")
    assert second.url.endswith("bokade-tider")
    assert "Tiden är redan ombokad. Titta bland dina bokade tider." in second.text
    assert len(demo.booked(ANNA, "2B03")) == 1
