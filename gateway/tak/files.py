"""Any file that holds a catalogue: which of the forms it is in shows its name or its first bytes.

TOML by its name; a snapshot compressed with gzip, JSON (snapshot or export) and persistentCache XML by how they begin.
Source: platform.md §18, §20.3.
"""

from pathlib import Path

from contracts.errors import MessageUnreadable
from gateway.tak import published_json
from gateway.tak.exchange import CatalogueUnreadable, read_persistent_cache, read_toml
from gateway.tak.publication import Publication
from gateway.tak.snapshot import TakSnapshot

_GZIP = b"\x1f\x8b"


def load_any(path: Path) -> TakSnapshot | Publication:
    """The catalogue in a file. Raises CatalogueUnreadable with a sentence that names the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CatalogueUnreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    try:
        return _read(path, content)
    except CatalogueUnreadable as error:
        raise CatalogueUnreadable(f"{path.name}: {error}") from None
    except (ValueError, MessageUnreadable) as error:
        raise CatalogueUnreadable(f"{path.name}: {error}.") from None


def _read(path: Path, content: bytes) -> TakSnapshot | Publication:
    if path.suffix == ".toml":
        return read_toml(content.decode())
    if content.startswith(_GZIP):
        return published_json.read(published_json.unpack(content))
    if content.lstrip().startswith(b"{"):
        return published_json.read(published_json.parse(content))
    return read_persistent_cache(content)
