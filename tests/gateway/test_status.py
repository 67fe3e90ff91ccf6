"""gateway/status.py: health for machines, status for monitoring (platform.md §17.1, §17.2)."""

from datetime import datetime, timedelta

from gateway.pipeline import Pipeline
from gateway.status import Status
from tests.gateway.builders import NOW, OFFICIAL, SETTINGS, Stub, a_pipeline


class SetClock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def without_tak() -> Pipeline:
    return Pipeline(SETTINGS, OFFICIAL, lambda: None, {}, lambda: NOW)


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


def test_status_has_the_platforms_keys_in_its_order() -> None:
    """platform.md §17.1, without those of the Java machine."""
    clock = SetClock()
    status = Status(a_pipeline(), clock)
    clock.now += timedelta(days=2, hours=3, minutes=4, seconds=5)
    told = status.status()
    assert list(told) == [
        "Name", "Version", "ServiceStatus", "Uptime", "ManagementName", "TakCacheInitialized", "TakCacheResetInfo", "Endpoints",
    ]  # fmt: skip
    assert told["Uptime"] == "2 days, 3 hours, 4 minutes, 5 seconds"
    assert told["TakCacheInitialized"] == "true"
    assert told["TakCacheResetInfo"] == "Date:2026-12-01T12:00 Status:REFRESH_OK vagval:1 behorigheter:1"


def test_status_without_a_catalogue_says_so() -> None:
    told = Status(without_tak(), lambda: NOW).status()
    assert (told["TakCacheInitialized"], told["TakCacheResetInfo"]) == ("false", "Not initialized")
