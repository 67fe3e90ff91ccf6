"""scheduling_backends/engine/refusals.py and texts_sv.toml: domain.md §5.11."""

import pytest

from scheduling_backends.engine.refusals import RULES, Reason, Situation, catalogue, refuse
from tests.scheduling_backends.timebooks import at

CODES = {
    "E1": {"REQUESTED_TIME_IS_ALREADY_RESERVED"},
    "E2": {"REQUESTED_TIME_HAS_ALREADY_PASSED"},
    "E3": {"REQUESTED_TIME_IS_NO_LONGER_AVAILABLE"},
    "E4": {"TOO_LATE_TO_MAKE_APPOINTMENT"},
    "E5": {"USER_IS_ALREADY_OCCUPIED"},
    "E6": {"APPOINTMENT_IS_NOT_ALLOWED"},
    "E7": {"MAX_BOOKINGS_REACHED"},
    "E8": {"REASON_REQUIRED", "REASON_TOO_LONG"},
    "E9": {"TOO_LATE_TO_UPDATE_APPOINTMENT", "TOO_LATE_TO_CANCEL_APPOINTMENT"},
    "E10": {"UPDATE_APPOINTMENT_IS_NOT_ALLOWED", "CANCEL_IS_NOT_ALLOWED"},
    "E11": {"APPOINTMENT_IS_ALREADY_CANCELED", "APPOINTMENT_IS_ALREADY_UPDATED"},
    "E12": {"APPOINTMENT_DOES_NOT_EXIST"},
}


def test_every_situation_has_its_words_and_there_are_no_others():
    assert set(catalogue()) == {situation.value for situation in Situation}


@pytest.mark.parametrize("situation", Situation)
def test_a_refusal_has_a_code_of_the_catalogue_and_a_whole_sentence(situation):
    refusal = refuse(situation, phone="070-174 06 06", clinic="Norra", time_type="Blodprov", moment=at(1, 8, 20))
    assert refusal.code in CODES[refusal.error]
    assert refusal.text.endswith(".")
    assert "{" not in refusal.text


def test_all_codes_are_used():
    used = {entry["code"] for entry in catalogue().values()}
    assert used == set().union(*CODES.values())


def test_a_text_without_a_phone_says_whom_to_ring():
    assert "ring mottagningen" in refuse(Situation.TOO_LATE_TO_BOOK).text.lower()


def test_a_clock_time_is_swedish_time():
    assert "08.20" in refuse(Situation.TAKEN, moment=at(1, 8, 20)).text


def test_every_reason_is_used_and_rules_are_those_of_the_table():
    assert {rule[0] for rule in RULES.values()} == {"R"}
    assert set(Reason) - set(RULES) == {"NOT_ALLOWED", "GONE", "ALREADY_CANCELLED", "ALREADY_MOVED"}


def test_r39_an_agent_is_not_told_what_a_reason_says_of_the_person():
    refusal = refuse(Situation.NOT_ALLOWED, reason=Reason.AGE)
    assert refusal.for_an_agent().reason is Reason.NOT_ALLOWED
    assert refuse(Situation.TAKEN, moment=at(1, 9)).for_an_agent().reason is Reason.TAKEN
