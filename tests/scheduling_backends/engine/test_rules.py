"""scheduling_backends/engine/rules.py: domain.md §9.2 to §9.5, one rule at a time."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.times import SWEDEN
from scheduling_backends.engine import rules
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff, LimitUnit, ReasonMode, Release, Sex
from scheduling_backends.engine.refusals import RULES
from scheduling_backends.engine.rules import BookingCase, BookingFacts, Circumstances, Errand, OwnTime, SlotFacts
from scheduling_backends.engine.states import BookingState, Initiative, SlotState
from tests.people import ANNA, GRETA, LARS, MOA, NELLY, OSKAR, PEOPLE, RESERV, SAMIR
from tests.scheduling_backends.timebooks import NOW, a_type, at

CLINIC = ClinicSettings("Norra", phone="070-174 06 06")


def a_slot(start=None, **changes):
    start = start or at(1, 9)
    return replace(SlotFacts(start, start + timedelta(minutes=30)), **changes)


def a_case(**changes):
    case = BookingCase(CLINIC, a_type(), a_slot(), ANNA.identity, Errand.NEW, NOW)
    return replace(case, **changes)


def refused(case):
    """The error id and code that answer the case, or None."""
    refusal = rules.refuse_booking(case)
    return refusal and (refusal.error, refusal.code)


def a_booking(**changes):
    return replace(BookingFacts(BookingState.BOOKED, Initiative.CITIZEN, at(1, 9)), **changes)


NOT_ALLOWED = ("E6", "APPOINTMENT_IS_NOT_ALLOWED")
GONE = ("E3", "REQUESTED_TIME_IS_NO_LONGER_AVAILABLE")
PASSED = ("E2", "REQUESTED_TIME_HAS_ALREADY_PASSED")
TOO_LATE = ("E4", "TOO_LATE_TO_MAKE_APPOINTMENT")


def test_an_ordinary_case_is_not_refused():
    assert refused(a_case()) is None


# -- Step 1


def test_r1_a_clinic_that_is_closed_for_web_booking_takes_none():
    assert refused(a_case(clinic=replace(CLINIC, is_open=False))) == NOT_ALLOWED


@pytest.mark.parametrize("by", [BookableBy.BOTH, BookableBy.CITIZEN])
def test_r3_a_kind_of_time_for_citizens_can_be_booked(by):
    assert refused(a_case(time_type=a_type(bookable_by=by))) is None


def test_r4_a_kind_of_time_for_care_only_cannot_be_booked_but_moved():
    case = a_case(time_type=a_type(bookable_by=BookableBy.CARE))
    assert refused(case) == NOT_ALLOWED
    assert refused(replace(case, errand=Errand.REBOOKING)) is None


@pytest.mark.parametrize("errand", Errand)
def test_r3_a_closed_kind_of_time_cannot_be_had_for_anything(errand):
    assert refused(a_case(time_type=a_type(bookable_by=BookableBy.NOBODY), errand=errand)) == GONE


def test_r5_a_protected_kind_of_time_needs_an_invitation():
    case = a_case(time_type=a_type(is_protected=True))
    assert refused(case) == NOT_ALLOWED
    assert refused(replace(case, errand=Errand.INVITED)) is None


@pytest.mark.parametrize("errand", Errand)
def test_r22_an_administrative_time_is_never_given(errand):
    assert refused(a_case(time_type=a_type(is_hidden=True), errand=errand)) == NOT_ALLOWED


# -- Step 2


def test_r12_a_time_that_has_started_is_refused():
    case = a_case(slot=a_slot(NOW - timedelta(seconds=1)), time_type=a_type(closes_hours_before=0))
    assert refused(case) == PASSED
    assert refused(replace(case, slot=a_slot(NOW))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": SlotState.DRAFT},
        {"state": SlotState.BLOCKED},
        {"published_from": NOW + timedelta(seconds=1)},
    ],
)
def test_only_published_times_can_be_had(changes):
    assert refused(a_case(slot=a_slot(**changes))) == GONE


def test_a_dated_publishing_counts_from_its_moment():
    assert refused(a_case(slot=a_slot(published_from=NOW))) is None


@pytest.mark.parametrize("changes", [{"valid_from": date(2026, 12, 2)}, {"valid_to": date(2026, 11, 30)}])
def test_r3_a_kind_of_time_is_booked_only_for_days_when_it_is_valid(changes):
    assert refused(a_case(time_type=a_type(**changes))) == GONE


# -- Step 3


@pytest.mark.parametrize(
    ("person", "day", "answer"),
    [
        (LARS, 11, NOT_ALLOWED),  # 64 still
        (LARS, 14, None),  # 65 since the twelfth
        (GRETA, 11, None),
        (ANNA, 11, NOT_ALLOWED),
    ],
)
def test_r7_age_counts_on_the_day_of_the_visit(person, day, answer):
    case = a_case(person=person.identity, time_type=a_type(age_from=65), slot=a_slot(at(day, 9)))
    assert refused(case) == answer


def test_r7_the_highest_age_is_included():
    youth = a_case(person=OSKAR.identity, time_type=a_type(age_from=13, age_to=18))
    assert refused(youth) is None
    assert refused(replace(youth, time_type=a_type(age_from=13, age_to=17))) == NOT_ALLOWED


def test_r7_who_has_no_known_age_is_refused_where_age_counts():
    assert refused(a_case(person=RESERV.identity, time_type=a_type(age_from=1))) == NOT_ALLOWED
    assert refused(a_case(person=RESERV.identity)) is None


def test_r7_a_coordination_number_tells_the_age():
    assert refused(a_case(person=SAMIR.identity, time_type=a_type(age_from=41, age_to=41))) is None


# -- Step 4


def test_r10_a_time_within_the_lead_time_is_refused():
    case = a_case(slot=a_slot(at(27, 12, 30, month=11)), time_type=a_type(closes_hours_before=2))
    assert refused(case) is None
    assert refused(replace(case, now=NOW + timedelta(seconds=1))) == TOO_LATE


def test_r10_the_least_number_of_days_ahead_is_whole_days():
    case = a_case(time_type=a_type(min_days_ahead=4), slot=a_slot(at(1, 0, 0)))
    assert refused(case) is None
    assert refused(replace(case, time_type=a_type(min_days_ahead=5))) == TOO_LATE


def test_r11_a_time_past_the_horizon_is_refused():
    case = a_case(time_type=a_type(opens_days_before=4), slot=a_slot(at(1, 23)))
    assert refused(case) is None
    assert refused(replace(case, time_type=a_type(opens_days_before=3))) == GONE


# -- Step 5


@pytest.mark.parametrize(
    ("mode", "reason", "answer"),
    [
        (ReasonMode.NO, None, None),
        (ReasonMode.OPTIONAL, None, None),
        (ReasonMode.REQUIRED, "Feber", None),
        (ReasonMode.REQUIRED, None, ("E8", "REASON_REQUIRED")),
        (ReasonMode.REQUIRED, " \n", ("E8", "REASON_REQUIRED")),
    ],
)
def test_r18_a_required_reason_must_be_there(mode, reason, answer):
    assert refused(a_case(time_type=a_type(booking_reason=mode), reason=reason)) == answer


def test_r19_moving_asks_for_its_own_reason():
    kind = a_type(booking_reason=ReasonMode.REQUIRED, rebooking_reason=ReasonMode.NO)
    assert refused(a_case(time_type=kind, errand=Errand.REBOOKING)) is None
    kind = a_type(booking_reason=ReasonMode.NO, rebooking_reason=ReasonMode.REQUIRED)
    assert refused(a_case(time_type=kind, errand=Errand.REBOOKING)) == ("E8", "REASON_REQUIRED")


def test_r18_a_text_that_nobody_asked_for_is_not_kept():
    assert rules.kept_text(ReasonMode.NO, "Feber") is None
    assert rules.kept_text(ReasonMode.OPTIONAL, "  Feber ") == "Feber"


# -- Steps 6 and 7


def an_own_time(start=None, code="BES", **changes):
    start = start or at(3, 9)
    return replace(OwnTime(code, start, start + timedelta(minutes=30)), **changes)


def test_r13_one_booking_of_a_kind_is_the_most():
    case = a_case(own=(an_own_time(),))
    assert refused(case) == ("E7", "MAX_BOOKINGS_REACHED")
    assert refused(a_case(own=(an_own_time(code="ANNAT"),))) is None
    assert refused(replace(case, time_type=a_type(max_simultaneous=2))) is None


def test_r13_no_limit_is_no_limit():
    own = tuple(an_own_time(at(day, 13)) for day in range(2, 20))
    assert refused(a_case(own=own, time_type=a_type(max_simultaneous=0))) is None


def test_r13_moving_a_booking_adds_none():
    assert refused(a_case(own=(an_own_time(),), errand=Errand.REBOOKING)) is None


@pytest.mark.parametrize(
    ("start", "is_refused"),
    [(at(1, 8, 30), False), (at(1, 8, 31), True), (at(1, 9), True), (at(1, 9, 29), True), (at(1, 9, 30), False)],
)
def test_r15_a_citizen_is_in_one_place_at_a_time_and_ends_are_exclusive(start, is_refused):
    refusal = rules.refuse_booking(a_case(own=(an_own_time(start, "ANNAT"),)))
    assert (refusal is not None) == is_refused
    if refusal:
        assert (refusal.error, refusal.code) == ("E5", "USER_IS_ALREADY_OCCUPIED")
        assert start.strftime("%H.%M") in refusal.text
        assert "Norra" in refusal.text


def test_r15_a_hidden_time_is_not_given_away():
    hidden = an_own_time(at(1, 9), "ANNAT", is_shown=False)
    assert refused(a_case(own=(hidden,))) == GONE


# -- The order of §9.3


def test_the_first_rule_in_order_answers():
    """Everything is wrong at once; mending the first wrong thing brings up the next."""
    kind = a_type(
        is_protected=True, age_from=65, closes_hours_before=2, booking_reason=ReasonMode.REQUIRED, max_simultaneous=1
    )
    own = (an_own_time(at(27, 11, month=11)),)
    case = a_case(time_type=kind, slot=a_slot(at(27, 11, month=11), state=SlotState.BLOCKED), own=own)
    mended = {
        "errand": Errand.INVITED,
        "slot": a_slot(at(27, 11, month=11)),
        "person": GRETA.identity,
        "time_type": replace(kind, closes_hours_before=0),
        "reason": "Feber",
    }
    seen = [refused(case)]
    for name, value in mended.items():
        case = replace(case, **{name: value})
        seen.append(refused(case))
    case = replace(case, time_type=replace(case.time_type, max_simultaneous=0))
    seen.append(refused(case))
    assert [error and error[0] for error in seen] == ["E6", "E3", "E6", "E4", "E8", "E7", "E5"]


# -- Lists and single answers agree

KINDS = st.builds(
    a_type,
    opens_days_before=st.integers(0, 90),
    closes_hours_before=st.integers(0, 72),
    min_days_ahead=st.integers(0, 40),
    age_from=st.none() | st.integers(0, 40),
    age_to=st.none() | st.integers(41, 110),
    valid_from=st.none() | st.dates(date(2026, 9, 1), date(2027, 2, 1)),
    valid_to=st.none() | st.dates(date(2027, 2, 1), date(2027, 4, 1)),
    bookable_by=st.sampled_from(BookableBy),
    is_protected=st.booleans(),
    is_hidden=st.booleans(),
)
MOMENTS = st.datetimes(datetime(2026, 9, 1), datetime(2027, 4, 1), timezones=st.just(SWEDEN))


@given(KINDS, MOMENTS, MOMENTS, st.sampled_from(PEOPLE), st.sampled_from(Errand), *[st.booleans()] * 2)
def test_r3_to_r12_a_time_is_listed_exactly_when_it_can_be_booked(
    kind, now, start, person, errand, is_open, is_virtual
):
    clinic = replace(CLINIC, is_open=is_open, is_virtual=is_virtual)
    window = rules.window(kind, errand, person.identity, now)
    is_listed = rules.is_offered(clinic, kind, errand) and window is not None and window.covers(start)
    case = a_case(clinic=clinic, time_type=kind, slot=a_slot(start), person=person.identity, errand=errand, now=now)
    assert is_listed == (rules.refuse_booking(case) is None)


def test_r7_a_list_that_is_for_nobody_in_particular_has_no_ages():
    kind = a_type(age_from=65)
    assert rules.window(kind, Errand.NEW, None, NOW) is not None
    assert rules.window(kind, Errand.NEW, ANNA.identity, NOW) is None


def test_r7_who_comes_of_age_within_the_horizon_sees_the_days_after_the_birthday():
    window = rules.window(a_type(age_from=13), Errand.NEW, MOA.identity, NOW)
    assert window.first_day == date(2026, 12, 30)


def test_r7_the_last_day_of_an_age_group_is_the_day_before_the_birthday_after_it():
    window = rules.window(a_type(age_to=17, opens_days_before=90), Errand.NEW, NELLY.identity, NOW)
    assert window.last_day == date(2026, 12, 30)


@pytest.mark.parametrize(
    ("born", "age", "day"),
    [
        (date(2008, 12, 31), 18, date(2026, 12, 31)),
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 20, date(2028, 2, 29)),
    ],
)
def test_r7_who_is_born_on_a_leap_day_has_the_birthday_on_the_first_of_march(born, age, day):
    assert rules.birthday(born, age) == day


# -- Cancelling and moving


@pytest.mark.parametrize(
    ("by", "cut_offs", "answer"),
    [
        (Initiative.CITIZEN, {"cancel_own": CutOff(24)}, None),
        (Initiative.CITIZEN, {"cancel_own": None, "cancel_care": CutOff(24)}, "E10"),
        (Initiative.CARE, {"cancel_own": CutOff(24), "cancel_care": None}, "E10"),
        (Initiative.CARE, {"cancel_own": None, "cancel_care": CutOff(24)}, None),
    ],
)
def test_r23_own_and_care_booked_times_are_cancelled_by_their_own_settings(by, cut_offs, answer):
    refusal = rules.refuse_cancelling(CLINIC, a_type(**cut_offs), a_booking(booked_by=by), NOW)
    assert (refusal and refusal.error) == answer


@pytest.mark.parametrize(
    ("limit", "last"),
    [
        (CutOff(24), at(30, 9, month=11)),
        (CutOff(1), at(1, 8)),
        (CutOff(0), at(1, 9)),
        (CutOff(1, LimitUnit.WORKING_DAYS), at(30, 9, month=11)),
        (CutOff(2, LimitUnit.WORKING_DAYS), at(27, 9, month=11)),
    ],
)
def test_r24_r25_the_cut_off_itself_is_in_time_and_a_second_later_is_not(limit, last):
    kind = a_type(cancel_own=limit, rebook_own=limit)
    for rule, code in (
        (rules.refuse_cancelling, "TOO_LATE_TO_CANCEL_APPOINTMENT"),
        (rules.refuse_leaving, "TOO_LATE_TO_UPDATE_APPOINTMENT"),
    ):
        assert rule(CLINIC, kind, a_booking(), last) is None
        refusal = rule(CLINIC, kind, a_booking(), last + timedelta(seconds=1))
        assert (refusal.error, refusal.code) == ("E9", code)
        assert "070-174 06 06" in refusal.text


def test_r24_a_clinics_eves_are_no_working_days():
    kind = a_type(cancel_own=CutOff(1, LimitUnit.WORKING_DAYS))
    booking = a_booking(start=at(28, 9))
    clinic = replace(CLINIC, eves_are_holidays=False)
    assert rules.refuse_cancelling(CLINIC, kind, booking, at(23, 9, 1)).error == "E9"
    assert rules.refuse_cancelling(clinic, kind, booking, at(23, 9, 1)) is None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (BookingState.CANCELLED_BY_CITIZEN, "APPOINTMENT_IS_ALREADY_CANCELED"),
        (BookingState.CANCELLED_BY_CARE, "APPOINTMENT_IS_ALREADY_CANCELED"),
        (BookingState.MOVED, "APPOINTMENT_IS_ALREADY_UPDATED"),
    ],
)
def test_e11_what_is_over_is_said_to_be_over(state, code):
    for rule in (rules.refuse_cancelling, rules.refuse_leaving):
        refusal = rule(CLINIC, a_type(), a_booking(state=state), NOW)
        assert (refusal.error, refusal.code) == ("E11", code)


@pytest.mark.parametrize("state", [BookingState.INVITED, BookingState.COMPLETED, BookingState.NO_SHOW])
def test_e10_an_open_invitation_and_a_past_visit_can_be_neither_cancelled_nor_moved(state):
    start = None if state is BookingState.INVITED else at(1, 9)
    for rule in (rules.refuse_cancelling, rules.refuse_leaving):
        assert rule(CLINIC, a_type(), a_booking(state=state, start=start), NOW).error == "E10"


def test_r23_r25_flags_say_what_the_rules_would_answer():
    kind = a_type(cancel_own=CutOff(24), rebook_own=CutOff(48), cancelling_reason=ReasonMode.NO)
    early, late = at(28, 9, month=11), at(30, 8, month=11)
    assert rules.flags_of_booking(CLINIC, kind, a_booking(), early) == rules.Flags(True, True, True)
    assert rules.flags_of_booking(CLINIC, kind, a_booking(), late) == rules.Flags(True, False, False)
    kind = replace(kind, rebooking_reason=ReasonMode.NO)
    assert rules.flags_of_booking(CLINIC, kind, a_booking(), at(1, 9)) == rules.Flags(False, False, False)


def test_r18_the_flag_of_a_free_time_is_about_the_reason_for_booking():
    kind = a_type(booking_reason=ReasonMode.NO, rebooking_reason=ReasonMode.REQUIRED)
    assert not rules.flags_of_free_time(CLINIC, kind, at(1, 9), NOW).message
    assert rules.flags_of_booking(CLINIC, kind, a_booking(), NOW).message


def test_r18_the_flag_of_an_open_invitation_is_about_the_reason_for_booking():
    open_one = a_booking(state=BookingState.INVITED, start=None)
    kind = a_type(booking_reason=ReasonMode.NO)
    assert rules.flags_of_booking(CLINIC, kind, open_one, NOW) == rules.Flags(False, False, False)


# -- What is seen


@pytest.mark.parametrize(
    ("settings", "by", "is_invitation", "is_shown"),
    [
        ({}, Initiative.CARE, False, True),
        ({"shows_care_booked": False}, Initiative.CARE, False, False),
        ({"shows_care_booked": False}, Initiative.CITIZEN, False, True),
        ({"shows_care_booked": False}, Initiative.CARE, True, True),
        ({"is_hidden": True}, Initiative.CITIZEN, False, False),
    ],
)
def test_r22_what_care_booked_is_seen_where_the_clinic_shows_it(settings, by, is_invitation, is_shown):
    assert rules.is_shown(a_type(**settings), by, is_invitation) == is_shown


# -- Other clinics


GROUP = replace(CLINIC, group="Provtagningen", rebooks_in_group=True)


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        ({}, {}, True),
        ({"rebooks_in_group": False}, {}, False),
        ({}, {"group": "Annan"}, False),
        ({"group": None}, {"group": None}, False),
        ({}, {"is_open": False}, False),
        ({}, {"is_virtual": True}, False),
        ({"is_virtual": True}, {}, True),
        ({}, {"rebooks_in_group": False}, True),
    ],
)
def test_r28_r30_a_booking_moves_within_its_group_and_never_to_a_virtual_clinic(old, new, may):
    assert rules.may_go_to(replace(GROUP, **old), replace(GROUP, **new)) == may


# -- Invitations


def test_r32_an_open_invitation_is_used_once_and_only_where_it_is_for():
    assert rules.refuse_invitation(CLINIC, BookingState.INVITED, True, True) is None
    assert rules.refuse_invitation(CLINIC, BookingState.INVITED, True, False).error == "E6"
    assert rules.refuse_invitation(replace(CLINIC, is_virtual=True), BookingState.INVITED, True, True).error == "E6"
    assert rules.refuse_invitation(CLINIC, BookingState.MOVED, True, True).error == "E11"
    assert rules.refuse_invitation(CLINIC, BookingState.CANCELLED_BY_CARE, True, True).error == "E11"
    assert rules.refuse_invitation(CLINIC, BookingState.BOOKED, False, True).error == "E12"


# -- Why

TODAY_ONLY = Release(8, BookableBy.BOTH, BookableBy.CARE)


@pytest.mark.parametrize(
    ("rule", "reason", "changes"),
    [
        ("R1", "CLOSED", {"clinic": replace(CLINIC, is_open=False)}),
        ("R3", "TYPE_CLOSED", {"time_type": a_type(bookable_by=BookableBy.NOBODY)}),
        ("R4", "CARE_ONLY", {"time_type": a_type(bookable_by=BookableBy.CARE)}),
        ("R4", "CARE_ONLY", {"time_type": a_type(is_hidden=True)}),
        ("R5", "PROTECTED", {"time_type": a_type(is_protected=True)}),
        ("R6", "BASIS", {"time_type": a_type(requires_basis=True)}),
        ("R7", "AGE", {"time_type": a_type(age_from=65)}),
        ("R8", "SEX", {"time_type": a_type(only_sex=Sex.MALE)}),
        ("R9", "LISTED", {"time_type": a_type(listed_only=True)}),
        ("R10", "LEAD_TIME", {"time_type": a_type(min_days_ahead=28)}),
        ("R11", "HORIZON", {"time_type": a_type(opens_days_before=1)}),
        ("R11", "HORIZON", {"time_type": a_type(valid_to=date(2026, 11, 30))}),
        ("R11", "RELEASE", {"time_type": a_type(release=replace(TODAY_ONLY, hours=240))}),
        ("R12", "PASSED", {"now": at(1, 10)}),
        ("R13", "TYPE_LIMIT", {"own": (an_own_time(),)}),
        ("R14", "CLINIC_LIMIT", {"own": (an_own_time(code="X"),), "clinic": replace(CLINIC, max_active=1)}),
        ("R15", "OCCUPIED", {"own": (an_own_time(at(1, 9), "X"),)}),
        (
            "R16",
            "INTERVAL",
            {"time_type": a_type(min_days_between=5), "known": Circumstances(visits=(date(2026, 12, 3),))},
        ),
        ("R18", "REASON_MISSING", {"time_type": a_type(booking_reason=ReasonMode.REQUIRED)}),
        (
            "R19",
            "COMMENT_MISSING",
            {"time_type": a_type(rebooking_reason=ReasonMode.REQUIRED), "errand": Errand.REBOOKING},
        ),
        ("R30", "VIRTUAL", {"clinic": replace(CLINIC, is_virtual=True)}),
        (None, "GONE", {"slot": a_slot(state=SlotState.DRAFT)}),
        (None, "GONE", {"own": (an_own_time(at(1, 9), "X", is_shown=False),)}),
    ],
)
def test_a_refusal_tells_the_rule_and_the_reason(rule, reason, changes):
    refusal = rules.refuse_booking(a_case(**changes))
    assert (RULES.get(refusal.reason), refusal.reason) == (rule, reason)


@pytest.mark.parametrize(
    ("rule", "reason", "refusal"),
    [
        ("R23", "CANCELLING", rules.refuse_cancelling(CLINIC, a_type(cancel_own=None), a_booking(), NOW)),
        ("R24", "CANCELLING_CUT_OFF", rules.refuse_cancelling(CLINIC, a_type(), a_booking(), at(1, 8))),
        ("R25", "REBOOKING", rules.refuse_leaving(CLINIC, a_type(rebook_own=None), a_booking(), NOW)),
        ("R25", "REBOOKING_CUT_OFF", rules.refuse_leaving(CLINIC, a_type(), a_booking(), at(1, 8))),
        ("R26", "REBOOKING_LIMIT", rules.refuse_leaving(CLINIC, a_type(), a_booking(moves=3), NOW)),
    ],
)
def test_a_refused_change_tells_the_rule_and_the_reason(rule, reason, refusal):
    assert (RULES[refusal.reason], refusal.reason) == (rule, reason)


@pytest.mark.parametrize(
    ("wanted", "visits", "works"),
    [
        (4, (1,), "6 december"),
        (4, (6,), "11 december"),
        (4, (1, 9), "14 december"),
        (4, (9, 1), "14 december"),
        (4, (1, 9, 16), "21 december"),
        (4, (1, 20), "6 december"),
    ],
)
def test_r16_the_day_that_is_told_keeps_the_distance_to_every_visit_before_and_after(wanted, visits, works):
    known = Circumstances(visits=tuple(date(2026, 12, day) for day in visits))
    case = a_case(time_type=a_type(min_days_between=5, max_simultaneous=0), slot=a_slot(at(wanted, 9)), known=known)
    refusal = rules.refuse_booking(case)
    assert f"den {works} 2026" in refusal.text
    day = int(works.split()[0])
    assert rules.refuse_booking(replace(case, slot=a_slot(at(day, 9)))) is None


# -- What staff are warned about


def test_staff_are_told_every_rule_that_is_in_the_way_but_not_that_citizens_book_no_such_times():
    kind = a_type(bookable_by=BookableBy.CARE, is_protected=True, age_from=65, min_days_between=5)
    own = (an_own_time(at(1, 9), "X", is_shown=False), an_own_time())
    known = Circumstances(visits=(date(2026, 12, 3),))
    case = a_case(clinic=replace(CLINIC, is_open=False), time_type=kind, own=own, known=known)
    found = [one.reason for one in rules.hits_of_booking(case)]
    assert found == ["AGE", "INTERVAL", "TYPE_LIMIT", "OCCUPIED"]
    assert rules.hits_of_booking(a_case(time_type=a_type(booking_reason=ReasonMode.REQUIRED))) == ()


def test_staff_are_told_of_cut_offs_that_are_over_and_rebookings_that_are_used_up():
    late, used_up = at(1, 8), a_booking(moves=3)
    assert [one.reason for one in rules.hits_of_cancelling(CLINIC, a_type(), a_booking(), late)] == [
        "CANCELLING_CUT_OFF"
    ]
    found = [one.reason for one in rules.hits_of_leaving(CLINIC, a_type(), used_up, late)]
    assert found == ["REBOOKING_CUT_OFF", "REBOOKING_LIMIT"]
    never = a_type(cancel_own=None, rebook_own=None)
    assert rules.hits_of_cancelling(CLINIC, never, a_booking(), late) == ()
    assert rules.hits_of_leaving(CLINIC, never, a_booking(), late) == ()
