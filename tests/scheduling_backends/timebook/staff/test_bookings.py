"""Bookings on staff pages: seen, made, moved, cancelled, noted, by whom it is allowed (domain.md §6.3, §7.1, §7.4)."""

import re
import threading
from datetime import date, timedelta

import pytest

from scheduling_backends.engine import closures, find
from scheduling_backends.engine.models import AuditRow, BookingRow, CitizenRow, SeatRow, SlotRow, TimeTypeRow
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff
from scheduling_backends.engine.refusals import RULES
from scheduling_backends.engine.states import BookingState, Initiative, SlotState
from scheduling_backends.staff.texts import staff_texts
from tests.people import ANNA, BERTIL, ELIN, SIV
from tests.scheduling_backends.desks import BOOKER, CHIEF, PLANNER, READER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import ALONE, NORTH, World, a_period, a_type, at


def slot_ids(world: World) -> list[int]:
    return [row.id for row in sorted(world.rows(SlotRow), key=lambda row: row.start)]


def as_booker(browser: Browser) -> Browser:
    browser.sign_in(BOOKER, 1)
    return browser


def book(browser: Browser, slot_id: int, number: str, **typed: str):
    browser.get(f"/tid/{slot_id}/boka")
    return browser.post(f"/tid/{slot_id}/boka", number=number, **typed)


def actions(world: World) -> list[tuple[str, str | None]]:
    return [(row.action, row.subject_of_care) for row in world.rows(AuditRow)]


def test_a_time_that_a_citizen_booked_on_the_web_is_in_the_list_with_the_comment(
    browser: Browser, world: World
) -> None:
    ask = world.ask(ANNA)
    ask.make(ask.free_times()[0], "Ont i knät")
    as_booker(browser).get("/bokningslista", fran="2026-12-01", till="2026-12-02", status="bokad")
    assert "Webb" in browser.page
    assert "Ont i knät" in browser.page
    assert "19791212-****" in browser.page
    assert ANNA.identity.displayed not in browser.page
    assert ("read list", ANNA.number) in actions(world)


def test_staff_book_for_a_registered_citizen(browser: Browser, world: World) -> None:
    answer = book(as_booker(browser), slot_ids(world)[0], "19791212-9280", reason="Ringde")
    assert answer.request.path.startswith("/bokning/B-")
    assert "Tiden är bokad." in browser.page
    (row,) = world.rows(BookingRow)
    assert (row.booked_by, row.care_note, row.subject_of_care) == (Initiative.CARE, "Ringde", ANNA.number)
    assert ("make", ANNA.number) in actions(world)


def test_a_citizen_who_is_not_registered_needs_a_name_and_is_registered(browser: Browser, world: World) -> None:
    """domain.md §7.1: registrera invånare."""
    slot_id, number = slot_ids(world)[0], ELIN.identity.displayed
    answer = book(as_booker(browser), slot_id, number)
    assert answer.status_code == 422
    assert "Förnamn: Fyll i det här fältet." in browser.page
    assert number in browser.page  # what was typed is kept
    book(browser, slot_id, number, first_name="Elin", last_name="Kallander")
    assert ELIN.number in [row.number for row in world.rows(CitizenRow)]
    assert len(world.rows(BookingRow)) == 1


@pytest.mark.parametrize("number", ["", "19791212-9281", "hej", "1979121292800"])
def test_a_number_that_cannot_be_is_told_and_nothing_is_booked(browser: Browser, world: World, number: str) -> None:
    assert book(as_booker(browser), slot_ids(world)[0], number).status_code == 422
    assert "Något behöver rättas" in browser.page
    assert world.rows(BookingRow) == []


def test_r10_staff_are_warned_and_confirm(browser: Browser, world: World) -> None:
    """domain.md §6.3: staff skip the web limits but get a warning."""
    world.clock.now = at(1, 8)  # less than two hours before (R10)
    slot_id = slot_ids(world)[0]
    assert book(as_booker(browser), slot_id, "19791212-9280").status_code == 422
    assert "Det är för nära inpå för att boka på webben." in browser.page
    assert "Gör det ändå" in browser.page
    assert world.rows(BookingRow) == []
    book(browser, slot_id, "19791212-9280", confirmed="1")
    assert len(world.rows(BookingRow)) == 1


