"""gateway/faults.py: every error as the platform's fault, whole (platform.md §12, §13)."""

import pytest

from contracts import errors
from gateway import faults
from tests.contracts.test_errors import CODES, kinds
from tests.gateway.builders import Stub, a_pipeline, carried, fault_in, read_fault
from tests.people import ANNA

TEXTS = {
    "VP001": "Rivta-version saknas i anrop eller stöds ej av tjänsteplattformen.",
    "VP002": "Fel i klientcertifikat. Saknas, är av felaktig typ, eller är felaktigt utformad.",
    "VP003": "Logisk adressat (ReceiverId) saknas i RivHeadern i inkommande meddelande.",
    "VP004": "Det finns inget vägval i tjänsteadresseringskatalogen som matchar anropets logiska adressat (ReceiverId) och tjänstekontrakt. Kontrollera uppgifterna i anropet och vid behov, beställ konfigurering i aktuell tjänsteplattform.",
    "VP005": "Tjänsteproducenten stödjer inte anropets angivna rivta-version. Kontrollera uppgifterna.",
    "VP006": "Internt fel i tjänsteplattformen. Det finns fler än en tjänsteproducent definierad i tjänsteadresseringskatalogen som matchar logisk adressat (ReceiverId), tjänstekontrakt och dagens datum. Tyder på felkonfiguration. Rapportera felet till tjänsteplattformsförvaltningen.",
    "VP007": "Tjänstekonsumenten saknar behörighet att anropa den logiska adressaten via detta tjänstekontrakt. Kontrollera uppgifterna och vid behov, tillse att det beställs konfiguration i aktuell tjänsteplattform.",
    "VP008": "Internt fel i tjänsteplattformen. Ingen kontakt med tjänsteadresseringskatalogen. Informera tjänsteplattformsförvaltningen.",
    "VP009": "Fel vid kontakt med tjänsteproducenten.",
    "VP010": "Internt fel i tjänsteplattformen. URL saknas för tjänsteproducenten i tjänsteplattformens tjänsteadresseringskatalog.",
    "VP011": "Anrop har gjorts utanför TLS vilket ej är tillåtet. Tjänstekonsumenten ska alltid använda TLS för säker kommunikation.",
    "VP012": "Internt fel i tjänsteplattformen. Nödvändiga resurser saknas för att VP skall fungera.",
    "VP013": "Enligt tjänsteplattformens konfiguration saknar tjänstekonsumenten rätt att använda headern x-rivta-original-serviceconsumer-hsaid. Kontakta tjänsteplattformsförvaltningen.",
    "VP014": "Anropsförmedlingen för den logiska adressaten har givit upphov till rundgång mellan tjänsteplattformar. Rapportera felet till tjänsteplattformsförvaltningen.",
    "VP015": "Anrop ej korrekt utformat och kan därför inte behandlas.",
}
"""platform.md §12.2, column "Fault string text (Swedish, literal)"."""

