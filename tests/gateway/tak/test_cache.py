"""gateway/tak/cache.py: loads that succeed, fail, and fall back on the last good copy (platform.md §17.3, §18)."""

import logging
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.tak.cache import FETCHED, NOT_FETCHED, REUSED, AuthorisationsUnreadable, TakCache
from gateway.tak.exchange import CatalogueUnreadable, read_persistent_cache, write_persistent_cache
from gateway.tak.snapshot import TakSnapshot
from tests.gateway.builders import CONSUMER, NOW, a_pipeline, a_request, a_route, a_snapshot, carried, fault_in

FIRST = a_snapshot(a_route(address="https://first.example.com/"))
SECOND = a_snapshot(a_route(address="https://second.example.com/"), a_route(logical_address="SE2321009991-2B03"))
GONE = CatalogueUnreadable("The catalogue did not answer.")


class Tak:
    """A catalogue that gives what it holds, or raises it."""

    def __init__(self, held: TakSnapshot | Exception) -> None:
        self.held = held

    def __call__(self) -> TakSnapshot:
        if isinstance(self.held, Exception):
            raise self.held
        return self.held


def a_cache(tak: Callable[[], TakSnapshot] | None, local_copy: Path | None = None, **options: bool) -> TakCache:
    return TakCache(tak, lambda: NOW, local_copy, **options)


def addresses(cache: TakCache) -> list[str]:
    snapshot = cache.snapshot()
    return [] if snapshot is None else [route.address for route in snapshot.routes]


def test_before_the_first_load_there_is_no_catalogue() -> None:
    """platform.md §17.2: its status is `Not initialized`."""
    cache = a_cache(Tak(FIRST))
    assert cache.snapshot() is None
    assert cache.last_refresh.status == "Not initialized"
    assert not cache.last_refresh.is_successful


def test_a_catalogue_that_can_be_fetched_is_in_force_and_kept_in_a_file(tmp_path: Path) -> None:
    """platform.md §18, first row; the lines are §17.3's."""
    file = tmp_path / "localCache"
    cache = a_cache(Tak(SECOND), file)
    refresh = cache.reload()
    assert cache.snapshot() is SECOND
    assert (refresh.status, refresh.is_successful, refresh.at) == ("REFRESH_OK", True, NOW)
    assert (refresh.routes, refresh.authorisations) == (2, 2)
    assert refresh.lines == (
        "Succeeded to get virtualizations and/or permissions from TAK, save to local TAK copy...",
        f"Succesfully saved virtualizations and permissions to local TAK copy: {file}",
    )
    assert read_persistent_cache(file.read_bytes()).routes == SECOND.routes
    assert cache.last_refresh is refresh


def test_a_load_that_fails_keeps_what_is_in_memory(tmp_path: Path) -> None:
    """platform.md §18, second row; §24 row 51: the answer says so."""
    tak = Tak(FIRST)
    cache = a_cache(tak, tmp_path / "localCache", tells_reason=False)
    cache.reload()
    tak.held = GONE
    refresh = cache.reload()
    assert cache.snapshot() is FIRST
    assert (refresh.status, refresh.is_successful) == ("REUSING_EXISTING_CACHE", False)
    assert (refresh.routes, refresh.authorisations) == (1, 1)
    assert refresh.lines == (
        "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. "
        "Will continue to use already loaded TAK data.",
    )


@pytest.mark.parametrize(
    ("empty", "sentence"),
    [
        (TakSnapshot.of((), FIRST.authorisations), "The catalogue has no routes, so it counts as not loaded."),
        (TakSnapshot.of(FIRST.routes, ()), "The catalogue has no authorisations, so it counts as not loaded."),
        (TakSnapshot.of((), ()), "The catalogue has no routes, so it counts as not loaded."),
    ],
)
def test_an_empty_catalogue_is_a_failed_load_and_the_answer_says_why(empty: TakSnapshot, sentence: str) -> None:
    """platform.md §18; §24 row 52; §25 row 21."""
    tak = Tak(FIRST)
    cache = a_cache(tak)
    cache.reload()
    tak.held = empty
    refresh = cache.reload()
    assert cache.snapshot() is FIRST
    assert refresh.status == "REUSING_EXISTING_CACHE"
    assert refresh.lines == (REUSED, f"Reason for failure: {sentence}")
    assert refresh.reason == sentence


def test_an_empty_catalogue_does_not_replace_the_good_copy(tmp_path: Path) -> None:
    """platform.md §18: an empty catalogue counts as a failed fetch."""
    file = tmp_path / "localCache"
    tak = Tak(FIRST)
    cache = a_cache(tak, file)
    cache.reload()
    kept = file.read_bytes()
    tak.held = TakSnapshot.of((), ())
    cache.reload()
    assert file.read_bytes() == kept


