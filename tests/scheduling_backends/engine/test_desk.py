"""scheduling_backends/engine/desk.py: what staff do (domain.md §7.3)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.identifiers import HsaId
from scheduling_backends.engine.desk import NoSeat
from scheduling_backends.engine.models import BookingRow, ClinicRow, HistoryRow, SeatRow, SlotRow
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff, LimitUnit
from scheduling_backends.engine.states import BookingState, Happening, SlotState
from tests.people import ANNA, BERTIL, RESERV
from tests.scheduling_backends.timebooks import GROUP, NORTH, NOW, SOUTH, a_period, a_type, at

DECEMBER = date(2026, 12, 1)


def test_what_is_set_up_is_there_whole_or_not_at_all(world):
    def set_up_half():
        with world.timebook.desk() as desk:
            desk.add_clinic(NORTH, GROUP)
            desk.add_time_type(SOUTH, a_type())

    with pytest.raises(LookupError):
        set_up_half()
    assert world.rows(ClinicRow) == []


@pytest.mark.parametrize(
    "unknown",
    [
        lambda desk: desk.add_slots(SOUTH, "BES", a_period(DECEMBER)),
        lambda desk: desk.add_slots(NORTH, "NIX", a_period(DECEMBER)),
        lambda desk: desk.add_slots(NORTH, "BES", a_period(DECEMBER), resource="R9"),
        lambda desk: desk.add_slots(NORTH, "BES", a_period(DECEMBER), performer=HsaId("SE2321009991-P009")),
        lambda desk: desk.add_time_type(NORTH, a_type(code="NY"), "NIX"),
        lambda desk: desk.cancel("B-unknown"),
    ],
)
def test_an_unknown_name_is_a_lookup_error(clinic, unknown):
    with pytest.raises(LookupError), clinic.timebook.desk() as desk:
        unknown(desk)


def test_every_setting_of_a_kind_of_time_is_kept(clinic):
    settings = a_type(
        code="ALLT",
        internal_name="Internt",
        length_minutes=45,
        bookable_by=BookableBy.CITIZEN,
        cancel_own=CutOff(3, LimitUnit.WORKING_DAYS),
        cancel_care=None,
        rebook_care=CutOff(0),
        age_from=13,
        age_to=22,
        valid_from=date(2026, 1, 1),
        capacity=50,
        purpose="Ta med legitimation.",
    )
    with clinic.timebook.desk() as desk:
        desk.add_time_type(NORTH, settings)
        kept = desk.time_type_settings(NORTH, "ALLT")
    assert kept == settings


def test_a_period_says_what_it_made_what_clashed_and_which_days_were_off(world):
    world.add_clinic(NORTH, GROUP, a_type(), a_type(code="KORT", length_minutes=10))
    with world.timebook.desk() as desk:
        desk.add_resource(NORTH, "R1", "Rum 1")
        desk.add_resource(NORTH, "R2", "Rum 2")
        christmas = a_period(date(2026, 12, 23), date(2026, 12, 28), opens=9, closes=10)
        first = desk.add_slots(NORTH, "BES", christmas, resource="R1")
        again = desk.add_slots(NORTH, "KORT", replace(christmas, length_minutes=40), resource="R1")
        elsewhere = desk.add_slots(NORTH, "KORT", replace(christmas, length_minutes=40), resource="R2")
    assert (first.made, first.clashes) == (4, ())
    assert first.holidays == (date(2026, 12, 24), date(2026, 12, 25))
    assert (again.made, [moment.day.day for moment in again.clashes]) == (0, [23, 28])
    assert (elsewhere.made, elsewhere.clashes) == (2, ())


def test_times_that_touch_do_not_clash(clinic):
    with clinic.timebook.desk() as desk:
        report = desk.add_slots(NORTH, "BES", a_period(DECEMBER, opens=12, closes=13))
        assert (report.made, report.clashes) == (2, ())
        report = desk.add_slots(NORTH, "BES", a_period(DECEMBER, opens=8, closes=10))
        assert (report.made, len(report.clashes)) == (2, 2)
        gaps = replace(a_period(date(2026, 12, 3)), pause_minutes=30)
        assert desk.add_slots(NORTH, "BES", gaps).made == 3
        between = desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 3)))
    assert (between.made, len(between.clashes)) == (3, 3)


def test_a_performer_is_at_one_clinic_at_a_time(clinic):
    clinic.add_clinic(SOUTH, GROUP, a_type())
    with clinic.timebook.desk() as desk:
        desk.add_performer(HsaId("SE2321009991-P001"), "Maria", "Ek")
        busy = {"performer": HsaId("SE2321009991-P001")}
        assert desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 3)), **busy).made == 6
        assert desk.add_slots(SOUTH, "BES", a_period(date(2026, 12, 3)), **busy).made == 0


def test_a_time_has_as_many_seats_as_its_capacity(world):
    world.add_clinic(NORTH, GROUP, a_type(capacity=4))
    assert world.add_times(period=a_period(DECEMBER, opens=9, closes=10)) == 2
    assert world.add_times(period=a_period(DECEMBER, opens=10, closes=11), capacity=2) == 2
    seats = [(seat.slot_id, seat.number) for seat in world.rows(SeatRow)]
    assert len(seats) == len(set(seats)) == 12


def test_drafts_go_out_when_they_are_published(world):
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times(state=SlotState.DRAFT)
    assert world.ask().free_times() == ()
    with world.timebook.desk() as desk:
        assert desk.publish(NORTH, DECEMBER, DECEMBER) == 6
    assert len(world.ask().free_times()) == 6


def test_a_dated_publishing_goes_out_at_its_moment(world):
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times(state=SlotState.DRAFT)
    with world.timebook.desk() as desk:
        desk.publish(NORTH, DECEMBER, DECEMBER, published_from=NOW + timedelta(hours=1))
    assert world.ask().free_times() == world.ask().free_days() == ()
    world.clock.now += timedelta(hours=1)
    assert len(world.ask().free_times()) == 6


def test_no_times_are_made_in_the_hours_of_a_clock_change(world):
    world.add_clinic(NORTH, ClinicSettings("Jouren"), a_type())
    spring = replace(a_period(date(2027, 3, 28), opens=1, closes=5), weekdays=frozenset(range(7)), keeps_holidays=True)
    assert world.add_times(period=spring) == 5  # 01.00, and from 03.00 on
    assert {(row.end - row.start) for row in world.rows(SlotRow)} == {timedelta(minutes=30)}


def test_staff_book_past_the_citizens_rules_but_never_a_seat_twice(clinic):
    clinic.change(bookable_by=BookableBy.CARE, age_from=65, opens_days_before=0)
    with clinic.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), RESERV.identity)
    with pytest.raises(NoSeat), clinic.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), ANNA.identity)
    with pytest.raises(NoSeat), clinic.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9, 15), ANNA.identity)
    assert len(clinic.rows(BookingRow)) == 1


def test_staff_cancel_at_any_time_and_the_seat_is_free(clinic):
    ask = clinic.ask()
    slot = ask.free_times()[0]
    booking_id = ask.booked(slot)
    clinic.clock.now = slot.start - timedelta(minutes=1)
    with clinic.timebook.desk() as desk:
        desk.cancel(booking_id, "Stängt")
    clinic.clock.now = slot.start - timedelta(hours=3)
    assert clinic.ask(BERTIL).make(slot).result_code == "OK"


@pytest.mark.parametrize(("came", "state"), [(True, BookingState.COMPLETED), (False, BookingState.NO_SHOW)])
def test_a_visit_that_is_over_is_concluded_and_the_history_says_so(clinic, came, state):
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    with clinic.timebook.desk() as desk:
        desk.conclude(booking_id, came)
    assert [row.state for row in clinic.rows(BookingRow)] == [state]
    assert [line.what for line in clinic.rows(HistoryRow)][1:] == [Happening.CAME if came else Happening.STAYED_AWAY]
    assert ask.details(booking_id).cancel_booking_allowed is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": " "},
        {"web_name": ""},
        {"length_minutes": 0},
        {"capacity": 0},
        {"capacity": 51},
        {"ready_reasons": ("x" * 501,)},
        {"ready_reasons": ("Recept\x07",)},
        {"ready_reasons": ("Recept", " ")},
        {"opens_days_before": -1},
        {"age_from": 23, "age_to": 22},
        {"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)},
    ],
)
def test_settings_that_cannot_be_are_not_made(wrong):
    with pytest.raises(ValueError):
        a_type(**wrong)


@pytest.mark.parametrize("text", ["", "24", "-1 hours", "2 fortnights", "two hours"])
def test_a_cut_off_of_another_form_is_a_value_error(text):
    with pytest.raises(ValueError):
        CutOff.from_text(text)


@pytest.mark.parametrize("cut_off", [CutOff(0), CutOff(24), CutOff(3, LimitUnit.WORKING_DAYS)])
def test_a_cut_off_reads_back_from_its_text(cut_off):
    assert CutOff.from_text(str(cut_off)) == cut_off
