"""gateway/tak/sources.py: a catalogue from a file, a store or a TAK's SOAP service (platform.md §18, §20.4)."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contracts.transport import HttpAnswer, NotSent, OutcomeUnknown
from gateway.settings import GatewaySettings
from gateway.tak.cache import AuthorisationsUnreadable, TakCache
from gateway.tak.exchange import CatalogueUnreadable, write_persistent_cache
from gateway.tak.refusals import CatalogueStoreUnusable
from gateway.tak.services import SOK_VAGVALS_INFO, TakServices
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.sokvagvalsinfo import NAMESPACE
from gateway.tak.sources import from_file, from_service, from_store
from tests.gateway.builders import CLINIC, CONSUMER, NOW, SETTINGS, a_pipeline, a_snapshot, http_reply
from tests.gateway.serving import served
from tests.gateway.tak.publications import Kept, a_publication

ADDRESS = "http://tak.example.com:8080/tak-services/SokVagvalsInfo/v2"
ROUTE = {
    "virtualiseringsInfoId": "1", "receiverId": CLINIC, "rivProfil": "RIVTABP21", "tjansteKontrakt": "urn:a",
    "fromTidpunkt": "2026-01-01T00:00:00.000", "tomTidpunkt": "2026-12-31T00:00:00.000", "adress": "https://a.example.com/",
}  # fmt: skip
AUTHORISATION = {
    "anropsBehorighetsInfoId": "1", "receiverId": CLINIC, "senderId": CONSUMER, "tjansteKontrakt": "urn:a",
    "fromTidpunkt": "2026-01-01T00:00:00.000", "tomTidpunkt": "2026-12-31T00:00:00.000",
}  # fmt: skip


def an_answer(name: str, *payload: str) -> HttpAnswer:
    body = f'<{name} xmlns="{NAMESPACE}">{"".join(payload)}</{name}>'
    return HttpAnswer(
        200,
        {"content-type": "text/xml"},
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'.encode(),
    )


def a_row(name: str, told: Mapping[str, str], **changes: str | None) -> str:
    fields = {**told, **changes}
    inner = "".join(f"<{key}>{text}</{key}>" for key, text in fields.items() if text is not None)
    return f"<{name}>{inner}</{name}>"


def routes(*changes: Mapping[str, str | None]) -> HttpAnswer:
    rows = (a_row("virtualiseringsInfo", ROUTE, **each) for each in changes or ({},))
    return an_answer("hamtaAllaVirtualiseringarResponse", *rows)


def authorisations(*changes: Mapping[str, str | None]) -> HttpAnswer:
    rows = (a_row("anropsBehorighetsInfo", AUTHORISATION, **each) for each in changes or ({},))
    return an_answer("hamtaAllaAnropsBehorigheterResponse", *rows)


@dataclass
class Wire:
    """Carries messages to nowhere: gives these answers in turn, or raises them; keeps what was sent."""

    answers: list[HttpAnswer | Exception]
    sent: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        self.sent.append((address, body, headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def fetched(*answers: HttpAnswer | Exception) -> TakSnapshot:
    return from_service(ADDRESS, SETTINGS, Wire(list(answers)))()


# A file, a store


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "localCache"
    file.write_bytes(write_persistent_cache(a_snapshot()))
    source = from_file(file)
    with pytest.raises(CatalogueUnreadable):
        source()
    file.write_bytes(write_persistent_cache(a_publication().snapshot()))
    assert len(source().routes) == 2


def test_a_store_gives_its_latest_version() -> None:
    """platform.md §20.2."""
    kept = Kept({3: a_publication()})
    source = from_store(kept.current)
    assert len(source().routes) == 2
    kept.by_number[4] = a_publication(routes=a_publication().routes[:1])
    assert len(source().routes) == 1


def test_a_store_without_a_version_is_no_catalogue() -> None:
    with pytest.raises(CatalogueUnreadable, match="Nothing has been published"):
        from_store(Kept().current)()


def test_a_store_that_cannot_be_used_says_why() -> None:
    def away() -> None:
        raise CatalogueStoreUnusable("The catalogue's database cannot be used: OperationalError.")

    with pytest.raises(CatalogueUnreadable, match="cannot be used: OperationalError"):
        from_store(Kept(before=away).current)()


# A TAK's SOAP service


def test_the_service_is_asked_for_routes_and_then_for_authorisations_as_the_real_platform_asks() -> None:
    """platform.md §18, fetch: the two operations, User-Agent `SKLTP VP/3.1`, soapAction empty (§20.4)."""
    wire = Wire([routes(), authorisations()])
    from_service(ADDRESS, SETTINGS, wire)()
    assert [address for address, _, _ in wire.sent] == [ADDRESS, ADDRESS]
    assert b"hamtaAllaVirtualiseringar" in wire.sent[0][1]
    assert b"hamtaAllaAnropsBehorigheter" in wire.sent[1][1]
    headers = wire.sent[0][2]
    assert (headers["User-Agent"], headers["SOAPAction"]) == ("SKLTP VP/3.1", '""')


def test_an_address_may_be_that_of_the_wsdl() -> None:
    """platform.md §18: the WSDL is at <address>?wsdl; ours is on disk, so nothing is fetched from there."""
    wire = Wire([routes(), authorisations()])
    from_service(f"{ADDRESS}?wsdl", SETTINGS, wire)()
    assert wire.sent[0][0] == ADDRESS


def test_rows_become_routes_and_authorisations() -> None:
    """platform.md §20.4."""
    snapshot = fetched(routes(), authorisations())
    (route,), (authorisation,) = snapshot.routes, snapshot.authorisations
    assert (route.logical_address, route.contract, route.address, route.profile) == (
        CLINIC,
        "urn:a",
        "https://a.example.com/",
        "RIVTABP21",
    )
    assert (authorisation.consumer, authorisation.logical_address) == (CONSUMER, CLINIC)
    assert route.validity.covers(NOW)
    assert authorisation.validity.covers(NOW)


@pytest.mark.parametrize("missing", [{"adress": None}, {"adress": ""}, {"rivProfil": None}])
def test_a_route_without_address_or_profile_is_kept_for_it_is_told_when_it_is_called(
    missing: dict[str, str | None],
) -> None:
    """platform.md §9.5: VP010, VP005."""
    assert len(fetched(routes(missing), authorisations()).routes) == 1


def test_elements_that_are_not_known_are_passed_over() -> None:
    """platform.md §20.4: filterInfo, and what a later TAK may tell."""
    told = {"filterInfo": "<serviceDomain>riv:x</serviceDomain>", "nytt": "ja"}
    assert len(fetched(routes({"nytt": "ja"}), authorisations(told)).authorisations) == 1


FAULT = HttpAnswer(500, {}, b"<fault>19121212</fault>")
EMPTY = an_answer("hamtaAllaVirtualiseringarResponse")


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (NotSent("no connection could be made (ConnectionRefusedError)"), "gave no answer .* no connection"),
        (OutcomeUnknown("the answer did not come in time"), "gave no answer .* in time"),
        (ValueError("http://user:secret@"), "address is not one that can be called"),
        (FAULT, "HTTP status 500"),
        (HttpAnswer(302, {"location": "http://elsewhere/"}, b""), "HTTP status 302"),
        (HttpAnswer(200, {}, b""), "cannot be read: the message is empty"),
        (HttpAnswer(200, {}, b"<html>"), "cannot be read: the message is not well-formed XML"),
        (HttpAnswer(200, {}, b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'), "document type"),
        (HttpAnswer(200, {}, b"<x/>"), "is something else"),
        (authorisations(), "is something else"),
        (routes({"receiverId": None}), "virtualiseringsInfo number 1 has no receiverId"),
        (routes({}, {"tjansteKontrakt": ""}), "virtualiseringsInfo number 2 has no tjansteKontrakt"),
        (routes({"fromTidpunkt": "igår"}), "virtualiseringsInfo number 1: not a date"),
        (routes({"tomTidpunkt": "2025-01-01"}), "virtualiseringsInfo number 1: it ends before it begins"),
    ],
)
def test_whatever_goes_wrong_is_one_sentence_without_addresses(first: HttpAnswer | Exception, sentence: str) -> None:
    """platform.md §18: an error is a failed fetch."""
    with pytest.raises(CatalogueUnreadable, match=sentence) as caught:
        fetched(first, authorisations())
    assert "secret" not in str(caught.value)
    assert "example.com" not in str(caught.value)


@pytest.mark.parametrize("second", [NotSent("refused"), FAULT, authorisations({"senderId": None})])
def test_authorisations_that_fail_alone_leave_the_routes_known(second: HttpAnswer | Exception) -> None:
    """platform.md §18, second and last row: for the cache to decide."""
    with pytest.raises(AuthorisationsUnreadable) as caught:
        fetched(routes(), second)
    assert len(caught.value.routes) == 1


def test_an_empty_answer_is_for_the_cache_to_refuse() -> None:
    """platform.md §18: an empty catalogue counts as a failed fetch."""
    cache = TakCache(from_service(ADDRESS, SETTINGS, Wire([EMPTY, authorisations()])), lambda: NOW)
    assert cache.reload().reason == "The catalogue has no routes, so it counts as not loaded."


def test_fifty_thousand_rows_of_each_kind_are_read() -> None:
    """A national catalogue; each row is looked at once."""
    wire = Wire([routes(*[{}] * 50_000), authorisations(*[{}] * 50_000)])
    snapshot = from_service(ADDRESS, SETTINGS, wire)()
    assert (len(snapshot.routes), len(snapshot.authorisations)) == (50_000, 50_000)


# Over a real socket


def test_one_platforms_services_are_anothers_catalogue() -> None:
    """platform.md §18, §20.4: what is told there is in force here."""
    services = TakServices(Kept({3: a_publication()}), SETTINGS, lambda: NOW)
    with served(a_pipeline(), pages={"/tak-services": services.answer}) as gateway:
        cache = TakCache(from_service(f"http://127.0.0.1:{gateway.port}{SOK_VAGVALS_INFO}", SETTINGS), lambda: NOW)
        assert cache.reload().status == "REFRESH_OK"
    snapshot = cache.snapshot()
    assert snapshot is not None
    ours = a_publication().snapshot()
    assert (snapshot.routes, snapshot.authorisations) == (ours.routes, ours.authorisations)


@contextmanager
def a_host(reply: bytes) -> Iterator[str]:
    """A socket that answers one request with these bytes and closes; afterwards nobody is there."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
            connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/tak-services/SokVagvalsInfo/v2"
    finally:
        thread.join()
        listening.close()


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (http_reply("302 Found", b"", "Location: http://127.0.0.1:1/"), "HTTP status 302"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<half", "gave no answer"),
        (b"nothing of the kind\r\n\r\n", "gave no answer"),
    ],
)
def test_a_host_that_misbehaves_is_a_failed_fetch(reply: bytes, sentence: str) -> None:
    """No redirect is followed, no half answer taken."""
    with a_host(reply) as address, pytest.raises(CatalogueUnreadable, match=sentence):
        from_service(address, GatewaySettings())()


@pytest.mark.parametrize("address", ["", "tak", "ftp://tak.example.com/", "http://", "http://[x/"])
def test_an_address_that_cannot_be_called_is_a_failed_fetch(address: str) -> None:
    with pytest.raises(CatalogueUnreadable):
        from_service(address, GatewaySettings())()


def test_a_closed_port_is_a_failed_fetch() -> None:
    """platform.md §24 row 50."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(CatalogueUnreadable, match="no connection could be made"):
        from_service(f"http://127.0.0.1:{port}/", GatewaySettings())()
