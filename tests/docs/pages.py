"""The hand-written pages and what stands in them: links, code blocks, tables."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "wsdl" / "README.md", ROOT / "tests/samples/README.md"]
)

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^]]*\]\((?P<target>[^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [match["text"] for match in found if match["language"] == language]


def the_block(page: Path, language: str, holding: str) -> str:
    """The one block of a language that holds a text."""
    (found,) = [text for text in blocks(page, language) if holding in text]
    return found


def links(page: Path) -> list[str]:
    """Where a page's links lead, code blocks left out."""
    return [match["target"] for match in _LINK.finditer(_BLOCK.sub("", page.read_text(encoding="utf-8")))]


def section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level, _, _ = heading.partition(" ")
    text = page.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{len(level)}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a text, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    bodies = [line for before, line in zip(["", *lines], lines, strict=False) if not _is_head(line, before, lines)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in bodies]


def _is_head(line: str, before: str, lines: list[str]) -> bool:
    place = lines.index(line)
    following = lines[place + 1] if place + 1 < len(lines) else ""
    return line.startswith("|---") or following.startswith("|---")
