"""gateway/wsdl_pages.py and wsdl_sources.py: WSDL and XSD as the platform serves them (platform.md §16; §24 rows 53 to
56; §25 row 17)."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree
from zeep import Client, Transport

from contracts import xml
from contracts.catalogue import Catalogue, check
from gateway.call import Answer, HttpRequest
from gateway.settings import SettingsRefused, read_settings
from gateway.wsdl_pages import WsdlPages, asks_for_contract
from gateway.wsdl_sources import files_of, served_wsdls
from tests.contracts.test_catalogue import CORE, WSDL, XSD, a_domain
from tests.gateway.builders import (
    CLINIC,
    OFFICIAL,
    SETTINGS,
    a_pipeline,
    a_request,
    a_route,
    carried,
    fault_in,
)
from tests.people import ANNA

PATH = "/vp/crm/scheduling/MakeBooking/1/rivtabp21"
PAGES = WsdlPages(OFFICIAL, SETTINGS)
BASE = "http://gateway.example:8080"


def got(query: str, path: str = PATH, pages: WsdlPages = PAGES, **headers: str) -> Answer:
    given = {"host": "gateway.example:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return pages.answer(HttpRequest("GET", path, query, given, port=8090))


def pages_with(catalogue: Catalogue = OFFICIAL, **settings: object) -> WsdlPages:
    return WsdlPages(catalogue, read_settings(settings))


def addresses(answer: Answer) -> list[str]:
    return re.findall(r'(?:location|schemaLocation)="([^"]*)"', answer.body.decode())


def address_of_service(answer: Answer) -> str:
    found = xml.parse(answer.body).xpath("//*[local-name()='address']/@location")
    assert len(found) == 1
    return str(found[0])


# What asks for a contract


@pytest.mark.parametrize("query", ["wsdl", "wsdl=", "WSDL", "Wsdl=1", "a=b&xsd=x", "xsd", "XSD=x"])
def test_a_query_parameter_called_wsdl_or_xsd_asks_for_a_contract(query: str) -> None:
    """platform.md §2, step 1; parameters become headers there, whose names know no letter case."""
    assert asks_for_contract(HttpRequest("GET", PATH, query))


@pytest.mark.parametrize("query", ["", "wsdls", "a=wsdl", "singleWsdl"])
def test_anything_else_does_not(query: str) -> None:
    assert not asks_for_contract(HttpRequest("GET", PATH, query))


def test_a_header_called_wsdl_asks_for_a_contract_too() -> None:
    """platform.md §2, step 1."""
    assert asks_for_contract(HttpRequest("GET", PATH, headers={"wsdl": ""}))


def test_a_wsdl_leads_back_to_the_gateway() -> None:
    """platform.md §16.2; row 53 of §24."""
    answer = got("wsdl")
    assert answer.status == 200
    base = f"http://gateway.example:8080{PATH}"
    found = addresses(answer)
    assert base in found
    assert all(one == base or one.startswith(f"{base}?xsd=") for one in found)
    assert len(found) == 4


def test_but_for_the_addresses_it_is_the_file() -> None:
    """platform.md §16.2: SoapUI downloads each WSDL and compares."""
    interaction = OFFICIAL.at_path(PATH)
    assert interaction is not None
    blank = re.compile(rb'(location|schemaLocation)="[^"]*"')
    served, file = (
        etree.tostring(xml.parse(data), method="c14n") for data in (got("wsdl").body, interaction.wsdl.read_bytes())
    )
    assert blank.sub(b"", served) == blank.sub(b"", file)


def test_every_wsdl_and_every_schema_that_it_needs_is_served() -> None:
    """platform.md §16.1; following the imports as a client does."""
    for interaction in OFFICIAL.interactions:
        path, waiting, seen = f"/{interaction.virtual_path}", ["wsdl"], set()
        while waiting:
            query = waiting.pop()
            answer = got(query, path)
            assert answer.status == 200, (path, query)
            seen.add(query)
            new = {one.partition("?")[2] for one in addresses(answer) if "?" in one}
            waiting += new - seen
        assert len(seen) >= 3


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({}, "http://gateway.example:8080"),
        ({"host": "gateway.example"}, "http://gateway.example"),
        ({"host": "[::1]:8080"}, "http://[::1]:8080"),
        ({"host": "[2001:db8::1]"}, "http://[2001:db8::1]"),
        ({"host": ""}, "http://localhost"),
        ({"host": 'x"><script>'}, "http://localhost"),
        ({"x_vp_forwarded_port": "443"}, "http://gateway.example:443"),
        ({"x_vp_forwarded_proto": "https"}, "https://gateway.example:8080"),
        ({"x_vp_forwarded_host": "national.example", "x_vp_forwarded_port": "443", "x_vp_forwarded_proto": "https"}, "https://national.example:443"),
    ],
)  # fmt: skip
def test_the_address_is_the_one_that_was_called_or_forwarded(headers: dict[str, str], base: str) -> None:
    """platform.md §16.2, §25 row 17; row 54 of §24."""
    assert f"{base}{PATH}" in addresses(got("wsdl", **headers))


def test_what_a_header_says_cannot_break_the_document() -> None:
    answer = got("wsdl", x_vp_forwarded_host='a"<b>&')
    assert 'http://a"<b>&:8080' + PATH in xml.parse(answer.body).xpath("//@location")


def test_the_path_is_found_in_any_letter_case() -> None:
    """platform.md §16.1."""
    assert got("wsdl", PATH.upper()).status == 200


def test_an_unknown_path_is_told_with_the_known_ones() -> None:
    """platform.md §16.2; row 56 of §24."""
    answer = got("wsdl", "/vp/nowhere")
    assert (answer.status, dict(answer.headers)["Content-Type"]) == (500, "text/plain; charset=UTF-8")
    first, *paths = answer.body.decode().split("\n")
    assert first == "No wsdl found on this path, following wsdl paths is available:"
    assert len(paths) == 30
    assert f"http://gateway.example:8080{PATH}?wsdl" in paths


@pytest.mark.parametrize(
    "wanted",
    ["nosuch.xsd", "", "../../../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "%2e%2e/errata.toml"],
)
def test_an_unknown_schema_is_a_fault(wanted: str) -> None:
    """platform.md §16.2: a generic SOAP fault."""
    assert fault_in(got(f"xsd={wanted}")).faultstring == "There is no such schema in this contract."


def test_the_real_platform_tells_of_an_unknown_schema_as_of_any_exception() -> None:
    """platform.md §16.2, §12.4: the fault string is its message, the detail its class and message."""
    fault = fault_in(got(f"xsd=no{ANNA.number}.xsd", pages=pages_with(compatibility="skltp")))
    assert fault.detail == f"java.io.FileNotFoundException: {fault.faultstring}"
    assert ANNA.number not in fault.detail


def test_a_schema_outside_the_domains_folder_is_not_served(tmp_path: Path) -> None:
    folder = a_domain(tmp_path)
    (tmp_path / "secret.xsd").write_text("<secret/>")
    (xsd,) = folder.rglob("AskResponder_2.1.xsd")
    xsd.write_text(xsd.read_text().replace("../../core_components/my_domain_2.1.xsd", "../../../secret.xsd"))
    served = served_wsdls(Catalogue.official(folder), "")["vp/my/domain/ask/2/rivtabp21"]
    assert set(files_of(served, True)) == {"AskResponder_2.1.xsd"}


@pytest.mark.parametrize(
    ("kind", "compatibility"), [("text/plain; charset=UTF-8", "tidbro"), ("text/plain;UTF-8", "skltp")]
)
def test_the_list_of_paths_has_the_platforms_content_type_when_wsdls_do(kind: str, compatibility: str) -> None:
    """platform.md §16.2: literally text/plain;UTF-8."""
    answer = got("wsdl", "/vp/nowhere", pages_with(compatibility=compatibility))
    assert dict(answer.headers)["Content-Type"] == kind


@pytest.mark.parametrize(
    ("compatibility", "kind"), [("tidbro", "text/xml; charset=UTF-8"), ("skltp", "text/xml;UTF-8")]
)
def test_the_content_type_is_the_platforms_own_only_in_its_compatibility_mode(compatibility: str, kind: str) -> None:
    """platform.md §16.2: literally text/xml;UTF-8."""
    pages = WsdlPages(OFFICIAL, read_settings({"compatibility": compatibility}))
    assert dict(got("wsdl", pages=pages).headers)["Content-Type"] == kind


# Whose address


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({}, "http://gateway.example:8080"),
        ({"compatibility": "skltp"}, "http://localhost:8090"),
        ({"wsdl_uses_host": False}, "http://localhost:8090"),
        ({"compatibility": "skltp", "wsdl_uses_host": True}, "http://gateway.example:8080"),
        ({"compatibility": "skltp", "wsdl_base_url": "https://vp.example:443/vp"}, "https://vp.example:443"),
        ({"wsdl_base_url": "http://[::1]:12312"}, "http://[::1]:12312"),
        ({"wsdl_base_url": "http://vp.example"}, "http://vp.example"),
    ],
)
def test_the_callers_host_is_ignored_where_the_platform_does(settings: dict[str, object], base: str) -> None:
    """platform.md §16.2, §25 row 17: by default Host, on the real platform the listener's own address."""
    assert address_of_service(got("wsdl", pages=pages_with(**settings))) == base + PATH


