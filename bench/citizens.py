"""What the citizens' pages take beside their clinics: a page's whole time less the time that scheduling systems had.

The demo region runs in this process; each question to a scheduling system is timed where it enters the adapter. While
any of them is at work, the page waits: that time is the union of these spells, so that questions asked at once count
once. What is left is the e-service's own, the gateway's and the SOAP between them. One citizen at a time walks through
a booking and the lists, again and again.
"""

import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import requests

from bench.generator import WrongAnswer
from bench.report import Figure, Section, percentile
from contracts.codec import SCHEDULING_INTERACTIONS
from tidbro import demo, demo_catalogue, server
from tidbro.clock import clock_of
from tidbro.settings import read_region
from tidbro.wiring import Region, build

BAR_MILLISECONDS = 150
ROUNDS = 30
CITIZEN = "19881224-2397"
LISTED = "19420119-9124"

_FORM = re.compile(r'<form method="post"(?: action="([^"]*)")?[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_DAY = re.compile(r"dag=(\d{4}-\d\d-\d\d)")
_RADIO = re.compile(r'<input type="radio" name="([^"]+)" value="([^"]*)"')


@dataclass
class Spells:
    """When scheduling systems were at work."""

    spells: list[tuple[float, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return ask(*arguments)
            finally:
                with self.lock:
                    self.spells.append((began, time.perf_counter()))

        return asked

    def within(self, began: float, ended: float) -> float:
        """Seconds of the time between in which at least one of them was at work."""
        covered, reached = 0.0, began
        with self.lock:
            spells = sorted(self.spells)
        for spell in spells:
            start, end = max(spell[0], reached), min(spell[1], ended)
            if end > start:
                covered, reached = covered + end - start, end
        return covered


@dataclass(frozen=True, slots=True)
class Pages:
    """Milliseconds of each page, by its name: whole, and beside the clinics."""

    whole: dict[str, tuple[float, ...]]
    own: dict[str, tuple[float, ...]]


@dataclass
class Walker:
    """A citizen's browser that times its pages."""

    site: str
    spells: Spells
    session: requests.Session = field(default_factory=requests.Session)
    url: str = ""
    page: str = ""
    taken: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def get(self, name: str, path: str) -> None:
        self._timed(name, lambda: self.session.get(urljoin(self.site, path)))

    def send(self, name: str, **typed: str) -> None:
        """Send the form of the page's main part, its first choices taken."""
        main = self.page.partition("<main")[2].partition("</main>")[0]
        forms = [(action, inside) for action, inside in _FORM.findall(main) if all(one in inside for one in typed)]
        if not forms:
            raise WrongAnswer(f"the page before {name} has no such form")
        action, inside = forms[-1]
        radios = {field: unescape(value) for field, value in reversed(_RADIO.findall(inside))}
        values = {field: unescape(value) for field, value in _HIDDEN.findall(inside)}
        address = urldefrag(urljoin(self.url, action) if action else self.url).url
        self._timed(name, lambda: self.session.post(address, data={**values, **radios, **typed}))

    def _timed(self, name: str, ask: Callable[[], requests.Response]) -> None:
        began = time.perf_counter()
        answer = ask()
        ended = time.perf_counter()
        if answer.status_code != 200:
            raise WrongAnswer(f"the page {name} has status {answer.status_code}")
        self.url, self.page = answer.url, answer.text
        whole = (ended - began) * 1000
        self.taken.setdefault(name, []).append((whole, whole - self.spells.within(began, ended) * 1000))


def measure(rounds: int = ROUNDS) -> Pages:
    """Walk. Raises WrongAnswer when a page is not what it should be."""
    spells = Spells()
    with tempfile.TemporaryDirectory(prefix="tidbro-bench-") as name, _demo(Path(name), spells) as address:
        booker, reader = (_signed_in(address, spells, who) for who in (CITIZEN, LISTED))
        for _ in range(rounds):
            _book_and_cancel(booker)
            reader.get("B1, times of all clinics", "bokade-tider")
            reader.get("start page", "")
        found = {**booker.taken, **reader.taken}
        booker.session.close()
        reader.session.close()
    return Pages(
        {page: tuple(one for one, _ in taken) for page, taken in found.items()},
        {page: tuple(one for _, one in taken) for page, taken in found.items()},
    )


def _signed_in(address: str, spells: Spells, who: str) -> Walker:
    walker = Walker(f"{address}/eservice/", spells)
    walker.get("sign-in", "logga-in")
    walker.send("signed in", chosen=who)
    walker.taken.clear()
    return walker


def _book_and_cancel(walker: Walker) -> None:
    walker.get("A2, kinds", "boka/bjorkdalens-vardcentral")
    kind = next(unescape(value) for name, value in _RADIO.findall(walker.page) if "BLT15" in value)
    walker.send("A4, days and times", kind=kind)
    walker.get("A4, another day", f"{walker.url.partition('?')[0]}?dag={max(re.findall(_DAY, walker.page))}")
    walker.send("A6, summary", time=_radio(walker.page, "time"))
    walker.send("A7, booked", form_mark=re.findall(r'name="form_mark" value="([^"]+)"', walker.page)[-1])
    if "Tiden är bokad" not in walker.page:
        raise WrongAnswer("the time was not booked")
    name = re.findall(r"bokad-tid/([\w-]+)/", walker.page)[0]
    walker.get("B2, one booking", f"bokad-tid/{name}")
    walker.get("D2, cancel?", f"bokad-tid/{name}/avboka")
    walker.send("D3, cancelled", form_mark=re.findall(r'name="form_mark" value="([^"]+)"', walker.page)[-1])


def _radio(page: str, name: str) -> str:
    return next(unescape(value) for field, value in _RADIO.findall(page) if field == name)


@contextmanager
def _demo(folder: Path, spells: Spells) -> Iterator[str]:
    """The demo region, served on a free port, its scheduling systems timed."""
    listening = server.listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = demo.opened(read_region(None, {"demo": True, "data_directory": str(folder), "port": 0}), address)
    demo_catalogue.plant(settings, clock_of(settings.clock), address)
    region = build(settings, base_url=address)
    demo.plant(region)
    _time(region, spells)
    running = server.server_of(region)
    thread = threading.Thread(target=lambda: running.run(sockets=[listening]), name="demo-region")
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield address
    finally:
        running.should_exit = True
        thread.join()


def _time(region: Region, spells: Spells) -> None:
    for adapter in region.pipeline.producers.adapters.values():
        for forms in SCHEDULING_INTERACTIONS.values():
            setattr(adapter, forms.method, spells.timed(getattr(adapter, forms.method)))


def section(found: Pages) -> Section:
    """A row for each page, and the bar for the slowest."""
    rows = [
        Figure(
            f"{page}, ms beside the clinics at p50 / p95",
            f"{percentile(own, 50):.0f} / {percentile(own, 95):.0f} "
            f"(the whole page {percentile(found.whole[page], 50):.0f} / {percentile(found.whole[page], 95):.0f})",
            f"≤ {BAR_MILLISECONDS} at p95",
            percentile(own, 95) <= BAR_MILLISECONDS,
        )
        for page, own in found.own.items()
    ]
    return Section(
        "The citizens' pages",
        f"One citizen books and cancels at Björkdalens vårdcentral {len(next(iter(found.own.values())))} times, "
        "another reads the times of all clinics; all in one process, requests and redirects as a browser makes them.",
        tuple(rows),
    )
