"""The files in wsdl/, their errata and the sample messages in tests/samples.

What the contracts say in words (contracts.md §2, §3, §5.1) is stated here by itself. The tables that the files were
written from are compared by .ci/compare_wsdl_with_tables.py, which needs the specification; these tests don't.
"""

import re
import shutil
import socket
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
import zeep
from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
WSDL_DIR = ROOT / "wsdl"
SAMPLES_DIR = ROOT / "tests" / "samples"

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
CORE = "{urn:riv:crm:scheduling:1}"
CORE_EXT = "{urn:riv:crm:scheduling:1.1}"
REGISTRY = "{urn:riv:itintegration:registry:1}"
REGISTRY_2 = "{urn:riv:infrastructure:itintegration:registry:2}"
HEADERS = "{urn:riv:interoperability:headers:1}"
ADDRESSING = "{http://www.w3.org/2005/08/addressing}"

INTERACTIONS = {
    "crm_scheduling_1.0": {
        "CancelBooking", "GetAllTimeTypes", "GetAvailableDates", "GetAvailableTimeslots", "GetBookingDetails",
        "GetCancelledAndRebooked", "GetSubjectOfCareSchedule", "MakeBooking", "UpdateBooking",
    },
    "crm_scheduling_1.1": {
        "CancelBooking", "GetAllCareTypes", "GetAllHealthcareFacilities", "GetAllPerformers", "GetAllTimeTypes",
        "GetAvailableDates", "GetAvailableTimeslots", "GetBookingDetails", "GetSubjectOfCareSchedule",
        "MakeBooking", "UpdateBooking",
    },
    "infrastructure_itintegration_registry_2.0": {
        "GetLogicalAddresseesByServiceContract", "GetSupportedServiceContracts",
    },
    "itintegration_engagementindex_1.0": {"FindContent", "GetUpdates", "ProcessNotification", "Update"},
    "itintegration_monitoring_1.0": {"PingForConfiguration"},
    "itintegration_registry_1.0": {"GetLogicalAddresseesByServiceContract", "GetSupportedServiceContracts"},
}  # fmt: skip
UPDATING = ("CancelBooking", "MakeBooking", "UpdateBooking")
A_REAL_ID = "197912129280"
LISTED_PEOPLE = {  # domain.md §10.4: from the Swedish Tax Agency's published test numbers
    "197912129280", "199001132399", "198812242397", "194912062306", "196112122871", "199610182389", "194201199124",
    "192102099229", "200402232391", "200811112390", "200812312387", "201112242399", "201312302381", "201901022382",
    "196608182942", "198504782395", "991981000010",
}  # fmt: skip

DATE = "[1-9]{1}[0-9]{3}(0[1-9]{1}|1[0-2]{1})([0-2]{1}[0-9]{1}|3[0-1]{1})"
TIME = "([0-1]{1}[0-9]{1}|2[0-3]{1})[0-5]{1}[0-9]{1}[0-5]{1}[0-9]{1}"
FACETS = {  # every simple type but these is a plain string
    "DT": [DATE],
    "TS": [DATE + TIME],
    "SubjectOfCareIdType": ["^[0-9]{8}[0-9pPtTfF][0-9]{3}$"],
    "RegisteredResidentIdentificationType": ["^[0-9]{8}[0-9pPtTfF][0-9]{3}$"],
    "ResultCodeEnum": ["OK", "ERROR", "INFO"],
    "ActorTypeEnum": ["subject_of_care", "subject_of_care_agent"],
    "StatusCodeEnum": ["DataFromSource", "DataFromCache", "DataFromCacheSynchFailed", "NoDataSynchFailed"],
    "CausingAgentEnum": [
        "service_catalog", "virtualization_platform", "service_producer", "engagement_index", "other",
    ],
}  # fmt: skip

# contracts.md §5.1, in the schema's order, 1.1: what each message must have (1), may have (?) and must not have (-).
TIMESLOT_COLUMNS = (
    "GetAvailableTimeslots", "GetBookingDetails", "GetSubjectOfCareSchedule", "MakeBooking", "UpdateBooking",
)  # fmt: skip
TIMESLOT_MATRIX = {
    CORE + "startTimeInclusive": "1?111",
    CORE + "endTimeExclusive": "1?111",
    CORE + "healthcare_facility": "11111",
    CORE + "performer": "?????",
    CORE + "bookingId": "??1?1",
    CORE + "subject_of_care": "-1111",
    CORE + "purpose": "?????",
    CORE + "reason": "?????",
    CORE + "resourceName": "?????",
    CORE + "healthcare_facility_name": "?????",
    CORE + "performerName": "?????",
    CORE + "resourceID": "?????",
    CORE + "timeTypeName": "?????",
    CORE + "timeTypeID": "?????",
    CORE + "careTypeName": "?????",
    CORE + "careTypeID": "?????",
    CORE + "cancel_booking_allowed": "?1?--",
    CORE + "rebooking_allowed": "?1?--",
    CORE + "message_allowed": "?1?--",
    CORE_EXT + "isInvitation": "-??--",
}


