"""The TAK's own services below /tak-services, by SOAP and REST (platform.md §20.2, §20.4, §20.5)."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import xmlschema
import zeep
from lxml import etree

from contracts import envelope, xml
from contracts.catalogue import Catalogue
from contracts.namespaces import REGISTRY_HEADERS, REGISTRY_HEADERS_2, responder
from contracts.validation import Validator
from gateway.call import Answer, HttpRequest
from gateway.ping import CONTRACT as PING_CONTRACT
from gateway.settings import read_settings
from gateway.tak.publication import Publication
from gateway.tak.registry_messages import LOGICAL_ADDRESSEES_2, SUPPORTED_CONTRACTS_1, SUPPORTED_CONTRACTS_2
from gateway.tak.services import PING, REGISTRIES, SOK_VAGVALS_INFO, TakServices
from gateway.tak.sokvagvalsinfo import NAMESPACE, OPERATIONS
from gateway.tak.sources import WSDL_FILE
from gateway.tak.store import Store
from tests.gateway.builders import (
    CLINIC,
    CONSUMER,
    NOW,
    OFFICIAL,
    a_pipeline,
    a_snapshot,
    fault_in,
    payload_of,
)
from tests.gateway.builders import a_route as a_gateways_route
from tests.gateway.serving import served
from tests.gateway.tak.publications import BOOK, CLINIC_2B03, TIMES, Kept, a_publication, an_authorisation

N = f"{{{NAMESPACE}}}"
SUPPORTED_1, SUPPORTED_2, ADDRESSEES = REGISTRIES


def services(*versions: Publication, kept: Kept | None = None, **settings: object) -> TakServices:
    """The services of a catalogue with these versions, by default one."""
    held = {one.version: one for one in versions or (a_publication(),)}
    return TakServices(kept or Kept(held), read_settings(settings), lambda: NOW)


def asked(one: TakServices, path: str, body: bytes = b"", query: str = "", **changes: object) -> Answer:
    request = HttpRequest(
        "POST" if body else "GET", path, query, body=body, peer="127.0.0.1", headers={"host": "tak.example.com:8080"}
    )
    answer = asyncio.run(one.answer(replace(request, **changes)))
    assert answer is not None
    return answer


def envelope_of(payload: str) -> bytes:
    return f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{payload}</e:Body></e:Envelope>'.encode()


def all_of(operation: str, one: TakServices | None = None) -> Answer:
    return asked(one or services(), SOK_VAGVALS_INFO, envelope_of(f'<{operation} xmlns="{NAMESPACE}"/>'))


def rows(operation: str, name: str, one: TakServices | None = None) -> list[dict[str, str]]:
    """The rows of an answer, each as the texts of its children without children of their own."""
    return [
        {etree.QName(child).localname: child.text or "" for child in row if not len(child)}
        for row in payload_of(all_of(operation, one)).findall(f"{N}{name}")
    ]


def told(answer: Answer) -> dict[str, object]:
    assert answer.status == 200
    assert dict(answer.headers)["Content-Type"] == "application/json"
    return json.loads(answer.body)


# SokVagvalsInfo 2


def test_all_contracts_are_told() -> None:
    """platform.md §20.4, hamtaAllaTjanstekontrakt."""
    assert rows("hamtaAllaTjanstekontrakt", "tjanstekontraktInfo")[1] == {
        "namnrymd": BOOK.namespace,
        "majorVersion": "1",
        "minorVersion": "1",
        "beskrivning": "Boka & bekräfta",
    }


def test_all_routes_are_told_with_days_as_midnights_without_a_zone() -> None:
    """platform.md §20.4, hamtaAllaVirtualiseringar: ids as text, milliseconds, no zone."""
    first, second = rows("hamtaAllaVirtualiseringar", "virtualiseringsInfo")
    assert list(first.items()) == [
        ("virtualiseringsInfoId", "50"),
        ("receiverId", CLINIC),
        ("rivProfil", "RIVTABP21"),
        ("tjansteKontrakt", TIMES.namespace),
        ("fromTidpunkt", "2026-01-01T00:00:00.000"),
        ("tomTidpunkt", "2026-12-31T00:00:00.000"),
        ("adress", "https://timebook.example.com/vp?a&b"),
    ]
    assert second["tomTidpunkt"] == "2030-06-30T00:00:00.000"


def test_all_authorisations_are_told_those_that_ended_long_ago_too() -> None:
    """platform.md §20.4, hamtaAllaAnropsBehorigheter: everything in the loaded version; the client filters by date."""
    told = rows("hamtaAllaAnropsBehorigheter", "anropsBehorighetsInfo")
    assert [row["anropsBehorighetsInfoId"] for row in told] == ["70", "71", "72"]
    assert told[2] == {
        "anropsBehorighetsInfoId": "72",
        "receiverId": CLINIC,
        "senderId": CONSUMER,
        "tjansteKontrakt": responder("ProcessNotification", "itintegration:engagementindex"),
        "fromTidpunkt": "2019-01-01T00:00:00.000",
        "tomTidpunkt": "2019-12-31T00:00:00.000",
    }


def test_filters_go_along_with_their_authorisation() -> None:
    """platform.md §20.4: filterInfo* with categorization*."""
    (found,) = payload_of(all_of("hamtaAllaAnropsBehorigheter")).findall(f"{N}anropsBehorighetsInfo/{N}filterInfo")
    assert [(etree.QName(child).localname, child.text) for child in found] == [
        ("serviceDomain", "riv:crm:scheduling"),
        ("categorization", "Booking"),
        ("categorization", "Invitation"),
    ]


def test_all_components_are_told_with_what_they_answer_and_what_they_may_call() -> None:
    """platform.md §20.4, hamtaAllaTjanstekomponenter."""
    consumer, producer = payload_of(all_of("hamtaAllaTjanstekomponenter"))
    assert producer.findtext(f"{N}beskrivning") == "Tidbok <test>"
    assert [route.findtext(f"{N}tjanstekontraktNamnrymd") for route in producer.iter(f"{N}vagvalsInfo")] == [
        TIMES.namespace,
        BOOK.namespace,
    ]
    assert producer.findtext(f"{N}anropsAdressInfo/{N}rivtaProfilNamn") == "RIVTABP21"
    assert [each.findtext(f"{N}integrationsavtal") for each in consumer.findall(f"{N}anropsbehorighetInfo")] == [
        "avtal 7"
    ] * 3
    assert consumer.findtext(f"{N}anropsbehorighetInfo/{N}logiskAdressBeskrivning") == "Vårdcentralen"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_keeps_the_schema_by_two_judges(operation: str) -> None:
    """platform.md §20.4: all elements qualified."""
    payload = payload_of(all_of(operation))
    file = WSDL_FILE.parent / "vagvalsinfo_v2.xsd"
    assert xml.compile_schema({NAMESPACE: file}, file.parent, lambda _, text: text).validate(payload)
    assert xmlschema.XMLSchema(str(file)).is_valid(etree.tostring(payload, encoding="unicode"))


def test_a_version_without_authorisations_is_a_fault_for_the_schema_has_no_room_for_none() -> None:
    """platform.md §20.4: anropsBehorighetsInfo+; to the platform that asks, both are a failed load (§18)."""
    fault = fault_in(all_of("hamtaAllaAnropsBehorigheter", services(a_publication(authorisations=()))))
    assert (fault.faultcode, fault.faultstring) == (
        "SOAP-ENV:Server",
        "There are no authorisations in the published version.",
    )


def test_texts_that_xml_cannot_carry_do_not_break_the_answer() -> None:
    publication = a_publication(contracts=(replace(TIMES, description="a\x00]]>&<"),))
    (row,) = rows("hamtaAllaTjanstekontrakt", "tjanstekontraktInfo", services(publication))
    assert row["beskrivning"] == "a\ufffd]]>&<"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (envelope_of('<hamtaNagotAnnat xmlns="urn:skl:tp:vagvalsinfo:v2"/>'), "There is no such operation here."),
        (envelope_of('<hamtaAllaVirtualiseringar xmlns="urn:other"/>'), "There is no such operation here."),
        (envelope_of(""), "The body of the message is empty."),
        (b"<Soap", "the message is not well-formed XML"),
        (b"", "the message is empty"),
        (b'<!DOCTYPE e [<!ENTITY x "y">]><e/>', "a document type is not allowed"),
    ],
)
def test_what_is_no_question_is_the_callers_fault(body: bytes, sentence: str) -> None:
    """platform.md §20.4: SOAP 1.1 faults."""
    fault = fault_in(asked(services(), SOK_VAGVALS_INFO, body, method="POST"))
    assert fault.faultcode == "SOAP-ENV:Client"
    assert fault.faultstring.startswith(sentence)


# The registries


def a_question(path: str, *fields: str, name: str = "") -> bytes:
    """A question to one of the registries; `{c}` stands for the namespace of the domain's types."""
    registry = REGISTRIES[path]
    inner = "".join(fields).replace("{c}", registry.core)
    return envelope_of(f'<{name or registry.name} xmlns="{registry.contract}">{inner}</{name or registry.name}>')


