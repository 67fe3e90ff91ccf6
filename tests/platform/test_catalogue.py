"""Where the gateway's catalogue comes from, and what is left when it cannot be had (platform.md §17.3, §17.4, §18;
§24 rows 50–52, 60; §25 rows 21, 22)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from conformance.gateway.tak_service import Condition, TakService
from contracts import xml
from tests.platform.catalogue import (
    CONSUMER,
    EXPIRED,
    INSTANCE,
    AuthorisationRow,
    RouteRow,
    hsa_units,
    persistent_cache,
)
from tests.platform.letter import detail_of
from tests.platform.messages import GET, a_message
from tests.platform.process import GatewayProcess
from tests.platform.wire import Reply
from tests.platform.world import Gateway, World
from tidbro.cli import main

NO_TAK = "No contact with TAK at startup, and no local cache to fallback on, not possible to route call"
HEAD = ("Host: ", "Time: ", "Initialize TAK cache resources...")
KEEPS = (
    "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. "
    "Will continue to use already loaded TAK data."
)
RESTORES = "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. Restore from local TAK copy..."
FETCHED = "Succeeded to get virtualizations and/or permissions from TAK, save to local TAK copy..."


@pytest.fixture
def tak(world: World) -> Iterator[TakService]:
    """A TAK that knows of two routes and one authorisation."""
    rows = [RouteRow("A", world.places.http), RouteRow("UNPERMITTED", world.places.http)]
    service = TakService(rows, [AuthorisationRow("A")])
    yield service
    service.close()


def started(world: World, service: TakService, local_copy: Path) -> Gateway:
    return world.start("skltp", {"takcache.endpoint.address": service.url}, tak=local_copy)


def lines_of(reply: Reply) -> list[str]:
    """The lines of a reset's answer, which each begin with <br>."""
    assert reply.status == 200
    assert reply.header("content-type") == "text/html;"
    first, *lines = reply.body.decode().split("<br>")
    assert first.strip() == ""
    return [line.strip() for line in lines if line.strip()]


