"""The kit around a gateway: consumer on one side, every producer and the TAK on the other.

Each call has a name of its own, which stands in its body: by it the producers know what to do, and what they saw is put
together with what came back. Before the first check a plain call is made: when it does not get through, nothing else
could be judged by calls, and identity.pv-2 tells it alone.
Elsewhere: what the gateway is given (setup.py), which gateways there are (gateways.py), what came back (reply.py).
"""

import itertools
import ssl
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from conformance.carrier import Bounds, Carrier, Tls
from conformance.checks import NotJudged
from conformance.exchange import Evidence, HttpMessage
from conformance.gateway import national, rows, setup
from conformance.gateway.events import events_in, field_of
from conformance.gateway.gateways import Gateway, Gateways, GatewaySettings
from conformance.gateway.producers import Behaviour, Producer, ResettingPort, Seen, replies
from conformance.gateway.reply import Reply
from conformance.gateway.starting import StartedGateway, Starter
from conformance.gateway.tak_service import TakService
from conformance.model import Finding
from conformance.people import TestPerson
from conformance.reading import Node
from contracts.times import Clock, system_clock

Over = Literal["http", "https"]
Who = Literal["consumer", "stranger", "listed"]

_SHOWN_BYTES = 50_000
_LOG_SECONDS = 5.0
_XML = "text/xml; charset=UTF-8"


