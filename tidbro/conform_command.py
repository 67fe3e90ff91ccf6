"""`tidbro conform`: hold a running scheduling system, e-service or platform against the rules of the contracts.

Exit codes: 0 when nothing that must hold is broken (or all came as an expected-results file says), 1 when something is
or the run was stopped, 2 when the call does not fit.
Elsewhere: what a run is told (conform_settings.py), the suites and the reports (conformance/).
"""

import argparse
from pathlib import Path
from typing import Any

from gateway.settings import SettingsRefused

ACTIONS = ("producer", "consumer", "gateway", "suites", "rules", "keys", "verify", "compare", "report")


def with_action(arguments: list[str]) -> list[str]:
    """`conform URL …` means `conform producer URL …`."""
    if arguments[:1] == ["conform"] and len(arguments) > 1 and arguments[1].startswith(("http://", "https://")):
        return ["conform", "producer", *arguments[1:]]
    return arguments


def add(commands: Any) -> None:
    """The command `conform` and its actions."""
    conform = commands.add_parser(
        "conform",
        help="the conformance kit",
        description="The conformance kit. `conform URL …` is `conform producer URL …`.",
    )
    actions = conform.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_producer(actions)
    suites = actions.add_parser("suites", help="the suites and their checks")
    suites.add_argument("role", nargs="?", choices=("producer", "consumer", "gateway"), default="producer")
    suites.set_defaults(run=_suites)


def _add_producer(actions: Any) -> None:
    producer = actions.add_parser("producer", help="judge a scheduling system, alone or behind a platform")
    producer.add_argument(
        "address", nargs="?", metavar="URL", help="where it answers; {interaction} stands for the name"
    )
    producer.add_argument("--platform", action="store_true", help="URL is a platform's base: its own paths are added")
    producer.add_argument("--settings", type=Path, metavar="FILE", help="all of this in a TOML file")
    producer.add_argument("--facility", metavar="HSA-ID", help="the clinic whose times are asked for")
    producer.add_argument("--logical-address", metavar="HSA-ID", help="whom calls are addressed to (the clinic)")
    producer.add_argument(
        "--person",
        dest="persons",
        action="append",
        metavar="NUMBER[:FIRST:LAST]",
        help="a test person; two at least, eight for the duel (those of the demo region)",
    )
    producer.add_argument("--time-type", metavar="ID", help="book times of this type alone")
    producer.add_argument("--reason", metavar="TEXT", help="contact reason, where the clinic demands one")
    producer.add_argument(
        "--offers",
        dest="offered",
        action="append",
        metavar="INTERACTION",
        help="an optional interaction that must answer",
    )
    producer.add_argument(
        "--open-invitation",
        dest="open_invitations",
        action="append",
        metavar="NUMBER=ID",
        help="an open invitation that the run may use up",
    )
    producer.add_argument(
        "--timed-invitation",
        dest="timed_invitations",
        action="append",
        metavar="NUMBER=ID",
        help="a timed invitation that the run may use up",
    )
    producer.add_argument("--weeks", type=int, metavar="N", help="how far ahead to look for times (12)")
    producer.add_argument("--duellists", type=int, metavar="N", help="how many book one time at once (8)")
    _add_how(producer)
    producer.set_defaults(run=_producer)


def _add_how(parser: Any) -> None:
    parser.add_argument(
        "--suite", dest="suites", action="append", metavar="NAME", help="run this suite; repeatable (all)"
    )
    parser.add_argument(
        "--header", dest="headers", action="append", metavar="'NAME: VALUE'", help="an HTTP header with every call"
    )
    parser.add_argument("--ca", dest="authorities", metavar="FILE", help="PEM file of the CAs to trust")
    parser.add_argument("--certificate", metavar="FILE", help="our client certificate, PEM")
    parser.add_argument("--key", metavar="FILE", help="its key, where it is a file of its own")
    parser.add_argument("--answer-seconds", type=float, metavar="N", help="how long a call may take (30)")
    parser.add_argument("--most-seconds", type=float, metavar="N", help="how long the run may take (1200)")


def _producer(parsed: argparse.Namespace) -> int:
    from conformance.producer.judge import MOST_SECONDS, judge_producer
    from tidbro import conform_settings
    from tidbro.conform_reports import told

    given = conform_settings.given(parsed)
    settings = conform_settings.producer_settings(given)
    try:
        result = judge_producer(
            settings,
            suites=given.get("suites", ()),
            bounds=conform_settings.bounds(given),
            tls=conform_settings.tls(given),
            most_seconds=given.get("most_seconds", MOST_SECONDS),
        )
    except (ValueError, OSError) as error:
        raise SettingsRefused(f"{error}.") from None
    return told(result, parsed)


def _suites(parsed: argparse.Namespace) -> int:
    import sys

    from conformance.producer.suite import load

    for check in load().all:
        sys.stdout.write(f"{check.id}\t{' '.join(check.rules)}\t{check.title}\n")
    return 0