def check_reset(reply: Reply, *between: str, authorisations: int, routes: int, is_successful: bool) -> None:
    """A reset's answer to the letter (platform.md §17.3); `between` are beginnings of lines."""
    lines = lines_of(reply)
    wanted = [
        *HEAD,
        *between,
        f"Init TAK cache loaded number of permissions: {authorisations}",
        f"Init TAK cache loaded number of virtualizations: {routes}",
        f"Init done, was successful: {str(is_successful).lower()}",
    ]
    assert len(lines) == len(wanted), lines
    for line, beginning in zip(lines, wanted, strict=True):
        assert line.startswith(beginning), lines
    assert re.fullmatch(r"Time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[1])


def test_18_the_catalogue_comes_from_the_tak(world: World, tak: TakService, tmp_path: Path) -> None:
    """platform.md §18, §17.3: and a copy of it is kept."""
    local_copy = tmp_path / "copy.xml"
    gateway = started(world, tak, local_copy)
    assert gateway.call().status == 200
    detail_of(gateway.call(a_message("UNPERMITTED")), "VP007")
    assert "UNPERMITTED" in local_copy.read_text()
    saved = "Succesfully saved virtualizations and permissions to local TAK copy: "
    check_reset(gateway.get("/resetcache"), FETCHED, saved, authorisations=1, routes=2, is_successful=True)


def test_17_3_a_reset_takes_over_what_is_new(world: World, tak: TakService, tmp_path: Path) -> None:
    """platform.md §17.3, §17.4: there is no periodic refresh."""
    gateway = started(world, tak, tmp_path / "copy.xml")
    tak.authorisations.append(AuthorisationRow("UNPERMITTED"))
    detail_of(gateway.call(a_message("UNPERMITTED")), "VP007")
    assert lines_of(gateway.get("/resetcache"))[-1] == "Init done, was successful: true"
    assert gateway.call(a_message("UNPERMITTED")).status == 200


def test_24_row_50_without_tak_at_the_start_the_copy_is_used(world: World, tak: TakService, tmp_path: Path) -> None:
    """platform.md §24 row 50, §18."""
    local_copy = tmp_path / "copy.xml"
    local_copy.write_text(persistent_cache(tak.routes, tak.authorisations))
    tak.condition = "down"
    gateway = started(world, tak, local_copy)
    assert gateway.call().status == 200
    assert "RESTORED_FROM_LOCAL_CACHE" in gateway.get("/status").body.decode()


@pytest.mark.parametrize("text", [None, "", "<persistentCache", "<other/>", "<persistentCache/>"])
def test_24_row_50_without_tak_and_copy_every_call_is_vp008(
    world: World, tak: TakService, tmp_path: Path, text: str | None
) -> None:
    """platform.md §24 row 50, §18, §12.2: the file missing or unreadable."""
    local_copy = tmp_path / "copy.xml"
    if text is not None:
        local_copy.write_text(text)
    tak.condition = "down"
    gateway = started(world, tak, local_copy)
    assert detail_of(gateway.call(), "VP008") == NO_TAK


@pytest.mark.parametrize("condition", ["down", "answers nonsense", "without routes", "without authorisations"])
def test_24_row_51_and_52_a_reload_that_fails_keeps_what_there_is(
    world: World, tak: TakService, tmp_path: Path, condition: Condition
) -> None:
    """platform.md §24 row 51, §24 row 52, §18, §25 row 21, §25 row 22: an empty catalogue is a failed load."""
    gateway = started(world, tak, tmp_path / "copy.xml")
    tak.condition = condition
    reply = gateway.get("/resetcache")
    check_reset(reply, KEEPS, authorisations=1, routes=2, is_successful=False)
    assert gateway.call().status == 200
    assert "REUSING_EXISTING_CACHE" in gateway.get("/status").body.decode()


def test_17_3_a_reset_without_tak_or_catalogue_restores_the_copy(world: World, tak: TakService, tmp_path: Path) -> None:
    """platform.md §17.3, §18: once there is a copy."""
    local_copy = tmp_path / "copy.xml"
    tak.condition = "down"
    gateway = started(world, tak, local_copy)
    failed = gateway.get("/resetcache")
    check_reset(
        failed, RESTORES, "Failed to restore", "Reason for failure: ", authorisations=0, routes=0, is_successful=False
    )
    local_copy.write_text(persistent_cache(tak.routes, tak.authorisations))
    restored = "Succesfully restored virtualizations and permissions from local TAK copy: "
    lines = lines_of(gateway.get("/resetcache"))
    assert lines[3] == RESTORES
    assert lines[4].startswith(restored)
    assert gateway.call().status == 200


def test_18_expired_rows_of_the_tak_are_not_in_force(world: World, tak: TakService, tmp_path: Path) -> None:
    """platform.md §20.4: the TAK tells all rows, and the client filters by date."""
    tak.routes[0] = RouteRow("A", world.places.http, period=EXPIRED)
    gateway = started(world, tak, tmp_path / "copy.xml")
    told = f"No receiverId (logical address) found for serviceNamespace: {GET}, receiverId: A"
    assert detail_of(gateway.call(), "VP004") == told


ROUTES_ONLY: Condition = "without authorisations"


def test_18_new_routes_come_into_force_without_their_authorisations_on_the_real_platform_alone(
    world: World, tak: TakService, tmp_path: Path
) -> None:
    """platform.md §18, second row, in brackets; by default a catalogue comes whole or not at all."""
    reached = {}
    for mode in ("skltp", "tidbro"):
        tak.condition, tak.routes[0] = "well", RouteRow("A", f"{world.places.http}/old")
        gateway = world.start(mode, {"takcache.endpoint.address": tak.url}, tak=tmp_path / f"{mode}.xml")
        tak.condition, tak.routes[0] = ROUTES_ONLY, RouteRow("A", f"{world.places.http}/new")
        assert "Init done, was successful: false" in gateway.get("/resetcache").body.decode()
        assert "REUSING_EXISTING_CACHE" in gateway.get("/status").body.decode()
        reached[mode] = gateway.seen(gateway.call()).line.split(" ")[1].rsplit("/", 1)[1]
    assert reached == {"skltp": "new", "tidbro": "old"}


def test_18_half_a_catalogue_and_nothing_else_is_a_success_that_lets_nobody_in_on_the_real_platform(
    world: World, tak: TakService, tmp_path: Path
) -> None:
    """platform.md §18, last row [D]: REFRESH_OK and VP007; by default REFRESH_FAILED and VP008."""
    tak.condition = ROUTES_ONLY
    real = world.start("skltp", {"takcache.endpoint.address": tak.url}, tak=tmp_path / "real.xml")
    detail_of(real.call(), "VP007")
    assert "REFRESH_OK" in real.get("/status").body.decode()
    ours = world.start("tidbro", {"takcache.endpoint.address": tak.url}, tak=tmp_path / "ours.xml")
    detail_of(ours.call(), "VP008")
    assert "REFRESH_FAILED" in ours.get("/status").body.decode()


@pytest.mark.parametrize("mode", ["skltp", "tidbro"])
def test_18_half_a_catalogue_gives_way_to_the_copy_at_the_start(
    world: World, tak: TakService, tmp_path: Path, mode: str
) -> None:
    """platform.md §18, third row."""
    local_copy = tmp_path / "copy.xml"
    local_copy.write_text(persistent_cache(tak.routes, tak.authorisations))
    tak.condition = ROUTES_ONLY
    gateway = world.start(mode, {"takcache.endpoint.address": tak.url}, tak=local_copy)
    assert gateway.call().status == 200
    assert "RESTORED_FROM_LOCAL_CACHE" in gateway.get("/status").body.decode()


def test_18_the_copy_has_the_real_platforms_form_and_is_its_owners_alone(
    world: World, tak: TakService, tmp_path: Path
) -> None:
    """platform.md §18: root and items in no namespace; another gateway starts from it."""
    folder = tmp_path / "copies"
    folder.mkdir()
    local_copy = folder / "copy.xml"
    started(world, tak, local_copy)
    assert local_copy.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in folder.iterdir()] == ["copy.xml"]
    root = xml.parse(local_copy.read_bytes())
    assert root.tag == "persistentCache"
    assert [one.tag for one in root] == ["virtualiseringsInfo", "virtualiseringsInfo", "anropsBehorighetsInfo"]
    names = [etree.QName(one).localname for one in root[0]]
    wanted = ["receiverId", "rivProfil", "tjansteKontrakt", "fromTidpunkt", "tomTidpunkt", "adress"]
    assert names == ["virtualiseringsInfoId", *wanted]
    assert {etree.QName(one).namespace for row in root for one in row} == {"urn:skl:tp:vagvalsinfo:v2"}
    assert world.start("skltp", tak=local_copy).call().status == 200


