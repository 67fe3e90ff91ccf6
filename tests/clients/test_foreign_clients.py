"""zeep, Node's `soap` and curl each book over mutual TLS, from nothing but the gateway's address and a certificate.

The certificates are those of `tidbro pki demo`, the region that of `tidbro serve --demo --tls-port`.
Source: platform.md §5.1, §15, §16; contracts.md (the WSDLs). Where a client is missing the test says how to get it; on
the machine that judges changes (CI=true) it fails.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.node import missing, node_packages
from tests.people import DAN
from tests.platform.process import ROOT, GatewayProcess

HERE = Path(__file__).parent
SECONDS = 120


@dataclass(frozen=True)
class TlsRegion:
    """A demo region that answers by HTTPS, and the folder with its certificates."""

    url: str
    certificates: Path


def run(command: list[str], folder: Path) -> str:
    """What a command prints; fails with all that it said when it does not end well."""
    done = subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command[:2]}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsRegion]:
    """The demo with a listener for mutual TLS, both made by the commands a user would type."""
    folder = tmp_path_factory.mktemp("clients")
    certificates = folder / "certificates"
    run([sys.executable, "-m", "tidbro.cli", "pki", "demo", str(certificates)], ROOT)
    arguments = ["serve", "--demo", "--port", "0", "--tls-port", "0", "--data", str(folder / "data")]
    for flag, name in (("certificate", "server.pem"), ("key", "server.key"), ("client-ca", "ca.pem")):
        arguments += [f"--tls-{flag}", str(certificates / name)]
    process = GatewayProcess(arguments, folder / "data", ("http", "https"))
    yield TlsRegion(f"https://localhost:{process.ports['https']}", certificates)
    process.stop()


def assert_booked_seen_and_cancelled(told: str) -> None:
    made, seen, cancelled = told.splitlines()
    booking = re.fullmatch(r"MakeBooking (?:OK|INFO) (\S+)", made)
    assert booking, told
    assert seen == f"GetBookingDetails {booking[1]}"
    assert cancelled == "CancelBooking OK"


def arguments(region: TlsRegion) -> list[str]:
    return [region.url, str(region.certificates), DAN.number]


def test_zeep_books_over_mutual_tls(region: TlsRegion) -> None:
    """platform.md §16.1: plain zeep, by WSDL and schemas from the gateway."""
    told = run([sys.executable, "-W", "ignore", str(HERE / "book.py"), *arguments(region)], ROOT)
    assert_booked_seen_and_cancelled(told)


def test_curl_books_over_mutual_tls(region: TlsRegion) -> None:
    """platform.md §16.2: address and action from the WSDL."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        missing("curl is missing: apt-get install curl (Debian and Ubuntu), then run the test again.")
    assert_booked_seen_and_cancelled(run(["bash", str(HERE / "book.sh"), *arguments(region)], ROOT))


@pytest.fixture(scope="module")
def node_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Node's packages as the lock file has them."""
    return node_packages(pytestconfig, tmp_path_factory)


def test_node_s_soap_books_over_mutual_tls(region: TlsRegion, node_folder: Path) -> None:
    """platform.md §16: Node's own reading of WSDL and schemas."""
    assert_booked_seen_and_cancelled(run(["node", str(HERE / "book.mjs"), *arguments(region)], node_folder))


@pytest.mark.parametrize("odd", ["expired", "self-signed", "other-authority"])
def test_a_certificate_that_is_not_good_books_nothing(region: TlsRegion, tmp_path: Path, odd: str) -> None:
    """platform.md §5.1, §15: the handshake fails, and there is no HTTP answer."""
    if shutil.which("curl") is None:
        missing("curl is missing: apt-get install curl (Debian and Ubuntu), then run the test again.")
    shown = [
        "--cert",
        str(region.certificates / "odd" / f"{odd}.pem"),
        "--key",
        str(region.certificates / "odd" / f"{odd}.key"),
    ]
    command = ["curl", "--silent", "--cacert", str(region.certificates / "ca.pem"), *shown, f"{region.url}/vp/x?wsdl"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode != 0, done.stdout) == (True, "")


def test_the_lock_file_names_no_registry() -> None:
    """Packages come from whichever registry the machine is set to; what they must be, their hashes say."""
    text = (HERE / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert '"integrity": "sha512-' in text