def test_a_double_click_books_once(browser: Browser, world: World) -> None:
    as_booker(browser).get(f"/tid/{slot_ids(world)[0]}/boka")
    mark = re.search(r'name="form_mark" value="([^"]+)"', browser.page)
    assert mark is not None
    typed = {"number": "19791212-9280", "form_mark": mark[1], "csrf_token": browser.token}
    path = f"/tid/{slot_ids(world)[0]}/boka"
    first, second = (browser.client.post(path, data=typed) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(world.rows(BookingRow)) == 1


def test_a_seat_that_a_citizen_just_took_is_told_and_what_was_typed_is_kept(browser: Browser, world: World) -> None:
    slot_id = slot_ids(world)[0]
    as_booker(browser).get(f"/tid/{slot_id}/boka")
    ask = world.ask(BERTIL)
    ask.make(ask.free_times()[0])
    answer = browser.post(f"/tid/{slot_id}/boka", number="19791212-9280", reason="Ringde", confirmed="1")
    assert answer.status_code == 409
    assert "Tiden är redan bokad. Välj en annan tid; inget har ändrats." in browser.page
    assert "Ringde" in browser.page
    assert [row.subject_of_care for row in world.rows(BookingRow)] == [BERTIL.number]


def test_staff_move_a_booking_and_the_old_time_is_free(browser: Browser, world: World) -> None:
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    browser.get(f"/bokning/{row.id}/flytta")
    browser.post(f"/bokning/{row.id}/flytta", slot=str(slot_ids(world)[3]), comment="Läkaren är borta")
    assert "Bokningen är flyttad." in browser.page
    assert "Läkaren är borta" in browser.page
    seats = {seat.slot_id: seat.booking_id for seat in world.rows(SeatRow)}
    assert (seats[slot_ids(world)[0]], seats[slot_ids(world)[3]]) == (None, row.id)


def test_a_move_to_a_time_that_was_just_taken_keeps_the_old_one(browser: Browser, world: World) -> None:
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    browser.get(f"/bokning/{row.id}/flytta")
    ask = world.ask(BERTIL)
    ask.make(ask.free_times()[0])
    answer = browser.post(f"/bokning/{row.id}/flytta", slot=str(slot_ids(world)[1]))
    assert answer.status_code == 409
    assert "Tiden är redan bokad" in browser.page
    assert {seat.slot_id: seat.booking_id for seat in world.rows(SeatRow)}[slot_ids(world)[0]] == row.id


def test_a_cancelling_needs_a_reason_and_the_row_stays_struck_through(browser: Browser, world: World) -> None:
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    assert browser.post(f"/bokning/{row.id}/avboka", comment=" ").status_code == 422
    browser.post(f"/bokning/{row.id}/avboka", comment="Läkaren är sjuk")
    assert "Bokningen är avbokad." in browser.page
    browser.get("/bokningslista", fran="2026-12-01", status="avbokad")
    assert "<s>Anna Provbäck</s>" in browser.page
    assert "Avbokad av vård" in browser.page
    assert "Läkaren är sjuk" in browser.page


def test_what_the_citizen_has_cancelled_meanwhile_is_told(browser: Browser, world: World) -> None:
    """domain.md E11 for staff: one truth and a clear sentence."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    as_booker(browser).get(f"/bokning/{booking_id}")
    ask.cancel(booking_id)
    answer = browser.post(f"/bokning/{booking_id}/avboka", comment="Sjuk")
    assert answer.status_code == 409
    assert "Bokningen är redan avbokad eller avslutad." in browser.page


def test_a_rebooked_time_shows_both_comments_and_the_old_time(browser: Browser, world: World) -> None:
    """domain.md §6.2, §10.5 scenario 8."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    ask.move(booking_id, ask.free_times()[3], "Hinner inte")
    as_booker(browser).get(f"/bokning/{booking_id}")
    for text in ("Ombokad", "Ont i knät", "Hinner inte", "Flyttade från 2026-12-01 09.00 till", "Invånaren (webb)"):
        assert text in browser.page


def test_who_came_and_who_did_not_is_noted(browser: Browser, world: World) -> None:
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    browser.post(f"/bokning/{row.id}/uteblev")
    assert "Åtgärder: Tiden har inte börjat än" in " ".join(re.sub(r"<[^>]+>", " ", browser.page).split())
    assert "Skäl till avbokningen: " not in browser.page
    world.clock.now = at(1, 9, 10)
    browser.sign_in(BOOKER, 1)
    browser.get(f"/bokning/{row.id}")
    browser.post(f"/bokning/{row.id}/uteblev")
    assert world.rows(BookingRow)[0].state is BookingState.NO_SHOW


def test_a_blocked_time_is_not_offered_and_can_be_opened(browser: Browser, world: World) -> None:
    slot_id = slot_ids(world)[0]
    as_booker(browser).get(f"/tid/{slot_id}")
    assert browser.post(f"/tid/{slot_id}/sparra", reason="").status_code == 422
    browser.post(f"/tid/{slot_id}/sparra", reason="Möte")
    assert "Möte" in browser.page
    assert len(world.ask(ANNA).free_times()) == 11
    browser.post(f"/tid/{slot_id}/oppna")
    assert len(world.ask(ANNA).free_times()) == 12


def test_a_protected_identity_shows_no_phone_and_no_address_anywhere(browser: Browser, world: World) -> None:
    """domain.md R41."""
    book(as_booker(browser), slot_ids(world)[0], SIV.identity.displayed, phone="070-174 06 33")
    (row,) = world.rows(BookingRow)
    citizen_id = next(one.id for one in world.rows(CitizenRow) if one.number == SIV.number)
    pages = (
        f"/bokning/{row.id}",
        "/bokningslista?fran=2026-12-01",
        "/bokningslista.csv?fran=2026-12-01",
        "/bokningslista/utskrift?fran=2026-12-01",
        f"/invanare/{citizen_id}",
        f"/invanare/{citizen_id}/andra",
    )
    for path in pages:
        browser.get(path)
        assert "070-174" not in browser.page, path
        assert "Provgatan" not in browser.page, path
    browser.get(f"/bokning/{row.id}")
    assert "Skyddad" in browser.page


def test_the_timebook_knows_no_listing_and_no_bases(browser: Browser, world: World) -> None:
    """domain.md §7.2: without record-system items."""
    world.change(requires_basis=True)
    citizen_id = next(one.id for one in world.rows(CitizenRow) if one.number == ANNA.number)
    as_booker(browser).get(f"/invanare/{citizen_id}")
    assert "Listning" not in browser.page
    assert "Bokningsunderlag" not in browser.page
    assert browser.client.post(f"/invanare/{citizen_id}/listning", data=token(browser)).status_code == 404
    typed = token(browser) | {"time_type": "BES"}
    assert browser.client.post(f"/invanare/{citizen_id}/underlag", data=typed).status_code == 404
    assert world.ask(ANNA).free_times() == ()


def token(browser: Browser) -> dict[str, str]:
    return {"csrf_token": browser.token}


def test_an_open_invitation_is_sent_used_and_listed(browser: Browser, world: World) -> None:
    """domain.md R32, §6.3."""
    citizen_id = next(one.id for one in world.rows(CitizenRow) if one.number == ANNA.number)
    as_booker(browser).get(f"/invanare/{citizen_id}/kalla")
    assert browser.post(f"/invanare/{citizen_id}/kalla", time_type="BES", text="").status_code == 422
    browser.post(f"/invanare/{citizen_id}/kalla", time_type="BES", text="Välkommen", clinics=GROUP_ID)
    assert "Kallelsen är skickad." in browser.page
    assert "Inte bokad än" in browser.page
    (row,) = world.rows(BookingRow)
    assert (row.state, row.invitation_text) == (BookingState.INVITED, "Välkommen")


GROUP_ID = "SE2321009991-2B02"


def test_citizens_are_found_by_name_and_by_number_and_the_search_is_noted(browser: Browser, world: World) -> None:
    as_booker(browser).get("/invanare")
    for wanted in ("Prov", "19791212", "anna"):
        answer = browser.post("/invanare", wanted=wanted)
        assert "Anna Provbäck" in browser.page
        assert wanted not in answer.request.url  # a number may not stand in an address
    assert ("find citizen", ANNA.number) in actions(world)
    browser.post("/invanare", wanted="Ingen")
    assert "Ingen hittades" in browser.page


@pytest.mark.parametrize(
    ("staff", "path", "status"),
    [
        (READER, "/tid/1/boka", 403),
        (PLANNER, "/tid/1/boka", 403),
        (BOOKER, "/schema/skapa", 403),
        (BOOKER, "/behorigheter", 403),
        (BOOKER, "/logguppfoljning", 403),
        (READER, "/statistik", 403),
        (READER, "/bokningslista", 200),
        (READER, "/bokningslista.csv", 403),
        (READER, "/bokningslista/utskrift", 403),
        (PLANNER, "/bokningslista.csv", 403),
        (READER, "/schema", 200),
        (CHIEF, "/behorigheter", 200),
        (PLANNER, "/schema/skapa", 200),
        (BOOKER, "/tid/1/boka", 200),
        (BOOKER, "/tid/999/boka", 404),
        (BOOKER, "/bokning/B-none", 404),
        (CHIEF, "/behorigheter/ge", 405),
    ],
)
def test_each_role_may_what_it_may(browser: Browser, staff, path: str, status: int) -> None:
    """domain.md §7.1."""
    browser.sign_in(staff, 1)
    assert browser.get(path).status_code == status


def test_who_may_only_look_is_offered_no_prints_and_no_file(browser: Browser) -> None:
    """domain.md §7.1."""
    for staff, is_offered in ((READER, False), (BOOKER, True)):
        browser.sign_in(staff, 1)
        browser.get("/bokningslista")
        assert ("/bokningslista.csv" in browser.page) is is_offered
        assert ("/bokningslista/utskrift" in browser.page) is is_offered


@pytest.mark.parametrize(
    "path", ["/bokning/x/avboka", "/tid/1/boka", "/tid/1/sparra", "/tidstyper/ny", "/schema/skapa"]
)
def test_a_forged_form_changes_nothing(browser: Browser, world: World, path: str) -> None:
    as_booker(browser)
    answer = browser.client.post(path, data={"csrf_token": "forged", "number": "19791212-9280", "comment": "x"})
    assert answer.status_code == 400
    assert "Inget har ändrats" in answer.get_data(as_text=True)
    assert world.rows(BookingRow) == []


def elsewhere(world: World) -> str:
    """A booking at another clinic."""
    world.add_clinic(ALONE, ClinicSettings("Kajen"), a_type())
    world.add_times(ALONE)
    ask = world.ask(ANNA, ALONE)
    return ask.booked(ask.free_times()[0])


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("get", "/bokning/{}", "read booking"),
        ("get", "/bokning/{}/flytta", "read booking"),
        ("post", "/bokning/{}/avboka", "cancel"),
        ("post", "/bokning/{}/kom", "conclude"),
        ("post", "/kallelser/{}/klar", "conclude"),
        ("post", "/att-meddela/{}", "tell citizen"),
    ],
)
def test_another_clinics_booking_is_not_found_and_the_attempt_is_noted(
    browser: Browser, world: World, method: str, path: str, action: str
) -> None:
    """Noted without the citizen, whom this clinic's follow-up has nothing to do with."""
    booking_id = elsewhere(world)
    as_booker(browser).get("/bokningslista")
    typed = {"comment": "Sjuk"} if method == "post" else {}
    assert getattr(browser, method)(path.format(booking_id), **typed).status_code == 404
    attempts = [row for row in world.rows(AuditRow) if row.booking_id == booking_id and row.clinic == NORTH.text]
    assert [(row.action, row.outcome, row.subject_of_care) for row in attempts] == [(action, "refused", None)]


