"""contracts/errors.py: one tree, one code for each kind (platform.md §12.2)."""

import pytest

from contracts import errors

CODES = {
    "SenderUnknown": ("VP002", "Client"),
    "TransportRefused": ("VP011", "Client"),
    "OriginalConsumerRefused": ("VP013", "Client"),
    "MessageUnreadable": ("VP015", "Client"),
    "ContractViolation": ("VP015", "Client"),
    "LogicalAddressMissing": ("VP003", "Client"),
    "RouteMissing": ("VP004", "Client"),
    "RouteAmbiguous": ("VP006", "Server"),
    "TakUnavailable": ("VP008", "Server"),
    "RouteWithoutAddress": ("VP010", "Server"),
    "RoutingLoop": ("VP014", "Server"),
    "NotAuthorised": ("VP007", "Server"),
    "ProfileUnsupported": ("VP001", "Client"),
    "ProfileMismatch": ("VP005", "Client"),
    "ResourceMissing": ("VP012", "Server"),
    "ProducerUnreachable": ("VP009", "Server"),
    "ProducerOverloaded": ("VP009", "Server"),
}


def kinds(of: type[errors.PlatformError] = errors.PlatformError) -> set[type[errors.PlatformError]]:
    """Every kind of PlatformError, at any depth, that contracts defines."""
    return {of}.union(*(kinds(kind) for kind in of.__subclasses__() if kind.__module__ == errors.__name__))


def test_every_kind_has_the_code_and_the_faultcode_of_its_row() -> None:
    """platform.md §12.2, code and fault code."""
    found = {kind.__name__: (kind.code, kind.faultcode) for kind in kinds() - {errors.PlatformError}}
    assert found == CODES


def test_a_kind_without_a_row_counts_as_vp009_from_the_server() -> None:
    """platform.md §12.4."""

    class Unheard(errors.PlatformError):
        pass

    assert (Unheard("x").code, Unheard("x").faultcode) == ("VP009", "Server")


def test_the_detail_is_what_the_error_says() -> None:
    error = errors.RouteMissing("no route")
    assert (error.detail, str(error)) == ("no route", "no route")


def test_a_contract_violation_tells_each_violation_with_line_path_sentence_and_rule() -> None:
    error = errors.ContractViolation(
        [errors.Violation("A/b", 3, "pattern", "the value is odd"), errors.Violation("A", 1, "G-5", "no such day")]
    )
    assert error.detail == "line 3, A/b: the value is odd [pattern]; line 1, A: no such day [G-5]"
    assert len(error.violations) == 2


@pytest.mark.parametrize("faultcode", ["Client", "Server"])
def test_a_producers_own_fault_is_no_platform_error(faultcode: errors.FaultCode) -> None:
    fault = errors.ProducerFault("The database is locked.", faultcode)
    assert not isinstance(fault, errors.PlatformError)
    assert (fault.faultstring, fault.faultcode) == ("The database is locked.", faultcode)