def supported(path: str, *fields: str, one: TakServices | None = None) -> list[str]:
    """The contracts that are told."""
    core = REGISTRIES[path].core
    payload = payload_of(asked(one or services(), path, a_question(path, *fields)))
    return [element.text for element in payload.iter(f"{{{core}}}ServiceContractNamespace")]


THE_CONSUMER, THE_ADDRESS = (
    f"<serviceConsumerHsaId>{CONSUMER}</serviceConsumerHsaId>",
    f"<logicalAdress>{CLINIC}</logicalAdress>",
)
THE_CONTRACT = (
    f'<serviceContractNameSpace><ServiceContractNamespace xmlns="{{c}}">{BOOK.namespace}</ServiceContractNamespace>'
    "</serviceContractNameSpace>"
)


@pytest.mark.parametrize("path", [SUPPORTED_1, SUPPORTED_2])
def test_both_versions_tell_the_contracts_of_a_consumer_at_an_address(path: str) -> None:
    """platform.md §20.4, GetSupportedServiceContracts; what ended in 2019 is not told."""
    assert supported(path, THE_CONSUMER, THE_ADDRESS) == [TIMES.namespace]


def test_version_2_answers_without_a_consumer() -> None:
    """platform.md §20.4: serviceConsumerHsaId 0..1."""
    assert supported(SUPPORTED_2, THE_ADDRESS) == [TIMES.namespace]


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        (SUPPORTED_1, (THE_CONSUMER,), "LogicalAddress must not be empty or null"),
        (SUPPORTED_1, (THE_CONSUMER, "<logicalAdress/>"), "LogicalAddress must not be empty or null"),
        (SUPPORTED_1, (THE_ADDRESS,), "ServiceConsumerHsaId must not be empty or null"),
        (SUPPORTED_1, ("<serviceConsumerHsaId/>", THE_ADDRESS), "ServiceConsumerHsaId must not be empty or null"),
        (SUPPORTED_1, (), "LogicalAddress must not be empty or null"),
        (SUPPORTED_2, (THE_CONSUMER,), "LogicalAddress must not be empty or null"),
        (ADDRESSEES, (THE_CONSUMER,), "ServiceContractNamespece must not be empty or null"),
        (ADDRESSEES, (THE_CONTRACT,), "ServiceConsumerHsaId must not be empty or null"),
    ],
)
def test_what_is_missing_is_a_fault_in_the_registrys_words(path: str, fields: tuple[str, ...], sentence: str) -> None:
    """platform.md §20.4, errors; contracts.md REG-3."""
    fault = fault_in(asked(services(), path, a_question(path, *fields)))
    assert (fault.faultcode, fault.faultstring) == ("SOAP-ENV:Server", sentence)