def test_every_citizen_on_a_list_of_invitations_is_noted(browser: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), BERTIL.identity, invitation_text="Välkommen")
        desk.invite(NORTH, "BES", ANNA.identity, "Välj en tid", [NORTH])
    as_booker(browser).get("/kallelser")
    assert {("read list", ANNA.number), ("read list", BERTIL.number)} <= set(actions(world))


def test_every_citizen_that_a_search_finds_is_noted(browser: Browser, world: World) -> None:
    as_booker(browser).get("/invanare")
    browser.post("/invanare", wanted="19")
    found = [number for action, number in actions(world) if action == "find citizen"]
    assert sorted(found) == sorted([ANNA.number, BERTIL.number, SIV.number])


def test_a_form_that_names_a_citizen_is_noted(browser: Browser, world: World) -> None:
    citizen_id = next(one.id for one in world.rows(CitizenRow) if one.number == ANNA.number)
    as_booker(browser).get(f"/invanare/{citizen_id}/kalla")
    assert ("read citizen", ANNA.number) in actions(world)


def test_a_time_in_closed_hours_stays_blocked_and_the_page_says_so(browser: Browser, world: World) -> None:
    slot_id = slot_ids(world)[0]
    with world.timebook.writing() as session:
        clinic = find.clinics(session)[0]
        closures.close(session, clinic, (at(1, 9), at(1, 10)), "Utbildning", PLANNER, world.clock.now)
    as_booker(browser).get(f"/tid/{slot_id}")
    browser.post(f"/tid/{slot_id}/oppna")
    assert "Tiden är fortfarande spärrad" in browser.page
    assert "Tiden är öppen igen." not in browser.page