def parse(path: Path) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.parse(str(path), parser).getroot()


def beneath(folder: Path, pattern: str) -> list[Any]:
    """The files as test parameters, named by their path."""
    found = sorted(folder.rglob(pattern))
    return [pytest.param(path, id=path.relative_to(folder).as_posix()) for path in found]


every_schema = pytest.mark.parametrize("path", beneath(WSDL_DIR, "*.xsd"))
every_wsdl = pytest.mark.parametrize("path", beneath(WSDL_DIR, "*.wsdl"))
every_file = pytest.mark.parametrize("path", beneath(WSDL_DIR, "*.wsdl") + beneath(WSDL_DIR, "*.xsd"))
every_sample = pytest.mark.parametrize("path", beneath(SAMPLES_DIR, "*.xml"))


@dataclass(frozen=True, slots=True)
class Names:
    """What a WSDL file's place says that its contents must be called (contracts.md §2.1)."""

    contract_set: str  # the folder, e.g. crm_scheduling_1.1
    interaction: str
    profile: str  # rivtabp20 or rivtabp21

    @classmethod
    def of(cls, path: Path) -> "Names":
        contract_set, _, folder, name = path.relative_to(WSDL_DIR).parts
        return cls(contract_set, folder.removesuffix("Interaction"), name[-14:-5].lower())

    @property
    def version(self) -> str:
        return self.contract_set.rpartition("_")[2]

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    @property
    def domain(self) -> str:
        return self.contract_set.rpartition("_")[0].replace("_", ":")

    @property
    def service(self) -> str:
        return f"urn:riv:{self.domain}:{self.interaction}Responder:{self.major}"

    @property
    def is_scheduling_1_0(self) -> bool:
        return self.contract_set == "crm_scheduling_1.0"

    def headers(self) -> list[tuple[str, str]]:
        """Part and element of each header block, in the order in which they are bound (contracts.md §2.5)."""
        if self.profile == "rivtabp20":
            return [("LogicalAddress", ADDRESSING + "To")]
        registry = REGISTRY_2 if self.domain.startswith("infrastructure") else REGISTRY
        blocks = [("LogicalAddress", registry + "LogicalAddress")]
        return [*blocks, ("actor", HEADERS + "Actor")] if self.domain == "crm:scheduling" else blocks


def only(parent: etree._Element, tag: str) -> etree._Element:
    (child,) = parent.findall(tag)
    return child


def resolved(element: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{element.nsmap[prefix or None]}}}{local}"


def parts(definitions: etree._Element, message: str) -> list[tuple[str, str]]:
    (found,) = (m for m in definitions.findall(WSDL + "message") if m.get("name") == message)
    return [(part.get("name"), resolved(part, part.get("element"))) for part in found]


# The files as files


def test_every_contract_set_has_its_interactions_in_the_official_layout() -> None:
    """contracts.md §2.1, directory layout; §2.2, thirty WSDLs."""
    found = {
        folder.name: {place.name.removesuffix("Interaction") for place in (folder / "interactions").iterdir()}
        for folder in WSDL_DIR.iterdir()
        if (folder / "interactions").is_dir()
    }
    assert found == INTERACTIONS
    assert len([*WSDL_DIR.rglob("*.wsdl")]) == 30


@every_wsdl
def test_a_wsdl_and_its_schemas_carry_the_official_file_names(path: Path) -> None:
    """contracts.md §2.1: the profile is in lower case in scheduling 1.0 alone."""
    names = Names.of(path)
    profile = names.profile if names.is_scheduling_1_0 else names.profile.upper()
    assert path.parent.name == f"{names.interaction}Interaction"
    assert path.name == f"{names.interaction}Interaction_{names.version}_{profile}.wsdl"
    assert (path.parent / f"{names.interaction}Responder_{names.version}.xsd").exists()
    extensions = {file.name for file in path.parent.glob("*_ext.xsd")}
    assert extensions <= {f"{names.interaction}Responder_{names.version}_ext.xsd"}


@every_file
def test_a_file_is_well_formed_utf_8_without_a_doctype(path: Path) -> None:
    root = parse(path)
    assert root.tag in (XS + "schema", WSDL + "definitions")
    assert root.getroottree().docinfo.encoding == "UTF-8"
    assert not root.getroottree().docinfo.doctype
    path.read_text(encoding="utf-8")