def test_18_a_load_that_fails_does_not_replace_the_good_copy(world: World, tak: TakService, tmp_path: Path) -> None:
    """platform.md §18, first row: the file is written when both came."""
    local_copy = tmp_path / "copy.xml"
    gateway = started(world, tak, local_copy)
    good = local_copy.read_bytes()
    conditions: tuple[Condition, ...] = ("down", "answers nonsense", "without routes", ROUTES_ONLY)
    for condition in conditions:
        tak.condition = condition
        gateway.get("/resetcache")
        assert local_copy.read_bytes() == good


# What the gateway itself answers

PING = "urn:riv:itintegration:monitoring:PingForConfigurationResponder:1"


def a_ping(address: str) -> bytes:
    content = f"<t:serviceContractNamespace>{GET}</t:serviceContractNamespace><t:logicalAddress>A</t:logicalAddress>"
    return a_message(address, PING, content)


def test_a_ping_is_routed_as_any_call_and_answered_by_the_platform_where_a_route_says_so(
    world: World, tmp_path: Path
) -> None:
    """contracts.md §8 PING-1 to PING-3: a real cache leads its pings to components of their own, or nowhere; a route
    to `platform:` makes this gateway the component."""
    local_copy = tmp_path / "copy.xml"
    rows = [RouteRow(INSTANCE, "platform:", PING), RouteRow("A", world.places.http, PING)]
    allowed = [AuthorisationRow(address, PING) for address in (INSTANCE, "A", "NOWHERE")]
    local_copy.write_text(persistent_cache(rows, allowed))
    gateway = world.start("skltp", tak=local_copy)
    reply = gateway.call(a_ping(INSTANCE))
    assert (reply.status, gateway.attempts(reply)) == (200, [])
    assert f"<p:value>{INSTANCE}</p:value>" in reply.body.decode()
    assert len(gateway.attempts(gateway.call(a_ping("A")))) == 1
    detail_of(gateway.call(a_ping("NOWHERE")), "VP004")


