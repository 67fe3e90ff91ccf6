"""The catalogues of staff pages: one that all systems share, and those of each that may add to it and override it.

Systems differ in what they call the citizen: by its table `words` a system tells the shared sentences in its own words.
Elsewhere: how catalogues are read and laid on top of each other (webpages/texts.py).
"""

from importlib.resources import files
from pathlib import Path

from webpages.texts import Texts

SHARED = Path(str(files("scheduling_backends.staff"))) / "texts_sv.toml"


def staff_texts(*catalogues: Path) -> Texts:
    """A system's texts: the shared catalogue, and its own on top."""
    return Texts(SHARED, *catalogues)