SKELETON = (
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header/><SOAP-ENV:Body>'
    "<SOAP-ENV:Fault><faultcode>SOAP-ENV:{}</faultcode><faultstring>{} [Regionen] {}</faultstring>"
    "<detail><detailString>the detail</detailString></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
every_kind = pytest.mark.parametrize(
    "kind", sorted(kinds() - {errors.ContractViolation}, key=str), ids=lambda k: k.__name__
)


def test_the_table_has_a_sentence_for_every_code_and_no_other() -> None:
    assert dict(faults.FAULT_TEXTS) == TEXTS


@every_kind
def test_every_error_becomes_its_row_byte_for_byte(kind: type[errors.PlatformError]) -> None:
    """platform.md §12.1, §12.2: HTTP 500 for every code."""
    code, faultcode = CODES.get(kind.__name__, ("VP009", "Server"))
    answer = faults.fault_of(kind("the detail"), "Regionen")
    assert answer.status == 500
    assert answer.body.decode() == SKELETON.format(faultcode, code, TEXTS[code])
    assert answer.headers == (("Content-Type", "text/xml; charset=UTF-8"),)


def test_vp007_is_told_as_the_servers_fault() -> None:
    """platform.md §25 row 3: copied."""
    assert read_fault(faults.fault_of(errors.NotAuthorised(), "x").body).faultcode == "SOAP-ENV:Server"


def test_a_contract_violation_tells_its_violations() -> None:
    error = errors.ContractViolation([errors.Violation("A/b", 3, "pattern", "the value is odd")])
    assert fault_in(faults.fault_of(error, "x")).detail == "line 3, A/b: the value is odd [pattern]"


def test_a_fault_never_carries_what_looks_like_a_person() -> None:
    """DESIGN decision 10."""
    told = [
        faults.fault_of(errors.RouteMissing(f"receiverId: {ANNA.number}"), "x"),
        faults.producer_fault(errors.ProducerFault(f"no patient {ANNA.number}")),
        faults.internal_fault(ValueError(ANNA.number), "x"),
    ]
    assert not any(ANNA.number.encode() in answer.body for answer in told)


def test_what_should_not_have_happened_is_told_without_its_message() -> None:
    """STYLE §6: logged with its traceback, answered without."""
    fault = fault_in(faults.internal_fault(ZeroDivisionError("secret"), "x"))
    assert (fault.code, fault.faultcode) == ("VP009", "SOAP-ENV:Server")
    assert fault.detail == "An internal error stopped the call: ZeroDivisionError. It has been logged."


def test_what_should_not_have_happened_is_told_by_its_kind_where_the_setting_says_so() -> None:
    """platform.md §12.4: no code in the fault string; the error's own message is not told all the same."""
    fault = fault_in(faults.internal_fault(ZeroDivisionError("secret"), "x", tells_kind=True))
    assert (fault.faultcode, fault.faultstring) == ("SOAP-ENV:Server", "ZeroDivisionError")
    assert "secret" not in fault.detail


@pytest.mark.parametrize(("mode", "code"), [("tidbro", "VP009"), ("skltp", "ZeroDivisionError")])
def test_an_error_inside_an_adapter_is_told_as_the_setting_says(mode: str, code: str) -> None:
    """platform.md §12.4."""
    fault = fault_in(carried(a_pipeline(adapters={"stub": Stub(before=lambda: 1 // 0)}, compatibility=mode)))
    assert fault.code == code


def test_what_the_real_platform_tells_as_an_internal_error_has_no_code() -> None:
    """platform.md §12.4; it is VP009 in the records."""
    error = faults.UnexpectedFailure("TooLarge", f"of {ANNA.number}")
    fault = fault_in(faults.fault_of(error, "x"))
    assert (error.code, fault.faultstring, fault.detail) == ("VP009", "of (hidden)", "TooLarge: of (hidden)")


def test_a_producers_own_fault_is_passed_on_as_a_fault_of_its_own() -> None:
    """contracts.md G-14; platform.md §13."""
    answer = faults.producer_fault(errors.ProducerFault("The database is locked.", "Client"))
    fault = fault_in(answer)
    assert (fault.faultcode, fault.faultstring) == ("SOAP-ENV:Client", "The database is locked.")


def test_what_consumers_parse_in_vp009_is_there() -> None:
    """platform.md §13, form 1: the URL, the phrase, and the status on a line of its own."""
    detail = faults.unreachable("http://p/x", "HttpStatus", "It answered 404", 404).detail
    assert detail.startswith("Error connecting to service producer at address http://p/x. Exception Caught by ")
    assert "Exception information: (HttpStatus: It answered 404)" in detail
    assert detail.endswith("\nVP_PRODUCER_EXCEPTION_HTTP_STATUS=404")
    assert "VP_PRODUCER" not in faults.unreachable("http://p/x", "Timeout", "late").detail


def test_who_caught_the_exception_is_camel_on_the_real_platform() -> None:
    """platform.md §13, form 1, whole."""
    assert faults.unreachable("http://p/x", "java.Error", "why", 404, "Camel").detail == (
        "Error connecting to service producer at address http://p/x. Exception Caught by Camel when contacting producer. "
        "Exception information: (java.Error: why)\nVP_PRODUCER_EXCEPTION_HTTP_STATUS=404"
    )


def test_no_detail_tells_the_name_and_password_of_an_address() -> None:
    told = (
        faults.unreachable("https://u:p@h/x", "a", "b").detail + faults.empty_answer("https://u:p@h/x", 200, "").detail
    )
    assert told.count("https://h/x") == 2
    assert "u:p" not in told


def test_an_empty_answer_is_told_with_its_status() -> None:
    """platform.md §13, form 2."""
    assert faults.empty_answer("http://p/x", 200, "OK").detail == (
        "Error connecting to service producer at address http://p/x. "
        "Empty message when server responded with status code: 200 OK"
    )


@pytest.mark.parametrize("name", ["<&>", "å", "\x00"])
def test_a_fault_is_well_formed_whatever_the_platform_is_called(name: str) -> None:
    assert fault_in(faults.fault_of(errors.RouteMissing("<&>\x0b"), name)).code == "VP004"
