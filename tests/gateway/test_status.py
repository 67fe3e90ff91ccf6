"""gateway/status.py: health for machines, status for monitoring (platform.md §17.1, §17.2; §24 rows 59 and 60)."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.producer import Health
from gateway import producers
from gateway.hsa import HsaCache
from gateway.pipeline import Pipeline
from gateway.status import Status
from gateway.tak.cache import TakCache
from gateway.tak.exchange import CatalogueUnreadable
from gateway.tak.snapshot import TakSnapshot
from tests.gateway.builders import NOW, OFFICIAL, SETTINGS, Gate, Stub, a_pipeline, a_route, a_snapshot
from tests.gateway.test_hsa import a_file


class SetClock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Sources:
    """A catalogue that can be fetched, or not, as the test has it."""

    def __init__(self) -> None:
        self.snapshot: TakSnapshot | None = a_snapshot(a_route(), a_route(logical_address="SE1"))

    def __call__(self) -> TakSnapshot:
        if self.snapshot is None:
            raise CatalogueUnreadable("The TAK is away.")
        return self.snapshot


def without_tak() -> Pipeline:
    return Pipeline(SETTINGS, OFFICIAL, lambda: None, {}, lambda: NOW)


def a_status(tak: TakCache, hsa: HsaCache | None = None) -> Status:
    pipeline = Pipeline(SETTINGS, OFFICIAL, tak.snapshot, {"stub": Stub()}, lambda: NOW)
    return Status(pipeline, lambda: NOW, ["http://127.0.0.1:8080/vp"], tak, hsa)


# Health, in our form


def test_a_gateway_with_a_catalogue_and_ready_adapters_is_up() -> None:
    is_ready, told = Status(a_pipeline(), lambda: NOW).health()
    assert is_ready
    assert told == {
        "status": "UP",
        "components": {
            "takCache": {"status": "UP", "refreshStatus": "REFRESH_OK"},
            "adapter:stub": {"status": "UP", "sentence": "All is well."},
        },
    }


def test_without_a_catalogue_it_is_down() -> None:
    """platform.md §17.2: takCache is DOWN before the first load."""
    is_ready, told = Status(without_tak(), lambda: NOW).health()
    assert not is_ready
    assert told["components"]["takCache"] == {"status": "DOWN", "refreshStatus": "Not initialized"}


def test_one_adapter_that_is_not_ready_takes_it_down_and_says_why() -> None:
    pipeline = a_pipeline(adapters={"stub": Stub(), "ill": Stub(is_ready=False)})
    is_ready, told = Status(pipeline, lambda: NOW).health()
    assert not is_ready
    assert told["components"]["adapter:ill"] == {"status": "DOWN", "sentence": "The database is away."}


def test_an_adapter_that_raises_against_the_protocol_is_down() -> None:
    class Raising(Stub):
        def health(self) -> object:
            raise ConnectionError("secret")

    is_ready, told = Status(a_pipeline(adapters={"stub": Raising()}), lambda: NOW).health()
    assert not is_ready
    assert told["components"]["adapter:stub"]["sentence"] == "The adapter could not say: ConnectionError."


def test_an_adapter_that_does_not_say_in_time_is_down_and_is_asked_no_more_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(producers, "HEALTH_SECONDS", 0.05)
    gate, asked = Gate(), []

    class Hanging(Stub):
        def health(self) -> Health:
            asked.append(1)
            gate()
            return super().health()

    status = Status(a_pipeline(adapters={"hangs": Hanging(), "stub": Stub()}), lambda: NOW)
    for _ in range(3):
        is_ready, told = status.health()
        assert not is_ready
        assert told["components"]["adapter:hangs"]["sentence"] == "The adapter did not say within 0.05 seconds."
        assert told["components"]["adapter:stub"]["status"] == "UP"
    assert len(asked) == 1
    gate.let_on()


# Health, in the platform's form


def test_readiness_follows_the_catalogue(tmp_path: Path) -> None:
    """platform.md §17.2, §24 row 60: DOWN before the first load and after one that failed, with details."""
    sources, hsa = Sources(), HsaCache([], lambda: NOW)
    hsa.reload()
    tak = TakCache(sources, lambda: NOW)
    status = a_status(tak, hsa)

    def told() -> tuple[bool, object]:
        is_ready, page = status.actuator_health("readiness")
        return is_ready, page["components"]["takCache"]

    assert told() == (False, {"status": "DOWN", "details": {"refreshStatus": "Not initialized"}})
    sources.snapshot, whole = None, sources.snapshot
    tak.reload()
    assert told() == (False, {"status": "DOWN", "details": {"refreshStatus": "REFRESH_FAILED"}})
    sources.snapshot = whole
    tak.reload()
    assert told() == (True, {"status": "UP", "details": {"refreshStatus": "REFRESH_OK"}})
    sources.snapshot = None
    tak.reload()
    assert told() == (True, {"status": "UP", "details": {"refreshStatus": "REUSING_EXISTING_CACHE"}})


def test_readiness_follows_the_tree_of_units(tmp_path: Path) -> None:
    """platform.md §17.2: DOWN until a load succeeds, and again after a failed reload."""
    tak, path = TakCache(Sources(), lambda: NOW), a_file(tmp_path / "hsa.xml", ("A", "c=SE"))
    tak.reload()
    hsa = HsaCache([path], lambda: NOW)
    status = a_status(tak, hsa)
    down = (False, {"status": "DOWN", "details": {"hsaCacheStatus": "Not initialized"}})

    def told() -> tuple[bool, object]:
        is_ready, page = status.actuator_health("readiness")
        return is_ready, page["components"]["hsaCache"]

    assert told() == down
    hsa.reload()
    assert told() == (True, {"status": "UP", "details": {"hsaCacheStatus": "Initialized"}})
    path.unlink()
    hsa.reload()
    assert told() == down


def test_a_live_gateway_is_live_without_its_caches_and_adapters() -> None:
    """platform.md §17.2: readiness is what depends on the caches."""
    status = a_status(TakCache(Sources(), lambda: NOW), HsaCache([], lambda: NOW))
    assert status.actuator_health("liveness") == (
        True,
        {"status": "UP", "components": {"livenessState": {"status": "UP"}}},
    )
    ready, told = status.actuator_health("readiness")
    assert (ready, list(told["components"])) == (False, ["hsaCache", "readinessState", "takCache"])
    up, told = status.actuator_health()
    assert (up, told["status"], told["groups"]) == (False, "DOWN", ["liveness", "readiness"])
    assert set(told["components"]) == {"adapter:stub", "hsaCache", "livenessState", "readinessState", "takCache"}


# Status


def test_status_has_the_platforms_keys_in_its_order() -> None:
    """platform.md §17.1, §24 row 59, without those of the Java machine."""
    clock = SetClock()
    status = Status(a_pipeline(), clock)
    clock.now += timedelta(days=2, hours=3, minutes=4, seconds=5)
    told = status.status()
    assert list(told) == [
        "Name", "Version", "BuildTime", "ServiceStatus", "Uptime", "ManagementName", "TakCacheInitialized",
        "TakCacheResetInfo", "HsaCacheInitialized", "HsaCacheResetInfo", "Endpoints",
    ]  # fmt: skip
    assert told["Uptime"] == "2 days, 3 hours, 4 minutes, 5 seconds"
    assert told["TakCacheInitialized"] == "true"
    assert told["TakCacheResetInfo"] == "Date:2026-12-01T12:00 Status:REFRESH_OK vagval:1 behorigheter:1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", told["BuildTime"])


def test_status_without_a_catalogue_says_so() -> None:
    """platform.md §17.1."""
    told = Status(without_tak(), lambda: NOW).status()
    assert (told["TakCacheInitialized"], told["TakCacheResetInfo"]) == ("false", "Not initialized")


def test_status_tells_of_the_last_load_of_both_caches(tmp_path: Path) -> None:
    """platform.md §17.1: both lines word for word; all values are strings but the endpoints."""
    sources = Sources()
    tak = TakCache(sources, lambda: NOW)
    hsa = HsaCache([a_file(tmp_path / "hsa.xml", ("A", "ou=A,c=SE"), ("B", "ou=B,c=SE"))], lambda: NOW)
    status = a_status(tak, hsa)
    told = status.status()
    assert (told["TakCacheInitialized"], told["TakCacheResetInfo"]) == ("false", "Not initialized")
    assert (told["HsaCacheInitialized"], told["HsaCacheResetInfo"]) == ("false", "Not initialized")
    tak.reload()
    hsa.reload()
    told = status.status()
    assert told["TakCacheInitialized"] == told["HsaCacheInitialized"] == "true"
    assert told["TakCacheResetInfo"] == "Date:2026-12-01T12:00 Status:REFRESH_OK vagval:2 behorigheter:2"
    assert told["HsaCacheResetInfo"] == "Date:2026-12-01T12:00 Status:true oldNum:0 newNum:2"
    assert told["Endpoints"] == ["http://127.0.0.1:8080/vp"]
    assert {type(value) for key, value in told.items() if key != "Endpoints"} == {str}
    (tmp_path / "hsa.xml").write_text("<a")
    sources.snapshot = None
    tak.reload()
    hsa.reload()
    told = status.status()
    assert told["TakCacheResetInfo"] == "Date:2026-12-01T12:00 Status:REUSING_EXISTING_CACHE vagval:2 behorigheter:2"
    assert told["HsaCacheResetInfo"] == "Date:2026-12-01T12:00 Status:false oldNum:2 newNum:2"
    assert (told["TakCacheInitialized"], told["HsaCacheInitialized"]) == ("true", "false")


@pytest.mark.parametrize("with_memory", [False, True])
def test_memory_is_told_when_it_is_asked_for(with_memory: bool) -> None:
    """platform.md §17.1: three keys more, before the endpoints; what has no meaning here says so."""
    told = Status(a_pipeline(), lambda: NOW).status(with_memory)
    names = ["DirectMemBufferPool", "NonHeapMemory", "NettyDirectMemory", "ProcessMemoryPeak", "Endpoints"]
    assert (list(told)[-5:] == names) is with_memory
    if with_memory:
        assert told["NettyDirectMemory"] == "none: this is no Java process"
        assert float(told["ProcessMemoryPeak"].removesuffix(" MB")) > 1