@every_file
def test_a_file_begins_with_a_sentence_about_what_it_is_for(path: Path) -> None:
    """contracts.md §2.2: xs:annotation in crm, EI and monitoring WSDLs, wsdl:documentation in the registry's."""
    first = parse(path)[0]
    in_registry_wsdl = path.suffix == ".wsdl" and "registry" in Names.of(path).domain
    assert first.tag == (WSDL + "documentation" if in_registry_wsdl else XS + "annotation")
    assert "".join(first.itertext()).strip().endswith(".")


@every_file
def test_a_file_names_no_host_but_the_namespaces_own_and_the_placeholder(path: Path) -> None:
    addresses = re.findall(r"https?://([^/\"<\s]+)", path.read_text(encoding="utf-8"))
    assert set(addresses) <= {"www.w3.org", "schemas.xmlsoap.org", "tempuri.org"}


@every_file
def test_an_import_resolves_inside_its_own_contract_set(path: Path) -> None:
    """contracts.md §2.1, relative imports: a set stands on its own."""
    contract_set = WSDL_DIR / path.relative_to(WSDL_DIR).parts[0]
    for item in parse(path).iter(XS + "import"):
        location = item.get("schemaLocation")
        target = (path.parent / location).resolve()
        assert not location.startswith("/"), location
        assert target.is_relative_to(contract_set), location
        assert parse(target).get("targetNamespace") == item.get("namespace"), location


@every_file
def test_no_file_includes_redefines_or_imports_anything_else(path: Path) -> None:
    root = parse(path)
    assert not [*root.iter(XS + "include", XS + "redefine", WSDL + "import")]


# Schemas


@every_schema
def test_a_schema_compiles_in_libxml2_without_a_word(path: Path) -> None:
    schema = etree.XMLSchema(parse(path).getroottree())
    assert [str(entry) for entry in schema.error_log] == []


@every_schema
def test_a_schema_compiles_in_the_second_opinion(path: Path) -> None:
    schema = xmlschema.XMLSchema(str(path), allow="local")
    assert schema.all_errors == []


def is_addressing(path: Path) -> bool:
    return path.name == "ws-addressing-1.0.xsd"


@every_schema
def test_a_schema_qualifies_elements_but_not_attributes_and_says_its_version(path: Path) -> None:
    """contracts.md §2.3. By the table MakeBooking 1.1 and the registry 2.0 say version 1.0, and so do ours."""
    schema = parse(path)
    assert schema.get("elementFormDefault") == "qualified"
    assert schema.get("attributeFormDefault", "unqualified") == "unqualified"
    if not is_addressing(path):
        is_1_1 = "_1.1" in path.name and path.name != "MakeBookingResponder_1.1.xsd"
        assert schema.get("version") == ("1.1" if is_1_1 else "1.0")


@every_schema
def test_a_content_model_is_one_plain_sequence(path: Path) -> None:
    """contracts.md §2.3: no choice, group, inheritance, nillable, default or fixed value, and no attribute."""
    schema = parse(path)
    if is_addressing(path):
        return
    allowed = {"schema", "annotation", "documentation", "import", "element", "complexType", "sequence", "any"}
    allowed |= {"simpleType", "restriction", "pattern", "enumeration"}
    assert {etree.QName(element).localname for element in schema.iter(etree.Element)} <= allowed
    assert not {"nillable", "default", "fixed"} & {key for element in schema.iter() for key in element.attrib}
    for complex_type in schema.iter(XS + "complexType"):
        assert [child.tag for child in complex_type] == [XS + "sequence"]


@every_schema
def test_the_extension_point_stands_last_in_every_type_but_two(path: Path) -> None:
    """contracts.md §1 item 4, §2.3: not in 1.1 TimeslotType and ProcessingStatusRecordType."""
    if is_addressing(path):
        return
    for complex_type in parse(path).iter(XS + "complexType"):
        particles = [*only(complex_type, XS + "sequence")]
        wildcards = [particle for particle in particles if particle.tag == XS + "any"]
        closed = (path.name, complex_type.get("name")) in {
            ("crm_scheduling_1.1.xsd", "TimeslotType"),
            ("interoperability_headers_1.0.xsd", "ProcessingStatusRecordType"),
        }
        assert wildcards == ([] if closed else particles[-1:]), complex_type.get("name")
        at_most = "1" if complex_type.get("name") == "GetUpdatesType" else "unbounded"
        for wildcard in wildcards:
            assert wildcard.get("namespace") == "##other"
            assert wildcard.get("processContents") == "lax"
            assert wildcard.get("minOccurs") == "0"
            assert wildcard.get("maxOccurs", "1") == at_most


