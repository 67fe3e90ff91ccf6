"""`tidbro conform consumer`: the kit plays two clinics and their platform, and an e-service is brought to act.

By hand, the kit tells what to do and waits for Enter. By a command (`--drive`), that is run once a scenario, with what
it is about in environment variables; what it writes is what the citizen saw.
Elsewhere: the scenarios and what is judged (conformance/consumer/).
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused
from tidbro import conform_reports

if TYPE_CHECKING:
    from conformance.consumer.bench import ConsumerBench
    from conformance.consumer.drivers import Drive
    from conformance.consumer.settings import ConsumerSettings

_FACILITY, _OTHER = "SE2321009991-2B02", "SE2321009991-1A01"


def add(actions: Any) -> None:
    """The action among those of `conform`."""
    consumer = actions.add_parser("consumer", help="judge an e-service: the kit plays the clinic it books at")
    consumer.add_argument("--host", default="127.0.0.1", help="where the kit listens (127.0.0.1)")
    consumer.add_argument("--port", type=int, default=0, metavar="N", help="its port (a free one)")
    consumer.add_argument("--certificate", type=Path, metavar="FILE", help="the kit's own certificate, PEM, for HTTPS")
    consumer.add_argument("--key", type=Path, metavar="FILE", help="its key")
    consumer.add_argument("--facility", default=_FACILITY, metavar="HSA-ID", help=f"a clinic to play ({_FACILITY})")
    consumer.add_argument("--other-facility", default=_OTHER, metavar="HSA-ID", help=f"another one ({_OTHER})")
    consumer.add_argument("--person", metavar="NUMBER[:FIRST:LAST]", help="the test person who acts")
    consumer.add_argument("--drive", metavar="COMMAND", help="run for each scenario; by hand without it")
    consumer.add_argument("--drive-seconds", type=float, default=120.0, metavar="N", help="how long it may take (120)")
    consumer.add_argument("--slow-seconds", type=float, default=8.0, metavar="N", help="what a slow clinic takes (8)")
    consumer.add_argument(
        "--silent-seconds", type=float, default=0.0, metavar="N", help="until a silent line breaks (0)"
    )
    consumer.add_argument("--suite", dest="suites", action="append", default=[], metavar="NAME", help="run this suite")
    consumer.add_argument(
        "--most-seconds", type=float, default=3600.0, metavar="N", help="how long the run may take (3600)"
    )
    conform_reports.add(consumer)
    consumer.set_defaults(run=_consumer)


def _consumer(parsed: argparse.Namespace) -> int:
    from conformance.consumer.judge import judge_consumer
    from conformance.consumer.suite import load

    conform_reports.demand(parsed)
    try:
        result = judge_consumer(
            _settings(parsed),
            _drive(parsed),
            conform_reports.progress_of(parsed, load().chosen(parsed.suites)),
            suites=parsed.suites,
            announce=_announce,
            most_seconds=parsed.most_seconds,
        )
    except (ValueError, OSError) as error:
        raise SettingsRefused(conform_reports.as_sentence(error)) from None
    return conform_reports.told(result, parsed)


def _settings(parsed: argparse.Namespace) -> "ConsumerSettings":
    from conformance.consumer.settings import ConsumerSettings
    from conformance.people import TestPerson
    from contracts.identifiers import HsaId
    from tidbro.conform_settings import DEMO_PERSONS

    return ConsumerSettings(
        facility=HsaId(parsed.facility),
        other_facility=HsaId(parsed.other_facility),
        person=TestPerson.from_text(parsed.person) if parsed.person else DEMO_PERSONS[0],
        host=parsed.host,
        port=parsed.port,
        certificate=parsed.certificate,
        key=parsed.key,
        slow_seconds=parsed.slow_seconds,
        silent_seconds=parsed.silent_seconds,
    )


def _drive(parsed: argparse.Namespace) -> "Drive":
    from conformance.consumer.drivers import by_command, by_hand

    if parsed.drive is not None:
        return by_command(parsed.drive, parsed.drive_seconds)
    return by_hand(_ask, _line)


def _ask(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _announce(bench: "ConsumerBench") -> None:
    """Where the consumer must be pointed."""
    settings = bench.settings
    _ask(
        f"The kit answers at {bench.url} as a platform does, and at {bench.address}.\n"
        f"Point your e-service there; the clinics are {settings.facility} and {settings.other_facility}.\n"
    )
