"""Where the gateway's catalogue comes from, and what is left when it cannot be had (platform.md §17.3, §17.4, §18;
§24 rows 50–52, 60; §25 rows 21, 22)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.catalogue import EXPIRED, AuthorisationRow, RouteRow, hsa_units, persistent_cache
from tests.platform.letter import detail_of
from tests.platform.messages import GET, a_message
from tests.platform.tak_service import Condition, TakService
from tests.platform.wire import Reply
from tests.platform.world import Gateway, World

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


# The HSA tree


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
