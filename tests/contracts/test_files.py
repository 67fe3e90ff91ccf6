"""contracts/files.py: a file is replaced whole or not at all."""

from pathlib import Path

import pytest

from contracts.files import replace_whole


def test_a_file_is_replaced_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kept"
    for content in (b"old", b"new"):
        replace_whole(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    replace_whole(path := tmp_path / "kept", b"")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_whole(tmp_path / "kept", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "kept"]