@every_schema
def test_a_simple_type_allows_the_values_that_the_contracts_list(path: Path) -> None:
    """contracts.md §1 item 1, §6.2, §11: enumerations and patterns to the letter, on no other type."""
    if is_addressing(path):
        return
    for simple_type in parse(path).iter(XS + "simpleType"):
        name = simple_type.get("name", "")
        facets = [facet.get("value") for facet in only(simple_type, XS + "restriction")]
        assert facets == FACETS.get(name, []), name


def test_the_timeslot_of_1_0_is_still_open_and_always_has_its_times() -> None:
    """contracts.md §2.4: 1.1 took the extension point away and made start and end optional."""
    schema = parse(WSDL_DIR / "crm_scheduling_1.0/core_components/crm_scheduling_1.0.xsd")
    (timeslot,) = (t for t in schema.iter(XS + "complexType") if t.get("name") == "TimeslotType")
    first, second, *_, last = only(timeslot, XS + "sequence")
    assert last.tag == XS + "any"
    assert [(e.get("name"), e.get("minOccurs", "1")) for e in (first, second)] == [
        ("startTimeInclusive", "1"),
        ("endTimeExclusive", "1"),
    ]


@every_wsdl
def test_a_service_schema_declares_its_two_roots_and_no_other(path: Path) -> None:
    """contracts.md §2.1 (root elements and types), §2.3 (global elements)."""
    names = Names.of(path)
    schema = parse(path.parent / f"{names.interaction}Responder_{names.version}.xsd")
    assert schema.get("targetNamespace") == names.service
    roots = [(e.get("name"), resolved(e, e.get("type"))) for e in schema.findall(XS + "element")]
    assert roots == [
        (names.interaction, f"{{{names.service}}}{names.interaction}Type"),
        (f"{names.interaction}Response", f"{{{names.service}}}{names.interaction}ResponseType"),
    ]


@pytest.mark.parametrize(
    ("name", "elements"),
    [
        ("core_components/crm_scheduling_1.1.xsd", []),
        (
            "core_components/crm_scheduling_1.1_ext.xsd",
            ["firstName", "middleName", "lastName", "isInvitation"],
        ),
        ("core_components/interoperability_headers_1.0.xsd", ["Actor", "ProcessingStatus"]),
        ("core_components/itintegration_registry_1.0.xsd", ["LogicalAddress", "ServiceContract"]),
        (
            "interactions/GetAllTimeTypesInteraction/GetAllTimeTypesResponder_1.1_ext.xsd",
            ["subject_of_care", "careTypeIDs"],
        ),
        (
            "interactions/GetAvailableDatesInteraction/GetAvailableDatesResponder_1.1_ext.xsd",
            ["subject_of_care"],
        ),
        (
            "interactions/GetAvailableTimeslotsInteraction/GetAvailableTimeslotsResponder_1.1_ext.xsd",
            ["subject_of_care"],
        ),
    ],
)
def test_a_shared_schema_of_1_1_declares_the_global_elements_it_should(name: str, elements: list[str]) -> None:
    """contracts.md §2.4, §6.2."""
    schema = parse(WSDL_DIR / "crm_scheduling_1.1" / name)
    assert [element.get("name") for element in schema.findall(XS + "element")] == elements


# WSDLs


