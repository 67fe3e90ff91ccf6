"""The real platform's message events, in the Elastic common schema: req-in, req-out, resp-in, resp-out, error.

Off unless `log_style` asks for it; each event comes once a call, in that order, an error before the answer to it. A
caller without identity and a body that cannot be read leave no req-in. Bodies only when `log_payloads` asks for them,
and masked (masking.py). A producer's own fault is told by its code; its words are a body's words and are hidden,
unless they are a platform's known sentence.
Elsewhere: one line (ecs_lines.py), the events of TLS (tls_events.py), our own record of each call (message_log.py). The
real platform's old text format is not written.
Source: platform.md §19.
"""

import json
import time
import traceback
from datetime import timedelta
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.http_headers import ORIGINAL_CONSUMER
from contracts.identifiers import hide_persons
from contracts.namespaces import SOAP_ENVELOPE
from gateway import ecs_lines, faults, masking, profiles
from gateway.call import Answer, Call
from gateway.ecs_lines import Facts, made_id
from gateway.headers import PRODUCER_TIME, HeaderRules
from gateway.message_log import shortened, without_credentials
from gateway.settings import GatewaySettings

Event = Literal["req-in", "req-out", "resp-in", "resp-out", "error"]

ACTING_ON_BEHALF = "x-rivta-acting-on-behalf-of-hsaid"
_LOGGERS = {"req-in": "req.in", "req-out": "req.out", "resp-in": "resp.in", "resp-out": "resp.out", "error": "error"}
_TOWARDS_PRODUCER = ("req-out", "resp-in")


class EcsLog:
    """Writes the events of one gateway to the logger `tidbro.ecs`."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.is_on = settings.log_style == "ecs"
        self._settings = settings
        self._rules = HeaderRules(settings)
        self._constant = ecs_lines.constant_facts(settings, "skltp-messages", "web")

    def write(self, event: Event, call: Call, answer: Answer | None = None) -> None:
        """One event of a call; `answer` is what came or what goes back, where there is one."""
        if not self.is_on or event in call.events_told or (event == "resp-in" and not _went_well(answer)):
            return
        facts = self.facts_of(event, call, answer)
        call.events_told += (event,)
        ecs_lines.write(facts)

    def facts_of(self, event: Event, call: Call, answer: Answer | None) -> Facts:
        """The event's fields, with those that are unknown as None."""
        if call.event_ids is None:
            call.event_ids = (made_id(), made_id(), made_id())
        transaction, span_in, span_out = call.event_ids
        elapsed = time.monotonic() - call.received_at
        is_request = event in ("req-in", "req-out")
        sender, receiver = _shown(call.sender), _shown(call.message.logical_address if call.message else None)
        return {
            "@timestamp": ecs_lines.stamp(call.now + timedelta(seconds=elapsed)),
            "log.level": _level(event, self._settings),
            "log.logger": f"se.skl.tp.vp.logging.{_LOGGERS[event]}",
            "message": f"{event} {sender} -> {receiver}",
            **self._constant,
            "event.action": event,
            "event.type": ["access", "start" if is_request else "end"],
            "event.id": made_id(),
            "event.duration": None if is_request else _duration(event, answer, elapsed),
            "trace.id": shortened(call.correlation_id),
            "transaction.id": transaction,
            "span.id": span_out if event in _TOWARDS_PRODUCER else span_in,
            **_places(call),
            **(self._request(event, call) if is_request else self._response(event, call, answer)),
            **(_error(call) if event == "error" else {}),
            **{f"labels.{name}": value for name, value in self._labels(event, call, answer).items()},
        }

    def _request(self, event: Event, call: Call) -> Facts:
        rows = self._outgoing(call) if event == "req-out" else tuple(call.request.headers.items())
        body, charset = call.request.body, call.request.charset
        if event == "req-out" and call.sent_body is not None:
            body, charset = call.sent_body, None
        length = str(len(body))
        return {
            "http.request.method": call.request.method,
            "http.request.headers": self._headers(rows) if rows else None,
            "http.request.body.bytes": call.request.header("content-length") or length if event == "req-in" else length,
            "http.request.body.content": self._body(body, charset),
        }

    def _response(self, event: Event, call: Call, answer: Answer | None) -> Facts:
        if answer is None or event == "error":
            return {"http.request.method": call.request.method}
        return {
            "http.request.method": call.request.method,
            "http.response.status_code": str(answer.status),
            "http.response.headers": self._headers(answer.headers),
            "http.response.body.bytes": str(len(answer.body)),
            "http.response.body.content": self._body(answer.body, None),
        }

    def _outgoing(self, call: Call) -> tuple[tuple[str, str], ...]:
        """The headers that an HTTP producer gets; a plug-in gets none."""
        address = call.route.address.lower() if call.route else ""
        return self._rules.to_producer(call, "https://" in address) if "http" in address.split(":", 1)[0] else ()

    def _headers(self, rows: tuple[tuple[str, str], ...]) -> str:
        return json.dumps(masking.headers(rows, self._settings.certificate_header), ensure_ascii=False)

    def _body(self, content: bytes, charset: str | None) -> str | None:
        return masking.body(content, charset) if self._settings.log_payloads else None

    def _labels(self, event: Event, call: Call, answer: Answer | None) -> Facts:
        message, given = call.message, call.request.headers
        contract = message.contract if message else None
        return {
            "parent.id": call.event_ids[1] if call.event_ids and event in _TOWARDS_PRODUCER else None,
            "route": f"vp-{call.request.scheme}-route",
            "senderid": _shown(call.sender),
            "receiverid": _shown(message.logical_address) if message else None,
            "servicecontract_namespace": _shown(contract),
            "rivversion": _profile(event, call),
            "wsdl_namespace": _wsdl_namespace(contract, _profile(event, call)),
            "originalServiceconsumerHsaid": _shown(call.original_consumer),
            "originalServiceconsumerHsaid_in": _shown(given.get(ORIGINAL_CONSUMER)),
            "actingOnBehalfOfHsaid": _shown(given.get(ACTING_ON_BEHALF)),
            "routerVagvalTrace": _shown(call.routing_trace),
            "routerBehorighetTrace": _shown(call.authorisation_trace),
            "sslContextId": call.tls_context,
            **({} if call.events_told else self._forwarded(call)),
            **(_session(call, answer) if call.error_origin and event in ("error", "resp-out") else {}),
        }

    def _forwarded(self, call: Call) -> Facts:
        """What a proxy told of the address that was called; once a call."""
        own = self._settings
        names = {
            "httpXForwardedProto": own.forwarded_proto_header,
            "httpXForwardedHost": own.forwarded_host_header,
            "httpXForwardedPort": own.forwarded_port_header,
        }
        return {label: _shown(call.request.header(name.lower())) for label, name in names.items()}


