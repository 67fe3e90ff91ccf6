"""WSDLs, schemas and the pages for those who run the platform (platform.md §16, §17; §24 rows 53–59; §25 rows 17,
18)."""

import json
import re
import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

from contracts import xml
from tests.platform import catalogue, wire
from tests.platform.letter import check_headers
from tests.platform.messages import a_message
from tests.platform.process import ROOT
from tests.platform.wire import Reply
from tests.platform.world import Gateway, World

MAKE_BOOKING = "/vp/crm/scheduling/MakeBooking/1/rivtabp21"
_IMPORT = re.compile(r'<(?:\w+:)?import\b[^>]*\bschemaLocation="([^"]+)"')
_ADDRESS = re.compile(r'<(?:\w+:)?address\b[^>]*\blocation="([^"]+)"')


def text_of(reply: Reply) -> str:
    assert reply.status == 200, reply.body[:300]
    return reply.body.decode()


def path_and_query(url: str) -> str:
    parts = urlsplit(url.replace("&amp;", "&"))
    return f"{parts.path}?{parts.query}"


# WSDL


def test_24_row_53_a_wsdl_points_back_to_the_gateway(gateway: Gateway) -> None:
    """platform.md §24 row 53, §16.2: no sender is asked for."""
    text = text_of(gateway.get(f"{MAKE_BOOKING}?wsdl", {"Host": f"localhost:{gateway.port}"}))
    (address,) = _ADDRESS.findall(text)
    assert re.fullmatch(rf"http://[^/:]+:{gateway.port}{MAKE_BOOKING}", address)
    locations = _IMPORT.findall(text)
    assert locations
    assert all(one.startswith(f"{address}?xsd=") for one in locations), locations


