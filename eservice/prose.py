"""Texts from elsewhere as safe HTML: what clinics send, what citizens wrote, what a clinic's administrator wrote.

Whatever came in is escaped; only tags made here are in what goes out.
Rules: domain.md §5.0 (purpose), §8 (the administrator's format: bold, italic, bullet list, links).
Elsewhere: DocBook (docbook.py), folding long texts (folding.py), which addresses become links (links.py).

The administrator's format, a line at a time:

    **fet**, *kursiv*, [en länk](https://example.com/), [ring](tel:+46701740605), [skriv](mailto:clinic@example.com)
    - a line that begins so is in a list
"""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from eservice import docbook
from eservice.links import link

_MARK = re.compile(
    r"\*\*(?!\s)(?P<bold>\*?[^*]+(?:\*[^*]+)*\*?)(?<!\s)\*\*(?!\*)"
    r"|(?<![\w*])\*(?!\s)(?P<italic>[^*]+)(?<!\s)\*(?![\w*])"
    r"|\[(?P<text>[^\[\]]+)\]\((?P<address>[^()\s]+)\)"
)
_BULLET = "- "


def purpose(text: str) -> Markup:
    """What a clinic says of a booking or an invitation: DocBook, or plain text in paragraphs."""
    document = docbook.as_html(text)
    return _paragraphs(text) if document is None else document


def citizen_text(text: str) -> Markup:
    """What a citizen wrote, with its line breaks; to stand inside a paragraph or a cell."""
    return _lines("\n".join(text.strip().splitlines()))


def administrator_text(text: str) -> Markup:
    """What a clinic's administrator wrote, in the format above."""
    return Markup("\n").join(_administrator_blocks(text))


def _paragraphs(text: str) -> Markup:
    stripped = [line.strip() for line in text.splitlines()]
    blocks = ["\n".join(lines) for is_text, lines in groupby(stripped, bool) if is_text]
    return Markup("\n").join(Markup("<p>%s</p>") % _lines(block) for block in blocks)


def _lines(text: str) -> Markup:
    return Markup("<br>\n").join(text.split("\n"))


def _administrator_blocks(text: str) -> Iterator[Markup]:
    for kind, lines in groupby((line.strip() for line in text.splitlines()), _kind):
        if kind == "item":
            items = (Markup("<li>%s</li>") % _marked(line.removeprefix(_BULLET).strip()) for line in lines)
            yield Markup("<ul>%s</ul>") % Markup("").join(items)
        elif kind == "text":
            yield Markup("<p>%s</p>") % _marked("\n".join(lines))


def _kind(line: str) -> str:
    if not line:
        return "blank"
    return "item" if line.startswith(_BULLET) else "text"


def _marked(text: str) -> Markup:
    """`text` with its marks as tags. No mark holds its own kind, so this goes few steps down."""
    pieces, end = [], 0
    for mark in _MARK.finditer(text):
        pieces += [_lines(text[end : mark.start()]), _tagged(mark)]
        end = mark.end()
    return Markup("").join([*pieces, _lines(text[end:])])


def _tagged(mark: re.Match[str]) -> Markup:
    if mark["bold"]:
        return Markup("<strong>%s</strong>") % _marked(mark["bold"])
    if mark["italic"]:
        return Markup("<em>%s</em>") % _marked(mark["italic"])
    return link(mark["address"], _marked(mark["text"]))
