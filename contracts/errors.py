"""How a call can fail: one tree, one entry for each row of the platform's table.

PlatformError                  anything that stops a call; unknown kinds count as VP009
├── SenderUnknown              VP002 Client   who calls cannot be established
├── TransportRefused           VP011 Client   the peer may not use the plain HTTP listener
├── OriginalConsumerRefused    VP013 Client   the sender may not speak for another consumer
├── MessageUnreadable          VP015 Client   not XML, or not within the limits
│   └── ContractViolation      VP015 Client   readable, but against the contract (ours: the platform does not look)
├── LogicalAddressMissing      VP003 Client
├── RouteMissing               VP004 Client
├── RouteAmbiguous             VP006 Server
├── TakUnavailable             VP008 Server
├── RouteWithoutAddress        VP010 Server
├── RoutingLoop                VP014 Server
├── NotAuthorised              VP007 Server
├── ProfileUnsupported         VP001 Client
├── ProfileMismatch            VP005 Client
├── ResourceMissing            VP012 Server   the profile rewrite failed
└── ProducerUnreachable        VP009 Server   also late, empty or overloaded
    └── ProducerOverloaded     VP009 Server
ProducerFault                  not the platform's: the producer answered with a SOAP fault of its own

A refusal by a booking rule is no error: the answer says resultCode ERROR (contracts.md G-15, G-16).
The sentences that consumers see stand in gateway/faults.py. `detail` may name addresses and contracts, never a
person, a name or a part of a body.
Source: platform.md §12.2; STYLE.md §6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

FaultCode = Literal["Client", "Server"]


class PlatformError(Exception):
    """A call that could not be carried out. `detail` becomes the fault's detailString."""

    code: ClassVar[str] = "VP009"
    faultcode: ClassVar[FaultCode] = "Server"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class SenderUnknown(PlatformError):
    code, faultcode = "VP002", "Client"


class TransportRefused(PlatformError):
    code, faultcode = "VP011", "Client"


class OriginalConsumerRefused(PlatformError):
    code, faultcode = "VP013", "Client"


class MessageUnreadable(PlatformError):
    code, faultcode = "VP015", "Client"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of a contract, placed so that a developer finds it.

    `path` is the element's way from the body's first child (`MakeBooking/requestedTimeslot/startTimeInclusive`),
    `line` its line in the message (1 is the first), `rule` the schema rule or our rule id (`pattern`, `G-5`, …),
    `sentence` what is wrong. No field quotes a value from the message: it may be a person's.
    """

    path: str
    line: int
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.path}: {self.sentence} [{self.rule}]"


class ContractViolation(MessageUnreadable):
    """A readable message that breaks its contract; `violations` says where and how."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(map(str, violations)))
        self.violations = tuple(violations)


class LogicalAddressMissing(PlatformError):
    code, faultcode = "VP003", "Client"


class RouteMissing(PlatformError):
    code, faultcode = "VP004", "Client"


class RouteAmbiguous(PlatformError):
    code = "VP006"


class TakUnavailable(PlatformError):
    code = "VP008"


class RouteWithoutAddress(PlatformError):
    code = "VP010"


class RoutingLoop(PlatformError):
    code = "VP014"


class NotAuthorised(PlatformError):
    code = "VP007"


class ProfileUnsupported(PlatformError):
    code, faultcode = "VP001", "Client"


class ProfileMismatch(PlatformError):
    code, faultcode = "VP005", "Client"


class ResourceMissing(PlatformError):
    code = "VP012"


class ProducerUnreachable(PlatformError):
    code = "VP009"


class ProducerOverloaded(ProducerUnreachable):
    """All workers are taken and the queue is full: told at once, so that the caller need not wait to learn it."""


class ProducerFault(Exception):
    """A SOAP fault that the scheduling system itself answers with; the platform passes it on unchanged.

    `faultstring` is read by operations staff, not by citizens (contracts.md G-14), and names no person.
    """

    def __init__(self, faultstring: str, faultcode: FaultCode = "Server") -> None:
        super().__init__(faultstring)
        self.faultstring = faultstring
        self.faultcode: FaultCode = faultcode
