"""contracts/catalogue.py: which contracts there are, ours and anybody's (contracts.md §2.1, §2.2; platform.md §16.1)."""

from collections import Counter
from pathlib import Path

import pytest

from contracts import catalogue
from contracts.catalogue import Catalogue, ContractBroken, Errata
from contracts.namespaces import responder

SCHEDULING = {
    "CancelBooking", "GetAllCareTypes", "GetAllHealthcareFacilities", "GetAllPerformers", "GetAllTimeTypes",
    "GetAvailableDates", "GetAvailableTimeslots", "GetBookingDetails", "GetSubjectOfCareSchedule", "MakeBooking",
    "UpdateBooking",
}  # fmt: skip

WSDL = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{tns}" xmlns:r="urn:riv:my:domain:AskResponder:2" targetNamespace="{tns}">
  <wsdl:types><xs:schema targetNamespace="{tns}">
    <xs:import namespace="urn:riv:my:domain:AskResponder:2" schemaLocation="AskResponder_2.1.xsd"/></xs:schema></wsdl:types>
  <wsdl:message name="AskRequest"><wsdl:part name="parameters" element="r:Ask"/></wsdl:message>
  <wsdl:message name="AskResponse"><wsdl:part name="parameters" element="r:AskResponse"/></wsdl:message>
  <wsdl:portType name="AskResponderInterface"><wsdl:operation name="Ask">
    <wsdl:input message="tns:AskRequest"/><wsdl:output message="tns:AskResponse"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="b" type="tns:AskResponderInterface"><wsdl:operation name="Ask">
    <soap:operation soapAction="urn:riv:my:domain:AskResponder:2:Ask"/></wsdl:operation></wsdl:binding>
</wsdl:definitions>"""
XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:riv:my:domain:2" elementFormDefault="qualified"
  targetNamespace="urn:riv:my:domain:AskResponder:2">
  <xs:import namespace="urn:riv:my:domain:2" schemaLocation="../../core_components/my_domain_2.1.xsd"/>
  <xs:element name="Ask" type="c:Text"/><xs:element name="AskResponse" type="c:Text"/></xs:schema>"""
CORE = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:riv:my:domain:2">
  <xs:simpleType name="Text"><xs:restriction base="xs:string"><xs:maxLength value="5"/></xs:restriction></xs:simpleType></xs:schema>"""


def a_domain(tmp_path: Path, wsdl: str = WSDL, xsd: str = XSD, tns: str = "urn:riv:my:domain:Ask:2:rivtabp21") -> Path:
    """A RIV-TA domain in the official folder layout (contracts.md §2.1, directory layout)."""
    folder = tmp_path / "my_domain_2.1"
    place = folder / "interactions" / "AskInteraction"
    place.mkdir(parents=True)
    (folder / "core_components").mkdir()
    (folder / "core_components" / "my_domain_2.1.xsd").write_text(CORE)
    (place / "AskResponder_2.1.xsd").write_text(xsd)
    (place / "AskInteraction_2.1_RIVTABP21.wsdl").write_text(wsdl.replace("{tns}", tns))
    return folder


# Ours


def test_the_official_set_has_thirty_interactions() -> None:
    """contracts.md §2.2: 11 + 9 scheduling, 2 ping, 4 engagement index, 2 + 2 registry."""
    found = Counter((one.folder.name, one.profile) for one in Catalogue.official().interactions)
    assert found == {
        ("crm_scheduling_1.1", "rivtabp21"): 11,
        ("crm_scheduling_1.0", "rivtabp20"): 9,
        ("itintegration_monitoring_1.0", "rivtabp20"): 1,
        ("itintegration_monitoring_1.0", "rivtabp21"): 1,
        ("itintegration_engagementindex_1.0", "rivtabp21"): 4,
        ("itintegration_registry_1.0", "rivtabp21"): 2,
        ("infrastructure_itintegration_registry_2.0", "rivtabp21"): 2,
    }


@pytest.mark.parametrize("name", sorted(SCHEDULING))
def test_a_scheduling_interaction_has_the_names_of_its_contract(name: str) -> None:
    """contracts.md §2.1; platform.md §1.1."""
    one = Catalogue.official().find(responder(name), "rivtabp21")
    assert one is not None
    contract = f"urn:riv:crm:scheduling:{name}Responder:1"
    assert (one.name, one.contract, one.version, one.profile) == (name, contract, "1.1", "rivtabp21")
    assert (one.request, one.response) == (f"{{{contract}}}{name}", f"{{{contract}}}{name}Response")
    assert one.soap_action == f"{contract}:{name}"
    assert one.wsdl_namespace == f"urn:riv:crm:scheduling:{name}:1:rivtabp21"
    assert one.virtual_path == f"vp/crm/scheduling/{name}/1/rivtabp21"


def test_the_profile_tells_version_1_0_from_1_1() -> None:
    """platform.md §4.3: both versions share the contract's namespace."""
    official = Catalogue.official()
    found = [official.find(responder("MakeBooking"), profile) for profile in ("rivtabp20", "rivtabp21")]
    assert [one and one.version for one in found] == ["1.0", "1.1"]


