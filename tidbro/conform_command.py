"""`tidbro conform`: hold a running scheduling system, e-service or platform against the rules of the contracts.

Exit codes: 0 when nothing that must hold is broken (or all came as an expected-results file says), 1 when something is
or the run was stopped, 2 when the call does not fit.
Elsewhere: what a run is told (conform_settings.py), the suites and the reports (conformance/).
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused
from tidbro import conform_consumer, conform_gateway, conform_reports

if TYPE_CHECKING:
    from conformance.checks import Check
    from conformance.model import RunResult

ROLES = ("producer", "consumer", "gateway")


def with_action(arguments: list[str]) -> list[str]:
    """`conform URL …` means `conform producer URL …`."""
    if arguments[:1] == ["conform"] and len(arguments) > 1 and _is_address(arguments[1]):
        return ["conform", "producer", *arguments[1:]]
    return arguments


def _is_address(text: str) -> bool:
    """No action has one of these signs; what a URL lacks is told later."""
    return not text.startswith("-") and any(sign in text for sign in ":/.")


def add(commands: Any) -> None:
    """The command `conform` and its actions."""
    conform = commands.add_parser(
        "conform",
        help="the conformance kit",
        description="The conformance kit. `conform URL …` is `conform producer URL …`.",
    )
    actions = conform.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_producer(actions)
    conform_consumer.add(actions)
    conform_gateway.add(actions)
    _add_about_rules(actions)
    _add_about_reports(actions)


def _add_about_rules(actions: Any) -> None:
    suites = actions.add_parser("suites", help="the suites and their checks")
    suites.add_argument("role", nargs="?", choices=ROLES, default="producer")
    suites.set_defaults(run=_suites)
    rules = actions.add_parser("rules", help="what a rule says, where it is from, and which check verifies it")
    rules.add_argument("ids", nargs="*", metavar="ID", help="ids of rules, as MB-9 (all of them)")
    rules.set_defaults(run=_rules)


def _add_about_reports(actions: Any) -> None:
    keys = actions.add_parser("keys", help="make a key pair to sign reports with: FILE, and FILE.pub to hand out")
    keys.add_argument("file", type=Path, metavar="FILE")
    keys.set_defaults(run=_keys)
    verify = actions.add_parser("verify", help="whether a signed report is unaltered, and by whom; needs no network")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--key", type=Path, metavar="FILE", help="the signer's public key, got by another way")
    verify.set_defaults(run=_verify)
    compare = actions.add_parser("compare", help="what became better and worse between two reports in JSON")
    compare.add_argument("before", type=Path, metavar="BEFORE")
    compare.add_argument("now", type=Path, metavar="NOW")
    compare.add_argument("--json", action="store_true", help="as JSON")
    compare.set_defaults(run=_compare)
    report = actions.add_parser("report", help="another form of a report in JSON, signed or not")
    report.add_argument("file", type=Path, metavar="FILE")
    conform_reports.add(report)
    report.set_defaults(run=_report)


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
    producer.add_argument(
        "--refusable-booking",
        dest="refusable_bookings",
        action="append",
        metavar="NUMBER=ID",
        help="a booking that may not be cancelled or moved: the run tries, and a wrong system loses it",
    )
    producer.add_argument("--other-facility", metavar="HSA-ID", help="another clinic, to which a booking may be moved")
    producer.add_argument("--ping-address", metavar="URL", help="where PingForConfiguration answers, if elsewhere")
    producer.add_argument("--ping-logical-address", metavar="HSA-ID", help="whom a ping is addressed to")
    producer.add_argument("--weeks", type=int, metavar="N", help="how far ahead to look for times (12)")
    producer.add_argument("--duellists", type=int, metavar="N", help="how many book one time at once (8)")
    _add_how(producer)
    conform_reports.add(producer)
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
    from conformance.producer.suite import load
    from tidbro import conform_settings

    conform_reports.demand(parsed)
    given = conform_settings.given(parsed)
    settings = conform_settings.producer_settings(given)
    suites = given.get("suites", ())
    try:
        result = judge_producer(
            settings,
            suites=suites,
            bounds=conform_settings.bounds(given),
            tls=conform_settings.tls(given),
            progress=conform_reports.progress_of(parsed, load().chosen(suites)),
            most_seconds=given.get("most_seconds", MOST_SECONDS),
        )
    except (ValueError, OSError) as error:
        raise SettingsRefused(conform_reports.as_sentence(error)) from None
    return conform_reports.told(result, parsed)


def _suites(parsed: argparse.Namespace) -> int:
    for check in _all(parsed.role):
        sys.stdout.write(f"{check.id:<48} {' '.join(check.rules):<16} {check.title}\n")
    return 0


def _all(*roles: str) -> tuple["Check", ...]:
    found = (import_module(f"conformance.{role}.suite").load().all for role in roles)
    return tuple(check for checks in found for check in checks)


def _rules(parsed: argparse.Namespace) -> int:
    from conformance.explain import UnknownRule, explain

    try:
        sys.stdout.write("\n".join(explain(parsed.ids, _all(*ROLES))) + "\n")
    except UnknownRule as error:
        raise SettingsRefused(conform_reports.as_sentence(error)) from None
    return 0


def _keys(parsed: argparse.Namespace) -> int:
    from conformance.reports import signing

    try:
        fingerprint = signing.make_key_pair(parsed.file)
    except signing.KeyUnusable as error:
        raise SettingsRefused(str(error)) from None
    sys.stdout.write(f"{parsed.file}: the private key, for you alone\n")
    sys.stdout.write(f"{signing.public_beside(parsed.file)}: the public key, {fingerprint}\n")
    return 0


def _verify(parsed: argparse.Namespace) -> int:
    from conformance.reports import signing, words

    try:
        key = signing.read_public_key(parsed.key) if parsed.key else None
    except signing.KeyUnusable as error:
        raise SettingsRefused(str(error)) from None
    found = signing.verify(_read(parsed.file), key)
    sys.stdout.write(f"{found.trust.value}\n{found.sentence}\n")
    if found.is_ok and found.result is not None:
        sys.stdout.write(f"{found.result.target}: {words.verdict(found.result).sentence}\n")
    return found.exit_code


def _compare(parsed: argparse.Namespace) -> int:
    from conformance.reports import compare

    found = compare.compare(_result_in(parsed.before), _result_in(parsed.now))
    sys.stdout.write(compare.to_json(found) if parsed.json else compare.in_words(found))
    return found.exit_code


def _report(parsed: argparse.Namespace) -> int:
    conform_reports.demand(parsed)
    return conform_reports.told(_result_in(parsed.file), parsed)


def _result_in(path: Path) -> "RunResult":
    """The run that a report tells of, signed or not. Raises SettingsRefused."""
    from conformance.reports import json_report, signing

    text = _read(path)
    found = signing.verify(text).result
    if found is None:
        try:
            found = json_report.from_json(text)
        except json_report.ReportUnreadable as error:
            raise SettingsRefused(f"{path}: {error}") from None
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsRefused(f"{path} cannot be read: {error.strerror}.") from None
