"""Settings by the real platform's names: what is unknown stops the start, what has no effect is told (platform.md §23,
§25 rows 19, 20, 22)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.process import ROOT
from tests.platform.world import World


def refused(*arguments: str) -> str:
    """What a gateway that does not start says; fails when it starts."""
    command = [sys.executable, "-m", "tidbro.cli", "gateway", "--port", "0", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("name", "near"),
    [("vp.producer.retry.attempt", "vp.producer.retry.attempts"), ("ip.white.list", "ip.whitelist"), ("validatoin", "validation")],
)  # fmt: skip
def test_25_row_20_an_unknown_name_stops_the_start(tmp_path: Path, name: str, near: str) -> None:
    """platform.md §25 row 20: with the name that was meant."""
    told = refused("--data", str(tmp_path), "--set", f"{name}=1")
    assert name in told
    assert near in told


@pytest.mark.parametrize(
    "given", ["vp.producer.retry.attempts=often", "vp.max.receive.length=-1", "compatibility=real", "nonsense"]
)
def test_23_a_value_that_does_not_fit_stops_the_start(tmp_path: Path, given: str) -> None:
    """platform.md §23; STYLE §9."""
    assert given.rsplit("=", maxsplit=1)[-1] in refused("--data", str(tmp_path), "--set", given)


def test_25_row_20_names_without_effect_are_told(world: World) -> None:
    """platform.md §25 row 20: the two that only the documentation knows."""
    given = {"vagvalrouter.default.routing.address.delimiter": "!", "messageLoggerMethod": "ecs"}
    gateway = world.start("tidbro", given)
    logged = gateway.process.logged()
    assert all(name in logged for name in given)
    assert gateway.still_answers()


def test_25_row_19_a_time_out_that_is_never_used_is_told(world: World) -> None:
    """platform.md §25 row 19: routetimeout is accepted."""
    assert "routetimeout" in world.start("tidbro").process.logged()


def test_25_row_22_a_failed_reset_can_be_told_by_its_status(world: World) -> None:
    """platform.md §25 row 22: 200 on the real platform and by default."""
    nowhere = world.folder / "nowhere.xml"
    assert world.start("skltp", tak=nowhere).get("/resetcache").status == 200
    gateway = world.start("skltp", {"failed_reset_status": 503}, tak=nowhere)
    reply = gateway.get("/resetcache")
    assert (reply.status, b"Init done, was successful: false" in reply.body) == (503, True)


def test_23_the_traffic_can_have_a_path_of_its_own(world: World) -> None:
    """platform.md §23 vp.http.route.url, §14.5."""
    gateway = world.start("skltp", {"vp.http.route.url": "http://127.0.0.1:12312/other/path"})
    assert gateway.call(path="/OTHER/path/x").status == 200
    assert gateway.call(path="/vp/x").status == 404
