"""Where a long text is folded: its beginning is shown, and the rest is inside `<details>`.

A page shows the beginning, then `<details><summary>Visa hela texten</summary>` with the rest; nothing is shown twice.
Rules: domain.md §5.0 (about 90 signs of a reason, 300 of a purpose), §8 (300 of a clinic's text).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from markupsafe import Markup

REASON_SIGNS = 90
PURPOSE_SIGNS = 300
CLINIC_TEXT_SIGNS = 300

_TOKEN = re.compile(r"<(?P<closing>/?)(?P<tag>[a-z0-9]+)[^>]*>|[^<]+")
_BLANKS = re.compile(r"\s+")


def folded(text: str, most: int) -> tuple[str, str] | None:
    """The beginning of a plain text, at most `most` signs that end with a word, and the rest. None if it need not be.

    A word longer than that is broken.
    """
    text = text.strip()
    if len(text) <= most:
        return None
    blanks = [match for match in _BLANKS.finditer(text, 0, most + 1) if match.start() <= most]
    start, end = blanks[-1].span() if blanks else (most, most)
    return text[:start], text[end:].lstrip()


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place where HTML can be cut: `signs` of text are before it, and the tag `within` is open there."""

    at: int
    signs: int
    within: str = ""

    def halves(self, html: Markup) -> tuple[Markup, Markup]:
        before, after = html[: self.at].removesuffix("<br>"), html[self.at :].strip()
        if not self.within:
            return before, after
        end, begin = Markup(f"</{self.within}>"), Markup(f"<{self.within}>")  # noqa: S704  `p` or `ul`
        return before + end, begin + after


def folded_html(html: Markup, most: int) -> tuple[Markup, Markup] | None:
    """As `folded`, for what prose.py made: cut between words of a paragraph, items of a list, or blocks.

    Never inside a link, a heading or bold text, never after a heading: so the beginning may be longer than
    `most` signs.
    """
    chosen = None
    for cut in _cuts(html):
        if cut.signs > most:
            return (chosen or cut).halves(html) if (chosen or cut).at < len(html) else None
        chosen = cut
    return None


def _cuts(html: Markup) -> Iterator[_Cut]:
    """Every place, in order; the last is the end."""
    opened: list[str] = []
    signs = 0
    for token in _TOKEN.finditer(html):
        tag, end = token["tag"], token.end()
        if tag is None:
            if opened == ["p"]:
                yield from _between_words(token, signs)
            signs += len(unescape(token[0]))
        elif token["closing"]:
            opened.pop()
            if tag == "li" and opened == ["ul"] and not html.startswith("</ul>", end):
                yield _Cut(end, signs, "ul")
            elif not opened and tag in ("p", "ul"):
                yield _Cut(end, signs)
        elif tag != "br":
            opened.append(tag)


def _between_words(token: re.Match[str], signs: int) -> Iterator[_Cut]:
    for blank in _BLANKS.finditer(token[0]):
        yield _Cut(token.start() + blank.start(), signs + len(unescape(token[0][: blank.start()])), "p")
