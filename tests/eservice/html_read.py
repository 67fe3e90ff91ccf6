"""A second reader for HTML that the e-service makes: Python's own, which knows nothing of how it was made."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Seen:
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    within: list[tuple[str, ...]] = field(default_factory=list)  # of each tag, those it stands in


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append(tag)
        self.seen.attributes += [(name, value or "") for name, value in attributes]
        self.seen.within.append(tuple(self.opened))
        if tag != "br":
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, text: str) -> None:
        self.seen.text += text

    def handle_comment(self, text: str) -> None:
        raise AssertionError("a comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(html: str) -> Seen:
    """What a browser would find. Fails where tags are not closed in their order."""
    reader = _Reader()
    reader.feed(str(html))  # a Markup would escape what is found
    reader.close()
    assert reader.opened == []
    return reader.seen


def assert_safe(html: str) -> Seen:
    """Only tags that the e-service makes, only links that lead where they may."""
    seen = read(html)
    assert set(seen.tags) <= {"p", "br", "ul", "li", "a", "strong", "em", "h3", "h4", "h5", "h6"}
    assert {name for name, _ in seen.attributes} <= {"href", "rel"}
    addresses = [value for name, value in seen.attributes if name == "href"]
    assert all(one.lower().startswith(("https://", "http://", "tel:", "mailto:")) for one in addresses)
    assert not any("a" in within for tag, within in zip(seen.tags, seen.within, strict=True) if tag == "a")
    blocks = {"p", "ul", "li", "h3", "h4", "h5", "h6"}
    assert not any("p" in within for tag, within in zip(seen.tags, seen.within, strict=True) if tag in blocks)
    return seen