def test_a_draft_is_not_blocked_and_the_page_says_so(browser: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 3)), state=SlotState.DRAFT)
    slot_id = slot_ids(world)[-1]
    as_booker(browser).get(f"/tid/{slot_id}")
    browser.post(f"/tid/{slot_id}/sparra", reason="Möte")
    assert "Tiden är ett utkast" in browser.page
    assert "Tiden är spärrad." not in browser.page


def test_a_time_that_is_blocked_or_open_already_says_so(browser: Browser, world: World) -> None:
    slot_id = slot_ids(world)[0]
    as_booker(browser).get(f"/tid/{slot_id}")
    browser.post(f"/tid/{slot_id}/oppna")
    assert "Tiden var inte spärrad." in browser.page
    for told in ("Tiden är spärrad.", "Tiden var redan spärrad."):
        browser.post(f"/tid/{slot_id}/sparra", reason="Möte")
        assert told in browser.page


def test_a_number_that_is_registered_already_is_told_and_what_was_typed_is_kept(browser: Browser, world: World) -> None:
    as_booker(browser).get("/invanare/ny")
    typed = {"number": "19791212-9280", "first_name": "Anna", "last_name": "Nygift", "phone": "070-174 06 33"}
    assert browser.post("/invanare/ny", **typed).status_code == 409
    assert "Invånaren är redan registrerad. Inget har ändrats." in browser.page
    assert "Sparat." not in browser.page
    assert "Nygift" in browser.page
    citizen = next(one for one in world.rows(CitizenRow) if one.number == ANNA.number)
    assert f'href="/invanare/{citizen.id}"' in browser.page
    assert citizen.last_name == "Provbäck"