@every_wsdl
def test_zeep_loads_a_wsdl_from_disk_without_the_network(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    names = Names.of(path)
    client = zeep.Client(str(path))
    service = client.wsdl.services[f"{names.interaction}ResponderService"]
    port = service.ports[f"{names.interaction}ResponderPort"]
    assert [*port.binding.all()] == [names.interaction]


@every_wsdl
def test_a_wsdl_follows_the_naming_rules(path: Path) -> None:
    """contracts.md §2.1; one operation (BP21 rule 17) and the same soapAction in 1.0 and 1.1."""
    names, definitions = Names.of(path), parse(path)
    interaction = names.interaction
    port_type = only(definitions, WSDL + "portType")
    binding = only(definitions, WSDL + "binding")
    service = only(definitions, WSDL + "service")
    port = only(service, WSDL + "port")
    small_r = interaction == "GetCancelledAndRebooked"
    tns = f"urn:riv:{names.domain}:{interaction}:{names.major}:{names.profile}"
    assert definitions.get("targetNamespace") == tns
    assert definitions.get("name") == f"{interaction}Interaction"
    assert port_type.get("name") == f"{interaction}{'r' if small_r else 'R'}esponderInterface"
    assert binding.get("name") == f"{interaction}ResponderBinding"
    assert resolved(binding, binding.get("type")) == f"{{{tns}}}{port_type.get('name')}"
    assert service.get("name") == f"{interaction}ResponderService"
    assert port.get("name") == f"{interaction}ResponderPort"
    assert resolved(port, port.get("binding")) == f"{{{tns}}}{binding.get('name')}"
    assert only(port, SOAP + "address").get("location") == "http://tempuri.org"
    for parent in (port_type, binding):
        assert only(parent, WSDL + "operation").get("name") == interaction
    operation = only(only(binding, WSDL + "operation"), SOAP + "operation")
    assert operation.get("soapAction") == f"{names.service}:{interaction}"


@every_wsdl
def test_a_wsdl_binds_document_literal_bare_and_declares_no_fault(path: Path) -> None:
    """contracts.md §2.2; soap:operation has no style in scheduling 1.0."""
    names, definitions = Names.of(path), parse(path)
    binding = only(definitions, WSDL + "binding")
    bound = only(binding, WSDL + "operation")
    soap = only(binding, SOAP + "binding")
    assert (soap.get("style"), soap.get("transport")) == ("document", "http://schemas.xmlsoap.org/soap/http")
    style = only(bound, SOAP + "operation").get("style")
    assert style == (None if names.is_scheduling_1_0 else "document")
    request, response = (only(only(bound, WSDL + d), SOAP + "body") for d in ("input", "output"))
    assert dict(request.attrib) == {"use": "literal", "parts": "parameters"}
    assert dict(response.attrib) == {"use": "literal"}
    assert not [*definitions.iter(WSDL + "fault", SOAP + "fault")]


@every_wsdl
def test_a_message_has_its_parts_in_the_official_order(path: Path) -> None:
    """contracts.md §2.2: LogicalAddress, actor, parameters; GetAllCareTypes 1.1 has actor first."""
    names, definitions = Names.of(path), parse(path)
    headers = names.headers()
    if names.interaction == "GetAllCareTypes":
        headers.reverse()
    body = f"{{{names.service}}}{names.interaction}"
    assert parts(definitions, f"{names.interaction}Request") == [*headers, ("parameters", body)]
    assert parts(definitions, f"{names.interaction}Response") == [("parameters", f"{body}Response")]
    operation = only(only(definitions, WSDL + "portType"), WSDL + "operation")
    for direction, kind in (("input", "Request"), ("output", "Response")):
        message = only(operation, WSDL + direction).get("message")
        expected = f"{{{definitions.get('targetNamespace')}}}{names.interaction}{kind}"
        assert resolved(operation, message) == expected


@every_wsdl
def test_headers_are_bound_logical_address_first_and_on_requests_alone(path: Path) -> None:
    """contracts.md §2.2, also for GetAllCareTypes."""
    names, definitions = Names.of(path), parse(path)
    bound = only(only(definitions, WSDL + "binding"), WSDL + "operation")
    headers = only(bound, WSDL + "input").findall(SOAP + "header")
    assert [header.get("part") for header in headers] == [part for part, _ in names.headers()]
    for header in headers:
        assert header.get("use") == "literal"
        assert header.get("message").rpartition(":")[2] == f"{names.interaction}Request"
    assert only(bound, WSDL + "output").findall(SOAP + "header") == []


@every_wsdl
def test_inline_schemas_import_the_service_schema_and_the_headers_own(path: Path) -> None:
    """contracts.md §2.2, BP21 rule 16; scheduling 1.0 has two inline schemas without a targetNamespace."""
    names, definitions = Names.of(path), parse(path)
    schemas = only(definitions, WSDL + "types").findall(XS + "schema")
    own = definitions.get("targetNamespace")
    expected = [None, None] if names.is_scheduling_1_0 else [own]
    assert [schema.get("targetNamespace") for schema in schemas] == expected
    imported = [item.get("namespace") for schema in schemas for item in schema]
    assert imported == [names.service, *(etree.QName(element).namespace for _, element in names.headers())]


# Errata


def errata() -> list[dict[str, Any]]:
    return tomllib.loads((WSDL_DIR / "errata.toml").read_text(encoding="utf-8"))["erratum"]


@pytest.fixture(scope="session")
def corrected_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of wsdl/ with every erratum applied."""
    copy = tmp_path_factory.mktemp("corrected") / "wsdl"
    shutil.copytree(WSDL_DIR, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for erratum in errata():
        for name in erratum["files"]:
            text = (copy / name).read_text(encoding="utf-8")
            corrected = text.replace(erratum["find"], erratum["replace"])
            (copy / name).write_text(corrected, encoding="utf-8")
    return copy


def test_errata_are_numbered_and_explained() -> None:
    assert [erratum["id"] for erratum in errata()] == ["E1", "E2", "E3"]
    for erratum in errata():
        assert set(erratum) == {"id", "files", "find", "replace", "what", "why"}
        assert erratum["what"].endswith(".")
        assert erratum["why"].endswith(".")


@pytest.mark.parametrize("erratum", errata(), ids=lambda erratum: erratum["id"])
def test_an_erratum_finds_its_text_exactly_once_in_each_of_its_files(erratum: dict[str, Any]) -> None:
    assert erratum["find"] != erratum["replace"]
    for name in erratum["files"]:
        assert (WSDL_DIR / name).read_text(encoding="utf-8").count(erratum["find"]) == 1, name


def accepts(folder: Path, contract_set: str, sample: etree._Element) -> bool:
    """Whether the schemas in `folder` accept a body, by both libraries, which must agree."""
    interaction = etree.QName(sample).localname.removesuffix("Response")
    libxml2, second = validators(folder, contract_set, interaction)
    verdict = libxml2.validate(sample)
    assert verdict == second.is_valid(sample)
    return verdict


SAMPLES_WITH_AN_ID = [
    ("crm_scheduling_1.1/GetAllCareTypes/request.xml", "subject_of_care"),
    ("crm_scheduling_1.1/GetAvailableDates/request.xml", "subject_of_care"),
    ("crm_scheduling_1.1/MakeBooking/request.xml", "subject_of_care"),
    ("crm_scheduling_1.0/GetSubjectOfCareSchedule/request.xml", "subject_of_care"),
    ("itintegration_engagementindex_1.0/FindContent/request.xml", "registeredResidentIdentification"),
]


@pytest.mark.parametrize(("name", "element"), SAMPLES_WITH_AN_ID)
def test_a_real_personal_number_needs_an_erratum(name: str, element: str, corrected_dir: Path) -> None:
    """contracts.md §1 item 1: ^ and $ are letters to XSD, so the official pattern wants 14 characters."""
    body = only(parse(SAMPLES_DIR / name), ENVELOPE + "Body")[0]
    (place,) = (e for e in body.iter(etree.Element) if etree.QName(e).localname == element)
    contract_set = name.partition("/")[0]
    verdicts = {}
    forms = (A_REAL_ID, "^197912129280$", "19791212928", "19791212p280", "19791212-9280", "19791212x280")
    for value in forms:
        place.text = value
        verdicts[value] = tuple(accepts(f, contract_set, body) for f in (WSDL_DIR, corrected_dir))
    assert verdicts == {
        A_REAL_ID: (False, True),
        "^197912129280$": (True, False),
        "19791212928": (False, False),
        "19791212p280": (False, True),
        "19791212-9280": (False, False),
        "19791212x280": (False, False),
    }


def test_a_source_that_never_answered_needs_an_erratum(corrected_dir: Path) -> None:
    """contracts.md PS-3: the platform then leaves lastSuccessfulSynch out."""
    path = SAMPLES_DIR / "crm_scheduling_1.1/GetSubjectOfCareSchedule/response-partial.xml"
    (status,) = only(parse(path), ENVELOPE + "Header")
    for folder, verdict in ((WSDL_DIR, False), (corrected_dir, True)):
        libxml2, second = validators(folder, "crm_scheduling_1.1", "GetSubjectOfCareSchedule")
        assert libxml2.validate(status) is verdict
        assert second.is_valid(status) is verdict


# Sample messages


@dataclass(frozen=True, slots=True)
class Sample:
    """One envelope in tests/samples/SET/INTERACTION/NAME.xml."""

    contract_set: str
    interaction: str
    name: str
    envelope: etree._Element

    @classmethod
    def of(cls, path: Path) -> "Sample":
        contract_set, interaction, name = path.relative_to(SAMPLES_DIR).parts
        return cls(contract_set, interaction, name.removesuffix(".xml"), parse(path))

    @property
    def is_request(self) -> bool:
        return self.name.startswith("request")

    @property
    def names(self) -> Names:
        is_2_0 = self.contract_set == "crm_scheduling_1.0" or self.name.endswith("rivtabp20")
        return Names(self.contract_set, self.interaction, "rivtabp20" if is_2_0 else "rivtabp21")

    @property
    def header_blocks(self) -> list[etree._Element]:
        return [block for header in self.envelope.findall(ENVELOPE + "Header") for block in header]

    @property
    def body(self) -> etree._Element:
        (root,) = only(self.envelope, ENVELOPE + "Body").iterchildren(etree.Element)
        return root

    @property
    def timeslots(self) -> list[etree._Element]:
        names = {"timeslotDetail", "requestedTimeslot"}
        return [e for e in self.body.iterchildren(etree.Element) if etree.QName(e).localname in names]


@cache
def validators(folder: Path, contract_set: str, interaction: str) -> tuple[etree.XMLSchema, xmlschema.XMLSchema]:
    """Both validators of what an interaction's WSDLs import: service schema and headers, nothing more."""
    place = folder / contract_set / "interactions" / f"{interaction}Interaction"
    imports = {
        (item.get("namespace"), item.get("schemaLocation"))
        for wsdl in place.glob("*.wsdl")
        for item in parse(wsdl).iter(XS + "import")
    }
    lines = (f'<import namespace="{name}" schemaLocation="{file}"/>' for name, file in sorted(imports))
    text = f'<schema xmlns="{XS[1:-1]}">{"".join(lines)}</schema>'
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(text, parser, base_url=(place / "all.xsd").as_uri())
    second = xmlschema.XMLSchema(text, base_url=place.as_uri(), allow="local")
    return etree.XMLSchema(root), second


def select(condition: Callable[[Sample], bool]) -> pytest.MarkDecorator:
    """The samples that meet a condition, each a case of its own."""
    chosen = [case for case in beneath(SAMPLES_DIR, "*.xml") if condition(Sample.of(case.values[0]))]
    assert chosen
    return pytest.mark.parametrize("path", chosen)


def children(parent: etree._Element, name: str) -> list[str]:
    """The texts of the children with a local name."""
    found = parent.iterchildren(etree.Element)
    return [child.text or "" for child in found if etree.QName(child).localname == name]


def test_every_interaction_has_a_sample_of_both_messages() -> None:
    for contract_set, interactions in INTERACTIONS.items():
        for interaction in interactions:
            found = {path.stem for path in (SAMPLES_DIR / contract_set / interaction).glob("*.xml")}
            assert found >= {"request", "response"}, (contract_set, interaction)
            if contract_set == "crm_scheduling_1.1":
                assert found >= {"request-full", "response-full"}, interaction
                assert ("response-empty" in found) == (interaction.startswith(("GetA", "GetS"))), interaction
                refuses = {"response-info", "response-error"} <= found
                assert refuses == (interaction in UPDATING), interaction


@every_sample
def test_a_sample_is_valid_with_errata(path: Path, corrected_dir: Path) -> None:
    sample = Sample.of(path)
    libxml2, second = validators(corrected_dir, sample.contract_set, sample.interaction)
    for element in (*sample.header_blocks, sample.body):
        libxml2.assertValid(element)
        assert [error.reason for error in second.iter_errors(element)] == []


@every_sample
def test_a_sample_is_the_message_that_its_name_says(path: Path) -> None:
    sample = Sample.of(path)
    kind = "" if sample.is_request else "Response"
    assert sample.body.tag == f"{{{sample.names.service}}}{sample.interaction}{kind}"


@select(lambda sample: sample.is_request)
def test_a_request_carries_the_headers_that_its_wsdl_binds(path: Path) -> None:
    """contracts.md §2.5, A-1."""
    sample = Sample.of(path)
    expected = [element for _, element in sample.names.headers()]
    assert [block.tag for block in sample.header_blocks] == expected


@select(lambda sample: not sample.is_request and sample.name != "response-partial")
def test_a_response_carries_no_header(path: Path) -> None:
    """contracts.md §2.5: only an aggregating service adds one, ProcessingStatus."""
    assert Sample.of(path).header_blocks == []


@every_sample
def test_a_sample_has_no_empty_element_but_an_empty_list(path: Path) -> None:
    """contracts.md G-11, GSS-3."""
    sample = Sample.of(path)
    empty = [e.tag for e in sample.envelope.iter(etree.Element) if len(e) == 0 and not (e.text or "").strip()]
    assert empty == ([sample.body.tag] if sample.name == "response-empty" else [])


@every_sample
def test_a_sample_has_no_blanks_around_its_values(path: Path) -> None:
    """contracts.md §6.2: xs:string keeps white space."""
    for element in Sample.of(path).envelope.iter(etree.Element):
        if len(element) == 0 and element.text:
            assert element.text == element.text.strip()


@every_sample
def test_a_sample_names_only_people_from_the_published_test_numbers(path: Path) -> None:
    """domain.md §3.1, §10.4."""
    text = path.read_text(encoding="utf-8").replace("SE165565594230-1000", "the national platform")
    assert set(re.findall(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9])", text)) <= LISTED_PEOPLE
    assert re.search(r"[0-9]{6}(?:[0-9]{2})?[-+][0-9]{4}(?![0-9])", text) is None


def moments(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    yield from re.findall(r">([0-9]{14}|[0-9]{8})<", text)


@every_sample
def test_a_sample_names_days_that_exist_in_december_2026_or_later(path: Path) -> None:
    """contracts.md G-2, G-3, G-5: the patterns are no calendars."""
    for moment in moments(path):
        form = "%Y%m%d%H%M%S" if len(moment) == 14 else "%Y%m%d"
        assert datetime.strptime(moment, form) >= datetime(2026, 12, 1)


@select(lambda sample: sample.contract_set == "crm_scheduling_1.1" and bool(sample.timeslots))
def test_a_timeslot_has_what_its_message_asks_for_and_nothing_it_forbids(path: Path) -> None:
    """contracts.md §5.1, G-1, G-12."""
    sample = Sample.of(path)
    column = TIMESLOT_COLUMNS.index(sample.interaction)
    required = {name for name, rules in TIMESLOT_MATRIX.items() if rules[column] == "1"}
    allowed = {name for name, rules in TIMESLOT_MATRIX.items() if rules[column] != "-"}
    for timeslot in sample.timeslots:
        present = [element.tag for element in timeslot]
        assert required <= set(present) <= allowed
        assert present == [name for name in TIMESLOT_MATRIX if name in present]
        if sample.name.endswith("-full"):
            assert set(present) == allowed


@select(lambda sample: bool(sample.timeslots))
def test_a_timeslot_has_both_its_times_or_is_an_open_invitation(path: Path) -> None:
    """contracts.md I-2, §3.3, GSS-1: start before end; an open invitation has a text and no times."""
    sample = Sample.of(path)
    for timeslot in sample.timeslots:
        times = children(timeslot, "startTimeInclusive") + children(timeslot, "endTimeExclusive")
        invited = children(timeslot, "isInvitation") == ["true"]
        assert len(times) == (0 if sample.name == "response-invitation" else 2)
        assert times == sorted(set(times))
        assert invited or times
        assert children(timeslot, "purpose") or not invited


def test_the_open_invitations_text_is_a_docbook_document_carried_as_text() -> None:
    """contracts.md P-2, P-3, GBD-1, GBD-4."""
    sample = Sample.of(SAMPLES_DIR / "crm_scheduling_1.1/GetBookingDetails/response-invitation.xml")
    (purpose,) = children(sample.timeslots[0], "purpose")
    article = etree.fromstring(purpose.encode(), etree.XMLParser(resolve_entities=False))
    tags = {element.tag for element in article.iter(etree.Element)}
    assert article.tag == "article"
    assert tags <= {"article", "info", "title", "para", "section", "bibliography"}


@select(lambda sample: sample.interaction in UPDATING and not sample.is_request)
def test_a_result_says_what_its_name_promises(path: Path) -> None:
    """contracts.md G-16, G-17, MB-1."""
    sample = Sample.of(path)
    (code,) = children(sample.body, "resultCode")
    expected = {"response-info": "INFO", "response-error": "ERROR"}.get(sample.name, "OK")
    assert code == expected
    assert code == "OK" or children(sample.body, "resultText")
    if sample.interaction == "MakeBooking":
        assert bool(children(sample.body, "bookingId")) == (code != "ERROR")


@select(lambda sample: sample.contract_set == "crm_scheduling_1.1" and sample.name.endswith("-full"))
def test_a_full_sample_has_every_element_that_its_message_may_have(path: Path) -> None:
    """contracts.md §5, G-12: all that the schema declares, less what §5.1 forbids."""
    sample = Sample.of(path)
    _, second = validators(WSDL_DIR, sample.contract_set, sample.interaction)
    root = second.maps.elements[str(sample.body.tag)]
    declared = {component.name for component in root.iter() if component.name and component is not root}
    declared = {name for name in declared if name.startswith("{urn:riv") and is_element(root, name)}
    if sample.timeslots:
        column = TIMESLOT_COLUMNS.index(sample.interaction)
        declared -= {name for name, rules in TIMESLOT_MATRIX.items() if rules[column] == "-"}
    present = {element.tag for element in sample.body.iterdescendants(etree.Element)}
    assert declared <= present


def is_element(root: xmlschema.XsdElement, name: str) -> bool:
    found = (component for component in root.iter() if component.name == name)
    return any(isinstance(component, xmlschema.XsdElement) for component in found)


def test_the_sample_with_an_extension_has_an_element_that_no_schema_knows() -> None:
    """contracts.md §2.3: the response type is open though its timeslot isn't."""
    sample = Sample.of(SAMPLES_DIR / "crm_scheduling_1.1/GetBookingDetails/response-extension.xml")
    assert not etree.QName(sample.body[-1]).namespace.startswith("urn:riv")


def test_a_timeslot_of_1_1_refuses_an_extension(corrected_dir: Path) -> None:
    """contracts.md §1 item 4."""
    sample = Sample.of(SAMPLES_DIR / "crm_scheduling_1.1/GetBookingDetails/response-extension.xml")
    assert accepts(corrected_dir, sample.contract_set, sample.body)
    sample.timeslots[0].append(sample.body[-1])
    assert not accepts(corrected_dir, sample.contract_set, sample.body)
