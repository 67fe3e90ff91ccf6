"""Envelopes in, envelopes out: the platform that a consumer believes to call, with the played clinic behind it.

Dispatch is by the body's first element, at any path. The registry says what each clinic offers; a question to an
address that is none of the clinics' gets VP004, but for the schedule, which is answered for all clinics at once there,
as by the national aggregating service. Here the script is carried out: silence, faults, slowness, oddities.
Source: contracts.md §2.3, §2.5, §5, §8, §9, §11; platform.md §12.1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Any

from conformance.consumer.asked import Question
from conformance.consumer.clinic import Clinic, ClinicFault, Facility
from conformance.consumer.script import FAULT_TEXT
from contracts import codec, envelope, processing_status, xml
from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.errors import FaultCode
from contracts.namespaces import REGISTRY_HEADERS, REGISTRY_HEADERS_2
from contracts.times import Clock, format_ts

_EXTRA_ELEMENT = b'<x:remark xmlns:x="urn:tidbro:conformance:unknown:1">nothing that anybody must know</x:remark>'
_EXTRA_BLOCK = b'<x:Trace xmlns:x="urn:tidbro:conformance:unknown:1">4711</x:Trace>'
_PING = "urn:riv:itintegration:monitoring:PingForConfigurationResponder:1"
_REGISTRIES = {
    "urn:riv:itintegration:registry:GetSupportedServiceContractsResponder:1": REGISTRY_HEADERS,
    "urn:riv:infrastructure:itintegration:registry:GetSupportedServiceContractsResponder:2": REGISTRY_HEADERS_2,
}
_DISTURBED = Mapping[str, object] | frozenset[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. `waits` in seconds before it does; `is_silence`: nothing does, and the line breaks."""

    status: int
    body: bytes
    waits: float = 0.0
    is_silence: bool = False
    charset: str = "UTF-8"


class _Fault(Exception):
    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.code: FaultCode = code
        self.text = text


class Platform:
    """Answers for one scenario's clinic."""

    def __init__(self, clinic: Clinic, clock: Clock, slow_seconds: float = 0.0, silent_seconds: float = 0.0) -> None:
        self.clinic, self._clock = clinic, clock
        self._slow, self._silent = slow_seconds, silent_seconds
        self._disturbed: set[tuple[str, str]] = set()

    def answer(self, asked: Question) -> Reply:
        name, script = asked.interaction, self.clinic.script
        lost = script.lost.get(name) if self._is_first("lost", name, script.lost) else None
        if lost == "not done":
            return Reply(0, b"", self._silent, is_silence=True)
        try:
            body, status = self._answered(asked), 200
        except _Fault as fault:
            body, status = envelope.write_fault(fault.code, fault.text), 500
        if lost == "done":
            return Reply(0, b"", self._silent, is_silence=True)
        waits = self._slow if self._is_first("slow", name, script.slow) else 0.0
        if script.in_utf_16:
            return Reply(status, body.decode().encode("utf-16"), waits, charset="UTF-16")
        return Reply(status, body, waits)

    def _is_first(self, how: str, name: str, disturbed: _DISTURBED) -> bool:
        """Whether the call is the one that the script disturbs: the first of its kind."""
        if name not in disturbed or (how, name) in self._disturbed:
            return False
        self._disturbed.add((how, name))
        return True

    def _answered(self, asked: Question) -> bytes:
        if asked.payload is None:
            raise _Fault("Client", "The message cannot be read as a SOAP envelope with something in its body.")
        if asked.contract in _REGISTRIES and asked.interaction == "GetSupportedServiceContracts":
            return _enveloped(self._registry(asked))
        if asked.contract == _PING and asked.interaction == "PingForConfiguration":
            return _enveloped(self._ping())
        if asked.interaction not in SCHEDULING_INTERACTIONS:
            raise _Fault("Client", "VP004 No route: this contract is not played by the conformance kit.")
        return self._scheduling(asked)

    def _scheduling(self, asked: Question) -> bytes:
        where = self.clinic.at(asked.logical_address)
        if where is None and asked.interaction == "GetSubjectOfCareSchedule":
            return self._aggregated(asked)
        if where is None:
            raise _Fault("Client", "VP004 No route: the logical address is none of the played clinics'.")
        if not self.clinic.offers(where, asked.interaction):
            raise _Fault("Client", "VP004 No route: the clinic does not offer this contract.")
        is_hushed = asked.interaction == "GetSubjectOfCareSchedule" and self._is_silent(where)
        if is_hushed or self._is_first("fault", asked.interaction, self.clinic.script.faults):
            raise _Fault("Server", FAULT_TEXT)
        try:
            return self._written(self.clinic.answer(asked))
        except ClinicFault as fault:
            raise _Fault("Client", str(fault)) from None

    def _aggregated(self, asked: Question) -> bytes:
        """Everything at once, with the header that says who has answered."""
        now, both = self._clock(), (self.clinic.full, self.clinic.plain)
        if self.clinic.script.is_silent:
            status = [_failed(one, now) for one in both]
            return self._written(s.GetSubjectOfCareScheduleResponse(), processing_status.write(status, fills_in=True))
        status = [
            _failed(one, now) if self._is_silent(one) else processing_status.answered(one.hsa_id.text, now)
            for one in both
        ]
        told = s.GetSubjectOfCareScheduleResponse(self.clinic.schedule(asked, None))
        return self._written(told, processing_status.write(status, fills_in=self.clinic.script.is_partly_silent))

    def _is_silent(self, where: Facility) -> bool:
        script = self.clinic.script
        return script.is_silent or (script.is_partly_silent and where == self.clinic.plain)

    def _written(self, message: Any, blocks: bytes = b"") -> bytes:
        if self.clinic.script.has_extras:
            message, blocks = replace(message, extensions=(_EXTRA_ELEMENT,)), blocks + _EXTRA_BLOCK
        return envelope.write_response(codec.encode(message), blocks)

    # -- Beside the eleven

    def _registry(self, asked: Question) -> str:
        """Every contract that the clinic offers, to whoever asks; empty for an address that is no clinic."""
        where = self.clinic.at(asked.text("logicalAdress") or "")
        offered = [one for one in SCHEDULING_INTERACTIONS.values() if where and self.clinic.offers(where, one.name)]
        rows = "".join(_row(one.contract) for one in offered)
        namespaces = f'xmlns="{asked.contract}" xmlns:core="{_REGISTRIES[asked.contract]}"'
        return f"<GetSupportedServiceContractsResponse {namespaces}>{rows}</GetSupportedServiceContractsResponse>"

    def _ping(self) -> str:
        told = f"<version>conformance kit</version><pingDateTime>{format_ts(self._clock())}</pingDateTime>"
        return f'<PingForConfigurationResponse xmlns="{_PING}">{told}</PingForConfigurationResponse>'


def _row(contract: str) -> str:
    named = f"<core:ServiceContractNamespace>{escape(contract)}</core:ServiceContractNamespace>"
    return f"<serviceContractNamespace>{named}</serviceContractNamespace>"


def _enveloped(payload: str) -> bytes:
    return envelope.write_response(xml.parse(payload.encode()))


def _failed(where: Facility, now: datetime) -> processing_status.SourceStatus:
    return processing_status.failed(where.hsa_id.text, now, "VP009", "The clinic's system did not answer.")


Platforms = Callable[[], Platform]
"""Gives the platform of the scenario that is being played."""