def test_the_file_has_semicolons_a_mark_and_no_formulas(browser: Browser, world: World) -> None:
    """domain.md §7.4: CSV, semicolon, UTF-8 with BOM."""
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280", reason="=HYPERLINK(1)")
    answer = browser.client.get("/bokningslista.csv?fran=2026-12-01&status=bokad")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert lines[0].startswith("Dag;Tid;Tidstyp;Hos;")
    assert "2026-12-01;09.00–09.30;Besök;Maria Ek;Bokad;19791212-9280;Anna Provbäck;" in lines[1]
    assert "'=HYPERLINK(1)" in lines[1]
    assert ("export", ANNA.number) in actions(world)


def rows(browser: Browser, **query: str) -> list[list[str]]:
    """The words of each cell of the booking list."""
    browser.get("/bokningslista", fran="2026-12-01", till="2026-12-02", **query)
    body = browser.page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_the_list_says_bokad_of_every_booking_and_adds_how_it_came(browser: Browser, world: World) -> None:
    """domain.md §7.4: the status is a word of its own."""
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9, 30), BERTIL.identity, invitation_text="Välkommen")
        desk.book(NORTH, "BES", at(1, 10), SIV.identity)
    as_booker(browser)
    assert [row[3] for row in rows(browser)[:4]] == ["Bokad Webb", "Bokad Kallelse", "Bokad Skyddad", "Ledig"]


