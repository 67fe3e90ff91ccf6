"""gateway/authorisation.py: who may call whom under which contract (platform.md §10, VP007)."""

from datetime import date

import pytest

from contracts.errors import NotAuthorised
from gateway.authorisation import authorise
from gateway.tak.model import Authorisation, Validity
from tests.gateway.builders import CLINIC, CONSUMER, CONTRACT, NOW, a_snapshot, an_authorisation


def authorised(*authorisations: Authorisation, consumer: str = CONSUMER, address: str = CLINIC) -> str:
    return authorise(consumer, address, CONTRACT, a_snapshot(authorisations=authorisations), NOW)


def test_who_is_authorised_gets_the_trace_of_the_look_up() -> None:
    assert authorised(an_authorisation()) == CLINIC


def test_all_three_match_in_any_letter_case() -> None:
    """platform.md §10."""
    one = an_authorisation(consumer=CONSUMER.lower(), logical_address=CLINIC.lower(), contract=CONTRACT.upper())
    assert authorised(one, consumer=CONSUMER.upper(), address=CLINIC.upper())


@pytest.mark.parametrize(
    "change",
    [
        {"consumer": "SE2321009991-ET02"},
        {"logical_address": "SE2321009991-1A01"},
        {"contract": CONTRACT + "1"},
        {"validity": Validity.of_days(date(2026, 1, 1), date(2026, 11, 30))},
        {"validity": Validity.of_days(date(2026, 12, 2), date(2026, 12, 31))},
    ],
)
def test_nothing_is_open_by_default(change: dict[str, object]) -> None:
    """DESIGN decision 11."""
    with pytest.raises(NotAuthorised) as told:
        authorised(an_authorisation(**change))
    assert told.value.detail == (
        f"Authorization missing for serviceNamespace: {CONTRACT}, receiverId: {CLINIC}, senderId: {CONSUMER}"
    )


def test_one_authorisation_in_force_among_expired_ones_is_enough() -> None:
    expired = an_authorisation(validity=Validity.of_days(date(2025, 1, 1), date(2025, 12, 31)))
    assert authorised(expired, an_authorisation(), expired)