def test_logical_addressees_are_told_with_their_filters() -> None:
    """platform.md §20.4, GetLogicalAddresseesByServiceContract 2."""
    s = f"{{{LOGICAL_ADDRESSEES_2.contract}}}"
    (record,) = payload_of(asked(services(), ADDRESSEES, a_question(ADDRESSEES, THE_CONSUMER, THE_CONTRACT)))
    assert record.findtext(f"{s}logicalAddress") == CLINIC_2B03.hsa_id
    assert record.findtext(f"{s}filter/{s}serviceDomain") == "riv:crm:scheduling"
    assert [each.text for each in record.iter(f"{s}categorization")] == ["Booking", "Invitation"]


LONG_AGO = date(2019, 12, 31)
OLD = a_publication(authorisations=(an_authorisation(contract=BOOK, first_day=LONG_AGO, last_day=LONG_AGO),))


@pytest.mark.parametrize(
    ("settings", "count"),
    [({}, 1), ({"compatibility": "skltp"}, 1), ({"registry_ignores_days": False}, 0)],
)
def test_whether_days_are_looked_at_is_a_setting(settings: dict[str, object], count: int) -> None:
    """platform.md §25 row 24: copy, switch."""
    answer = asked(services(OLD, **settings), ADDRESSEES, a_question(ADDRESSEES, THE_CONSUMER, THE_CONTRACT))
    assert len(payload_of(answer)) == count


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [TIMES.namespace]),
        ({"compatibility": "skltp"}, []),
        ({"compatibility": "skltp", "registry_last_day": True}, [TIMES.namespace]),
    ],
)
def test_whether_the_last_day_counts_is_a_setting(settings: dict[str, object], expected: list[str]) -> None:
    """platform.md §20.4: the last day is not included by the real registry."""
    publication = a_publication(authorisations=(an_authorisation(last_day=NOW.date()),))
    assert supported(SUPPORTED_2, THE_ADDRESS, one=services(publication, **settings)) == expected


