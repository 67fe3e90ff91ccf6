"""What every page of the e-service must keep, whatever it shows: looked at in Chromium, in the manner of Lighthouse.

Title, language, landmarks, headings, labels, the way past the header, sizes of what is pressed, no movement, nothing
from elsewhere, few bytes, nothing beside the window; and no rule of axe broken. Sources: domain.md §5.0, §5.12; look.md.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from tests.chromium import check_axe, check_width

MOST_BYTES = 100_000
LEAST_PIXELS = 44
LEAST_PIXELS_FOR_STAFF = 32
LEAST_PIXELS_OF_A_DAY = 40  # seven beside each other in a window of 320
FLOW_TITLE = re.compile(r"(Fel: )?.+ – (Boka|Omboka|Avboka) tid – .+ – Vårdtider")
FLOWS = ("book-", "rebook-", "cancel-")

FACTS = """() => {
  const seen = element => element.checkVisibility() && element.getClientRects().length > 0;
  const all = selector => [...document.querySelectorAll(selector)].filter(seen);
  const size = element => { const box = element.getBoundingClientRect(); return [Math.round(box.width * 10) / 10, Math.round(box.height * 10) / 10]; };
  const told = element => [element.textContent.trim().replace(/\\s+/g, " ").slice(0, 40), ...size(element)];
  const focusable = all("a[href], button, input:not([type=hidden]), select, textarea, summary");
  const controls = "button, .button, nav a, .back a, .out a, .change a, summary, label.card, label.tick, select, textarea, "
    + "input:not([type=hidden], [type=radio], [type=checkbox])";
  const least = document.body.matches(".staff") ? FOR_STAFF : LEAST;
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {
    lang: document.documentElement.lang,
    title: document.title,
    headings: all("h1, h2, h3, h4, h5, h6").map(one => Number(one.tagName[1])),
    landmarks: ["header", "nav", "main", "footer"].map(name => all(`body > ${name}, header > ${name}`).length),
    first: focusable[0].textContent,
    skips_to: document.querySelector(focusable[0].getAttribute("href"))?.tagName,
    unlabelled: all("input:not([type=hidden]), select, textarea").filter(one => !one.labels.length).map(one => one.name),
    small: all(controls).map(told).filter(([, width, height]) => width < least || height < least),
    small_days: all(".month td a").map(told).filter(([, width, height]) => width < LEAST_DAY || height < LEAST),
    moving: document.getAnimations().length + all("body *").filter(one => {
      const style = getComputedStyle(one);
      return style.animationName !== "none" || style.transitionDuration !== "0s";
    }).length,
    bytes: loaded.reduce((sum, one) => sum + one.decodedBodySize, 0),
  };
}"""
for _name, _pixels in (
    ("LEAST_DAY", LEAST_PIXELS_OF_A_DAY), ("FOR_STAFF", LEAST_PIXELS_FOR_STAFF), ("LEAST", LEAST_PIXELS),
):  # fmt: skip
    FACTS = FACTS.replace(_name, str(_pixels))


def check_page(page: Page, name: str = "") -> None:
    """All of it. `name` is the state's in strolls.py: a flow's pages have titles of a pattern, wrong ones say so."""
    page.wait_for_function("document.readyState === 'complete'")  # a page may have only begun to come
    told = page.evaluate(FACTS)
    where = f"{name} {page.viewport_size}: {told}"
    assert told["lang"] == "sv", where
    assert told["title"].endswith("Vårdtider"), where
    assert not name.startswith(FLOWS) or FLOW_TITLE.fullmatch(told["title"]), where
    assert told["title"].startswith("Fel: ") or not name.endswith("-wrong"), where
    assert told["headings"].count(1) == 1, where
    assert not skips_a_level(told["headings"]), where
    header, navigation, main, footer = told["landmarks"]
    assert (header, main, footer) == (1, 1, 1), where
    assert navigation >= 1, where
    assert (told["first"], told["skips_to"]) == ("Hoppa till innehållet", "MAIN"), where
    assert told["unlabelled"] == [], where
    assert told["small"] == [], where
    assert told["small_days"] == [], where
    assert told["moving"] == 0, where
    assert 0 < told["bytes"] < MOST_BYTES, where
    check_width(page)
    check_axe(page)


def skips_a_level(levels: list[int]) -> bool:
    """Whether a heading lies more than one level below the one before."""
    return any(level > before + 1 for before, level in zip([1, *levels], levels, strict=False))


@dataclass
class Overheard:
    """What a window's pages asked for and complained of, since `listen`."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def check(self, own: str) -> None:
        """Nothing was fetched from another host than `own`'s, and nothing went wrong in a script or a style sheet."""
        assert self.hosts <= {urlsplit(own).netloc}
        assert self.complaints == []


def listen(context: BrowserContext) -> Overheard:
    """Begin to listen. What a page answers with 4xx or 5xx, as it should, is no complaint."""
    heard = Overheard()
    context.on("request", lambda one: heard.hosts.add(urlsplit(one.url).netloc) if "://" in one.url else None)
    context.on("weberror", lambda one: heard.complaints.append(str(one.error)))
    context.on("console", lambda one: heard.complaints.append(one.text) if _is_complaint(one.type, one.text) else None)
    return heard


def _is_complaint(kind: str, text: str) -> bool:
    is_status = "the server responded with a status of" in text
    return kind in ("error", "warning") and not is_status