@pytest.mark.parametrize(
    ("host", "base"), [("0.0.0.0", "http://0.0.0.0:8090"), ("::1", "http://[::1]:8090"), ("vp", "http://vp:8090")]
)
def test_the_listeners_own_host_is_told_where_the_platform_tells_it(host: str, base: str) -> None:
    """platform.md §16.2: the listener's configured URL; by default it has no say."""
    real = WsdlPages(OFFICIAL, read_settings({"compatibility": "skltp"}), host)
    assert address_of_service(got("wsdl", pages=real)) == base + PATH
    ours = WsdlPages(OFFICIAL, SETTINGS, host)
    assert address_of_service(got("wsdl", pages=ours)) == BASE + PATH


def test_each_part_that_a_proxy_tells_replaces_that_part_alone() -> None:
    """platform.md §16.2, §24 row 54: in either mode."""
    pages = pages_with(compatibility="skltp", wsdl_base_url="http://vp.example:12312")
    assert (
        address_of_service(got("wsdl", pages=pages, x_vp_forwarded_proto="https")) == f"https://vp.example:12312{PATH}"
    )
    assert address_of_service(got("wsdl", pages=pages, x_vp_forwarded_host="b")) == f"http://b:12312{PATH}"
    assert address_of_service(got("wsdl", pages=pages, x_vp_forwarded_port="80")) == f"http://vp.example:80{PATH}"