def test_a_contract_that_has_no_wsdl_for_a_profile_is_known_by_its_other_one() -> None:
    """The profile decides the header alone, so the body must not escape its schema."""
    one = Catalogue.official().find(responder("GetAllCareTypes"), "rivtabp20")
    assert one is not None
    assert one.version == "1.1"


@pytest.mark.parametrize("contract", [None, "", "urn:nonsense", responder("MakeBooking").lower()])
def test_an_unknown_contract_is_not_found(contract: str | None) -> None:
    assert Catalogue.official().find(contract, "rivtabp21") is None


@pytest.mark.parametrize(
    "path", ["vp/crm/scheduling/MakeBooking/1/rivtabp21", "/VP/CRM/scheduling/makebooking/1/RIVTABP21/"]
)
def test_a_path_finds_its_interaction_in_any_letter_case(path: str) -> None:
    """platform.md §16.1."""
    found = Catalogue.official().at_path(path)
    assert found is not None
    assert found.name == "MakeBooking"
    assert Catalogue.official().at_path("/vp/elsewhere") is None


def test_the_contracts_are_those_of_all_interactions() -> None:
    assert len(Catalogue.official().contracts) == 21


# Anybody's


def test_any_domain_folder_in_the_official_layout_can_be_added(tmp_path: Path) -> None:
    """DESIGN decision 3."""
    official = Catalogue.official(a_domain(tmp_path))
    one = official.find("urn:riv:my:domain:AskResponder:2", "rivtabp21")
    assert one is not None
    assert (one.name, one.version, one.virtual_path) == ("Ask", "2.1", "vp/my/domain/Ask/2/rivtabp21")
    assert len(official.interactions) == 31


def test_a_wsdl_whose_file_tells_no_version_has_its_major_one(tmp_path: Path) -> None:
    folder = a_domain(tmp_path)
    (wsdl,) = folder.rglob("*.wsdl")
    renamed = wsdl.rename(wsdl.with_name("Ask.wsdl"))
    assert catalogue.read_interaction(renamed, folder).version == "2.0"


