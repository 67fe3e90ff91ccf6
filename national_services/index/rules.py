"""Whether the index takes a message: every check, in the real index's order, the first that fails decides.

    address → count → for each transaction: same key, blanks, reserved, mandatory, length, dates

Pure: values in, IndexFault out. Transactions are counted from 1. What the schema says besides is checked after these
(service.py), for they have codes of their own.
Source: platform.md §21.2; contracts.md EI-2, EI-11 (EI-5 words the wrong address otherwise; platform.md's EI003 wins).
"""

from collections.abc import Sequence
from dataclasses import replace

from contracts.engagements import Engagement, EngagementTransaction, FindContent, GetUpdates
from contracts.times import parse_ts
from national_services.index.faults import IndexFault
from national_services.index.keys import key_of
from national_services.index.settings import IndexSettings

MOST_TRANSACTIONS = 1000
_NAMES = {
    "resident": "registeredResidentIdentification",
    "service_domain": "serviceDomain",
    "categorization": "categorization",
    "logical_address": "logicalAddress",
    "business_object": "businessObjectInstanceIdentifier",
    "clinical_process": "clinicalProcessInterestId",
    "source_system": "sourceSystem",
    "data_controller": "dataController",
    "most_recent_content": "mostRecentContent",
    "creation_time": "creationTime",
    "update_time": "updateTime",
    "owner": "owner",
}
_MANDATORY = (
    "resident",
    "service_domain",
    "categorization",
    "logical_address",
    "business_object",
    "clinical_process",
    "source_system",
    "data_controller",
)
_LENGTHS = {
    "resident": 32,
    "service_domain": 255,
    "categorization": 255,
    "logical_address": 64,
    "source_system": 64,
    "data_controller": 64,
    "owner": 64,
    "business_object": 128,
    "clinical_process": 128,
    "most_recent_content": 14,
    "creation_time": 14,
    "update_time": 14,
}
_TIMES = ("most_recent_content", "creation_time", "update_time")


def demand_correlation_id(correlation_id: str | None) -> None:
    if not (correlation_id or "").strip():
        raise IndexFault("EI000", "the HTTP header x-skltp-correlation-id is missing")


def demand_address(logical_address: str | None, settings: IndexSettings) -> None:
    """The address of an Update is this index (EI003)."""
    told = (logical_address or "").strip()
    if told.lower() not in settings.addresses:
        raise IndexFault("EI003", told, settings.hsa_id)


def owned(transactions: Sequence[EngagementTransaction], owner: str) -> tuple[EngagementTransaction, ...]:
    """The transactions of an Update as this index has them: their owner is the index itself, whatever they say (R6)."""
    return tuple(replace(one, engagement=replace(one.engagement, owner=owner)) for one in transactions)


def demand_transactions(
    transactions: Sequence[EngagementTransaction], settings: IndexSettings, needs_owner: bool
) -> None:
    """EI000 for their number, EI002 to EI006 for what they hold. Keys include the owner: stamp it before."""
    if not 1 <= len(transactions) <= MOST_TRANSACTIONS:
        raise IndexFault(
            "EI000", f"a message holds 1 to {MOST_TRANSACTIONS} engagementTransactions, not {len(transactions)}"
        )
    mandatory = (*_MANDATORY, "owner") if needs_owner else _MANDATORY
    seen: dict[bytes, int] = {}
    for number, transaction in enumerate(transactions, 1):
        one = transaction.engagement
        earlier = seen.setdefault(key_of(one), number)
        if earlier != number:
            raise IndexFault("EI002", earlier, number)
        _demand_no_blanks(one, number, mandatory)
        _demand_not_reserved(one, number, settings.reserved)
        _demand_mandatory(one, number, mandatory)
        _demand_lengths(one, number)
        _demand_dates(one, number)


def demand_question(question: FindContent) -> None:
    for name in ("resident", "service_domain"):
        if not getattr(question, name).strip():
            raise IndexFault("EI000", f"{_NAMES[name]} is mandatory and must not be empty")
    if question.most_recent_content is not None:
        _demand_date(question.most_recent_content, "mostRecentContent")


def demand_updates_question(question: GetUpdates) -> None:
    if not question.service_domain.strip():
        raise IndexFault("EI000", "serviceDomain is mandatory and must not be empty")
    _demand_date(question.time_stamp, "timeStamp")


def _demand_no_blanks(one: Engagement, number: int, mandatory: Sequence[str]) -> None:
    for name in mandatory:
        text = getattr(one, name) or ""
        if text != text.strip():
            raise IndexFault("EI004", f"{_NAMES[name]} in EngagementTransaction #{number} begins or ends with blanks")


def _demand_not_reserved(one: Engagement, number: int, reserved: frozenset[str]) -> None:
    for code, text in (("EI005", one.logical_address), ("EI006", one.source_system)):
        if text.lower() in reserved:
            raise IndexFault(code, number, text)


def _demand_mandatory(one: Engagement, number: int, mandatory: Sequence[str]) -> None:
    for name in mandatory:
        if not getattr(one, name):
            raise IndexFault("EI004", f"{_NAMES[name]} in EngagementTransaction #{number} is mandatory and is missing")


def _demand_lengths(one: Engagement, number: int) -> None:
    for name, most in _LENGTHS.items():
        if len(getattr(one, name) or "") > most:
            raise IndexFault(
                "EI004", f"{_NAMES[name]} in EngagementTransaction #{number} is longer than {most} characters"
            )


def _demand_dates(one: Engagement, number: int) -> None:
    for name in _TIMES:
        text = getattr(one, name)
        if text is not None and not _is_time(text):
            raise IndexFault("EI004", f"{_NAMES[name]} in EngagementTransaction #{number} is no time yyyyMMddHHmmss")


def _demand_date(text: str, name: str) -> None:
    if not _is_time(text):
        raise IndexFault("EI000", f"{name} is no time yyyyMMddHHmmss")


def _is_time(text: str) -> bool:
    try:
        parse_ts(text)
    except ValueError:
        return False
    return True