@pytest.mark.parametrize("path", REGISTRIES)
def test_registries_answer_no_other_question(path: str) -> None:
    """The operation is the contract's own element."""
    fault = fault_in(asked(services(), path, a_question(path, name="GetSomethingElse")))
    assert (fault.faultcode, fault.faultstring) == ("SOAP-ENV:Client", "There is no such operation here.")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (SUPPORTED_1, (THE_CONSUMER, THE_ADDRESS)),
        (SUPPORTED_2, (THE_ADDRESS,)),
        (ADDRESSEES, (THE_CONSUMER, THE_CONTRACT)),
    ],
)
def test_answers_of_the_registries_keep_their_contracts_by_two_judges(path: str, fields: tuple[str, ...]) -> None:
    """contracts.md §9."""
    answer = asked(services(), path, a_question(path, *fields))
    interaction = OFFICIAL.find(REGISTRIES[path].contract, "rivtabp21")
    assert interaction is not None
    assert len(payload_of(answer)) > 0
    assert Validator(Catalogue((interaction,))).check_response(envelope.read(answer.body), interaction) == ()
    schema = xmlschema.XMLSchema(str(interaction.schemas[interaction.contract]))
    assert schema.is_valid(etree.tostring(payload_of(answer), encoding="unicode"))


def test_each_registry_has_its_own_namespaces() -> None:
    """contracts.md §9: 1.0 and 2.0 are not compatible."""
    assert (SUPPORTED_CONTRACTS_1.contract, SUPPORTED_CONTRACTS_1.core) == (
        "urn:riv:itintegration:registry:GetSupportedServiceContractsResponder:1",
        REGISTRY_HEADERS,
    )
    assert (SUPPORTED_CONTRACTS_2.contract, SUPPORTED_CONTRACTS_2.core) == (
        "urn:riv:infrastructure:itintegration:registry:GetSupportedServiceContractsResponder:2",
        REGISTRY_HEADERS_2,
    )


# Ping

PING_BODY = envelope_of(
    f'<PingForConfiguration xmlns="{PING_CONTRACT}"><serviceContractNamespace>urn:x</serviceContractNamespace>'
    "<logicalAddress>SE</logicalAddress></PingForConfiguration>"
)


