"""gateway/admin.py: pages for those who run the gateway (platform.md §17; §24 rows 51, 52, 59, 60; §25 rows 18, 21, 22)."""

import asyncio
import json
import re
import socket
import threading
from pathlib import Path

import pytest

from gateway.admin import AdminPages
from gateway.call import Answer, HttpRequest
from gateway.hsa import HsaCache
from gateway.pipeline import Pipeline
from gateway.settings import read_settings
from gateway.status import Status
from gateway.tak.cache import TakCache
from tests.gateway.builders import FEW, NOW
from tests.gateway.test_hsa import a_file
from tests.gateway.test_status import Sources


class Gateway:
    """The pages of a gateway whose catalogue and units come from where the test says."""

    def __init__(
        self,
        hsa_files: tuple[Path, ...] = (),
        source: object = None,
        local_copy: Path | None = None,
        **settings: object,
    ) -> None:
        self.source = source or Sources()
        self.tak = TakCache(self.source, lambda: NOW, local_copy)
        self.hsa = HsaCache(hsa_files, lambda: NOW)
        pipeline = Pipeline(read_settings(settings), FEW, self.tak.snapshot, {}, lambda: NOW, hsa=self.hsa.tree)
        self.status = Status(pipeline, lambda: NOW, ["http://127.0.0.1:8080/vp"], self.tak, self.hsa)
        self.pages = AdminPages(self.status, self.tak, self.hsa)

    def get(self, path: str, query: str = "", method: str = "GET", peer: str = "127.0.0.1") -> Answer | None:
        return asyncio.run(self.pages.answer(HttpRequest(method, path, query, peer=peer)))


def told(answer: Answer | None) -> tuple[int, object]:
    assert answer is not None
    assert dict(answer.headers)["Content-Type"] == "application/json"
    return answer.status, json.loads(answer.body)


def lines(answer: Answer | None) -> list[str]:
    """The lines of a reset of the catalogue; each is prefixed by <br>."""
    assert answer is not None
    assert dict(answer.headers)["Content-Type"] == "text/html;"
    empty, *found = answer.body.decode().split("<br>")
    assert empty == ""
    return found


# Looking


@pytest.mark.parametrize("path", ["/status", "/STATUS", "/status/"])
def test_status_is_told_to_everybody(path: str) -> None:
    """platform.md §17.1, §24 row 59: any method, no credentials."""
    for method in ("GET", "POST", "PUT"):
        status, page = told(Gateway().get(path, method=method, peer="192.0.2.1"))
        assert (status, page["ServiceStatus"]) == (200, "Started")


def test_status_takes_the_platforms_questions() -> None:
    """platform.md §17.1: ?memory adds keys, ?netty replaces the whole answer."""
    assert "NettyDirectMemory" not in told(Gateway().get("/status"))[1]
    assert {"NettyDirectMemory", "Name"} <= told(Gateway().get("/status", "memory"))[1].keys()
    page = told(Gateway().get("/status", "netty"))[1]
    assert "NettyDirectMemory" in page
    assert "Name" not in page


@pytest.mark.parametrize("path", ["/health", "/actuator/health", "/actuator/health/readiness"])
def test_a_gateway_is_ready_when_both_caches_have_been_loaded(path: str) -> None:
    """platform.md §17.2, §24 row 60: 503, then 200."""
    gateway = Gateway()
    for reload in (lambda: None, gateway.tak.reload):
        reload()
        assert told(gateway.get(path))[0] == 503
        assert told(gateway.get("/actuator/health/liveness")) == (
            200,
            {"status": "UP", "components": {"livenessState": {"status": "UP"}}},
        )
    gateway.hsa.reload()
    status, page = told(gateway.get(path))
    assert (status, page["status"]) == (200, "UP")


@pytest.mark.parametrize("path", ["/", "/actuator", "/actuator/env", "/resetcache/x", "/healthy"])
def test_other_paths_are_not_its_own(path: str) -> None:
    assert Gateway().get(path) is None