def test_a_gateway_with_a_catalogue_of_its_own_serves_it_to_other_gateways(world: World, tmp_path: Path) -> None:
    """platform.md §20.4: what takcache.endpoint.address is to name; the one that loads from it routes the same."""
    data = tmp_path / "own"
    file = tmp_path / "tak.toml"
    file.write_text(
        f'[[route]]\naddress = "{world.places.http}"\nlogical_addresses = ["A"]\ncontracts = ["{GET}"]\n'
        f'[[authorisation]]\nconsumers = ["{CONSUMER}"]\nlogical_addresses = ["A"]\ncontracts = ["{GET}"]\n'
    )
    for words in (["import", str(file), "--component", "SE1"], ["publish"]):
        assert main(["tak", *words, "--data", str(data), "--user", "anna"]) == 0
    arguments = ["gateway", "--port", "0", "--data", str(data), "--instance-id", INSTANCE]
    process = GatewayProcess(arguments, data)
    try:
        url = f"http://127.0.0.1:{process.ports['http']}/tak-services/SokVagvalsInfo/v2"
        behind = world.start("skltp", {"takcache.endpoint.address": url}, tak=tmp_path / "copy.xml")
        assert behind.call().status == 200
        assert "REFRESH_OK" in behind.get("/status").body.decode()
    finally:
        process.stop()


# The HSA tree


def test_11_of_several_files_the_later_one_counts_for_a_place(world: World, tmp_path: Path) -> None:
    """platform.md §11: the unit of an overridden place is not known by its old id any more."""
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    first.write_text(hsa_units({"PARENT": "ou=Parent,c=SE", "OLD": "ou=Child,ou=Parent,c=SE"}))
    second.write_text(hsa_units({"NEW": "ou=Child,ou=Parent,c=SE"}))
    gateway = world.start("skltp", {"hsa.files": f"{first},{second}"})
    assert gateway.call(a_message("NEW")).status == 200
    detail_of(gateway.call(a_message("OLD")), "VP004")


def test_11_the_root_may_be_in_a_file_of_its_own(world: World, tmp_path: Path) -> None:
    """platform.md §11: the complementary file that comes with the real platform has it alone."""
    root, units = tmp_path / "root.xml", tmp_path / "units.xml"
    root.write_text(hsa_units({"SE": "c=SE"}))
    units.write_text(hsa_units({"PARENT": "ou=Parent,c=SE", "CHILD": "ou=Child,ou=Parent,c=SE"}))
    gateway = world.start("skltp", {"hsa.files": f"{root},{units}"})
    contract = "urn:riv:test:platform:GetRootResponder:1"
    for address in ("CHILD", "UNKNOWN-UNIT"):
        assert gateway.call(a_message(address, contract)).status == 200
    assert gateway.call(a_message("CHILD")).status == 200