def test_the_services_answer_a_ping_with_the_version_they_serve() -> None:
    """platform.md §20.4, last paragraph; contracts.md PING-1."""
    answer = asked(services(), PING, PING_BODY)
    told = {row[0].text: row[1].text for row in payload_of(answer)[2:]}
    assert (told["Applikation"], told["tak.pvCacheVersion"]) == ("tak-services", "3")
    interaction = OFFICIAL.find(PING_CONTRACT, "rivtabp21")
    assert interaction is not None
    assert Validator(Catalogue((interaction,))).check_response(envelope.read(answer.body), interaction) == ()


def test_services_without_a_catalogue_do_not_pretend_to_be_well() -> None:
    """contracts.md PING-2."""
    assert fault_in(asked(services(kept=Kept()), PING, PING_BODY)).faultstring == "The catalogue has not been loaded."


# Activation, reset, export


def test_what_is_published_is_told_after_a_reset_and_not_before() -> None:
    """platform.md §20.2, activation."""
    kept = Kept({3: a_publication()})
    one = services(kept=kept)
    one.load()
    kept.by_number[4] = a_publication(version=4, contracts=(BOOK,))
    assert len(rows("hamtaAllaTjanstekontrakt", "tjanstekontraktInfo", one)) == 3
    told(asked(one, "/tak-services/reset/pv"))
    assert len(rows("hamtaAllaTjanstekontrakt", "tjanstekontraktInfo", one)) == 1


def test_a_reset_tells_version_and_counts() -> None:
    """platform.md §20.5."""
    assert told(asked(services(), "/tak-services/reset/pv")) == {
        "status": "OK",
        "message": "Successfully updated server with new published version",
        "currentVersion": 3,
        "servicesList": {"VIRTUALISERING": 2, "ANROPSBEHORIGHT": 3, "TJANSTEKOMPONENT": 2, "TJANSTEKONTRAKT": 3},
    }


def test_a_reset_to_an_older_version_puts_that_in_force() -> None:
    """platform.md §20.5, ?version=n."""
    one = services(a_publication(), a_publication(version=2, contracts=()))
    assert told(asked(one, "/tak-services/reset/pv", query="version=2"))["currentVersion"] == 2
    assert rows("hamtaAllaTjanstekontrakt", "tjanstekontraktInfo", one) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("version=9", "There is no published version 9."), ("version=x", "The version must be a number.")],
)
def test_a_reset_that_fails_says_so_with_status_200_and_keeps_what_is_loaded(query: str, sentence: str) -> None:
    """platform.md §20.5: status ERROR."""
    one = services()
    one.load()
    assert told(asked(one, "/tak-services/reset/pv", query=query)) == {
        "status": "ERROR",
        "message": sentence,
        "currentVersion": 3,
    }
    assert len(rows("hamtaAllaVirtualiseringar", "virtualiseringsInfo", one)) == 2


def test_a_database_that_is_away_is_told_by_its_kind_alone() -> None:
    def away() -> None:
        raise ConnectionError("postgresql://tak:secret@host/")

    kept = Kept({3: a_publication()})
    one = services(kept=kept)
    one.load()
    kept.before = away
    assert told(asked(one, "/tak-services/reset/pv"))["message"] == "The catalogue cannot be read: ConnectionError."
    assert len(rows("hamtaAllaVirtualiseringar", "virtualiseringsInfo", one)) == 2


def test_before_anything_is_published_the_services_answer_with_faults() -> None:
    """platform.md §20.5: `not loaded`."""
    one = services(kept=Kept())
    assert fault_in(all_of("hamtaAllaVirtualiseringar", one)).faultstring == "The catalogue has not been loaded."
    assert told(asked(one, "/tak-services/reset/pv"))["status"] == "ERROR"
    assert asked(one, "/tak-services/actuator/health").status == 503


def test_services_that_are_loaded_are_up() -> None:
    """platform.md §20.5, actuator."""
    one = services()
    assert told(asked(one, "/tak-services/actuator/health")) == {"status": "UP"}
    assert told(asked(one, "/tak-services/actuator/info"))["tak.pvCacheVersion"] == 3


