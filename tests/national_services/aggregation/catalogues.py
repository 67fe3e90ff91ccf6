"""Rows of a catalogue, and a TAK that serves them over HTTP or is as broken as its test says."""

import http.server
import threading
from datetime import datetime

from contracts.namespaces import responder
from contracts.times import SWEDEN

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=SWEDEN)
_DAYS = {"fromTidpunkt": "2026-01-01T00:00:00.000", "tomTidpunkt": "2026-12-31T00:00:00.000"}
_NAMESPACE = "urn:skl:tp:vagvalsinfo:v2"


def a_route(address: str, **changes: str) -> dict[str, str]:
    contract = responder("GetSubjectOfCareSchedule")
    told = {"virtualiseringsInfoId": "1", "receiverId": address, "rivProfil": "RIVTABP21", "tjansteKontrakt": contract}
    return {**told, **_DAYS, "adress": "http://127.0.0.1:1/", **changes}


def an_authorisation(address: str, consumer: str = "C", **changes: str) -> dict[str, str]:
    contract = responder("GetSubjectOfCareSchedule")
    told = {"anropsBehorighetsInfoId": "1", "receiverId": address, "senderId": consumer, "tjansteKontrakt": contract}
    return {**told, **_DAYS, **changes}


def _answer(operation: str, name: str, rows: list[dict[str, str]]) -> bytes:
    items = "".join(
        f"<v:{name}>{''.join(f'<v:{key}>{text}</v:{key}>' for key, text in row.items())}</v:{name}>" for row in rows
    )
    body = f'<v:{operation}Response xmlns:v="{_NAMESPACE}">{items}</v:{operation}Response>'
    return (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'.encode()
    )


class Tak(http.server.ThreadingHTTPServer):
    """Serves SokVagvalsInfo at `url`; `status` and `instead` make it break. `asked` are the operations, in order."""

    def __init__(self, routes: list[dict[str, str]], authorisations: list[dict[str, str]]) -> None:
        self.routes, self.authorisations = routes, authorisations
        self.status, self.instead = 200, b""
        self.asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"])).decode()
                body = self.server._told(question)
                self.send_response(self.server.status)
                self.send_header("Content-Type", "text/xml; charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/tak-services/SokVagvalsInfo/v2"

    def __enter__(self) -> "Tak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def _told(self, question: str) -> bytes:
        operation = "hamtaAllaVirtualiseringar" if "Virtualiseringar" in question else "hamtaAllaAnropsBehorigheter"
        self.asked.append(operation)
        if self.instead:
            return self.instead
        if operation == "hamtaAllaVirtualiseringar":
            return _answer(operation, "virtualiseringsInfo", self.routes)
        return _answer(operation, "anropsBehorighetsInfo", self.authorisations)
