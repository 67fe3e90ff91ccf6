"""A TAK as a gateway sees it: the SOAP service that tells routes and authorisations, which can fail in each way.

Source: platform.md §18, §20.4.
"""

import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Literal

from conformance.gateway.files import AuthorisationRow, RouteRow
from conformance.gateway.producers import Port, Seen, read_request
from contracts.namespaces import SOAP_ENVELOPE as SOAP

Condition = Literal["well", "down", "without routes", "without authorisations", "answers nonsense"]

_NAMESPACE = "urn:skl:tp:vagvalsinfo:v2"
_WSDL = Path(__file__).with_name("wsdl") / "SokVagvalsInfo_v2.wsdl"
_SCHEMA = _WSDL.with_name("vagvalsinfo_v2.xsd")


class TakService(Port):
    """Answers hamtaAllaVirtualiseringar and hamtaAllaAnropsBehorigheter, as its `condition` lets it."""

    def __init__(
        self,
        routes: Sequence[RouteRow],
        authorisations: Sequence[AuthorisationRow],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.routes = list(routes)
        self.authorisations = list(authorisations)
        self.condition: Condition = "well"
        super().__init__(host=host, port=port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tak-services/SokVagvalsInfo/v2"

    def serve(self, connection: socket.socket) -> None:
        if self.condition == "down":
            return
        seen = read_request(connection)
        answer = self._file(seen) if seen.line.startswith("GET") else self._answer(seen.body)
        status = "500 Oops" if self.condition == "answers nonsense" else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml;charset=UTF-8\r\nContent-Length: {len(answer)}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + answer)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)

    def _file(self, seen: Seen) -> bytes:
        """The WSDL, or the schema that it names, with addresses of this port (the real platform reads it first)."""
        if "xsd" in seen.path:
            return _SCHEMA.read_bytes()
        here = f"http://{seen.told('host') or f'127.0.0.1:{self.port}'}{seen.path.partition('?')[0]}"
        text = re.sub(r'\blocation="[^"]*"', f'location="{here}"', _WSDL.read_text("utf-8"))
        return text.replace('schemaLocation="', f'schemaLocation="{here}?xsd=').encode()

    def _answer(self, asked: bytes) -> bytes:
        if self.condition == "answers nonsense":
            return b"<html>nonsense</html>"
        if b"hamtaAllaVirtualiseringar" in asked:
            rows = "" if self.condition == "without routes" else "".join(map(_route, enumerate(self.routes)))
            return _envelope("hamtaAllaVirtualiseringarResponse", rows)
        assert b"hamtaAllaAnropsBehorigheter" in asked
        are_told = self.condition != "without authorisations"
        rows = "".join(map(_authorisation, enumerate(self.authorisations))) if are_told else ""
        return _envelope("hamtaAllaAnropsBehorigheterResponse", rows)


def _envelope(name: str, rows: str) -> bytes:
    body = f'<v:{name} xmlns:v="{_NAMESPACE}">{rows}</v:{name}>'
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def _elements(**values: str) -> str:
    return "".join(f"<v:{name}>{escape(value)}</v:{name}>" for name, value in values.items())


def _route(numbered: tuple[int, RouteRow]) -> str:
    number, row = numbered
    inner = _elements(
        virtualiseringsInfoId=str(number),
        receiverId=row.address,
        rivProfil=row.profile,
        tjansteKontrakt=row.contract,
        fromTidpunkt=row.period.first,
        tomTidpunkt=row.period.last,
        adress=row.url,
    )
    return f"<v:virtualiseringsInfo>{inner}</v:virtualiseringsInfo>"


def _authorisation(numbered: tuple[int, AuthorisationRow]) -> str:
    number, row = numbered
    inner = _elements(
        anropsBehorighetsInfoId=str(number),
        receiverId=row.address,
        senderId=row.consumer,
        tjansteKontrakt=row.contract,
        fromTidpunkt=row.period.first,
        tomTidpunkt=row.period.last,
    )
    return f"<v:anropsBehorighetsInfo>{inner}</v:anropsBehorighetsInfo>"