def test_the_loaded_version_can_be_exported() -> None:
    """platform.md §20.3, §20.5: natural keys."""
    export = told(asked(services(), "/tak-services/export/pv"))
    assert (export["version"], export["utforare"]) == (3, "Astrid")
    assert export["data"]["anropsbehorighet"][0]["relationships"]["tjanstekonsument"] == CONSUMER


def test_another_version_can_be_exported_indented() -> None:
    """platform.md §20.3: ?version=n, ?pretty=true."""
    one = services(a_publication(), a_publication(version=2))
    answer = asked(one, "/tak-services/export/pv", query="version=2&pretty=true")
    assert told(answer)["version"] == 2
    assert b"\n  " in answer.body
    assert b"\n" not in asked(one, "/tak-services/export/pv").body


def test_an_unknown_version_is_told_with_status_200() -> None:
    """platform.md §20.3."""
    assert told(asked(services(), "/tak-services/export/pv", query="version=9")) == {
        "Status": "ERROR",
        "message": "There is no published version 9.",
    }


def test_the_services_answer_from_a_real_store(tmp_path: Path) -> None:
    """platform.md §20.2: what is published there is what is told here."""
    store = Store(f"sqlite:///{tmp_path}/tak.db", lambda: NOW)
    store.open()
    try:
        store.plant(a_publication(), "Astrid")
        one = TakServices(store, read_settings({}), lambda: NOW)
        one.load()
        assert len(rows("hamtaAllaVirtualiseringar", "virtualiseringsInfo", one)) == 2
        assert told(asked(one, "/tak-services/reset/pv"))["currentVersion"] == 1
    finally:
        store.close()


# Who may ask

ALL_PAGES = (
    SOK_VAGVALS_INFO,
    PING,
    *REGISTRIES,
    "/tak-services/export/pv",
    "/tak-services/reset/pv",
    "/tak-services/actuator/health",
)


@pytest.mark.parametrize("path", ALL_PAGES)
def test_peers_that_are_not_on_the_white_list_get_nothing(path: str) -> None:
    """platform.md §25 row 18: closed by default."""
    answer = asked(services(), path, b"<x/>", query="wsdl", peer="192.0.2.7")
    assert (answer.status, answer.body) == (403, b"This address is not on the white list.")


def test_whom_a_proxy_speaks_for_must_be_on_the_white_list_too() -> None:
    """As for internal calls (platform.md §5.2)."""
    forwarded = {"x-forwarded-for": "192.0.2.7"}
    assert asked(services(), "/tak-services/export/pv", headers=forwarded).status == 403
    assert (
        asked(services(ip_whitelist="127.0.0.1,192.0.2."), "/tak-services/export/pv", headers=forwarded).status == 200
    )


def test_a_reset_is_for_those_who_may_reset() -> None:
    """platform.md §25 row 18: the setting reset_callers."""
    one = services(ip_whitelist="192.0.2.7", reset_callers="192.0.2.8")
    assert asked(one, "/tak-services/reset/pv", peer="192.0.2.7").status == 403
    assert asked(one, "/tak-services/export/pv", peer="192.0.2.7").status == 200
    assert asked(one, "/tak-services/reset/pv", peer="192.0.2.8").status == 200


@pytest.mark.parametrize(
    "path", ["/tak-services", "/tak-services/SokVagvalsInfo", "/tak-services/status", "/tak-services/x"]
)
def test_other_paths_are_nobodys(path: str) -> None:
    """platform.md §20.5: /status is not published."""
    assert asyncio.run(services().answer(HttpRequest("GET", path, peer="127.0.0.1"))) is None


# WSDL


@pytest.mark.parametrize("path", [SOK_VAGVALS_INFO, PING, *REGISTRIES])
def test_every_service_has_a_wsdl_with_its_own_address(path: str) -> None:
    """platform.md §20.4: ?wsdl must work."""
    answer = asked(services(), path, query="wsdl")
    assert answer.status == 200
    (place,) = xml.parse(answer.body).iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert place.get("location") == f"http://tak.example.com:8080{path}"


