"""WSDL and XSD as the platform serves them: the files as they stand, with our address in them.

A request below the traffic path with `wsdl` or `xsd` in its query (or as a header) is answered here, without looking
at who asks. `soap:address` becomes the address that was called; every schema import becomes `…?xsd=ORIGINAL`.
Source: platform.md §16; §25 row 17 (Host is used when no forwarded header says better).
"""

import re
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

from contracts import xml
from contracts.catalogue import Catalogue, Interaction
from contracts.envelope import write_fault
from contracts.namespaces import WSDL, WSDL_SOAP, XML_SCHEMA
from gateway.call import Answer, HttpRequest
from gateway.settings import GatewaySettings

_HOST = re.compile(r"([\w.-]+|\[[\da-fA-F:.]+\])(?::(\d+))?", re.ASCII)
_NAMES = {"w": WSDL, "s": WSDL_SOAP, "x": XML_SCHEMA}


def asks_for_contract(request: HttpRequest) -> bool:
    """Whether this is a request for a WSDL or a schema, not a call."""
    query = parse_qs(request.query, keep_blank_values=True) if request.query else {}
    return bool({"wsdl", "xsd"} & (query.keys() | request.headers.keys()))


class WsdlPages:
    """The pages of one catalogue."""

    def __init__(self, catalogue: Catalogue, settings: GatewaySettings) -> None:
        self._catalogue = catalogue
        self._content_type = settings.wsdl_content_type

    def answer(self, request: HttpRequest) -> Answer:
        interaction = self._catalogue.at_path(request.path)
        if interaction is None:
            return self._unknown_path(request)
        wanted = _parameter(request, "xsd")
        path = interaction.wsdl if wanted is None else schemas_of(interaction).get(wanted)
        if path is None:
            return Answer(500, write_fault("Server", "There is no such schema in this contract."))
        text = xml.serialise(_with_address(path, _base(request) + request.path))
        declared = b'<?xml version="1.0" encoding="UTF-8"?>\n' + text
        return Answer(200, declared, (("Content-Type", self._content_type),))

    def _unknown_path(self, request: HttpRequest) -> Answer:
        base = _base(request)
        lines = ["No wsdl found on this path, following wsdl paths is available:"]
        lines += sorted(f"{base}/{one.virtual_path}?wsdl" for one in self._catalogue.interactions)
        return Answer(500, "\n".join(lines).encode(), (("Content-Type", "text/plain; charset=UTF-8"),))


def _parameter(request: HttpRequest, name: str) -> str | None:
    values = parse_qs(request.query, keep_blank_values=True).get(name)
    return values[0] if values else request.header(name)


def _base(request: HttpRequest) -> str:
    scheme = request.header("x-vp-forwarded-proto") or request.scheme
    asked_host, asked_port = _split_port(request.header("host") or "localhost")
    host = request.header("x-vp-forwarded-host") or asked_host
    port = request.header("x-vp-forwarded-port") or asked_port
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"


def _split_port(host: str) -> tuple[str, str]:
    match = _HOST.fullmatch(host)
    return (match[1], match[2] or "") if match else ("localhost", "")


def _with_address(path: Path, address: str) -> xml.Element:
    root = xml.parse_file(path)
    for place in _elements(root, "/w:definitions/w:service/w:port/s:address"):
        place.set("location", address)
    for one in _elements(root, "//x:import[@schemaLocation]"):
        one.set("schemaLocation", f"{address}?xsd={one.get('schemaLocation')}")
    return root


def _elements(root: xml.Element, xpath: str) -> list[xml.Element]:
    return cast(list[xml.Element], root.xpath(xpath, namespaces=_NAMES))


@cache
def _imports(path: Path) -> dict[str, Path]:
    rows = _elements(xml.parse_file(path), "//x:import[@schemaLocation]")
    return {str(one.get("schemaLocation")): (path.parent / str(one.get("schemaLocation"))).resolve() for one in rows}


def schemas_of(interaction: Interaction) -> dict[str, Path]:
    """Every schema that can be reached from the WSDL, by the location that some import names it by.

    Only files inside the domain's folder; of two that are named alike the one nearer to the WSDL counts.
    """
    found: dict[str, Path] = {}
    waiting = [interaction.wsdl]
    while waiting:
        for location, path in _imports(waiting.pop(0)).items():
            if location not in found and path.is_relative_to(interaction.folder.resolve()) and path.is_file():
                found[location] = path
                waiting.append(path)
    return found