def test_the_list_shows_what_staff_said_when_they_moved_a_booking(browser: Browser, world: World) -> None:
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    browser.get(f"/bokning/{row.id}/flytta")
    browser.post(f"/bokning/{row.id}/flytta", slot=str(slot_ids(world)[3]), comment="Läkaren är borta")
    assert [one[8] for one in rows(browser, status="bokad")] == ["När mottagningen flyttade: Läkaren är borta"]
    file = browser.client.get("/bokningslista.csv?fran=2026-12-01&status=bokad").data.decode("utf-8-sig")
    assert file.splitlines()[1].endswith(";Läkaren är borta;")


def test_the_list_says_when_a_time_is_released_and_which_have_passed(browser: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        period = a_period(date(2026, 12, 1), opens=13, closes=14)
        desk.add_slots(NORTH, "BES", period, published_from=at(2, 8))
    world.clock.now = at(1, 9, 40)
    as_booker(browser)
    assert [row[3] for row in rows(browser)[:2]] == ["Passerad", "Ledig"]
    assert [row[3] for row in rows(browser, status="slapps")] == ["Släpps 2026-12-02 08.00"] * 2
    assert len(rows(browser, status="passerad")) == 1


def test_the_log_tells_who_looked_at_whom(browser: Browser, world: World) -> None:
    """domain.md §7.5: log follow-up, itself noted."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    as_booker(browser).get(f"/bokning/{booking_id}")
    browser.sign_in(CHIEF, 1)
    browser.get("/logguppfoljning")
    browser.post("/logguppfoljning", number="19791212-9280", first_day="2026-11-27", last_day="2026-11-27")
    assert "Stina Reception" in browser.page
    assert "Läste en bokning" in browser.page
    assert "Invånaren (webb)" in browser.page
    assert ("read audit log", ANNA.number) in actions(world)


def test_staff_and_a_citizen_want_one_seat_and_one_gets_it(browser: Browser, world: World) -> None:
    """domain.md R15."""
    as_booker(browser).get(f"/tid/{slot_ids(world)[0]}/boka")
    token, barrier, path = browser.token, threading.Barrier(2), f"/tid/{slot_ids(world)[0]}/boka"
    cookie = browser.client.get_cookie("timebook_visit")
    assert cookie is not None
    ask = world.ask(BERTIL)
    wanted = ask.free_times()[0]
    outcomes: list[object] = []

    def by_staff() -> None:
        barrier.wait()
        typed = {"csrf_token": token, "number": "19791212-9280", "confirmed": "1"}
        other = browser.client.application.test_client()  # a test client is for one thread
        other.set_cookie("timebook_visit", cookie.value)
        outcomes.append(other.post(path, data=typed).status_code)

    def by_citizen() -> None:
        barrier.wait()
        outcomes.append(ask.make(wanted).result_code)

    threads = [threading.Thread(target=one) for one in (by_staff, by_citizen)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) in (["303", "ERROR"], ["409", "OK"])
    assert len(world.rows(BookingRow)) == 1


def test_the_visit_survives_work_and_the_pages_name_clinic_and_person(browser: Browser, world: World) -> None:
    as_booker(browser).get("/bokningslista")
    for text in ("Norra", "Stina Reception", "Fristående tidbok", 'lang="sv"', "Hoppa till innehållet"):
        assert text in browser.page
    world.clock.now += timedelta(minutes=31)
    assert browser.get("/bokningslista").request.path == "/logga-in"


def test_the_code_that_the_form_of_new_kinds_has_is_refused_with_a_sentence(browser: Browser, world: World) -> None:
    """It could never be opened: its page is the form."""
    browser.sign_in(CHIEF, 1)
    browser.get("/tidstyper/ny")
    browser.post("/tidstyper/ny", code="ny", internal_name="Nybesök", web_name="Nybesök")
    assert "Kod: Koden ny går inte att använda" in browser.page
    assert [row.code for row in world.rows(TimeTypeRow)] == ["BES"]


def test_every_fault_of_the_booking_form_names_its_field(browser: Browser, world: World) -> None:
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280", reason="x" * 501, invitation_text="x" * 501)
    for label in ("Vårdens anteckning", "Text till invånaren"):
        assert f"{label}: Skriv högst 500 tecken." in browser.page


def test_kom_is_not_offered_before_the_day_and_can_be_taken_back(browser: Browser, world: World) -> None:
    """domain.md §9.5."""
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    assert "På besöksdagen går det att notera att invånaren kom." in browser.page
    assert browser.post(f"/bokning/{row.id}/kom").status_code == 409
    assert "Besöksdagen har inte kommit än" in browser.page
    world.clock.now = at(1, 8)
    browser.sign_in(BOOKER, 1)
    browser.get(f"/bokning/{row.id}")
    browser.post(f"/bokning/{row.id}/kom")
    assert "Ångra: bokad igen" in browser.page
    browser.post(f"/bokning/{row.id}/angra")
    assert "Ångrat. Tiden är bokad igen." in browser.page
    assert "Ångrade Kom eller Uteblev" in browser.page
    assert world.rows(BookingRow)[0].state is BookingState.BOOKED


def test_care_s_note_is_shown_under_its_own_name(browser: Browser, world: World) -> None:
    """contracts.md MB-8: the note is nobody's words but care's, also when the citizen has moved the time."""
    world.change(rebook_care=CutOff(24))
    book(as_booker(browser), slot_ids(world)[0], "19791212-9280", reason="Orolig, ge extra tid")
    (row,) = world.rows(BookingRow)
    ask = world.ask(ANNA)
    ask.move(row.id, ask.free_times()[2], "Hinner inte")
    browser.get(f"/bokning/{row.id}")
    assert "<dt>Vårdens anteckning</dt><dd>Orolig, ge extra tid</dd>" in browser.page
    assert "Patientens kommentar vid bokning" not in browser.page
    browser.get("/bokningslista", fran="2026-12-01", till="2026-12-02", status="bokad")
    assert "Vårdens anteckning: Orolig, ge extra tid" in browser.page


# -- Warnings


def test_staff_are_warned_of_every_rule_at_booking_but_not_that_only_care_books_it(
    browser: Browser, world: World
) -> None:
    """domain.md §6.3: the warning is about this patient, so R3 to R5 do not hide it."""
    first, *_, last = slot_ids(world)
    book(as_booker(browser), first, "19791212-9280")
    world.change(bookable_by=BookableBy.CARE, is_protected=True, age_from=65, min_days_between=5, max_simultaneous=1)
    assert book(browser, last, "19791212-9280").status_code == 422
    for told in ("utanför tidstypens åldersgränser", "för få dagar till ett annat besök", "så många kommande tider"):
        assert told in browser.page
    world.change(age_from=None, min_days_between=0, max_simultaneous=0)
    book(browser, last, "19791212-9280")
    assert len(world.rows(BookingRow)) == 2


def test_staff_are_warned_at_moving_and_the_booking_stays_until_they_confirm(browser: Browser, world: World) -> None:
    """domain.md §6.3, R7, R25."""
    first, *_, last = slot_ids(world)
    book(as_booker(browser), first, "19791212-9280")
    (row,) = world.rows(BookingRow)
    world.change(age_from=65, rebook_care=CutOff(24))
    world.clock.now = at(1, 8)
    browser.sign_in(BOOKER, 1)
    browser.get(f"/bokning/{row.id}/flytta")
    answer = browser.post(f"/bokning/{row.id}/flytta", slot=str(last), comment="Ringde")
    assert answer.status_code == 422
    for told in ("Det är för sent för invånaren att omboka.", "utanför tidstypens åldersgränser", 'value="Ringde"'):
        assert told in browser.page
    assert f'value="{last}" checked' in browser.page
    assert world.rows(BookingRow)[0].slot_id == first
    browser.post(f"/bokning/{row.id}/flytta", slot=str(last), comment="Ringde", confirmed="1")
    assert world.rows(BookingRow)[0].slot_id == last


def test_staff_are_warned_when_it_is_too_late_for_the_patient_to_cancel(browser: Browser, world: World) -> None:
    """domain.md §6.3, R24."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    world.clock.now = at(1, 8)
    as_booker(browser).get(f"/bokning/{booking_id}")
    answer = browser.post(f"/bokning/{booking_id}/avboka", comment="Ringde")
    assert answer.status_code == 422
    assert "Det är för sent för invånaren att avboka." in browser.page
    assert [row.state for row in world.rows(BookingRow)] == [BookingState.BOOKED]
    browser.post(f"/bokning/{booking_id}/avboka", comment="Ringde", confirmed="1")
    assert [row.state for row in world.rows(BookingRow)] == [BookingState.CANCELLED_BY_CARE]


def test_every_rule_that_staff_are_warned_of_has_its_words() -> None:
    about_the_web = {"CLOSED", "TYPE_CLOSED", "CARE_ONLY", "PROTECTED", "VIRTUAL", "REASON_MISSING", "COMMENT_MISSING"}
    hits = {"CANCELLING_CUT_OFF", "REBOOKING_CUT_OFF", "REBOOKING_LIMIT", "GONE"}
    numbers = range(3, 17)  # R3 to R16 are about a booking that begins
    hits |= {reason for reason, rule in RULES.items() if int(rule[1:]) in numbers} - about_the_web - {"TAKEN"}
    assert set(staff_texts().below("warning")) - {"heading", "confirmed"} == hits


# -- To tell


def test_whom_staff_have_moved_or_cancelled_stands_on_the_list_until_told(browser: Browser, world: World) -> None:
    """domain.md §6.3: avboka och meddela."""
    ids = slot_ids(world)
    book(as_booker(browser), ids[0], "19791212-9280", phone="070-174 06 21")
    book(browser, ids[1], BERTIL.identity.displayed)
    moved, cancelled = (row.id for row in sorted(world.rows(BookingRow), key=lambda row: row.slot_id))
    browser.post(f"/bokning/{moved}/flytta", slot=str(ids[5]), comment="Läkaren är borta")
    assert "Invånaren har inte fått veta om ändringen än." in browser.page
    browser.post(f"/bokning/{cancelled}/avboka", comment="Läkaren är sjuk")
    browser.get("/att-meddela")
    for told in (
        "Anna Provbäck",
        "070-174 06 21",
        "Flyttade från 2026-12-01 09.00 till 2026-12-01 11.30",
        "Läkaren är borta",
        "Bertil Demosson",
        "Avbokade 2026-12-01 09.30",
        "Läkaren är sjuk",
        "Stina Reception",
    ):
        assert told in browser.page
    assert {("read list", ANNA.number), ("read list", BERTIL.number)} <= set(actions(world))
    browser.post(f"/att-meddela/{moved}")
    assert "Noterat att invånaren har fått veta." in browser.page
    assert "Anna Provbäck" not in browser.page
    assert ("tell citizen", ANNA.number) in actions(world)
    browser.post(f"/att-meddela/{cancelled}")
    assert "Ingen väntar på besked" in browser.page


def test_who_knows_already_is_not_on_the_list(browser: Browser, world: World) -> None:
    """Who rang, and who has done something with the booking since."""
    ids = slot_ids(world)
    book(as_booker(browser), ids[0], "19791212-9280")
    (row,) = world.rows(BookingRow)
    browser.post(f"/bokning/{row.id}/flytta", slot=str(ids[5]), is_told="1")
    browser.get("/att-meddela")
    assert "Ingen väntar på besked" in browser.page
    browser.post(f"/bokning/{row.id}/flytta", slot=str(ids[6]))
    browser.get("/att-meddela")
    assert "Anna Provbäck" in browser.page
    world.change(cancel_care=CutOff(24))
    world.ask(ANNA).cancel(row.id)
    browser.get("/att-meddela")
    assert "Ingen väntar på besked" in browser.page


def test_r18_staff_choose_among_the_ready_reasons(browser: Browser, world: World) -> None:
    world.change(ready_reasons=("Förnya recept", "Sjukintyg"))
    as_booker(browser).get(f"/tid/{slot_ids(world)[0]}/boka")
    assert '<option value="Sjukintyg">Sjukintyg</option>' in browser.page
    assert book(browser, slot_ids(world)[0], "19791212-9280", ready_reason="Annat").status_code == 422
    book(browser, slot_ids(world)[0], "19791212-9280", ready_reason="Sjukintyg", reason="Ringde")
    assert [row.care_note for row in world.rows(BookingRow)] == ["Sjukintyg\nRingde"]