def test_a_wsdl_of_another_version_is_not_taken_for_it() -> None:
    """platform.md §20.4: version 1 and 2 of a registry are at paths of their own."""
    assert b"GetSupportedServiceContractsResponder:1" in asked(services(), SUPPORTED_1, query="wsdl").body
    assert b"GetSupportedServiceContractsResponder:2" in asked(services(), SUPPORTED_2, query="wsdl").body


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The services really served, and behind the gateway of the same process."""
    pipeline = a_pipeline(catalogue=OFFICIAL, adapters={}, answer_validation="refuse", ip_whitelist="127.0.0.1")
    with served(pipeline, pages={"/tak-services": services().answer}) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        pipeline.tak = lambda: a_snapshot(
            *(a_gateways_route(contract=one.contract, address=url + path) for path, one in REGISTRIES.items()),
            a_gateways_route(contract=PING_CONTRACT, address=url + PING),
        )
        yield url


def a_client(url: str) -> zeep.Client:
    transport = zeep.Transport(timeout=30, operation_timeout=30)
    transport.session.trust_env = False
    return zeep.Client(url, transport=transport)


def test_zeep_works_from_the_wsdl_that_is_served(base: str) -> None:
    """platform.md §20.4: a platform's client reads <address>?wsdl."""
    client = a_client(f"{base}{SOK_VAGVALS_INFO}?wsdl")
    service = client.bind("SokVagvalsServiceSoap11LitDocService", "SokVagvalsSoap11LitDocPort")
    with client.transport.session:
        assert [row.adress for row in service.hamtaAllaVirtualiseringar()] == [
            "https://timebook.example.com/vp?a&b"
        ] * 2
        assert [row.senderId for row in service.hamtaAllaAnropsBehorigheter()] == [CONSUMER] * 3
        assert [row.majorVersion for row in service.hamtaAllaTjanstekontrakt()] == [1, 1, 1]
        assert service.hamtaAllaTjanstekomponenter()[1].anropsAdressInfo[0].vagvalsInfo[0].logiskAdressHsaId == CLINIC


def test_the_registries_are_reached_through_the_gateway(base: str) -> None:
    """platform.md §20.4: a route in the catalogue leads to its own services."""
    headers = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": "SE2321009991-TP01"}
    for path, name, asked, expected in (
        (SUPPORTED_1, "LogicalAddress", {"serviceConsumerHsaId": CONSUMER, "logicalAdress": CLINIC}, TIMES.namespace),
        (SUPPORTED_2, "LogicalAddress", {"logicalAdress": CLINIC}, TIMES.namespace),
        (
            ADDRESSEES,
            "LogicalAddress",
            {
                "serviceConsumerHsaId": CONSUMER,
                "serviceContractNameSpace": {"ServiceContractNamespace": BOOK.namespace},
            },
            CLINIC_2B03.hsa_id,
        ),
    ):
        client = a_client(f"{base}{path}?wsdl")
        (binding,) = client.wsdl.bindings
        through = client.create_service(binding, f"{base}/vp/anything")
        with client.transport.session, client.settings(extra_http_headers=headers):
            answer = through[REGISTRIES[path].name](**asked, _soapheaders={name: CLINIC})
        assert expected in str(answer)


def test_the_services_are_pinged_through_the_gateway(base: str) -> None:
    """platform.md §20.4, last paragraph."""
    client = a_client(f"{base}{PING}?wsdl")
    (binding,) = client.wsdl.bindings
    through = client.create_service(binding, f"{base}/vp/anything")
    headers = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": "SE2321009991-TP01"}
    with client.transport.session, client.settings(extra_http_headers=headers):
        answer = through.PingForConfiguration(
            serviceContractNamespace="urn:x", logicalAddress="SE", _soapheaders={"LogicalAddress": CLINIC}
        )
    assert answer.pingDateTime == "20261201120000"