def test_what_was_not_given_cannot_be_reset() -> None:
    gateway = Gateway()
    gateway.pages = AdminPages(gateway.status)
    assert gateway.get("/resetcache") is None
    assert gateway.get("/resethsacache") is None


# Resetting the catalogue


def test_a_reset_of_the_catalogue_is_told_in_the_platforms_lines() -> None:
    """platform.md §17.3."""
    gateway = Gateway()
    answer = gateway.get("/resetcache")
    assert answer is not None
    assert answer.status == 200
    opening, counts = lines(answer)[:4], lines(answer)[-3:]
    assert opening == [
        f"Host: {socket.gethostname()}",
        "Time: 2026-12-01 12:00:00",
        "Initialize TAK cache resources...",
        "Succeeded to get virtualizations and/or permissions from TAK, save to local TAK copy...",
    ]
    assert counts == [
        "Init TAK cache loaded number of permissions: 2",
        "Init TAK cache loaded number of virtualizations: 2",
        "Init done, was successful: true",
    ]
    assert b"\n" not in answer.body
    assert gateway.tak.snapshot() is gateway.source.snapshot


@pytest.mark.parametrize(("settings", "status"), [({}, 200), ({"failed_reset_status": 503}, 503)])
def test_a_reset_that_failed_is_told_in_the_body_and_by_status_if_so_set(
    settings: dict[str, object], status: int
) -> None:
    """platform.md §17.3, §24 row 51, §25 row 22: 200 also when it failed; old data kept, and the answer says so."""
    gateway = Gateway(**settings)
    loaded = gateway.get("/resetcache")
    assert loaded is not None
    assert loaded.status == 200
    gateway.source.snapshot = None
    answer = gateway.get("/resetcache")
    assert answer is not None
    assert answer.status == status
    reused = "see logfiles for details. Will continue to use already loaded TAK data."
    assert any(line.endswith(reused) for line in lines(answer))
    assert lines(answer)[-1] == "Init done, was successful: false"
    assert gateway.tak.snapshot() is not None


def test_what_a_cache_says_is_shown_as_text_never_as_markup() -> None:
    gateway = Gateway(local_copy=Path("/nosuch/<script>"))
    gateway.source.snapshot = None
    answer = gateway.get("/resetcache")
    assert answer is not None
    assert b"/nosuch/&lt;script&gt;" in answer.body
    assert re.findall(rb"<(?!br>)", answer.body) == []


# Resetting the tree of units


def test_a_reset_of_the_units_is_told_in_the_platforms_words(tmp_path: Path) -> None:
    """platform.md §17.4."""
    paths = (
        a_file(tmp_path / "1.xml", ("A", "ou=A,c=SE"), ("B", "ou=B,c=SE")),
        a_file(tmp_path / "2.xml", ("C", "ou=C,c=SE")),
    )
    gateway = Gateway(paths)
    answer = gateway.get("/resethsacache")
    assert answer is not None
    assert (answer.status, answer.body.decode()) == (
        200,
        f"Start a reset of HSA cache using files: [{paths[0]}, {paths[1]}]\n"
        "Successfully reset HSA cache. \nHSA cache size was: 0 \nHSA cache now is: 3.",
    )
    assert gateway.hsa.tree().above("A") == ("SE",)


def test_a_reset_to_one_unit_or_none_is_a_warning(tmp_path: Path) -> None:
    """platform.md §17.4."""
    path = a_file(tmp_path / "1.xml", ("A", "ou=A,c=SE"), ("B", "ou=B,c=SE"))
    gateway = Gateway((path,))
    gateway.get("/resethsacache")
    for now, units, before in ((1, [("A", "ou=A,c=SE")], 2), (0, [], 1)):
        a_file(path, *units)
        answer = gateway.get("/resethsacache")
        assert answer is not None
        assert answer.body.decode().split("\n", 1)[1] == f"Warning: HSA cache reset to {now}. Was {before} entries!"