def test_the_headers_of_a_proxy_may_have_other_names() -> None:
    """platform.md §23: http.forwarded.header.host, port and proto."""
    names = {f"forwarded_{part}_header": f"X-Proxy-{part.title()}" for part in ("host", "port", "proto")}
    pages = pages_with(**names)
    told = {"x_proxy_host": "a", "x_proxy_port": "1", "x_proxy_proto": "https", "x_vp_forwarded_host": "b"}
    assert address_of_service(got("wsdl", pages=pages, **told)) == f"https://a:1{PATH}"


@pytest.mark.parametrize(
    "url", ["vp.example:8080", "//vp.example", "http://", "http://me:secret@vp.example", 'http://a"b']
)
def test_a_base_that_is_no_address_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsRefused, match="wsdl_base_url must be a URL") as told:
        pages_with(wsdl_base_url=url)
    assert "secret" not in str(told.value)


def test_the_path_of_the_address_is_the_one_that_was_asked_for() -> None:
    """platform.md §16.2: path = request path."""
    assert address_of_service(got("wsdl", PATH.upper())) == f"{BASE}{PATH.upper()}"


def test_only_the_soap_1_1_port_gets_the_address(tmp_path: Path) -> None:
    """platform.md §16.2: soap12:address is unchanged."""
    service = """<wsdl:service name="s"><wsdl:port name="a" binding="tns:b"><soap:address location="http://a.example/"/></wsdl:port>
      <wsdl:port name="b" binding="tns:b"><x:address xmlns:x="http://schemas.xmlsoap.org/wsdl/soap12/" location="http://b.example/"/></wsdl:port>
      </wsdl:service></wsdl:definitions>"""
    folder = a_domain(tmp_path, wsdl=WSDL.replace("</wsdl:definitions>", service))
    answer = got("wsdl", ASK, WsdlPages(Catalogue.official(folder), SETTINGS))
    assert xml.parse(answer.body).xpath("//*[local-name()='address']/@location") == [BASE + ASK, "http://b.example/"]


# Paths


ASK = "/vp/my/domain/Ask/2/rivtabp21"