class GatewayBench:
    """A context manager: it opens the producers' ports, and closes all that it opened or started.

    Raises ValueError for a folder that is no set-up, and OSError for a port that is taken.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        clock: Clock = system_clock,
        bounds: Bounds | None = None,
        starter: Starter = StartedGateway,
    ) -> None:
        self.settings, self.clock = settings, clock
        self.setup = setup.read(settings.folder)
        self.evidence = Evidence()
        self._bounds = bounds or Bounds()
        self._stack = ExitStack()
        self._names = itertools.count(1)
        self._gateways = Gateways(settings, self.setup, starter, self._stack, clock)
        self._ground = ""
        self._grounded = False
        self._tls_ground: str | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open(self) -> None:
        ports, host = self.setup.producers, self.setup.producers_host
        at = host if host == "127.0.0.1" else "0.0.0.0"  # noqa: S104 - the gateway is on another machine
        well = replies("200 OK", rows.ANSWER, f"Content-Type: {_XML}")
        self.http = Producer(well, host=at, port=ports.http, case_of=rows.case_in_body)
        self._stack.callback(self.http.close)
        self.https = Producer(well, self._tls_of_producer(), host=at, port=ports.https, case_of=rows.case_in_body)
        self._stack.callback(self.https.close)
        for whom, answer in ((rows.REGISTRY, national.registered()), (rows.SUBSCRIBER, national.notified())):
            self.http.tell(f"to:{whom}", (replies("200 OK", answer, f"Content-Type: {_XML}"),))
        self.resetting = ResettingPort(host=at, port=ports.resetting)
        self._stack.callback(self.resetting.close)
        routes, may = rows.routes(self.setup.places, self.today), rows.authorisations(self.setup.places)
        self.tak = TakService(routes, may, host=at, port=ports.tak)
        self._stack.callback(self.tak.close)
        self._carriers: dict[str, Carrier] = {"http": self._stack.enter_context(Carrier(self._bounds))}
        for who in ("consumer", "stranger"):
            tls = Tls(
                self.settings.authority or self._pem("authority.pem"), self._pem(f"{who}.crt"), self._pem(f"{who}.key")
            )
            self._carriers[who] = self._stack.enter_context(Carrier(self._bounds, tls))

    def _pem(self, name: str) -> Path:
        return self.settings.folder / "certificates" / name

    def _tls_of_producer(self) -> ssl.SSLContext:
        """A producer's end of TLS, which demands a certificate of the gateway too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._pem("producer.crt"), self._pem("producer.key"))
        context.load_verify_locations(self._pem("authority.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    @property
    def today(self) -> date:
        return self.clock().date()

    @property
    def person(self) -> TestPerson:
        """Whom the national services are asked for. Raises NotJudged when nobody was named."""
        if not self.settings.persons:
            raise NotJudged("The national services are asked for a test person; name one.")
        return self.settings.persons[0]

    # Gateways

    @property
    def standing(self) -> Gateway:
        """The gateway of the set-up's own properties. Raises NotJudged when the start command does not lead to one."""
        return self._gateways.standing()

    @property
    def gateway(self) -> Gateway:
        """The standing gateway, once a plain call has got through. Raises NotJudged when none does."""
        found = self.standing
        if not self._grounded:
            self._grounded = True
            reply = self.plain(found)
            if not reply.is_delivered:
                self.get(found.reset, "The catalogue is loaded anew, for the plain call did not get through.")
                reply = self.plain(found)
            if not reply.is_delivered:
                self._ground = (
                    f"A plain call does not get through ({reply.in_words}); see identity.pv-2-certificate-header."
                )
        if self._ground:
            raise NotJudged(self._ground)
        return found

    def gateway_with(self, **changes: str) -> Gateway:
        """A gateway with these properties, `__` standing for a dot. Raises NotJudged without a start command."""
        return self._gateways.having({name.replace("__", "."): value for name, value in changes.items()})

    def gateway_without_tak(self, *, has_file: bool) -> Gateway:
        """One that was started while the TAK did not answer, with or without a local copy. Raises NotJudged."""
        return self._gateways.without_tak(self.tak, has_file=has_file)

    # Calls

    def plain(self, at: Gateway) -> Reply:
        """A call that every gateway must get through."""
        return self.call("A plain call of the consumer who may call.", at=at)

    def call(
        self,
        purpose: str,
        message: str | None = None,
        *behaviours: Behaviour,
        headers: Mapping[str, str] | None = None,
        who: Who | None = "consumer",
        over: Over = "http",
        at: Gateway | None = None,
        body: bytes | None = None,
        codec: str = "utf-8",
        path: str = "/conformance",
    ) -> Reply:
        """One call. The producers do what `behaviours` say, in that order, attempt by attempt.

        Over HTTP `who` is told by the header with a certificate, over HTTPS by the certificate itself; None is nobody.
        `body` stands in place of a message, as it is.
        """
        gateway = at or self.gateway
        case = self.told(*behaviours)
        text = rows.a_message() if message is None else message
        raw = (
            text.replace(rows.CASE, case).encode(codec)
            if body is None
            else body.replace(rows.CASE.encode(), case.encode())
        )
        told = {"content-type": _XML}
        if who is not None and over == "http":
            told[self.setup.certificate_header] = self.certificate(who)
        told |= {name.lower(): value for name, value in (headers or {}).items()}
        base = gateway.http if over == "http" else gateway.https
        carrier = self._carriers["http" if over == "http" else who or "consumer"]
        carried = self._carry(carrier, purpose, "a call", f"{base}{path}", HttpMessage(told, raw), "POST")
        return Reply(carried.exchange, self.seen(case))

    def get(self, address: str, purpose: str, headers: Mapping[str, str] | None = None) -> Reply:
        """A page of the gateway."""
        told = {name.lower(): value for name, value in (headers or {}).items()}
        return self._carry(self._carriers["http"], purpose, "a page", address, HttpMessage(told, b""), "GET")

    def _carry(
        self, carrier: Carrier, purpose: str, interaction: str, address: str, request: HttpMessage, method: str
    ) -> Reply:
        got = carrier.call(address, request, method=method)
        shown = self.evidence.add(
            purpose, interaction, address, self._shown(request), got.answer, got.failure, got.seconds
        )
        return Reply(shown)

    def _shown(self, request: HttpMessage) -> HttpMessage:
        """A request as evidence keeps it: without megabytes of filling, and without certificates."""
        name = self.setup.certificate_header.lower()
        headers = {
            one: "(a certificate)" if one == name and len(value) > 200 else value
            for one, value in request.headers.items()
        }
        cut = request.body if len(request.body) <= _SHOWN_BYTES else request.body[:2_000]
        return HttpMessage(headers, cut)

    def told(self, *behaviours: Behaviour) -> str:
        """A new call's name, whose producers do this."""
        case = f"case-{next(self._names)}"
        if behaviours:
            for producer in (self.http, self.https):
                producer.tell(case, behaviours)
        return case

    def seen(self, case: str) -> tuple[Seen, ...]:
        return tuple(one for producer in (self.http, self.https) for one in producer.seen(case))

    def certificate(self, who: Who) -> str:
        """A consumer's certificate on one line, as a proxy hands it on."""
        return self._pem(f"{who}.crt").read_text("ascii").strip().replace("\n", " ")

    def bare(self, who: Who) -> str:
        """Base 64 without the lines around it, as Traefik sends it."""
        return "".join(self._pem(f"{who}.crt").read_text("ascii").strip().splitlines()[1:-1])

    def demand_tls_producer(self) -> None:
        """Raises NotJudged when the producer over HTTPS cannot be reached by a plain call."""
        if self._tls_ground is None:
            reply = self.call("Is the producer over HTTPS reached?", rows.a_message(rows.TLS))
            self._tls_ground = "" if reply.is_delivered else reply.in_words
        if self._tls_ground:
            sentence = (
                f"The producer over HTTPS is not reached ({self._tls_ground}); give the gateway its certificates."
            )
            raise NotJudged(sentence)

    def demand_tak(self) -> None:
        """Raises NotJudged when the gateway does not load its catalogue from the kit at a reset."""
        before = self.tak.connections
        self.get(self.gateway.reset, "Does a reset load the catalogue from the kit's TAK?")
        if self.tak.connections == before:
            address = setup.tak_url(self.setup)
            raise NotJudged(
                f"The gateway did not ask the kit's TAK at a reset; set takcache.endpoint.address={address}."
            )

    # The log

    def events(self, reply: Reply) -> list[dict[str, Any]]:
        """The log events of a call in their order, when the last has been written. Raises NotJudged without a log."""
        log, named = self.gateway.log, reply.header("x-skltp-correlation-id")
        if log is None:
            raise NotJudged("Where the gateway writes its log events was not said; name the file with --log.")
        if not named:
            raise NotJudged("The answer tells no correlation id, by which events are found; see headers.pv-41.")
        waiting, found = threading.Event(), events_in(log, named)
        for _ in range(int(_LOG_SECONDS / 0.05)):
            if any(field_of(one, "event.action") == "resp-out" for one in found):
                break
            waiting.wait(0.05)
            found = events_in(log, named)
        if not log.exists():
            raise NotJudged(f"There is no log at {log}.")
        return found

    # Findings

    def finding(
        self, rule: str, sentence: str, remedy: str, reply: Reply | None = None, at: Node | None = None
    ) -> Finding:
        """A finding that points at an element of an answer, or at the answer as a whole."""
        number = reply.exchange.number if reply else None
        return Finding(rule, sentence, remedy, number, "answer", at.line if at is not None else None)

    def clean_up(self) -> tuple[str, ...]:
        """Nothing that a gateway was asked stays behind."""
        return ()
