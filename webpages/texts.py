"""The Swedish texts of a site's pages: catalogues on top of each other, of which a later one may add and override.

Texts are TOML, tables within tables, and are asked for by their whole name: `sign_in.heading`. One that is missing is a
fault of ours: KeyError. Sites that share a catalogue differ in what they call the citizen: a table `words` says by
which words of a site's own those of the catalogues are told, form by form, so that a page has one word for one thing.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any


class Texts:
    """Catalogues laid on top of each other; the last that has a text gives it."""

    def __init__(self, *catalogues: Path) -> None:
        self._texts: dict[str, str] = {}
        for path in catalogues:
            self._texts |= read(path)
        self._texts = _in_words(self._texts, self.below("words"))

    def __call__(self, name: str, /, **values: object) -> str:
        """The text, with `{place holders}` filled in. Raises KeyError for an unknown name or a value left out."""
        return self._texts[name].format(**values) if values else self._texts[name]

    def below(self, table: str) -> Mapping[str, str]:
        """The texts of a table, by the last part of their names, in the catalogue's order."""
        start = f"{table}."
        return {name.removeprefix(start): text for name, text in self._texts.items() if name.startswith(start)}

    def names(self) -> Sequence[str]:
        return tuple(self._texts)


def _in_words(texts: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """The texts with whole words told by others, small or with a capital."""
    other = dict(words) | {word.capitalize(): its.capitalize() for word, its in words.items()}
    if not other:
        return dict(texts)
    known = re.compile(rf"\b({'|'.join(map(re.escape, other))})\b")
    return {name: known.sub(lambda found: other[found[0]], text) for name, text in texts.items()}


@cache
def read(path: Path) -> dict[str, str]:
    """A catalogue as whole names and texts."""
    return dict(_flat(tomllib.loads(path.read_text(encoding="utf-8")), ""))


def _flat(table: Mapping[str, Any], before: str) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in table.items():
        flat += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, str(value))]
    return flat