@pytest.mark.parametrize(("settings", "status"), [({}, 200), ({"failed_reset_status": 503}, 503)])
def test_a_reset_of_the_units_that_failed_says_so(tmp_path: Path, settings: dict[str, object], status: int) -> None:
    """platform.md §17.4, §25 row 22."""
    answer = Gateway((tmp_path / "nosuch.xml",), **settings).get("/resethsacache")
    assert answer is not None
    assert answer.status == status
    last = answer.body.decode().split("\n")[-1]
    assert last == "Reset HSA cache failed. nosuch.xml cannot be read: No such file or directory."


# Who may, and when


@pytest.mark.parametrize("path", ["/resetcache", "/resethsacache"])
@pytest.mark.parametrize(
    ("settings", "peer", "may"),
    [
        ({}, "127.0.0.1", True),
        ({}, "::1", True),
        ({}, "192.0.2.1", False),
        ({}, "", False),
        ({"reset_callers": "192.0.2.0/24"}, "192.0.2.1", True),
        ({"reset_callers": "192.0.2.0/24"}, "127.0.0.1", False),
        ({"compatibility": "skltp"}, "192.0.2.1", True),
        ({"compatibility": "skltp"}, "2001:db8::1", True),
        ({"compatibility": "skltp", "reset_callers": "127.0.0.1"}, "192.0.2.1", False),
    ],
)
def test_only_who_is_listed_may_reset(path: str, settings: dict[str, object], peer: str, may: bool) -> None:
    """platform.md §17, §25 row 18: on the real platform everybody may."""
    gateway = Gateway(**settings)
    answer = gateway.get(path, peer=peer)
    assert answer is not None
    assert answer.status == (200 if may else 403)
    if not may:
        assert dict(answer.headers)["Content-Type"] == "text/plain; charset=utf-8"
        assert (gateway.tak.snapshot(), gateway.hsa.last_refresh) == (None, None)


@pytest.mark.parametrize("path", ["/resetcache", "/resethsacache"])
@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"x-forwarded-for": "127.0.0.1"}, True),
        ({"x-forwarded-for": "192.0.2.1"}, False),
        ({"x-forwarded-for": "127.0.0.1, 192.0.2.1"}, False),
        ({"x-forwarded-for": ""}, False),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
def test_who_comes_by_a_proxy_or_another_sites_page_may_not_reset(
    path: str, headers: dict[str, str], may: bool
) -> None:
    """platform.md §17.3, §25 row 18: behind a proxy on the same machine every caller has its address."""
    request = HttpRequest("GET", path, headers=headers, peer="127.0.0.1")
    answer = asyncio.run(Gateway().pages.answer(request))
    assert answer.status == (200 if may else 403)


def test_caches_are_reset_by_get_and_post_alone() -> None:
    gateway = Gateway()
    statuses = {method: gateway.get("/resetcache", method=method) for method in ("GET", "POST", "HEAD", "DELETE")}
    assert {method: answer.status for method, answer in statuses.items() if answer} == {
        "GET": 200, "POST": 200, "HEAD": 405, "DELETE": 405,
    }  # fmt: skip


def test_calls_go_on_while_a_cache_is_reset_and_a_second_reset_waits_its_turn() -> None:
    reached, may_go_on, running, most = threading.Semaphore(0), threading.Event(), [], []
    whole = Sources().snapshot

    def slowly() -> object:
        running.append(1)
        most.append(len(running))
        reached.release()
        may_go_on.wait(30)
        running.pop()
        return whole

    gateway = Gateway(source=slowly)
    reset = HttpRequest("GET", "/resetcache", peer="127.0.0.1")

    async def meanwhile() -> tuple[Answer | None, ...]:
        resets = [asyncio.create_task(gateway.pages.answer(reset)) for _ in range(3)]
        await asyncio.to_thread(reached.acquire)
        status = await gateway.pages.answer(HttpRequest("GET", "/status"))
        may_go_on.set()
        return status, *await asyncio.gather(*resets)

    status, *resets = asyncio.run(meanwhile())
    assert told(status)[1]["TakCacheInitialized"] == "false"
    assert most == [1, 1, 1]
    assert {lines(one)[-1] for one in resets} == {"Init done, was successful: true"}