def test_the_path_follows_from_any_attribute_of_the_root_that_names_a_profile(tmp_path: Path) -> None:
    """platform.md §16.1: namespace declarations included, in any letter case."""
    wsdl = WSDL.replace('targetNamespace="{tns}">\n  <wsdl:types>', 'targetNamespace="urn:my:service">\n  <wsdl:types>')
    folder = a_domain(tmp_path, wsdl=wsdl, tns="URN:RIV:my:domain:Ask:2:RIVTABP21")
    catalogue = Catalogue.official(folder)
    assert got("wsdl", ASK, WsdlPages(catalogue, SETTINGS)).status == 200
    assert catalogue.find("urn:riv:my:domain:AskResponder:2", "rivtabp21") is not None


def a_wsdl_file(tmp_path: Path, *rows: object) -> str:
    (tmp_path / "wsdlconfig.json").write_text(json.dumps(rows), encoding="utf-8-sig")
    return str(tmp_path / "wsdlconfig.json")


def a_row(**changes: object) -> dict[str, object]:
    place = "my_domain_2.1/interactions/AskInteraction/AskInteraction_2.1_RIVTABP21.wsdl"
    row = {"tjanstekontrakt": "urn:riv:my:domain:AskResponder:2", "wsdlfilepath": place, "wsdlurl": "vp/Ask/of/Mine"}
    return row | changes


def test_a_json_file_gives_contracts_paths_of_their_own(tmp_path: Path) -> None:
    """platform.md §16.1: contracts in it are skipped in folders."""
    folder = a_domain(tmp_path)
    pages = pages_with(Catalogue.official(folder), wsdl_file=a_wsdl_file(tmp_path, a_row()))
    answer = got("wsdl", "/vp/ask/of/mine", pages)
    assert answer.status == 200
    schema = got("xsd=AskResponder_2.1.xsd", "/vp/ask/of/mine", pages)
    assert addresses(schema) == [f"{BASE}/vp/ask/of/mine?xsd=../../core_components/my_domain_2.1.xsd"]
    assert got("xsd=../../core_components/my_domain_2.1.xsd", "/vp/Ask/of/Mine", pages).status == 200
    listed = got("wsdl", ASK, pages)
    assert listed.status == 500
    assert f"{BASE}/vp/Ask/of/Mine?wsdl" in listed.body.decode().split("\n")
    assert got("wsdl", PATH, pages).status == 200


def test_a_contract_in_the_json_file_needs_no_folder(tmp_path: Path) -> None:
    folder = a_domain(tmp_path)
    row = a_row(wsdlfilepath=str(next(folder.rglob("*.wsdl"))), wsdlurl="/vp/x/")
    assert got("wsdl", "/vp/x", pages_with(wsdl_file=a_wsdl_file(tmp_path, row))).status == 200


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{}], "must be a list of objects with tjanstekontrakt, wsdlfilepath, wsdlurl"),
        ([a_row(wsdlurl=1)], "must be a list of objects"),
        (["x"], "must be a list of objects"),
        ([a_row(wsdlfilepath="nosuch.wsdl")], "names nosuch.wsdl, which is not there"),
    ],
)
def test_a_json_file_that_does_not_fit_stops_the_start(tmp_path: Path, rows: list[object], reason: str) -> None:
    with pytest.raises(SettingsRefused, match=f"^wsdl_file wsdlconfig.json {reason}"):
        pages_with(wsdl_file=a_wsdl_file(tmp_path, *rows))


def test_a_json_file_that_is_none_or_not_there_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(SettingsRefused, match=r"^wsdl_file a\.json is not JSON\.$"):
        pages_with(wsdl_file=str(tmp_path / "a.json"))
    with pytest.raises(SettingsRefused, match=r"^wsdl_file b\.json cannot be read: No such file or directory\.$"):
        pages_with(wsdl_file=str(tmp_path / "b.json"))


# Schemas


def test_the_name_of_a_schema_is_decoded_and_may_stand_in_a_header() -> None:
    """platform.md §16.1, §16.2."""
    assert got("xsd=MakeBookingResponder%5F1.1%2Exsd").status == 200
    assert got("", xsd="MakeBookingResponder%5F1.1.xsd").status == 200
    assert got("", wsdl="").status == 200