BROKEN = {
    "without_a_field": hsa_units().replace("<name>Parent</name>", "", 1),
    "one_place_twice": hsa_units({"A1": "ou=Same,c=SE", "A2": "ou=Same,c=SE"}),
    "another_document": "<FileGetHsaUnitsResponse/>",
    "no_xml": "units",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_11_a_file_that_does_not_fit_fails_the_load_and_is_told(world: World, tmp_path: Path, text: str) -> None:
    """platform.md §11: all three fields, one unit a place; told by the file's name, and the unit is not known."""
    units = tmp_path / "units.xml"
    units.write_text(text)
    gateway = world.start("skltp", {"hsa.files": units})
    assert "units.xml" in gateway.process.logged()
    assert "Reset HSA cache failed." in gateway.get("/resethsacache").body.decode()
    detail_of(gateway.call(a_message("CHILD")), "VP004")


def test_17_4_a_reset_reads_the_units_anew(world: World, tmp_path: Path) -> None:
    """platform.md §17.4, §11: from the same files, and told in the platform's words."""
    units = tmp_path / "units.xml"
    units.write_text(hsa_units({"PARENT": "ou=Parent,c=SE", "OTHER": "ou=Other,c=SE"}))
    gateway = world.start("skltp", {"hsa.files": units})
    detail_of(gateway.call(a_message("CHILD")), "VP004")
    units.write_text(hsa_units())
    text = gateway.get("/resethsacache").body.decode()
    assert f"Start a reset of HSA cache using files: [{units}]" in text
    assert re.search(r"Successfully reset HSA cache\.\s+HSA cache size was: 2\s+HSA cache now is: 5\.", text)
    assert gateway.call(a_message("CHILD")).status == 200


def test_17_4_a_reset_that_fails_keeps_the_tree(world: World, tmp_path: Path) -> None:
    """platform.md §17.4, §11: here for two units at one place."""
    units = tmp_path / "units.xml"
    units.write_text(hsa_units())
    gateway = world.start("skltp", {"hsa.files": units})
    units.write_text(hsa_units({"A1": "ou=Same,c=SE", "A2": "ou=Same,c=SE"}))
    reply = gateway.get("/resethsacache")
    assert (reply.status, "Reset HSA cache failed." in reply.body.decode()) == (200, True)
    assert gateway.call(a_message("CHILD")).status == 200
    assert gateway.get("/actuator/health/readiness").status == 503


def test_17_4_a_tree_that_has_shrunk_to_one_unit_is_warned_of(world: World, tmp_path: Path) -> None:
    """platform.md §17.4."""
    units = tmp_path / "units.xml"
    units.write_text(hsa_units())
    gateway = world.start("skltp", {"hsa.files": units})
    units.write_text(hsa_units({"PARENT": "ou=Parent,c=SE"}))
    assert "Warning: HSA cache reset to 1. Was 5 entries!" in gateway.get("/resethsacache").body.decode()


# Readiness


def test_24_row_60_the_gateway_is_ready_once_it_has_its_catalogue(world: World, tmp_path: Path) -> None:
    """platform.md §24 row 60, §17.2."""
    local_copy = tmp_path / "copy.xml"
    gateway = world.start("skltp", tak=local_copy)
    before = gateway.get("/actuator/health/readiness")
    assert (before.status, b"DOWN" in before.body) == (503, True)
    assert gateway.get("/actuator/health").status == 503
    local_copy.write_bytes(world.tak_file.read_bytes())
    gateway.get("/resetcache")
    after = gateway.get("/actuator/health/readiness")
    assert (after.status, b"DOWN" in after.body) == (200, False)
    assert gateway.still_answers()


def test_17_2_without_units_the_gateway_is_not_ready(world: World, tmp_path: Path) -> None:
    """platform.md §17.2: hsaCache is down until a load succeeds; its detail says so."""
    gateway = world.start("skltp", {"hsa.files": tmp_path / "nowhere.xml"})
    told = gateway.get("/actuator/health/readiness")
    assert (told.status, b"hsaCache" in told.body) == (503, True)
    assert gateway.get("/actuator/health/liveness").status == 200
