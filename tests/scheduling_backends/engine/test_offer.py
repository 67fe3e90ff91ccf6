"""What a clinic and its kinds of time are set to: values that no schedule can have are refused when they are made."""

import pytest

from scheduling_backends.engine.offer import ClinicSettings, CutOff
from tests.scheduling_backends.timebooks import a_type


@pytest.mark.parametrize(
    "changes",
    [
        {"code": " "},
        {"web_name": ""},
        {"length_minutes": 0},
        {"capacity": 0},
        {"capacity": 51},
        {"closes_hours_before": -1},
        {"max_simultaneous": -1},
        {"message_after_booking": "  "},
        {"purpose": ""},
    ],
)
def test_a_kind_of_time_that_cannot_be_is_refused(changes):
    """domain.md §6.1, §7.2; a blank text would be INFO without one on the wire (contracts.md G-17)."""
    with pytest.raises(ValueError):
        a_type(**changes)


def test_a_clinic_needs_a_name():
    with pytest.raises(ValueError):
        ClinicSettings(name=" ")


@pytest.mark.parametrize("text", ["24", "3 fortnights", "-1 hours", ""])
def test_a_cut_off_is_a_number_of_hours_or_working_days(text):
    with pytest.raises(ValueError):
        CutOff.from_text(text)