@pytest.mark.parametrize("name", ["Ask me & them.xsd", "Ask+100%.xsd", "Åsk#1.xsd", "Ask%20.xsd"])
def test_a_schema_of_any_name_can_be_fetched_by_the_address_it_is_given(tmp_path: Path, name: str) -> None:
    folder = a_domain(tmp_path, wsdl=WSDL.replace("AskResponder_2.1.xsd", name.replace("&", "&amp;")))
    (xsd,) = folder.rglob("AskResponder_2.1.xsd")
    xsd.rename(xsd.with_name(name))
    pages = WsdlPages(Catalogue.official(folder), SETTINGS)
    (address,) = addresses(got("wsdl", ASK, pages))
    assert b"AskResponse" in got(address.partition("?")[2], ASK, pages).body


def test_two_schemas_that_are_called_alike_in_different_places_are_told_apart(tmp_path: Path) -> None:
    folder = a_domain(tmp_path, xsd=XSD.replace("../../core_components/my_domain_2.1.xsd", "sub/AskResponder_2.1.xsd"))
    (responder_xsd,) = folder.rglob("AskResponder_2.1.xsd")
    (responder_xsd.parent / "sub").mkdir()
    core = CORE.replace(
        "<xs:simpleType", '<xs:import namespace="urn:x" schemaLocation="AskResponder_2.1.xsd"/><xs:simpleType', 1
    )
    (responder_xsd.parent / "sub" / "AskResponder_2.1.xsd").write_text(core)
    pages = WsdlPages(Catalogue.official(folder), SETTINGS)
    (nested,) = addresses(got("xsd=AskResponder_2.1.xsd", ASK, pages))
    (itself,) = addresses(got(nested.partition("?")[2], ASK, pages))
    assert itself == nested != addresses(got("wsdl", ASK, pages))[0]


@pytest.mark.parametrize("junk", ["\ufeff", "\ufeff\ufeff", " \n\t", "ï»¿junk.."])
def test_what_stands_before_the_declaration_of_a_file_is_dropped(tmp_path: Path, junk: str) -> None:
    """platform.md §16.2: up to 9 characters; the contract is routed, validated and served all the same."""
    folder = a_domain(tmp_path)
    for path in (*folder.rglob("*.xsd"), *folder.rglob("*.wsdl")):
        path.write_text(f'{junk}<?xml version="1.0" encoding="UTF-8"?>\n{path.read_text()}', encoding="utf-8")
    pages = WsdlPages(Catalogue.official(folder), SETTINGS)
    for query in ("wsdl", "xsd=AskResponder_2.1.xsd"):
        answer = got(query, ASK, pages)
        assert answer.status == 200
        assert answer.body.startswith(b"<?xml ")
    assert [one.reason for one in check(folder)] == [""]


def test_more_than_nine_characters_are_no_longer_overlooked(tmp_path: Path) -> None:
    """platform.md §16.2."""
    (path,) = a_domain(tmp_path).rglob("*.wsdl")
    path.write_text(f'0123456789<?xml version="1.0"?>\n{path.read_text()}')
    assert [one.reason for one in check(tmp_path / "my_domain_2.1")] != [""]


# A domain of somebody's own, in a layout of its own


ODD = "/vp/odd/domain/Ask/2/rivtabp21"
ODD_CONTRACT = "urn:riv:odd:domain:AskResponder:2"
ODD_TNS = "urn:riv:odd:domain:Ask:2:rivtabp21"
_OPEN = (
    f'<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
    f'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{ODD_TNS}" xmlns:r="{ODD_CONTRACT}" targetNamespace="{ODD_TNS}">'
)
ODD_FILES = {
    "service.wsdl": f"""\ufeff<?xml version="1.0"?>{_OPEN}<d:import namespace="{ODD_TNS}" location="parts/abstract.wsdl"/>
      <d:binding name="b" type="tns:Asking"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
        <d:operation name="Ask"><soap:operation soapAction="{ODD_CONTRACT}:Ask"/>
          <d:input><soap:body use="literal"/></d:input><d:output><soap:body use="literal"/></d:output></d:operation></d:binding>
      <d:service name="s"><d:port name="p" binding="tns:b"><soap:address location="http://old.example/"/></d:port></d:service>
      </d:definitions>""",
    "parts/abstract.wsdl": f"""{_OPEN}<d:types><xs:schema targetNamespace="{ODD_CONTRACT}">
        <xs:include schemaLocation="../schemas/Ask.xsd"/></xs:schema></d:types>
      <d:message name="In"><d:part name="parameters" element="r:Ask"/></d:message>
      <d:message name="Out"><d:part name="parameters" element="r:AskResponse"/></d:message>
      <d:portType name="Asking"><d:operation name="Ask"><d:input message="tns:In"/><d:output message="tns:Out"/></d:operation>
      </d:portType></d:definitions>""",
    "schemas/Ask.xsd": f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:r="{ODD_CONTRACT}" xmlns:c="urn:riv:odd:domain:2"
        targetNamespace="{ODD_CONTRACT}" elementFormDefault="qualified">
      <xs:include schemaLocation="common/types.xsd"/><xs:import namespace="urn:riv:odd:domain:2" schemaLocation="common/core.xsd"/>
      <xs:element name="Ask" type="r:AskType"/><xs:element name="AskResponse" type="c:Text"/></xs:schema>""",
    "schemas/common/types.xsd": f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{ODD_CONTRACT}"
        xmlns:c="urn:riv:odd:domain:2" elementFormDefault="qualified">
      <xs:import namespace="urn:riv:odd:domain:2" schemaLocation="core.xsd"/>
      <xs:complexType name="AskType"><xs:sequence><xs:element name="what" type="c:Text"/></xs:sequence></xs:complexType></xs:schema>""",
    "schemas/common/core.xsd": CORE.replace("urn:riv:my:domain:2", "urn:riv:odd:domain:2"),
}