def test_a_start_with_the_catalogue_down_is_served_from_the_file(tmp_path: Path) -> None:
    """platform.md §18, third row; §24 row 50."""
    file = tmp_path / "localCache"
    file.write_bytes(write_persistent_cache(FIRST))
    cache = a_cache(Tak(GONE), file, tells_reason=False)
    refresh = cache.reload()
    assert addresses(cache) == ["https://first.example.com/"]
    assert (refresh.status, refresh.is_successful) == ("RESTORED_FROM_LOCAL_CACHE", False)
    assert (refresh.routes, refresh.authorisations) == (1, 1)
    assert refresh.lines == (
        "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. "
        "Restore from local TAK copy...",
        f"Succesfully restored virtualizations and permissions from local TAK copy: {file}",
    )


def test_a_copy_that_is_refused_at_the_start_is_told_beside_the_catalogue_that_did_not_come(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §18: whoever looks at stderr must know which of the two to mend."""
    file = tmp_path / "localCache"
    file.write_bytes(b"<other/>")
    a_cache(Tak(GONE), file).reload()
    assert "catalogue_not_loaded: " in caplog.text
    assert "catalogue_copy_not_restored: localCache: the root element is not persistentCache." in caplog.text


def test_a_gateway_without_any_source_lives_on_its_file(tmp_path: Path) -> None:
    """platform.md §18: so that it can be started from a real platform's file alone."""
    file = tmp_path / "localCache"
    file.write_bytes(write_persistent_cache(FIRST))
    cache = a_cache(None, file)
    assert cache.reload().status == "RESTORED_FROM_LOCAL_CACHE"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory."),
        (b"", "the message is empty."),
        (b"<persistentCache>", "the message is not well-formed XML"),
        (b"<other/>", "the root element is not persistentCache."),
        (b'<!DOCTYPE p SYSTEM "http://127.0.0.1/x"><persistentCache/>', "a document type is not allowed."),
        (b"<persistentCache/>", "The catalogue has no routes, so it counts as not loaded."),
    ],
)
def test_without_catalogue_and_usable_file_nothing_is_in_force(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """platform.md §18, fourth row; §24 row 50; also a file without rows."""
    file = tmp_path / "localCache"
    if content is not None:
        file.write_bytes(content)
    cache = a_cache(Tak(GONE), file)
    refresh = cache.reload()
    assert cache.snapshot() is None
    assert refresh.status == "REFRESH_FAILED"
    assert refresh.lines[:3] == (
        NOT_FETCHED,
        "Reason for failure: The catalogue did not answer.",
        f"Failed to restore virtualizations and permissions from local TAK copy: {file}",
    )
    assert refresh.lines[3].startswith(f"Reason for failure: {reason}")


def test_a_gateway_whose_catalogue_never_came_answers_vp008() -> None:
    """platform.md §18, fourth row; §24 row 50."""
    cache = a_cache(Tak(GONE))
    cache.reload()
    pipeline = a_pipeline()
    pipeline.tak = cache.snapshot
    assert fault_in(carried(pipeline, a_request())).code == "VP008"


def test_a_catalogue_that_comes_back_is_taken_again(tmp_path: Path) -> None:
    """platform.md §18, first row: any state before."""
    tak = Tak(GONE)
    cache = a_cache(tak, tmp_path / "localCache")
    cache.reload()
    tak.held = SECOND
    assert cache.reload().status == "REFRESH_OK"
    assert cache.snapshot() is SECOND


def test_a_source_that_breaks_its_promise_is_a_failed_load_told_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a source raises, the gateway goes on; what it says may quote a password, so the answer has its kind."""
    cache = a_cache(Tak(RuntimeError("postgresql://tak:secret@host/")))
    with caplog.at_level(logging.ERROR):
        refresh = cache.reload()
    assert refresh.status == "REFRESH_FAILED"
    assert "Reason for failure: The catalogue's source failed: RuntimeError." in refresh.lines
    assert "catalogue_source_failed: RuntimeError" in caplog.text
    assert "secret" not in "".join(refresh.lines) + caplog.text


# When only half can be fetched

HALF = AuthorisationsUnreadable("The authorisations did not come.", SECOND.routes)


def test_by_default_new_routes_wait_for_their_authorisations() -> None:
    """platform.md §18, second row, the safer reading: a catalogue comes into force whole or not at all."""
    tak = Tak(FIRST)
    cache = a_cache(tak)
    cache.reload()
    tak.held = HALF
    assert cache.reload().status == "REUSING_EXISTING_CACHE"
    assert cache.snapshot() is FIRST


def test_as_on_the_real_platform_new_routes_come_into_force_without_theirs() -> None:
    """platform.md §18, second row, in brackets."""
    tak = Tak(FIRST)
    cache = a_cache(tak, takes_half=True)
    cache.reload()
    tak.held = HALF
    assert cache.reload().status == "REUSING_EXISTING_CACHE"
    snapshot = cache.snapshot()
    assert snapshot is not None
    assert (snapshot.routes, snapshot.authorisations) == (SECOND.routes, FIRST.authorisations)


def test_by_default_half_a_catalogue_at_the_start_is_none() -> None:
    """platform.md §18, last row, the safer reading."""
    cache = a_cache(Tak(HALF))
    assert cache.reload().status == "REFRESH_FAILED"
    assert cache.snapshot() is None


def test_as_on_the_real_platform_half_a_catalogue_at_the_start_is_a_success_that_lets_nobody_in() -> None:
    """platform.md §18, last row: REFRESH_OK by accident, every call VP007."""
    cache = a_cache(Tak(HALF), takes_half=True)
    assert cache.reload().status == "REFRESH_OK"
    snapshot = cache.snapshot()
    assert snapshot is not None
    assert len(snapshot.routes) == 2
    assert not snapshot.authorises(CONSUMER, FIRST.routes[0].logical_address, FIRST.routes[0].contract, NOW)
    pipeline = a_pipeline()
    pipeline.tak = cache.snapshot
    assert fault_in(carried(pipeline, a_request())).code == "VP007"


def test_half_a_catalogue_gives_way_to_the_file_at_the_start(tmp_path: Path) -> None:
    """platform.md §18, third row."""
    file = tmp_path / "localCache"
    file.write_bytes(write_persistent_cache(FIRST))
    cache = a_cache(Tak(HALF), file, takes_half=True)
    assert cache.reload().status == "RESTORED_FROM_LOCAL_CACHE"
    assert addresses(cache) == ["https://first.example.com/"]


def test_half_a_catalogue_in_memory_gives_way_to_the_file_too(tmp_path: Path) -> None:
    """platform.md §18: what is kept are permissions already in memory, and there are none."""
    file = tmp_path / "localCache"
    tak = Tak(HALF)
    cache = a_cache(tak, file, takes_half=True)
    cache.reload()
    file.write_bytes(write_persistent_cache(FIRST))
    tak.held = GONE
    assert cache.reload().status == "RESTORED_FROM_LOCAL_CACHE"
    assert addresses(cache) == ["https://first.example.com/"]


# The file


def test_the_copy_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "localCache"
    a_cache(Tak(FIRST), file).reload()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_folder_of_the_copy_is_made(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "localCache"
    a_cache(Tak(FIRST), file).reload()
    assert file.is_file()


def test_the_copy_is_replaced_in_one_step_and_nothing_else_stays_in_its_folder(tmp_path: Path) -> None:
    """Whoever has the old file open still reads it whole."""
    file = tmp_path / "localCache"
    tak = Tak(FIRST)
    cache = a_cache(tak, file)
    cache.reload()
    with file.open("rb") as old:
        tak.held = SECOND
        cache.reload()
        assert b"first.example.com" in old.read()
    assert b"second.example.com" in file.read_bytes()
    assert list(tmp_path.iterdir()) == [file]


def test_a_copy_that_cannot_be_written_is_told_and_does_not_stop_the_load(tmp_path: Path) -> None:
    """platform.md §17.3: `Failed to save …` and why."""
    (tmp_path / "in_the_way").write_text("")
    file = tmp_path / "in_the_way" / "localCache"
    cache = a_cache(Tak(FIRST), file)
    refresh = cache.reload()
    assert (refresh.status, cache.snapshot()) == ("REFRESH_OK", FIRST)
    assert refresh.lines == (
        FETCHED,
        f"Failed to save virtualizations and permissions to local TAK copy: {file}",
        "Reason for failure: File exists",
    )


def test_what_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "localCache"
    (file / "a_folder").mkdir(parents=True)
    refresh = a_cache(Tak(FIRST), file).reload()
    assert refresh.lines[2].startswith("Reason for failure: ")
    assert list(tmp_path.iterdir()) == [file]


def test_a_catalogue_that_somebody_wrote_by_hand_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "tak.toml"
    file.write_text("# mine")
    refresh = a_cache(Tak(FIRST), file).reload()
    assert file.read_text() == "# mine"
    assert refresh.lines[2].startswith("Reason for failure: a .toml file is somebody's own")


def test_without_a_file_the_answer_says_that_no_copy_is_kept() -> None:
    assert a_cache(Tak(FIRST)).reload().lines == (
        FETCHED,
        "The local TAK copy is not kept: no file is named to keep it in.",
    )


# Threads


def test_reloads_wait_for_each_other_while_readers_never_wait() -> None:
    entered, go_on, inside, at_once = threading.Semaphore(0), threading.Event(), [], []

    def slow() -> TakSnapshot:
        inside.append(threading.current_thread())
        entered.release()
        go_on.wait(30)
        at_once.append(len(inside))
        inside.pop()
        return SECOND

    sources = [Tak(FIRST), slow, slow, slow, slow]

    def next_source() -> TakSnapshot:
        source = sources.pop(0)
        return source()

    cache = a_cache(next_source)
    cache.reload()
    threads = [threading.Thread(target=cache.reload) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=30)
    assert cache.snapshot() is FIRST
    assert cache.last_refresh.routes == 1
    go_on.set()
    for thread in threads:
        thread.join()
    assert cache.snapshot() is SECOND
    assert at_once == [1, 1, 1, 1]
