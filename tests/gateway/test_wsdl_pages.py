"""gateway/wsdl_pages.py: WSDL and XSD as the platform serves them (platform.md §16; §25 row 17)."""

import re

import pytest
from lxml import etree

from contracts import xml
from contracts.catalogue import Catalogue
from gateway.call import Answer, HttpRequest
from gateway.settings import read_settings
from gateway.wsdl_pages import WsdlPages, asks_for_contract, schemas_of
from tests.contracts.test_catalogue import a_domain
from tests.gateway.builders import OFFICIAL, SETTINGS, fault_in

PATH = "/vp/crm/scheduling/MakeBooking/1/rivtabp21"
PAGES = WsdlPages(OFFICIAL, SETTINGS)


def got(query: str, path: str = PATH, pages: WsdlPages = PAGES, **headers: str) -> Answer:
    given = {"host": "gateway.example:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return pages.answer(HttpRequest("GET", path, query, given))


def addresses(answer: Answer) -> list[str]:
    return re.findall(r'(?:location|schemaLocation)="([^"]*)"', answer.body.decode())


@pytest.mark.parametrize("query", ["wsdl", "wsdl=", "WSDL=no&wsdl=1", "a=b&xsd=x", "xsd"])
def test_a_query_parameter_called_wsdl_or_xsd_asks_for_a_contract(query: str) -> None:
    assert asks_for_contract(HttpRequest("GET", PATH, query))


@pytest.mark.parametrize("query", ["", "wsdls", "a=wsdl", "WSDL"])
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


def test_a_schema_outside_the_domains_folder_is_not_served(tmp_path: object) -> None:
    folder = a_domain(tmp_path)
    (tmp_path / "secret.xsd").write_text("<secret/>")
    (xsd,) = folder.rglob("AskResponder_2.1.xsd")
    xsd.write_text(xsd.read_text().replace("../../core_components/my_domain_2.1.xsd", "../../../secret.xsd"))
    interaction = Catalogue.official(folder).find("urn:riv:my:domain:AskResponder:2", "rivtabp21")
    assert interaction is not None
    assert set(schemas_of(interaction)) == {"AskResponder_2.1.xsd"}


@pytest.mark.parametrize(
    ("compatibility", "kind"), [("tidbro", "text/xml; charset=UTF-8"), ("skltp", "text/xml;UTF-8")]
)
def test_the_content_type_is_the_platforms_own_only_in_its_compatibility_mode(compatibility: str, kind: str) -> None:
    """platform.md §16.2: literally text/xml;UTF-8."""
    pages = WsdlPages(OFFICIAL, read_settings({"compatibility": compatibility}))
    assert dict(got("wsdl", pages=pages).headers)["Content-Type"] == kind
