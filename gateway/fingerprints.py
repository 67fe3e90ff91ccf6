"""Whether files have other contents than before: a digest of them all, by which a change is noticed.

Times of change are not looked at, for a copy may keep them. What cannot be read counts as empty.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint_of(paths: Iterable[Path]) -> str:
    """The digest of these files' contents, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(_bytes_of(path)).digest())
    return digest.hexdigest()


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