def an_odd_domain(tmp_path: Path) -> Catalogue:
    """A WSDL at the top that imports another, which includes a schema, which includes another and imports a third."""
    for name, text in ODD_FILES.items():
        path = tmp_path / "odd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Catalogue.load([tmp_path / "odd"], OFFICIAL.errata)


class InProcess(Transport):
    """Fetches from pages of ours, as a client over HTTP would."""

    def __init__(self, pages: WsdlPages) -> None:
        super().__init__()
        self.pages, self.fetched = pages, list[str]()

    def load(self, url: str) -> bytes:
        assert url.startswith(f"{BASE}/vp/"), url
        self.fetched.append(url)
        parts = urlsplit(url)
        answer = got(parts.query, parts.path, self.pages)
        assert answer.status == 200, answer.body
        return answer.body


def test_a_client_can_fetch_all_of_a_domain_with_includes_and_imported_wsdls(tmp_path: Path) -> None:
    """platform.md §16.2: the real platform leaves both unchanged, and a client with dead ends."""
    transport = InProcess(WsdlPages(an_odd_domain(tmp_path), SETTINGS))
    client = Client(f"{BASE}{ODD}?wsdl", transport=transport)
    element = client.get_element(f"{{{ODD_CONTRACT}}}Ask")
    assert element(what="a").what == "a"
    assert client.service._binding_options["address"] == BASE + ODD
    assert len(set(transport.fetched)) == 5 + 1  # core.xsd goes by two names
    assert set(transport.fetched) >= {f"{BASE}{ODD}?xsd=parts/abstract.wsdl", f"{BASE}{ODD}?xsd=../schemas/Ask.xsd"}


@pytest.mark.parametrize("settings", [{"compatibility": "skltp"}, {"wsdl_rewrites_includes": False}])
def test_includes_and_imported_wsdls_are_left_alone_where_the_platform_does(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    """platform.md §16.2: xsd:include and wsdl:import are unchanged, and are no names of schemas either."""
    pages = pages_with(an_odd_domain(tmp_path), **settings)
    assert 'location="parts/abstract.wsdl"' in got("wsdl", ODD, pages).body.decode()
    told = fault_in(got("xsd=parts/abstract.wsdl", ODD, pages)).faultstring
    assert told in ("There is no such schema in this contract.", "parts/abstract.wsdl (No such file or directory)")


def test_a_domain_of_somebodys_own_is_routed_and_validated(tmp_path: Path) -> None:
    """DESIGN decision 3; each of its five files counts."""
    assert [one.reason for one in check(an_odd_domain(tmp_path).interactions[0].folder)] == [""]
    settings = {"catalogue": an_odd_domain(tmp_path)}
    route = a_route(contract=ODD_CONTRACT)
    for what, code in (("short", "VP009"), ("too long", "VP015")):
        payload = f'<Ask xmlns="{ODD_CONTRACT}"><what>{what}</what></Ask>'
        body = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><r:LogicalAddress '
            f'xmlns:r="urn:riv:itintegration:registry:1">{CLINIC}</r:LogicalAddress></e:Header>'
            f"<e:Body>{payload}</e:Body></e:Envelope>"
        )
        assert fault_in(carried(a_pipeline(route, **settings), a_request(body.encode()))).code == code
