"""Where a catalogue comes from: a file, the store of one, or a TAK's SOAP service.

Each is a Source: called, it fetches everything anew, or raises CatalogueUnreadable with a sentence that names neither
an address nor a password. Whether what came is whole is for the cache to say (cache.py).
The SOAP service is asked as the real platform asks it, routes first, then authorisations. The WSDL is ours, from disk:
what a message or a host says is never fetched. zeep writes the requests alone; the answers are read row by row off our
own XML door, for a national catalogue has some hundred thousand rows, and zeep takes half a minute for as many objects.
Source: platform.md §18, §20.4; DESIGN decision 7 in docs/decisions.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import zeep
from lxml import etree

from contracts import envelope, xml
from contracts.errors import MessageUnreadable
from contracts.transport import HttpAnswer, HttpTransport, NoAnswer, Transport
from gateway.settings import GatewaySettings
from gateway.tak import exchange
from gateway.tak.cache import AuthorisationsUnreadable, Source
from gateway.tak.exchange import CatalogueUnreadable
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.publication import Publication
from gateway.tak.refusals import CatalogueRefused
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.sokvagvalsinfo import NAMESPACE

WSDL_FILE = Path(__file__).parent / "wsdl" / "SokVagvalsInfo_v2.wsdl"
USER_AGENT = "SKLTP VP/3.1"
"""What the real platform calls itself when it asks its TAK, whatever it calls itself elsewhere."""

_BINDING = f"{{{NAMESPACE}}}SokVagvalsSoap11LitDocBinding"
_LARGEST_ANSWER = 500_000_000
_LIMITS = xml.Limits(max_bytes=_LARGEST_ANSWER, max_tags=50_000_000)
Row = TypeVar("Row", Route, Authorisation)


def from_file(path: Path) -> Source:
    """The catalogue in a TOML file or a real platform's local copy."""
    return lambda: exchange.load(path)


def from_store(current: Callable[[], Publication | None]) -> Source:
    """The version that is published last, as a store gives it."""

    def fetch() -> TakSnapshot:
        try:
            publication = current()
        except CatalogueRefused as error:
            raise CatalogueUnreadable(str(error)) from None
        if publication is None:
            raise CatalogueUnreadable("Nothing has been published in the catalogue yet.")
        return publication.snapshot()

    return fetch


def from_service(address: str, settings: GatewaySettings, transport: Transport | None = None) -> Source:
    """The catalogue that a TAK serves at `address`, with or without `?wsdl`.

    Making one reads our WSDL and opens no connection. A `transport` of one's own may have other authorities and a
    client certificate.
    """
    carrier = _Carrier(transport or _transport(settings))
    client: Any = zeep.Client(  # type: ignore[no-untyped-call]
        str(WSDL_FILE),
        transport=carrier,
        settings=zeep.Settings(raw_response=True, forbid_dtd=True, forbid_external=True),
    )
    service = client.create_service(_BINDING, address.removesuffix("?wsdl"))

    def fetch() -> TakSnapshot:
        routes = tuple(_rows(service, "hamtaAllaVirtualiseringar", "virtualiseringsInfo", _route))
        try:
            found = _rows(service, "hamtaAllaAnropsBehorigheter", "anropsBehorighetsInfo", _authorisation)
            return TakSnapshot.of(routes, found)
        except CatalogueUnreadable as error:
            raise (AuthorisationsUnreadable(str(error), routes) if routes else error) from None

    return fetch


def _transport(settings: GatewaySettings) -> HttpTransport:
    return HttpTransport(
        connect_seconds=settings.connect_timeout_seconds,
        read_seconds=settings.producer_timeout_seconds,
        max_bytes=_LARGEST_ANSWER,
    )


class _Carrier:
    """What zeep asks of a transport: our files when it reads the WSDL, a POST when it calls."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def load(self, url: str) -> bytes:
        return Path(url).read_bytes()

    def post_xml(self, address: str, message: xml.Element, headers: Mapping[str, str]) -> HttpAnswer:
        return self._transport.post(address, xml.serialise(message), {**headers, "User-Agent": USER_AGENT})


def _rows(service: Any, operation: str, name: str, read: Callable[[Mapping[str, str]], Row]) -> Iterator[Row]:
    """What one operation answers. Raises CatalogueUnreadable."""
    for number, item in enumerate(_asked(service, operation).iterchildren(f"{{{NAMESPACE}}}{name}"), start=1):
        told = {etree.QName(child).localname: xml.text_of(child) for child in item.iterchildren("*")}
        try:
            yield read(told)
        except KeyError as missing:
            raise CatalogueUnreadable(f"The catalogue's {name} number {number} has no {missing.args[0]}.") from None
        except ValueError as error:
            raise CatalogueUnreadable(f"The catalogue's {name} number {number}: {error}.") from None


def _asked(service: Any, operation: str) -> xml.Element:
    try:
        answer: HttpAnswer = service[operation]()
    except NoAnswer as error:
        raise CatalogueUnreadable(f"The catalogue gave no answer to {operation}: {error}.") from None
    except ValueError:
        raise CatalogueUnreadable("The catalogue's address is not one that can be called.") from None
    if answer.status != 200:
        raise CatalogueUnreadable(f"The catalogue answered {operation} with HTTP status {answer.status}.")
    try:
        payload = envelope.read(answer.body, answer.charset, _LIMITS).payload
    except MessageUnreadable as error:
        raise CatalogueUnreadable(f"The catalogue's answer to {operation} cannot be read: {error.detail}.") from None
    if payload is None or payload.tag != f"{{{NAMESPACE}}}{operation}Response":
        raise CatalogueUnreadable(f"The catalogue's answer to {operation} is something else.")
    return payload


def _route(told: Mapping[str, str]) -> Route:
    """An address that is missing is told when it is called, as VP010; so is a profile, as VP005."""
    return Route(
        _needed(told, "receiverId"),
        _needed(told, "tjansteKontrakt"),
        told.get("adress", ""),
        told.get("rivProfil", ""),
        _validity(told),
    )


def _authorisation(told: Mapping[str, str]) -> Authorisation:
    return Authorisation(
        _needed(told, "senderId"), _needed(told, "receiverId"), _needed(told, "tjansteKontrakt"), _validity(told)
    )


def _validity(told: Mapping[str, str]) -> Validity:
    return _between(_needed(told, "fromTidpunkt"), _needed(told, "tomTidpunkt"))


@lru_cache(maxsize=4096)
def _between(first: str, last: str) -> Validity:
    """Most rows of a catalogue have one of a few pairs of days."""
    return Validity.of_stamps(first, last)


def _needed(told: Mapping[str, str], name: str) -> str:
    """What a row must have. Raises KeyError with its name when it is missing or empty."""
    if not told.get(name):
        raise KeyError(name)
    return told[name]