def test_of_two_versions_with_one_contract_the_later_counts(tmp_path: Path) -> None:
    folder = a_domain(tmp_path)
    (wsdl,) = folder.rglob("*.wsdl")
    wsdl.with_name("AskInteraction_2.10_RIVTABP21.wsdl").write_bytes(wsdl.read_bytes())
    found = Catalogue.load([folder], Errata()).find("urn:riv:my:domain:AskResponder:2", "rivtabp21")
    assert found is not None
    assert found.version == "2.10"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("urn:riv:my:domain:Ask:2:rivtabp21", "urn:my:service"), "the target namespace is not of the form"),
        (('targetNamespace="{tns}">\n  <wsdl:types>', ">\n  <wsdl:types>"), "the target namespace is not of the form"),
        (('soapAction="urn:riv:my:domain:AskResponder:2:Ask"', ""), "0 times //s:operation/@soapAction, one is needed"),
        (("<wsdl:input message", "<wsdl:input x"), "0 times //w:portType/w:operation/w:input/@message"),
        (('<wsdl:part name="parameters" element="r:Ask"/>', ""), "the message AskRequest has no part parameters"),
        (
            ('<wsdl:part name="parameters" element="r:Ask"/>', '<wsdl:part name="parameters" type="r:Ask"/>'),
            "no part parameters",
        ),
        (("r:AskResponse", "nosuch:AskResponse"), "the prefix nosuch is not declared"),
        (("tns:AskRequest", "tns:It&apos;s"), "the message It's has no part parameters"),
        (("</wsdl:definitions>", ""), "not well-formed XML"),
        (("<wsdl:definitions", "<!DOCTYPE x><wsdl:definitions"), "a document type is not allowed"),
    ],
    ids=lambda change: change if isinstance(change, str) else "",
)
def test_a_wsdl_that_cannot_be_used_is_told_with_its_reason(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    tns = "urn:riv:my:domain:Ask:2:rivtabp21"
    whole = WSDL.replace("{tns}", tns)
    assert change[0].replace("{tns}", tns) in whole
    folder = a_domain(tmp_path, wsdl=whole.replace(change[0].replace("{tns}", tns), change[1]))
    with pytest.raises(ContractBroken) as told:
        Catalogue.load([folder], Errata())
    assert str(told.value).startswith("AskInteraction_2.1_RIVTABP21.wsdl: ")
    assert reason in str(told.value)


def test_a_folder_without_wsdl_files_is_broken(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="holds no WSDL file"):
        Catalogue.load([tmp_path], Errata())
    with pytest.raises(ContractBroken, match="holds no WSDL file"):
        catalogue.check(tmp_path / "missing")


# Checking


def test_checking_the_official_sets_finds_nothing_wrong() -> None:
    folders = [place.parent for place in catalogue.official_folder().glob("*/interactions")]
    found = [one for folder in folders for one in catalogue.check(folder)]
    assert len(found) == 30
    assert {one.reason for one in found} == {""}


def test_checking_a_good_domain_tells_name_contract_and_profile(tmp_path: Path) -> None:
    (line,) = catalogue.check(a_domain(tmp_path))
    assert (line.name, line.contract, line.profile) == ("Ask", "urn:riv:my:domain:AskResponder:2", "rivtabp21")
    assert line.reason == ""


def test_checking_tells_of_a_wsdl_that_cannot_be_read(tmp_path: Path) -> None:
    (line,) = catalogue.check(a_domain(tmp_path, wsdl="<broken"))
    assert (line.name, line.contract, line.profile) == ("AskInteraction_2.1_RIVTABP21", "-", "-")
    assert "not well-formed XML" in line.reason


@pytest.mark.parametrize(
    "change",
    [("c:Text", "c:Missing"), ("../../core_components", "../../../elsewhere"), ("my_domain_2.1.xsd", "missing.xsd"),
     ("../../core_components/my_domain_2.1.xsd", "http://127.0.0.1:9/x.xsd"), ("</xs:schema>", "")],
)  # fmt: skip
def test_checking_tells_of_a_schema_that_does_not_compile(tmp_path: Path, change: tuple[str, str]) -> None:
    (line,) = catalogue.check(a_domain(tmp_path, xsd=XSD.replace(*change)))
    assert line.name == "Ask"
    assert line.reason


# Errata


def test_errata_correct_the_files_that_they_name_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "errata.toml").write_text(
        '[[erratum]]\nid="E1"\nfiles=["a.xsd"]\nfind="^"\nreplace=""\nwhat="w"\nwhy="y"\n'
    )
    errata = Errata.load(tmp_path / "errata.toml")
    assert errata.correct(tmp_path / "a.xsd", b"^x") == b"x"
    assert errata.correct(tmp_path / "b.xsd", b"^x") == b"^x"
    assert [one.id for one in errata.touching(tmp_path / "a.xsd")] == ["E1"]


def test_without_a_file_there_are_no_errata(tmp_path: Path) -> None:
    assert Errata.load(tmp_path / "errata.toml").errata == ()


@pytest.mark.parametrize(
    "text",
    [
        "[[erratum",
        "",
        "erratum = 1",
        "[[erratum]]\nid = 'E1'",
        "[[erratum]]\nid='E'\nfiles=1\nfind=''\nreplace=''\nwhat=''\nwhy=''",
    ],
)
def test_errata_that_cannot_be_read_are_told_by_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "errata.toml").write_text(text)
    with pytest.raises(ContractBroken, match=r"errata\.toml: "):
        Errata.load(tmp_path / "errata.toml")


def test_strict_reading_leaves_the_errata_out() -> None:
    assert Catalogue.official(strict=True).errata.errata == ()
    assert [one.id for one in Catalogue.official().errata.errata] == ["E1", "E2", "E3"]
