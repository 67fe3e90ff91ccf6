"""The catalogues of what citizens read, by language.

Elsewhere: the texts of the page that is being made (pages.py).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from webpages.texts import Texts

_FOLDER = Path(__file__).parent / "text"
LANGUAGES: Mapping[str, tuple[Path, ...]] = {
    "sv": (_FOLDER / "sv.toml",),
    "en": (_FOLDER / "sv.toml", _FOLDER / "en.toml"),  # what is not translated is told in Swedish
}


@cache
def texts_in(language: str) -> Texts:
    return Texts(*LANGUAGES[language])
