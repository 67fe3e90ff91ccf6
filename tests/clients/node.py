"""Node's packages for the tests that run somebody else's SOAP library: installed as the lock file has them."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def missing(sentence: str) -> None:
    """Skip with the reason, or fail where nothing may be skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def node_packages(config: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder to run Node in; made once for each lock file. Skips, or fails, where Node or the packages are not to
    be had, and says how to get them."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("Node or npm is missing: apt-get install nodejs npm (Debian and Ubuntu), then run the test again.")
    files = [HERE / "package.json", HERE / "package-lock.json"]
    fingerprint = hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()[:12]
    name = f"node-clients-{fingerprint}"
    cache = getattr(config, "cache", None)  # there is none with -p no:cacheprovider
    folder = cache.mkdir(name) if cache is not None else tmp_path_factory.mktemp(name)
    if not (folder / "whole").exists():
        for one in files:
            shutil.copy(one, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, check=False, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            missing(
                f"npm ci could not install Node's package soap; its registry must be in reach: {done.stderr[-500:]}"
            )
        (folder / "whole").touch()
    return folder
