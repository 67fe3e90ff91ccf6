"""WSDL and XSD as the platform serves them: the files as they stand, with our address in them.

A request below the traffic path with `wsdl` or `xsd` in its query (or as a header) is answered here, without looking
at who asks. `soap:address` becomes the address that was called; every schema import becomes `…?xsd=ORIGINAL`, and so
do includes and imported WSDLs unless that is switched off.
Elsewhere: which file is meant by a path or a name (wsdl_sources.py).
Source: platform.md §16; §24 rows 53 to 56; §25 row 17 (Host is used when no forwarded header says better).
"""

import re
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit

from contracts import xml
from contracts.catalogue import Catalogue
from contracts.envelope import write_fault
from contracts.namespaces import WSDL, WSDL_SOAP
from gateway import faults
from gateway.call import Answer, HttpRequest
from gateway.settings import GatewaySettings, SettingsRefused
from gateway.wsdl_sources import ServedWsdl, files_of, references, served_wsdls, target_of

_HOST = re.compile(r"([\w.-]+|\[[\da-fA-F:.]+\])(?::(\d+))?", re.ASCII)
_NAMES = {"w": WSDL, "s": WSDL_SOAP}
_NO_SCHEMA = "There is no such schema in this contract."
_PLAIN_IN_QUERY = "/:?@!$'()*,;=~"


def asks_for_contract(request: HttpRequest) -> bool:
    """Whether this is a request for a WSDL or a schema, not a call; the parameter's letter case doesn't matter."""
    if not request.query:  # as every call
        return "wsdl" in request.headers or "xsd" in request.headers
    return bool({"wsdl", "xsd"} & (_parameters(request).keys() | request.headers.keys()))


def _parameters(request: HttpRequest) -> dict[str, str]:
    """The query's parameters by their names in lower case; of several of one name the first."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    return {name.lower(): value for name, value in reversed(pairs)}


class WsdlPages:
    """The pages of one catalogue, at a listener on `host`. Raises SettingsRefused for settings that cannot be used."""

    def __init__(self, catalogue: Catalogue, settings: GatewaySettings, host: str = "localhost") -> None:
        self._settings = settings
        self._host = f"[{host}]" if ":" in host else host
        self._served = served_wsdls(catalogue, settings.wsdl_file)
        self._base_url = urlsplit(settings.wsdl_base_url)
        if settings.wsdl_base_url and not (self._base_url.scheme and _HOST.fullmatch(self._base_url.netloc)):
            raise SettingsRefused("wsdl_base_url must be a URL as http://gateway.example:8080, with no user in it.")

    def answer(self, request: HttpRequest) -> Answer:
        served = self._served.get(request.path.strip("/").lower())
        if served is None:
            return self._unknown_path(request)
        wanted = _wanted_schema(request)
        with_includes = self._settings.wsdl_rewrites_includes
        path = served.wsdl if wanted is None else files_of(served, with_includes).get(wanted)
        if path is None:
            return self._unknown_schema(wanted or "")
        root = _with_address(path, served, self._base(request) + request.path, with_includes)
        declared = b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.serialise(root)
        return Answer(200, declared, (("Content-Type", self._settings.wsdl_content_type),))

    def _unknown_schema(self, wanted: str) -> Answer:
        if not self._settings.tells_internal_errors:
            return Answer(500, write_fault("Server", _NO_SCHEMA, f"SchemaMissing: {_NO_SCHEMA}"))
        error = faults.InternalFailure("java.io.FileNotFoundException", f"{wanted} (No such file or directory)")
        return faults.fault_of(error, self._settings.instance_name)

    def _unknown_path(self, request: HttpRequest) -> Answer:
        base = self._base(request)
        lines = ["No wsdl found on this path, following wsdl paths is available:"]
        lines += sorted(f"{base}/{one.path}?wsdl" for one in self._served.values())
        _, _, parameters = self._settings.wsdl_content_type.partition(";")
        return Answer(500, "\n".join(lines).encode(), (("Content-Type", f"text/plain;{parameters}"),))

    def _base(self, request: HttpRequest) -> str:
        """Scheme, host and port; each is what a proxy in front of the gateway tells, if it does."""
        settings = self._settings
        scheme, host, port = self._own_address(request)
        scheme = request.header(settings.forwarded_proto_header.lower()) or scheme
        host = request.header(settings.forwarded_host_header.lower()) or host
        port = request.header(settings.forwarded_port_header.lower()) or port
        return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"

    def _own_address(self, request: HttpRequest) -> tuple[str, str, str]:
        if self._settings.wsdl_base_url:
            return self._base_url.scheme, *_split_port(self._base_url.netloc)
        if self._settings.wsdl_uses_host:
            return request.scheme, *_split_port(request.header("host") or "localhost")
        return request.scheme, self._host, str(request.port or "")


def _wanted_schema(request: HttpRequest) -> str | None:
    """The name of the schema that is asked for; None when it is the WSDL."""
    header = request.header("xsd")
    return _parameters(request).get("xsd", None if header is None else unquote_plus(header))


def _split_port(host: str) -> tuple[str, str]:
    match = _HOST.fullmatch(host)
    return (match[1], match[2] or "") if match else ("localhost", "")


def _with_address(path: Path, served: ServedWsdl, address: str, with_includes: bool) -> xml.Element:
    root = xml.parse_file(path)
    places = root.xpath("/w:definitions/w:service/w:port/s:address", namespaces=_NAMES)
    for place in cast(list[xml.Element], places):
        place.set("location", address)
    files = files_of(served, with_includes)
    for one, attribute in references(root, with_includes):
        location = cast(str, one.get(attribute))
        target = target_of(path, location)
        called_so = (name for name, file in files.items() if file == target)
        name = location if files.get(location) == target else next(called_so, location)
        one.set(attribute, f"{address}?xsd={quote(name, safe=_PLAIN_IN_QUERY)}")
    return root