def test_16_2_the_content_type_of_wsdls(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §16.2: literally, on the real platform."""
    assert like_skltp.get(f"{MAKE_BOOKING}?wsdl").header("content-type") == "text/xml;UTF-8"
    assert by_default.get(f"{MAKE_BOOKING}?wsdl").header("content-type") == "text/xml; charset=UTF-8"


@pytest.mark.parametrize(
    "path", [f"{MAKE_BOOKING}?WSDL=1", f"{MAKE_BOOKING}?wsdl=whatever", f"{MAKE_BOOKING.upper()}?wsdl"]
)
def test_16_1_neither_letter_case_nor_value_matters(gateway: Gateway, path: str) -> None:
    """platform.md §16.1."""
    assert "MakeBookingInteraction" in text_of(gateway.get(path))


def test_2_a_header_named_wsdl_asks_for_it_too(gateway: Gateway) -> None:
    """platform.md §2 step 1, §7.1: whatever the method."""
    told = gateway.call(b"<a/>", {"wsdl": "1"}, path=MAKE_BOOKING, identity={})
    assert "MakeBookingInteraction" in text_of(told)


FORWARDED = {"X-VP-Forwarded-Proto": "https", "X-VP-Forwarded-Host": "tp.example.com", "X-VP-Forwarded-Port": "443"}


def test_24_row_54_forwarded_parts_are_in_the_urls(gateway: Gateway) -> None:
    """platform.md §24 row 54, §16.2: the port is written though it is the default one."""
    text = text_of(gateway.get(f"{MAKE_BOOKING}?wsdl", FORWARDED))
    assert _ADDRESS.findall(text) == [f"https://tp.example.com:443{MAKE_BOOKING}"]
    locations = _IMPORT.findall(text)
    assert locations
    assert all(one.startswith(f"https://tp.example.com:443{MAKE_BOOKING}?xsd=") for one in locations), locations


@pytest.mark.parametrize("name", FORWARDED)
def test_24_row_54_each_part_by_itself(gateway: Gateway, name: str) -> None:
    """platform.md §16.2: each is replaced if its header is present."""
    host = f"localhost:{gateway.port}"
    (address,) = _ADDRESS.findall(text_of(gateway.get(f"{MAKE_BOOKING}?wsdl", {"Host": host, name: FORWARDED[name]})))
    parts = urlsplit(address)
    found = {
        "X-VP-Forwarded-Proto": parts.scheme,
        "X-VP-Forwarded-Host": parts.hostname,
        "X-VP-Forwarded-Port": str(parts.port),
    }
    assert found[name] == FORWARDED[name]
    assert {one for one in found if found[one] == FORWARDED[one]} == {name}


def test_25_row_17_the_host_that_was_asked(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §25 row 17, §16.2: the real platform tells its listener's configured URL, we what was called."""
    told = {"Host": "elsewhere.example.com:81"}
    (ours,) = _ADDRESS.findall(text_of(by_default.get(f"{MAKE_BOOKING}?wsdl", told)))
    (real,) = _ADDRESS.findall(text_of(like_skltp.get(f"{MAKE_BOOKING}?wsdl", told)))
    assert urlsplit(ours).netloc == "elsewhere.example.com:81"
    assert real == f"http://127.0.0.1:{like_skltp.port}{MAKE_BOOKING}"  # the address that it was told to listen on


def test_16_2_a_wsdl_asked_for_over_https_leads_back_there(gateway: Gateway) -> None:
    """platform.md §16.1, §16.2: nobody is asked who calls but by TLS itself; the base is that listener's."""
    port = gateway.process.ports["https"]
    raw = wire.request("GET", f"{MAKE_BOOKING}?wsdl", {"Host": f"127.0.0.1:{port}", "Connection": "close"})
    (address,) = _ADDRESS.findall(text_of(gateway.raw(raw, gateway.world.nameless, "GET")))
    assert address == f"https://127.0.0.1:{port}{MAKE_BOOKING}"


def test_24_row_55_every_schema_is_served_and_points_to_its_own(gateway: Gateway) -> None:
    """platform.md §24 row 55, §16.2: to the last import."""
    pages = {f"{MAKE_BOOKING}?wsdl"}
    asked: dict[str, str] = {}
    while pages - set(asked):
        page = (pages - set(asked)).pop()
        asked[page] = text_of(gateway.get(page, {"Host": f"localhost:{gateway.port}"}))
        locations = _IMPORT.findall(asked[page])
        assert all(f"{MAKE_BOOKING}?xsd=" in one for one in locations), locations
        pages |= {path_and_query(one) for one in locations}
    assert len(asked) > 3
    assert all("schema" in text for page, text in asked.items() if "xsd=" in page)


def test_24_row_53_the_rest_of_a_wsdl_is_as_the_original(gateway: Gateway) -> None:
    """platform.md §16.3: what SoapUI compares."""
    (original,) = (ROOT / "wsdl" / "crm_scheduling_1.1" / "interactions" / "MakeBookingInteraction").glob("*.wsdl")
    served = gateway.get(f"{MAKE_BOOKING}?wsdl").body
    assert without_locations(served) == without_locations(original.read_bytes())


def without_locations(wsdl: bytes) -> bytes:
    root = xml.parse(wsdl)
    for element in root.iter():
        for name in ("location", "schemaLocation"):
            element.attrib.pop(name, None)
    return etree.tostring(root, method="c14n")


def test_24_row_56_an_unknown_path_is_told_those_there_are(gateway: Gateway) -> None:
    """platform.md §24 row 56, §16.2."""
    reply = gateway.get("/vp/no/such/1/rivtabp21?wsdl", {"Host": f"localhost:{gateway.port}"})
    assert reply.status == 500
    assert reply.header("content-type") == ("text/plain;UTF-8" if gateway.is_skltp else "text/plain; charset=UTF-8")
    first, *lines = reply.body.decode().strip().splitlines()
    assert first == "No wsdl found on this path, following wsdl paths is available:"
    assert len(lines) > 10
    assert all(re.fullmatch(rf"http://[^/:]+:{gateway.port}/vp/\S+\?wsdl", line) for line in lines), lines


@pytest.mark.parametrize("value", ["nothing.xsd", "../../../../etc/passwd", "%2e%2e%2fsetup.cfg", ""])
def test_16_2_an_unknown_schema_is_a_fault(gateway: Gateway, value: str) -> None:
    """platform.md §16.2: of the generic kind, which on the real platform has no code (§12.4)."""
    reply = gateway.get(f"{MAKE_BOOKING}?xsd={value}")
    assert reply.status == 500
    check_headers(reply)
    assert b"<faultcode>SOAP-ENV:Server</faultcode>" in reply.body
    if gateway.is_skltp:
        assert re.search(rb"<faultstring>(?!VP)[^<]+</faultstring><detail><detailString>[^<]+</", reply.body)


def test_23_a_wsdl_can_be_given_a_path_of_its_own(world: World) -> None:
    """platform.md §16.1, §23 wsdl.json.file."""
    wsdl = next((ROOT / "wsdl").rglob("MakeBookingInteraction*1.1*.wsdl"))
    row = {
        "tjanstekontrakt": "urn:riv:crm:scheduling:MakeBookingResponder:1",
        "wsdlfilepath": str(wsdl),
        "wsdlurl": "vp/our/own/path",
    }
    file = world.write("wsdl.json", json.dumps([row]))
    gateway = world.start("skltp", {"wsdl.json.file": file})
    assert "MakeBookingInteraction" in text_of(gateway.get("/vp/our/own/path?wsdl"))


def test_16_1_a_folder_of_ones_own_is_served(world: World, tmp_path: Path) -> None:
    """platform.md §16.1, §16.2: its path is that of its namespace, and a mark before the declaration is dropped."""
    folder = tmp_path / "test_monitoring_1.0"
    shutil.copytree(ROOT / "wsdl" / "itintegration_monitoring_1.0", folder)
    for file in [*folder.rglob("*.wsdl"), *folder.rglob("*.xsd")]:
        text = file.read_text(encoding="utf-8").replace("urn:riv:itintegration:monitoring", "urn:riv:test:monitoring")
        file.write_text("\ufeff" + text, encoding="utf-8")
    gateway = world.start("skltp", {"wsdlfiles.directory": folder})
    path = "/vp/test/monitoring/PingForConfiguration/1/rivtabp21"
    served = gateway.get(f"{path}?wsdl").body
    assert b"urn:riv:test:monitoring" in served
    assert served.startswith(b"<?xml")
    for location in _IMPORT.findall(served.decode()):
        assert gateway.get(path_and_query(location)).body.startswith(b"<?xml")


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """A domain folder of one's own: the monitoring domain under another name."""
    folder = tmp_path / "test_monitoring_1.0"
    shutil.copytree(ROOT / "wsdl" / "itintegration_monitoring_1.0", folder)
    for file in [*folder.rglob("*.wsdl"), *folder.rglob("*.xsd")]:
        text = file.read_text(encoding="utf-8").replace("urn:riv:itintegration:monitoring", "urn:riv:test:monitoring")
        file.write_text(text, encoding="utf-8")
    return folder


OWN_PATH = "/vp/test/monitoring/PingForConfiguration/1/rivtabp21"


def rewrite_file(folder: Path, pattern: str, old: str, new: str) -> None:
    (file,) = folder.rglob(pattern)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_16_1_the_path_is_made_of_any_attribute_of_the_root(world: World, own_folder: Path) -> None:
    """platform.md §16.1: declarations of namespaces among them, in any letter case."""
    old = 'targetNamespace="urn:riv:test:monitoring:PingForConfiguration:1:rivtabp21"'
    rewrite_file(own_folder, "*RIVTABP21.wsdl", old, 'targetNamespace="urn:some:service"')
    text = next(own_folder.rglob("*RIVTABP21.wsdl")).read_text(encoding="utf-8")
    declared = "urn:riv:test:monitoring:PingForConfiguration:1:rivtabp21"
    assert f'="{declared}"' in text  # the prefix of its own namespace
    gateway = world.start("skltp", {"wsdlfiles.directory": own_folder})
    assert b"urn:some:service" in gateway.get(f"{OWN_PATH}?wsdl").body


def test_16_2_only_the_port_of_soap_1_1_gets_the_address(world: World, own_folder: Path) -> None:
    """platform.md §16.2: soap12:address is unchanged."""
    more = (
        '<wsdl:port name="other" binding="tns:PingForConfigurationResponderBinding">'
        '<x:address xmlns:x="http://schemas.xmlsoap.org/wsdl/soap12/" location="http://soap12.example.com/"/></wsdl:port>'
    )
    rewrite_file(own_folder, "*RIVTABP21.wsdl", "</wsdl:service>", f"{more}</wsdl:service>")
    gateway = world.start("skltp", {"wsdlfiles.directory": own_folder})
    first, second = _ADDRESS.findall(text_of(gateway.get(f"{OWN_PATH}?wsdl")))
    assert (first.endswith(OWN_PATH), second) == (True, "http://soap12.example.com/")


def test_16_2_the_path_of_the_address_is_the_one_that_was_asked_for(gateway: Gateway) -> None:
    """platform.md §16.2: in the letters of the request."""
    (address,) = _ADDRESS.findall(text_of(gateway.get(f"{MAKE_BOOKING.upper()}?wsdl")))
    assert address.endswith(MAKE_BOOKING.upper())


def test_16_2_includes_are_served_by_default_and_left_alone_by_the_real_platform(
    world: World, own_folder: Path
) -> None:
    """platform.md §16.2, the last row of its table: there they lead nowhere."""
    (schema,) = own_folder.rglob("PingForConfigurationResponder*.xsd")
    (schema.parent / "part.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'targetNamespace="urn:riv:test:monitoring:PingForConfigurationResponder:1"/>'
    )
    end = schema.read_text(encoding="utf-8").partition("<xs:import")[1]
    assert end
    rewrite_file(schema.parent, schema.name, "<xs:import", '<xs:include schemaLocation="part.xsd"/><xs:import')
    served = {}
    for mode in ("skltp", "tidbro"):
        gateway = world.start(mode, {"wsdlfiles.directory": own_folder})
        location = next(one for one in _IMPORT.findall(text_of(gateway.get(f"{OWN_PATH}?wsdl"))) if schema.name in one)
        (include,) = re.findall(
            r'include\b[^>]*schemaLocation="([^"]+)"', text_of(gateway.get(path_and_query(location)))
        )
        served[mode] = include
        if mode == "tidbro":
            assert b"schema" in gateway.get(path_and_query(include)).body
    assert served["skltp"] == "part.xsd"
    assert served["tidbro"].endswith(f"{OWN_PATH}?xsd=part.xsd")


# Paths


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/vpx/y", "/VPX"])
def test_24_row_57_outside_the_prefix_there_is_nothing(gateway: Gateway, path: str) -> None:
    """platform.md §24 row 57, §14.5: 404, text/plain, empty."""
    for reply in (gateway.get(path), gateway.call(path=path)):
        assert (reply.status, reply.body) == (404, b"")
        assert reply.header("content-type").startswith("text/plain")


@pytest.mark.parametrize("path", ["/vp", "/vp/", "/VP/x", "/vp/no/such/path", "/vp/%C3%A5//x/", "/vp/a;b=c/d"])
def test_24_row_58_below_the_prefix_any_path_is_carried(gateway: Gateway, path: str) -> None:
    """platform.md §24 row 58, §14.5: the prefix ignores letter case."""
    assert gateway.call(path=path).status == 200


# Status


def test_24_row_59_the_status_has_the_platforms_keys(gateway: Gateway) -> None:
    """platform.md §24 row 59, §17.1: in its order, and all texts but Endpoints."""
    reply = gateway.get("/status")
    assert reply.header("content-type").startswith("application/json")
    status = json.loads(text_of(reply))
    wanted = [
        "Name", "Version", "ServiceStatus", "Uptime", "ManagementName", "TakCacheInitialized", "TakCacheResetInfo",
        "HsaCacheInitialized", "HsaCacheResetInfo", "Endpoints",
    ]  # fmt: skip
    assert [key for key in status if key in wanted] == wanted
    assert all(isinstance(value, str) for key, value in status.items() if key != "Endpoints")
    assert (status["ServiceStatus"], status["TakCacheInitialized"], status["HsaCacheInitialized"]) == (
        "Started",
        "true",
        "true",
    )
    moment = r"Date:\d{4}-\d\d-\d\dT\d\d:\d\d"
    assert re.fullmatch(rf"{moment} Status:\w+ vagval:\d+ behorigheter:\d+", status["TakCacheResetInfo"])
    assert re.fullmatch(rf"{moment} Status:true oldNum:0 newNum:5", status["HsaCacheResetInfo"])
    assert re.fullmatch(r"\d+ days, \d+ hours, \d+ minutes, \d+ seconds", status["Uptime"])
    assert any(f":{gateway.port}" in one for one in status["Endpoints"])
    assert not any("?" in one or one.startswith("https") for one in status["Endpoints"])


def test_17_1_the_counts_are_those_of_the_catalogue(gateway: Gateway) -> None:
    """platform.md §17.1."""
    told = json.loads(text_of(gateway.get("/status")))["TakCacheResetInfo"]
    routes = len(catalogue.routes(gateway.world.places))
    assert told.endswith(f"vagval:{routes} behorigheter:{len(catalogue.authorisations())}")


def test_17_1_the_status_has_two_more_views(gateway: Gateway) -> None:
    """platform.md §17.1: keys more, and memory alone."""
    memory = {"DirectMemBufferPool", "NonHeapMemory", "NettyDirectMemory"}
    usual, more, alone = (set(json.loads(text_of(gateway.get(f"/status{one}")))) for one in ("", "?memory", "?netty"))
    assert memory <= more - usual
    assert usual < more
    assert memory <= alone
    assert not usual & alone


def test_17_1_without_catalogue_it_says_so(world: World) -> None:
    """platform.md §17.1."""
    gateway = world.start("skltp", tak=world.folder / "nowhere.xml")
    status = json.loads(text_of(gateway.get("/status")))
    assert status["TakCacheInitialized"] == "false"
    assert status["TakCacheResetInfo"] == "Not initialized" or "REFRESH_FAILED" in status["TakCacheResetInfo"]


def test_17_pages_can_have_ports_of_their_own(world: World) -> None:
    """platform.md §17, §23: then the traffic port does not answer them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gateway = world.start("skltp", {"vp.status.url": f"http://127.0.0.1:{port}/mystatus"})
    with wire.connect(port) as connection:
        connection.sendall(wire.request("GET", "/mystatus", {"Connection": "close"}))
        assert wire.read_reply(connection).status == 200
    assert gateway.get("/mystatus").status == 404
    assert gateway.get("/status").status == 404


@pytest.mark.parametrize("path", ["/status", "/health", "/actuator/health", "/resetcache", "/resethsacache"])
def test_17_the_listener_for_certificates_carries_calls_and_nothing_else(gateway: Gateway, path: str) -> None:
    """platform.md §17, §25 row 18: whoever has a certificate may not see or reset anything."""
    raw = wire.request("GET", path, {"Connection": "close"})
    assert gateway.raw(raw, gateway.world.consumer, "GET").status == 404
    assert gateway.raw(raw, method="GET").status == 200


def test_25_row_18_by_default_only_the_machine_itself_may_reset(world: World) -> None:
    """platform.md §25 row 18: whoever may call may not reset."""
    gateway = world.start("tidbro", {"reset_callers": "192.0.2.1"})
    assert gateway.get("/resetcache").status == 403
    assert gateway.get("/resethsacache").status == 403
    assert gateway.call(a_message()).status == 200
