"""EI-8, EI-9, EIU-1: killed at any moment, a booking and its notice are not parted, and nobody is told twice."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = 200


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What there was after so many kills; the seed is told when something is wrong."""
    seed = random.SystemRandom().randrange(1_000_000)
    command = [
        sys.executable,
        "-m",
        "tests.races.killing",
        str(tmp_path_factory.mktemp("killed")),
        str(KILLS),
        str(seed),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stderr[-3000:]}"
    return {**json.loads(done.stdout), "seed": seed}


def test_as_many_were_killed_as_should_and_they_had_done_something(after):
    assert after["kills"] == KILLS
    assert len(after["told"]) > KILLS


def test_the_index_equals_the_bookings(after):
    assert after["in_index"] == after["should_be"], f"seed {after['seed']}"


def test_the_subscriber_ends_with_what_the_index_has(after):
    standing: dict[tuple[str, str, str], str] = {}
    for booking, category, address, content in after["told"]:
        if content is None:
            standing.pop((booking, category, address))  # what was never told cannot be taken back
        else:
            standing[booking, category, address] = content
    assert sorted([*key, content] for key, content in standing.items()) == after["in_index"], f"seed {after['seed']}"


def test_nobody_is_told_twice(after):
    last: dict[tuple[str, str, str], str | None] = {}
    for booking, category, address, content in after["told"]:
        key = (booking, category, address)
        assert last.get(key, "") != content, f"{key} was told twice the same, seed {after['seed']}"
        last[key] = content
