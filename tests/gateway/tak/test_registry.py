"""gateway/tak/registry.py: what the registries answer about a published version (platform.md §20.4, contracts.md §9)."""

from datetime import UTC, date, datetime

import pytest

from contracts.times import SWEDEN
from gateway.tak.registry import Days, LogicalAddressee, QuestionRefused, logical_addressees, supported_contracts
from tests.gateway.builders import CLINIC, CONSUMER, NOW
from tests.gateway.tak.publications import (
    BOOK,
    CLINIC_2B02,
    CLINIC_2B03,
    FILTER,
    NOTIFY,
    TIMEBOOK,
    TIMES,
    a_publication,
    a_route,
    an_authorisation,
)

INCLUSIVE, REAL = Days(), Days(last_day_counts=False)


def supported(*authorisations: object, now: datetime = NOW, days: Days = INCLUSIVE, **asked: object) -> tuple[str, ...]:
    """The contracts told to the consumer for the clinic, when these are the authorisations."""
    publication = a_publication(authorisations=authorisations)
    question = {"logical_address": CLINIC, "consumer": CONSUMER, **asked}
    return supported_contracts(publication, now=now, days=days, **question)


def addressees(*authorisations: object, days: Days = INCLUSIVE, **asked: object) -> tuple[LogicalAddressee, ...]:
    publication = a_publication(authorisations=authorisations)
    question = {"contract": TIMES.namespace, "consumer": CONSUMER, **asked}
    return logical_addressees(publication, now=NOW, days=days, **question)


# GetSupportedServiceContracts


def test_the_contracts_are_those_that_the_consumer_may_call_at_the_address() -> None:
    """platform.md §20.4; contracts.md REG-1."""
    assert supported(
        an_authorisation(),
        an_authorisation(contract=BOOK, logical_address=CLINIC_2B03),
        an_authorisation(contract=NOTIFY, consumer=TIMEBOOK),
    ) == (TIMES.namespace,)


def test_each_contract_is_told_once() -> None:
    """platform.md §20.4: distinct."""
    both = an_authorisation(last_day=date(2026, 12, 1)), an_authorisation(id=99)
    assert supported(*both) == (TIMES.namespace,)


@pytest.mark.parametrize("asked", [{"logical_address": CLINIC.lower()}, {"consumer": CONSUMER.lower()}])
def test_address_and_consumer_are_compared_in_any_letter_case(asked: dict[str, str]) -> None:
    """platform.md §20.4."""
    assert supported(an_authorisation(), **asked) == (TIMES.namespace,)


def test_without_a_consumer_everybodys_authorisations_count() -> None:
    """platform.md §20.4; contracts.md REG-1: unlimited in 2.0 when no consumer is given."""
    told = supported(an_authorisation(), an_authorisation(contract=BOOK, consumer=TIMEBOOK), consumer=None)
    assert told == (TIMES.namespace, BOOK.namespace)


def test_the_standard_address_says_nothing_of_other_addresses() -> None:
    """platform.md §20.4: no `*`, no climbing."""
    star = CLINIC_2B02.__class__(39, "*")
    assert supported(an_authorisation(logical_address=star)) == ()


def test_a_route_alone_is_no_answer() -> None:
    """platform.md §20.4: contracts of permissions."""
    publication = a_publication(authorisations=(), routes=(a_route(),))
    assert supported_contracts(publication, CLINIC, CONSUMER, NOW, INCLUSIVE) == ()


LAST = an_authorisation(first_day=date(2026, 3, 1), last_day=date(2026, 3, 2))


@pytest.mark.parametrize(
    ("now", "inclusive", "real"),
    [
        (datetime(2026, 2, 28, 23, 59, 59, tzinfo=SWEDEN), False, False),
        (datetime(2026, 3, 1, tzinfo=SWEDEN), True, True),
        (datetime(2026, 3, 1, 23, 59, tzinfo=SWEDEN), True, True),
        (datetime(2026, 3, 2, tzinfo=SWEDEN), True, True),
        (datetime(2026, 3, 2, 0, 0, 0, 1, tzinfo=SWEDEN), True, False),
        (datetime(2026, 3, 2, 22, 59, tzinfo=UTC), True, False),
        (datetime(2026, 3, 2, 23, 0, tzinfo=UTC), False, False),
    ],
)
def test_the_last_day_counts_or_ends_as_it_begins(now: datetime, inclusive: bool, real: bool) -> None:
    """platform.md §20.4: stored dates count as 00:00 server time, so the real registry does not include the last day;
    by default it counts, as it does for the gateway (§25 row 4)."""
    assert bool(supported(LAST, now=now, days=INCLUSIVE)) is inclusive
    assert bool(supported(LAST, now=now, days=REAL)) is real


def test_a_question_without_an_address_is_refused_in_the_registrys_words() -> None:
    """platform.md §20.4."""
    with pytest.raises(QuestionRefused, match=r"^LogicalAddress must not be empty or null$"):
        supported(an_authorisation(), logical_address="")


# GetLogicalAddresseesByServiceContract


def test_there_is_a_record_for_each_authorisation_with_its_filters() -> None:
    """platform.md §20.4: one record per permission of that contract and consumer."""
    told = addressees(
        an_authorisation(),
        an_authorisation(logical_address=CLINIC_2B03, filters=(FILTER,)),
        an_authorisation(id=98),
        an_authorisation(contract=BOOK),
        an_authorisation(consumer=TIMEBOOK),
    )
    assert told == (
        LogicalAddressee(CLINIC),
        LogicalAddressee("SE2321009991-2B03", (FILTER,)),
        LogicalAddressee(CLINIC),
    )


def test_the_consumer_is_compared_in_any_letter_case_and_the_contract_exactly() -> None:
    """platform.md §20.4."""
    assert addressees(an_authorisation(), consumer=CONSUMER.lower()) == (LogicalAddressee(CLINIC),)
    assert addressees(an_authorisation(), contract=TIMES.namespace.lower()) == ()


PAST = an_authorisation(first_day=date(2019, 1, 1), last_day=date(2019, 12, 31))
FUTURE = an_authorisation(first_day=date(2030, 1, 1), last_day=date(2031, 12, 31), logical_address=CLINIC_2B03)


def test_days_are_not_looked_at() -> None:
    """platform.md §25 row 24: copied."""
    assert len(addressees(PAST, an_authorisation(), FUTURE)) == 3


def test_days_are_looked_at_when_one_wants_it() -> None:
    """platform.md §25 row 24, the switch; contracts.md REG-2: that the consumer may call at that moment."""
    told = addressees(PAST, an_authorisation(), FUTURE, days=Days(any_day_counts=False))
    assert told == (LogicalAddressee(CLINIC),)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"contract": ""}, "ServiceContractNamespece must not be empty or null"),
        ({"consumer": ""}, "ServiceConsumerHsaId must not be empty or null"),
        ({"contract": "", "consumer": ""}, "ServiceContractNamespece must not be empty or null"),
    ],
)
def test_a_question_without_contract_or_consumer_is_refused_in_the_registrys_words(
    asked: dict[str, str], sentence: str
) -> None:
    """platform.md §20.4, misspelt as there; contracts.md REG-3."""
    with pytest.raises(QuestionRefused, match=f"^{sentence}$"):
        addressees(an_authorisation(), **asked)
