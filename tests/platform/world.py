"""All that the gateways under test live among: producers, certificates, and files in the real platform's formats.

`World.start` starts one gateway; `Gateway` is how a test speaks to it.
"""

import itertools
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from cryptography.x509.oid import NameOID

from conformance.gateway.certificates import ORGANISATION, Authority, Issued
from conformance.gateway.producers import CASE, Behaviour, Producer, ResettingPort, Seen, replies
from tests.platform import catalogue, wire
from tests.platform.letter import INSTANCE_NAME
from tests.platform.messages import ANSWER, a_message
from tests.platform.process import GatewayProcess
from tests.platform.wire import Reply

CERTIFICATE = "x-vp-auth-cert"
SLOW_MILLISECONDS = 1500
RETRY_MILLISECONDS = 120
_CASES = itertools.count(1)
_ANSWERS_WELL = replies("200 OK", ANSWER, "Content-Type: text/xml; charset=UTF-8")


class World:
    """Producers on loopback, certificates, and the files that name them; one for a session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = itertools.count(1)
        (certificates := folder / "certificates").mkdir()
        self.authority = Authority(certificates)
        self.stranger_authority = Authority(certificates, "stranger")
        self.consumer = self.authority.consumer(catalogue.CONSUMER)
        self.stranger = self.authority.consumer(catalogue.STRANGER)
        self.nameless = self.authority.issue("nameless", ORGANISATION)
        self.listener = self.authority.issue("listener", hosts=("localhost", "127.0.0.1"))
        subject = ((NameOID.SERIAL_NUMBER, catalogue.CONSUMER), *ORGANISATION)
        self.expired = self.authority.issue("expired", subject, last_moment=timedelta(days=-1))
        self.self_signed = self.authority.issue("self-signed", subject, is_self_signed=True)
        self.of_another_authority = self.stranger_authority.issue("of-another", subject)
        self.http = Producer(_ANSWERS_WELL)
        self.https = Producer(_ANSWERS_WELL, self._producer_context("producer", "localhost", "127.0.0.1"))
        self.elsewhere = Producer(_ANSWERS_WELL, self._producer_context("elsewhere", "producer.example.com"))
        self.resetting = ResettingPort()
        self._reserved = socket.socket()
        self._reserved.bind(("127.0.0.1", 0))  # and never listens, so that connecting is refused
        self.refused_url = f"http://127.0.0.1:{self._reserved.getsockname()[1]}/producer"
        self.places = catalogue.Places(
            self.http.url(),
            self.https.url(host="localhost"),
            self.refused_url,
            f"http://127.0.0.1:{self.resetting.port}/producer",
            self.elsewhere.url(host="localhost"),
        )
        rows = catalogue.persistent_cache(catalogue.routes(self.places), catalogue.authorisations())
        self.tak_file = self.write("tak.xml", rows)
        self.hsa_file = self.write("hsa.xml", catalogue.hsa_units())
        self.time_outs_file = self.write("timeouts.json", catalogue.time_outs(SLOW_MILLISECONDS))
        self.tls_file = self.write("tls.toml", self._tls_toml())
        self._processes: list[GatewayProcess] = []
        self._passing: list[GatewayProcess] = []

    def end_test(self) -> None:
        """Stop the gateways that one test started for itself."""
        while self._passing:
            process = self._passing.pop()
            self._processes.remove(process)
            process.stop()

    def close(self) -> None:
        for process in self._processes:
            process.stop()
        for port in (self.http, self.https, self.elsewhere, self.resetting):
            port.close()
        self._reserved.close()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def _producer_context(self, name: str, *hosts: str) -> ssl.SSLContext:
        """A producer's end of TLS, which demands a certificate of the gateway too."""
        own = self.authority.issue(name, hosts=hosts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate_file, own.key_file)
        context.load_verify_locations(self.authority.file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _tls_toml(self) -> str:
        """How the gateways reach producers over TLS."""
        return (
            f'[default-config]\nname = "blackbox"\ncertificate-bundle = "{self.consumer.bundle_file}"\n'
            f'ca-bundle = "{self.authority.file}"\n'
        )

    def start(
        self,
        compatibility: str,
        given: Mapping[str, object] = MappingProxyType({}),
        tak: Path | None = None,
        with_tls: bool = False,
    ) -> "Gateway":
        """A gateway until the test ends, with these properties and settings; `tak` instead of the world's catalogue."""
        made = self.share(compatibility, given, tak, with_tls)
        self._passing.append(made.process)
        return made

    def share(
        self,
        compatibility: str,
        given: Mapping[str, object] = MappingProxyType({}),
        tak: Path | None = None,
        with_tls: bool = False,
    ) -> "Gateway":
        """A gateway until all tests end."""
        data = self.folder / f"gateway-{next(self._names)}"
        settings = {
            "vp.producer.retry.delay": RETRY_MILLISECONDS,
            "tls_file": self.tls_file,
            "compatibility": compatibility,
            **given,
        }
        arguments = ["gateway", "--port", "0", "--data", str(data), "--instance-id", catalogue.INSTANCE]
        arguments += ["--instance-name", INSTANCE_NAME]
        arguments += [] if "timeouts_file" in given else ["--timeouts", str(self.time_outs_file)]
        arguments += [] if "hsa.files" in given else ["--hsa", str(self.hsa_file)]
        arguments += ["--tak-cache", str(self.tak_file if tak is None else tak)]
        arguments += self._listener(given) if with_tls else []
        for name, value in settings.items():
            arguments += ["--set", f"{name}={value}"]
        process = GatewayProcess(arguments, data, ("http", "https") if with_tls else ("http",))
        self._processes.append(process)
        return Gateway(self, process, compatibility)

    def _listener(self, given: Mapping[str, object]) -> list[str]:
        own = self.listener
        files = {"certificate": own.certificate_file, "key": own.key_file, "client-ca": self.authority.file}
        flags = {name: file for name, file in files.items() if f"tls_{name.replace('-', '_')}" not in given}
        return ["--tls-port", "0", *(text for name, file in flags.items() for text in (f"--tls-{name}", str(file)))]

    def client_context(self, shown: Issued | None) -> ssl.SSLContext:
        """How a consumer connects that shows this certificate."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        if shown is not None:
            context.load_cert_chain(shown.certificate_file, shown.key_file)
        return context


@dataclass
class Gateway:
    """A running gateway, and the world it is in."""

    world: World
    process: GatewayProcess
    compatibility: str

    @property
    def is_skltp(self) -> bool:
        return self.compatibility == "skltp"

    @property
    def port(self) -> int:
        return self.process.ports["http"]

    @property
    def identity(self) -> dict[str, str]:
        """What tells the HTTP listener who calls: the consumer's certificate, handed on by a proxy."""
        return {CERTIFICATE: self.world.consumer.pem_on_one_line}

    def call(
        self,
        body: bytes | None = None,
        headers: wire.Headers = (),
        *behaviours: Behaviour,
        method: str = "POST",
        path: str = "/vp/test",
        identity: Mapping[str, str] | None = None,
        shown: Issued | None = None,
    ) -> Reply:
        """The answer to one call; `shown` makes it over TLS. The producers do what `behaviours` say, in that order."""
        case = self.told(*behaviours)
        rows = dict(self.identity if identity is None and shown is None else identity or {})
        given = list(headers.items() if isinstance(headers, Mapping) else headers)
        names = {name.lower() for name, _ in given}
        if "content-type" not in names:
            given.append(("Content-Type", "text/xml; charset=UTF-8"))
        sent = [*rows.items(), (CASE, case), *given, ("Connection", "close")]
        raw = wire.request(method, path, sent, a_message() if body is None else body)
        return replace(self.raw(raw, shown, method), case=case)

    def told(self, *behaviours: Behaviour) -> str:
        """A new case's name, whose calls get these answers."""
        case = f"case-{next(_CASES)}"
        if behaviours:
            self.world.http.tell(case, behaviours)
            self.world.https.tell(case, behaviours)
            self.world.elsewhere.tell(case, behaviours)
        return case

    def raw(self, raw: bytes, shown: Issued | None = None, method: str = "POST") -> Reply:
        """The one answer to these bytes, after which the gateway closes the connection."""
        context = self.world.client_context(shown) if shown is not None else None
        port = self.process.ports["https"] if shown is not None else self.port
        with wire.connect(port, context) as connection:
            reply = wire.split(wire.talk(connection, raw), method)
        assert reply is not None
        assert reply.rest == b"", reply.rest[:300]
        return reply

    def connected_over_tls(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A connection to its listener for callers with a certificate; fails where there is no handshake."""
        connection = wire.connect(self.process.ports["https"], context)
        assert isinstance(connection, ssl.SSLSocket)
        return connection

    def get(self, path: str, headers: wire.Headers = ()) -> Reply:
        return self.raw(wire.request("GET", path, [*dict(headers).items(), ("Connection", "close")]))

    def seen(self, reply: Reply) -> Seen:
        """What the producer saw of a call that reached it once."""
        (seen,) = self.attempts(reply)
        return seen

    def attempts(self, reply: Reply) -> Sequence[Seen]:
        world = self.world
        return [seen for one in (world.http, world.https, world.elsewhere) for seen in one.seen(reply.case)]

    def still_answers(self) -> bool:
        """Whether the next good call gets its answer."""
        reply = self.call()
        return (reply.status, reply.body) == (200, ANSWER)
