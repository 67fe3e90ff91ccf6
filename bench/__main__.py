"""`python -m bench`: everything, in about four minutes; the report on stdout and, with --out, in a file.

Exit code 0 when all was measured, even where a bar is missed (the report says MISSED); 1 when the machine lacks
something that the comparison needs, or an answer was wrong.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from bench import (
    booking,
    citizens,
    engagements,
    forwarding,
    hanging,
    latency,
    machine,
    memory,
    messages,
    report,
    servers,
    slots,
    spyne_share,
)
from bench.generator import Generator, WrongAnswer
from bench.machine import NotPossibleHere

BARRED = "gateway"
"""Validates requests, and not answers, as the bar has it."""
DEFAULT = "gateway, default settings"


def main() -> int:
    """Measure, print, write."""
    parsed = _parser().parse_args()
    began_at = time.monotonic()
    try:
        told = _measured(parsed.rounds, parsed.seconds)
    except (NotPossibleHere, WrongAnswer) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    told += f"Taken in {time.monotonic() - began_at:.0f} seconds.\n"
    print(told)
    if parsed.out is not None:
        parsed.out.write_text(told, encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="How fast Tidbro is, beside HAProxy.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the report to this file too")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contender in the comparison (5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a round (3)")
    return parser


def _measured(rounds: int, seconds: int) -> str:
    for program in ("haproxy", "wrk"):
        servers.demand(program)
    machine.raise_file_limit()
    described = machine.described()
    os.sched_setaffinity(0, {machine.cores().load})
    answer = messages.answer()
    with tempfile.TemporaryDirectory(prefix="tidbro-bench-") as name, servers.Servers(Path(name)) as started:
        sections = _sections(Path(name), started, answer, rounds, seconds)
    return report.rendered(described, sections)


def _sections(folder: Path, started: servers.Servers, answer: bytes, rounds: int, seconds: int) -> list[report.Section]:
    stub, hanging_stub = started.stub(answer), started.stub(answer)
    contenders = {
        "haproxy": started.haproxy(stub),
        BARRED: started.gateway(stub, hanging_stub, "requests", answer_validation="off"),
        DEFAULT: started.gateway(stub, hanging_stub, "default"),
    }
    gateway, generator = contenders[DEFAULT], Generator(folder, answer)
    at_rest = machine.resident_megabytes(gateway.pid)
    added = {name: latency.measure(stub, contenders[name], answer, calls=1000) for name in (BARRED, DEFAULT)}
    forwarded = forwarding.measure(contenders, generator, rounds, seconds)
    after = machine.resident_megabytes(gateway.pid)
    hung = hanging.measure(hanging_stub, contenders[BARRED], generator, rounds=3, seconds=seconds)
    (folder / "demo").mkdir()
    booked = booking.measure(started.region(folder / "demo", "--demo"))
    (folder / "slots").mkdir()
    million = slots.measure(folder / "slots")
    (folder / "engagements").mkdir()
    indexed = engagements.measure(folder / "engagements")
    pages = citizens.measure()
    spyne = spyne_share.measure(folder / "default" / "tak.toml", answer, rounds=7)
    return [
        forwarding.section(forwarded, BARRED),
        latency.section(added),
        spyne_share.section(spyne, forwarded.cpu_microseconds(BARRED)),
        hanging.section(hung),
        booking.section(booked),
        slots.section(million),
        engagements.section(indexed),
        citizens.section(pages),
        memory.section(at_rest, after, forwarded.requests(DEFAULT)),
    ]


if __name__ == "__main__":
    sys.exit(main())
