"""Errors as the platform's faults: one table from error to fault string, and one for what a producer did.

Every fault is HTTP 500 with the exact skeleton. The Swedish sentences are part of the platform's interface, for
consumers parse and show them. Details never carry what looks like a person's number.
Source: platform.md §12, §13, §25; contracts.md G-14.
"""

from collections.abc import Mapping

from contracts import errors
from contracts.envelope import write_fault
from contracts.identifiers import hide_persons
from contracts.xml import NoText
from gateway.call import Answer
from gateway.producer_address import without_user

FAULT_TEXTS: Mapping[str, str] = {
    "VP001": "Rivta-version saknas i anrop eller stöds ej av tjänsteplattformen.",
    "VP002": "Fel i klientcertifikat. Saknas, är av felaktig typ, eller är felaktigt utformad.",
    "VP003": "Logisk adressat (ReceiverId) saknas i RivHeadern i inkommande meddelande.",
    "VP004": "Det finns inget vägval i tjänsteadresseringskatalogen som matchar anropets logiska adressat (ReceiverId) "
    "och tjänstekontrakt. Kontrollera uppgifterna i anropet och vid behov, beställ konfigurering i aktuell "
    "tjänsteplattform.",
    "VP005": "Tjänsteproducenten stödjer inte anropets angivna rivta-version. Kontrollera uppgifterna.",
    "VP006": "Internt fel i tjänsteplattformen. Det finns fler än en tjänsteproducent definierad i "
    "tjänsteadresseringskatalogen som matchar logisk adressat (ReceiverId), tjänstekontrakt och dagens datum. Tyder på "
    "felkonfiguration. Rapportera felet till tjänsteplattformsförvaltningen.",
    "VP007": "Tjänstekonsumenten saknar behörighet att anropa den logiska adressaten via detta tjänstekontrakt. "
    "Kontrollera uppgifterna och vid behov, tillse att det beställs konfiguration i aktuell tjänsteplattform.",
    "VP008": "Internt fel i tjänsteplattformen. Ingen kontakt med tjänsteadresseringskatalogen. Informera "
    "tjänsteplattformsförvaltningen.",
    "VP009": "Fel vid kontakt med tjänsteproducenten.",
    "VP010": "Internt fel i tjänsteplattformen. URL saknas för tjänsteproducenten i tjänsteplattformens "
    "tjänsteadresseringskatalog.",
    "VP011": "Anrop har gjorts utanför TLS vilket ej är tillåtet. Tjänstekonsumenten ska alltid använda TLS för säker "
    "kommunikation.",
    "VP012": "Internt fel i tjänsteplattformen. Nödvändiga resurser saknas för att VP skall fungera.",
    "VP013": "Enligt tjänsteplattformens konfiguration saknar tjänstekonsumenten rätt att använda headern "
    "x-rivta-original-serviceconsumer-hsaid. Kontakta tjänsteplattformsförvaltningen.",
    "VP014": "Anropsförmedlingen för den logiska adressaten har givit upphov till rundgång mellan tjänsteplattformar. "
    "Rapportera felet till tjänsteplattformsförvaltningen.",
    "VP015": "Anrop ej korrekt utformat och kan därför inte behandlas.",
}


class InternalFailure(errors.PlatformError):
    """What the real platform tells as an internal error of its own: by the message of an exception, without a code, and
    in the detail by its class too (platform.md §12.4). VP009 in records.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(f"{kind}: {sentence}")
        self.sentence = sentence


class UnexpectedFailure(InternalFailure, errors.ProducerUnreachable):
    """An internal error that a producer led to."""


class EmptyAnswer(errors.ProducerUnreachable):
    """VP009 for an answer that came well and is empty; `answer` is what came, for the log (platform.md §2, step 17)."""

    def __init__(self, detail: str, answer: Answer) -> None:
        super().__init__(detail)
        self.answer = answer


_NOT_CHARACTERS = InternalFailure(
    "java.lang.ClassCastException",
    "class com.ctc.wstx.evt.CompactStartElement cannot be cast to class javax.xml.stream.events.Characters",
)


def fault_of(error: errors.PlatformError, instance_name: str) -> Answer:
    """The platform's fault for an error: `VP004 [name] sentence`, with the error's detail."""
    text = f"{error.code} [{instance_name}] {FAULT_TEXTS[error.code]}"
    if isinstance(error, InternalFailure):
        text = hide_persons(error.sentence)
    return Answer(500, write_fault(error.faultcode, text, hide_persons(error.detail)))


def internal_fault(error: BaseException, instance_name: str, tells_kind: bool = False) -> Answer:
    """The fault for what should not have happened: VP009, told without the traceback or the message of the error.

    `tells_kind` is the real platform's form (platform.md §12.4): no code, but for its message we tell the error's kind.
    """
    text = f"VP009 [{instance_name}] {FAULT_TEXTS['VP009']}"
    if isinstance(error, NoText):  # the caller's doing, and not logged
        detail = f"An internal error stopped the call: {error}."
        return (
            fault_of(_NOT_CHARACTERS, instance_name) if tells_kind else Answer(500, write_fault("Server", text, detail))
        )
    detail = f"An internal error stopped the call: {type(error).__name__}. It has been logged."
    return Answer(500, write_fault("Server", type(error).__name__ if tells_kind else text, detail))


def producer_fault(fault: errors.ProducerFault) -> Answer:
    """A plug-in's own SOAP fault, passed on as an HTTP producer's would be."""
    return Answer(500, write_fault(fault.faultcode, hide_persons(fault.faultstring)))


def unreachable(
    address: str, kind: str, reason: str, status: int | None = None, catcher: str = "Tidbro"
) -> errors.ProducerUnreachable:
    """VP009 for an exception while calling a producer, in the form that consumers parse (platform.md §13, form 1).

    `catcher` is who caught it: on the real platform that is Camel.
    """
    told = (
        f"Error connecting to service producer at address {without_user(address)}. Exception Caught by {catcher} when "
        f"contacting producer. Exception information: ({kind}: {reason})"
    )
    if status is not None:
        told += f"\nVP_PRODUCER_EXCEPTION_HTTP_STATUS={status}"
    return errors.ProducerUnreachable(told)


def empty_answer(address: str, status: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> EmptyAnswer:
    """VP009 for an answer without a body (platform.md §13, form 2); `reason` is the producer's own phrase."""
    told = (
        f"Error connecting to service producer at address {without_user(address)}. "
        f"Empty message when server responded with status code: {status} {reason}"
    )
    return EmptyAnswer(told.rstrip(), Answer(status, b"", headers))
