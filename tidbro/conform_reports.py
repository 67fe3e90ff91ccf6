"""What is told of a run of the kit: a summary in the terminal, files in the forms that were asked for, an exit code.

The summary goes to standard output, progress to standard error. A file that cannot be written stops the command before
the run, not after it. Elsewhere: what the forms look like (conformance/reports/).
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.times import system_clock
from gateway.settings import SettingsRefused

if TYPE_CHECKING:
    from conformance.checks import Check
    from conformance.model import RunResult
    from conformance.reports.expected import Expected
    from conformance.run import Progress

_FILES = ("html", "json", "junit", "signed", "write_expected")


def add(parser: Any) -> None:
    """The options about reports."""
    files = parser.add_argument_group("reports")
    files.add_argument("--html", type=Path, metavar="FILE", help="one page for people who decide, nothing outside it")
    files.add_argument(
        "--json", type=Path, metavar="FILE", help="all of it, to compare, to sign and to read by programs"
    )
    files.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML, for a CI's own pages")
    files.add_argument("--expected", type=Path, metavar="FILE", help="what is known to fail, TOML: the rest decides")
    files.add_argument("--write-expected", type=Path, metavar="FILE", help="write such a file from this run")
    files.add_argument("--sign", type=Path, metavar="KEY", help="private key of `conform keys`, for --signed")
    files.add_argument("--signed", type=Path, metavar="FILE", help="the report, signed: `conform verify` reads it")
    files.add_argument("--quiet", action="store_true", help="no progress, no summary: the files and the exit code")


def demand(parsed: argparse.Namespace) -> None:
    """Raises SettingsRefused for what could not be written, read or signed when the run is over."""
    from conformance.reports import expected, signing

    if (parsed.sign is None) != (parsed.signed is None):
        raise SettingsRefused("--sign and --signed belong together: the key, and the file to write.")
    for name in _FILES:
        path = getattr(parsed, name)
        if path is not None and not path.absolute().parent.is_dir():
            raise SettingsRefused(f"--{name.replace('_', '-')}: there is no folder for {path}.")
    try:
        if parsed.sign is not None:
            signing.read_private_key(parsed.sign)
        if parsed.expected is not None:
            _expected(parsed.expected)
    except (signing.KeyUnusable, expected.ExpectedUnreadable) as error:
        raise SettingsRefused(str(error)) from None


def progress_of(parsed: argparse.Namespace, checks: "tuple[Check, ...]") -> "Progress":
    from conformance.reports import terminal
    from conformance.run import silent

    return silent if parsed.quiet else terminal.ProgressLines(sys.stderr, len(checks), os.environ)


def told(result: "RunResult", parsed: argparse.Namespace) -> int:
    """Write the files, tell the summary; the exit code."""
    from conformance.reports import expected, hiding, html, json_report, junit, signing, terminal

    result = hiding.hidden(result)  # here, or each form would go over a long run once more
    known = _expected(parsed.expected) if parsed.expected else None
    if parsed.html:
        parsed.html.write_text(html.to_html(result), "utf-8")
    if parsed.json:
        parsed.json.write_text(json_report.to_json(result), "utf-8")
    if parsed.junit:
        parsed.junit.write_bytes(junit.to_junit(result, known))
    if parsed.signed:
        key = signing.read_private_key(parsed.sign)
        parsed.signed.write_text(signing.sign(result, key, system_clock()), "utf-8")
    if parsed.write_expected:
        parsed.write_expected.write_text(expected.first_file(result), "utf-8")
    if not parsed.quiet:
        sys.stdout.write(terminal.summary(result, colours=terminal.wants_colours(sys.stdout, os.environ)))
    if known is None:
        return 0 if result.is_passed else 1
    deviation = expected.against(result, known)
    sys.stdout.write(expected.in_words(deviation))
    return deviation.exit_code


def as_sentence(error: Exception) -> str:
    """What an error of the kit says, as the sentence of a refused call."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _expected(path: Path) -> "Expected":
    from conformance.reports import expected

    try:
        return expected.read_expected(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise expected.ExpectedUnreadable(f"{path} cannot be read: {error}.") from None