# -- Facts of one kind each


def _went_well(answer: Answer | None) -> bool:
    return answer is not None and 200 <= answer.status < 300


def _level(event: Event, settings: GatewaySettings) -> str:
    if event == "error":
        return "ERROR"
    return "DEBUG" if settings.log_payloads else "INFO"


def _duration(event: Event, answer: Answer | None, elapsed: float) -> str:
    told = {name.lower(): value for name, value in answer.headers} if answer else {}
    if event == "resp-in" and PRODUCER_TIME in told:
        return f"{told[PRODUCER_TIME]}000000"
    return str(int(elapsed * 1_000_000_000))


def _places(call: Call) -> Facts:
    query = f"?{call.request.query}" if call.request.query else ""
    host = call.request.header("host") or "localhost"
    address = without_credentials(call.route.address) if call.route else ""
    try:
        parts = urlsplit(address) if "//" in address else None
        domain, port = (parts.hostname, parts.port) if parts else (None, None)
    except ValueError:
        parts = domain = port = None
    is_http = call.request.scheme == "http"
    return {
        "url.full": shortened(f"{call.request.scheme}://{host}{call.request.path}{query}"),
        "url.original": _shown(address),
        "source.address": _shown(call.sender_address) if is_http else None,
        "source.ip": _shown(call.sender_address) if is_http else None,
        "destination.address": _shown(parts.netloc if parts else address),
        "destination.domain": domain,
        "destination.port": str(port) if port else None,
    }


def _profile(event: Event, call: Call) -> str | None:
    """As the message has it; after a rewrite as the catalogue spells it (platform.md §4.2)."""
    message, route = call.message, call.route
    if message is None or route is None or (call.sent_at is None and event != "req-out"):
        return message.profile if message else None
    return route.profile if profiles.must_rewrite(message.profile, route.profile) else message.profile


def _wsdl_namespace(contract: str | None, profile: str | None) -> str | None:
    return _shown(f"{contract.replace('Responder', '')}:{profile.lower()}") if contract and profile else None


def _error(call: Call) -> Facts:
    """The error behind an error event; of a traceback the frames, for the message of one may name a patient."""
    exception = call.exception
    frames = traceback.format_tb(exception.__traceback__) if exception and call.error_origin == "internal" else []
    return {
        "error.type": type(exception).__name__ if exception else call.error_code or None,
        "error.message": _detail(call),
        "error.stack_trace": hide_persons("".join(frames)),
    }


def _session(call: Call, answer: Answer | None) -> Facts:
    """What is told of a call that went wrong: the platform's own error, or the producer's fault that is passed on."""
    status = HTTPStatus(answer.status).phrase if answer and answer.status in set(HTTPStatus) else ""
    told: Facts = {"statusCode": f"{answer.status} {status}".strip() if answer else None}
    if not call.error_code:
        return told | (_fault_in(answer.body) if answer else {})
    kind = type(call.exception).__name__ if call.exception else "PlatformError"
    return told | {
        "sessionStatus": "true",
        "sessionErrorDescription": faults.FAULT_TEXTS["VP009"] if call.error_code == "VP009" else _detail(call),
        "sessionErrorTechnicalDescription": f"{kind}: {_detail(call)}",
        "errorCode": call.error_code,
    }


def _detail(call: Call) -> str:
    return shortened(without_credentials(call.error_detail)) or faults.FAULT_TEXTS.get(call.error_code, "")


def _fault_in(body: bytes) -> Facts:
    """A producer's fault: its code, and its words where they are a platform's own."""
    try:
        fault = xml.parse(body).find(f"{{{SOAP_ENVELOPE}}}Body/{{{SOAP_ENVELOPE}}}Fault")
    except MessageUnreadable as error:
        return {"faultString": f"Unknown SOAPFault ({type(error).__name__})"}
    if fault is None:
        return {"faultString": "Unknown SOAPFault (no Fault)"}
    words = fault.findtext("faultstring") or ""
    is_known = any(words.startswith(code) and words.endswith(text) for code, text in faults.FAULT_TEXTS.items())
    code = (fault.findtext("faultcode") or "").rpartition(":")[2]
    return {
        "faultCode": code if code in ("Client", "Server", "VersionMismatch", "MustUnderstand") else masking.HIDDEN,
        "faultString": shortened(words) if is_known else masking.HIDDEN,
        "faultDetail": masking.HIDDEN if fault.find("detail") is not None else None,
    }


def _shown(text: str | None) -> str | None:
    return shortened(text) if text else None
