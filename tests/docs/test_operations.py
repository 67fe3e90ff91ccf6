"""What the operations page tells one to type works as it stands; only the folder and the port are others."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, rows, section, the_block
from tests.tidbro.tls_serving import Certificates

PAGE = ROOT / "docs" / "operations.md"
SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


def typed(block: str, folder: Path) -> str:
    """The commands of a block with the test's own folder and interpreter."""
    return block.replace(".venv/bin/tidbro", f"{sys.executable} -m tidbro.cli").replace("var/pki", f"{folder}/pki")


def in_bash(commands: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", commands]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=SECONDS)


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[str]:
    """The region as the page starts it, on free ports; the HTTPS port."""
    make, serve = typed(the_block(PAGE, "bash", "tidbro serve"), folder).split("\n", 1)
    assert in_bash(make).returncode == 0
    command = serve.replace("8443", "0").replace("\\\n", " ").strip() + f" --port 0 --data {folder}/data"
    with subprocess.Popen(command.split(), stdout=subprocess.PIPE, cwd=ROOT, text=True) as served:
        try:
            yield re.search(r"https://127\.0\.0\.1:(\d+)", served.stdout.readline())[1]
        finally:
            served.terminate()
            served.wait(SECONDS)


def test_the_curl_block_is_answered(port: str, folder: Path) -> None:
    told = in_bash(typed(the_block(PAGE, "bash", "curl"), folder).replace("8443", port))
    assert "<core:careTypeName>" in told.stdout, told.stderr


def test_the_odd_certificates_do_what_the_table_says(port: str, folder: Path) -> None:
    """platform.md §5.1, §15."""
    usual = typed(the_block(PAGE, "bash", "curl"), folder).replace("8443", port)
    table = {
        name: happens
        for names, happens in rows(section(PAGE, "### Try it"))
        for name in re.findall(r"`([\w-]+)`", names)
    }
    assert set(table) == {path.stem for path in (folder / "pki" / "odd").glob("*.key")}
    for name, happens in table.items():
        told = in_bash(usual.replace("pki/SE2321009991-ET01-bundle", f"pki/odd/{name}-bundle"))
        if "handshake fails" in happens:
            assert (told.stdout, "alert" in told.stderr) == ("", True), name
        else:
            assert ("VP002" in told.stdout) == ("VP002" in happens), name
            assert ("<core:careTypeName>" in told.stdout) == ("VP002" not in happens), name


def test_show_prints_what_is_shown(port: str, folder: Path) -> None:
    shown = the_block(PAGE, "text", "with skltp")
    told = in_bash(f"{sys.executable} -m tidbro.cli pki show {folder}/pki/odd/imitating-name.pem")
    assert told.stdout.startswith(shown)


def test_the_block_that_changes_the_certificate_leaves_files_that_fit(port: str, folder: Path) -> None:
    before = (folder / "pki" / "server.pem").read_bytes()
    assert in_bash(typed(the_block(PAGE, "bash", "pki issue"), folder)).returncode == 0
    assert (folder / "pki" / "server.pem").read_bytes() != before
    assert Certificates(folder / "pki").tls.context()
