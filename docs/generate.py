"""The pages made from the code: settings, properties, faults, interactions, the command line, conformance's coverage.

`python -m docs.generate` writes them; `python -m docs.generate --check` says which ones differ, and fails if any does.
Pure but for `main`: each page is a text made from the same values that the program runs on, so it cannot say more.
Elsewhere: everything else in this folder is written by hand and held to the code by tests/docs.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from conformance import coverage
from contracts import errors
from contracts.catalogue import Catalogue
from contracts.codec import SCHEDULING_INTERACTIONS
from eservice.post import PostSettings
from eservice.settings import EServiceSettings
from gateway import properties
from gateway.faults import FAULT_TEXTS, fault_of
from gateway.settings import GatewaySettings
from national_services.aggregation.settings import AggregationSettings
from national_services.index.settings import IndexSettings
from scheduling_backends.takecare.settings import TakeCareSettings
from scheduling_backends.timebook.settings import TimebookSettings
from tidbro import cli
from tidbro.settings import RegionSettings

FOLDER = Path(__file__).parent
_MADE = "<!-- Made from the code by `python -m docs.generate`. Change the code, not this page. -->"

_WHO_MENDS: Mapping[type[errors.PlatformError], str] = {
    errors.ProfileUnsupported: "the consumer",
    errors.SenderUnknown: "the consumer, or who runs the proxy before the gateway",
    errors.LogicalAddressMissing: "the consumer",
    errors.RouteMissing: "the consumer, or who orders routes",
    errors.ProfileMismatch: "the consumer, or who orders routes",
    errors.RouteAmbiguous: "the platform",
    errors.NotAuthorised: "who orders authorisations",
    errors.TakUnavailable: "the platform",
    errors.ProducerUnreachable: "the producer",
    errors.ProducerOverloaded: "the producer, or the platform (`adapter_threads`, `adapter_queue`)",
    errors.RouteWithoutAddress: "the platform",
    errors.TransportRefused: "the consumer, or the platform (`ip_whitelist`)",
    errors.ResourceMissing: "the platform",
    errors.OriginalConsumerRefused: "the consumer, or the platform",
    errors.RoutingLoop: "the platforms on the way",
    errors.MessageUnreadable: "the consumer",
    errors.ContractViolation: "the consumer; the detail says which line breaks which rule",
}


class PageMissingFact(Exception):
    """Something in the code that this module cannot describe yet; the message says where to add what."""


# -- Settings


def settings_page() -> str:
    """Every setting with its default, what it may be and what it is for."""
    return "\n".join(
        (
            "# Settings",
            "",
            _MADE,
            "",
            "`tidbro serve` reads its settings once, at the start: a TOML file named by `--settings`, and on top of it",
            "what the command line says. There are no environment variables. A name that is not listed here, or a",
            "value that doesn't fit, stops the start with a sentence that names the setting.",
            "",
            "```toml",
            'data_directory = "var"',
            'tak_file = "tak.toml"',
            "",
            "[gateway]",
            'instance_name = "Provregionen"',
            'validation = "warn"',
            "",
            "[adapters.timebook]",
            "actor_required = true",
            "```",
            "",
            "## The region",
            "",
            "At the top of the file.",
            "",
            *_settings_table(RegionSettings),
            "",
            "## The gateway",
            "",
            'In the table `[gateway]`. `compatibility = "skltp"` changes the defaults of those that have one in the',
            "column skltp, and no more; what is given by name counts. `tidbro gateway --set` takes them by these",
            "names, or by [the real platform's](properties.md).",
            "",
            *_settings_table(GatewaySettings, has_preset=True),
            "",
            "## The timebook",
            "",
            "In the table `[adapters.timebook]`. Without a `data_directory` of its own it takes the region's.",
            "",
            *_settings_table(TimebookSettings),
            "",
            "## The record system",
            "",
            "In the table `[adapters.takecare]`: the system itself, and how it is reached where it is elsewhere.",
            "",
            *_settings_table(TakeCareSettings),
            "",
            "## The engagement index",
            "",
            "In the table `[national.index]`, which may be empty: with it the index runs in the process.",
            "",
            *_settings_table(IndexSettings),
            "",
            "## Aggregation",
            "",
            "In the table `[national.aggregation]`. In a region it is given the region's own address and instance id,",
            "and times that end a little before the gateway's; the catalogue is the gateway's own.",
            "",
            *_settings_table(AggregationSettings),
            "",
            "## The e-service",
            "",
            "In the table `[eservice]`, in a demo. It is given the region's own address there, and mail goes to the",
            "demo's mailbox unless a server is named.",
            "",
            *_settings_table(EServiceSettings),
            "",
            "In the table `[eservice.post]`:",
            "",
            *_settings_table(PostSettings),
            "",
        )
    )


def _settings_table(kind: type, has_preset: bool = False) -> Iterator[str]:
    hints = get_type_hints(kind)
    rows = [
        (
            f"`{one.name}`",
            _default(one),
            *([_told(one.metadata["skltp"]) if "skltp" in one.metadata else ""] if has_preset else []),
            _form(hints[one.name]),
            one.metadata["help"],
        )
        for one in fields(kind)
    ]
    head = ("Setting", "Default", *(["skltp"] if has_preset else []), "Form", "What it is for")
    return _table(head, rows)


def _default(one: Field[Any]) -> str:
    if one.default is MISSING or one.name in ("gateway", "adapters", "national", "eservice", "post"):
        return "none"
    return _told(one.default)


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{value}`" if str(value) else "empty"


def _form(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return "list of numbers" if float in get_args(hint) else "list of texts"
    return _FORMS.get(hint, "table")


_FORMS: Mapping[Any, str] = {
    str: "text", bool: "`true` or `false`", int: "whole number", float: "number", Path: "text"
}  # fmt: skip


# -- Properties


def properties_page() -> str:
    """Every property of the real platform, and what it is here."""
    rows = [(f"`{one.name}`", _written(one.default), _what_it_becomes(one), one.told) for one in properties.PROPERTIES]
    return "\n".join(
        (
            "# Properties of the real platform",
            "",
            _MADE,
            "",
            "`tidbro gateway --set NAME=VALUE` takes the real platform's names, and [ours](settings.md). One that has",
            "no meaning here is accepted with a warning; one that nobody knows stops the start with the names that",
            "come near. The defaults below are the real platform's; here they are those of the settings.",
            "",
            "```",
            "tidbro gateway --port 8080 --data var --instance-id SE2321009991-TP01 --instance-name Provregionen \\",
            "    --tak-cache localCache.xml --set vp.producer.retry.delay=500 --set ip.whitelist=127.0.0.1,10.",
            "```",
            "",
            *_table(("Property", "Default there", "Becomes", "Note"), rows),
            "",
        )
    )


def _what_it_becomes(one: properties.Property) -> str:
    if one.is_dead:
        return "nothing"
    return _written(one.becomes) if one.becomes else "refused"


def _written(text: str) -> str:
    return ", ".join(f"`{part}`" for part in text.split(", ")) if " " not in text.replace(", ", "") else text


# -- Faults


def faults_page() -> str:
    """Every error of the platform, the fault it becomes and who mends it."""
    sample = fault_of(errors.RouteMissing("No receiverId (logical address) found for …"), "Tidbro").body.decode()
    return "\n".join(
        (
            "# Faults",
            "",
            _MADE,
            "",
            "A call that cannot be carried out is answered with HTTP 500 and a SOAP 1.1 fault in this form:",
            "",
            "```xml",
            *sample.replace("><", ">\n<").splitlines(),
            "```",
            "",
            "The fault string is the code, the platform's name (`instance_name`) in brackets and the code's sentence;",
            "`detailString` says what exactly was wrong and never holds anything that looks like a person's number.",
            "When several things are wrong, `gateway/pipeline.py` says which one wins.",
            "",
            "| Code | faultcode | Error in `contracts/errors.py` | Who mends it |",
            "|---|---|---|---|",
            *(f"| {kind.code} | {kind.faultcode} | `{kind.__name__}` | {_mender(kind)} |" for kind in _kinds()),
            "",
            "What is not in the table and stops a call all the same is answered with VP009, Server; the log has the",
            "traceback, the answer only the kind of error. A SOAP fault of the producer's own (`ProducerFault` in an",
            "adapter, HTTP 500 with a SOAP 1.1 fault elsewhere) is passed on and is not one of these. A refusal by a",
            "booking rule is no fault: the answer says `resultCode` ERROR.",
            "",
            "## The sentences",
            "",
            "Consumers show and parse them, so they are part of the interface.",
            "",
            *_table(("Code", "Sentence"), FAULT_TEXTS.items()),
            "",
        )
    )


def _kinds() -> list[type[errors.PlatformError]]:
    """Every error below PlatformError, by code; the general one of a code before its special cases."""
    found: list[type[errors.PlatformError]] = []
    waiting = list(errors.PlatformError.__subclasses__())
    while waiting:
        kind = waiting.pop(0)
        waiting += kind.__subclasses__()
        if kind.__module__ == errors.__name__:
            found.append(kind)
    return sorted(found, key=lambda kind: kind.code)


def _mender(kind: type[errors.PlatformError]) -> str:
    if kind not in _WHO_MENDS:
        raise PageMissingFact(f"say in _WHO_MENDS of docs/generate.py who mends {kind.__name__}")
    return _WHO_MENDS[kind]


# -- Interactions


def interactions_page() -> str:
    """What an adapter answers, and everything that is routed with a WSDL of ours."""
    answered = [
        (
            f.name,
            f"`{f.contract}`",
            f"`{f.request.type.__name__}`",
            f"`{f.response.type.__name__}`",
            f"`{f.method}`",
            "yes" if f.changes_bookings else "",
        )
        for f in SCHEDULING_INTERACTIONS.values()
    ]
    served = [(one.name, one.version, f"`{one.contract}`", f"`/{one.virtual_path}`") for one in _interactions()]
    return "\n".join(
        (
            "# Interactions",
            "",
            _MADE,
            "",
            "## Answered by adapters",
            "",
            "The interactions of crm:scheduling 1.1. Messages are frozen dataclasses in `contracts/scheduling`; an",
            "adapter (`contracts/producer.py`) has one method for each. The last column says which of them can change",
            "a booking.",
            "",
            *_table(("Interaction", "Contract", "Request", "Answer", "Adapter method", "Changes"), answered),
            "",
            "## Served and validated",
            "",
            "For these the gateway has WSDL files: it serves them (`PATH?wsdl`) and holds requests and answers against",
            "them. Calls are routed by contract and logical address alone, so other contracts are routed too, without",
            "validation; `contract_folders` in [the settings](settings.md) adds more WSDL files.",
            "",
            *_table(("Interaction", "Version", "Contract", "Path"), served),
            "",
        )
    )


def _interactions() -> list[Any]:
    return sorted(Catalogue.official().interactions, key=lambda one: (one.contract.rpartition(":")[0], one.profile))


# -- Command line


def cli_page() -> str:
    """Every command with its arguments, from the parser itself."""
    parser = cli._parser()
    lines = ["# Command line", "", _MADE, "", f"{(parser.description or '').strip()}.", ""]
    lines += ["Exit codes: 0 done, 1 something was found wrong, 2 the call or a setting does not fit.", ""]
    for name, help_line, one in _commands("tidbro", "", parser):
        rows = list(_arguments(one))
        lines += [f"## {name}", ""] + ([f"{help_line[:1].upper()}{help_line[1:]}.", ""] if help_line else [])
        lines += [*_table(("Argument", "What it does"), rows), ""]
    return "\n".join(lines)


def _commands(
    name: str, help_line: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """The parser's own options, then each of its commands; one that only leads to others is passed over."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below or name == "tidbro":
        yield name, help_line, parser
    for action in below:
        told = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for command, one in action.choices.items():
            yield from _commands(f"{name} {command}", told.get(command, ""), one)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        value = str(action.metavar or ("" if action.nargs == 0 else action.dest.upper()))
        names = " ".join(filter(None, (", ".join(action.option_strings), value)))
        yield f"`{names}`", (action.help or "") % {**vars(action), "prog": parser.prog}


# -- Conformance


def coverage_page() -> str:
    """Every rule that the conformance kit knows, with its checks or the reason why it has none."""
    return "\n".join(
        (
            "# Conformance: the rules and who checks them",
            "",
            _MADE,
            "",
            "Every rule of the contracts and of the national platform that the conformance kit knows, and the checks",
            "that verify it. A rule without a check says why no check can tell from outside. The rules are data in",
            "`conformance/requirements`; `tidbro conform rules ID` tells one of them with its source.",
            "",
            "Levels: what breaks a `must` fails a run, what breaks a `should` warns; `may` is a freedom, or a fact",
            "that is told for explanation. A rule that no source states, but that follows from one, is a `should`,",
            "unless the schema leaves no other way.",
            "",
            "Ids are those of the specification; BP are the rules of RIV-TA Basic Profile 2.1, PV the rows of the",
            "matrix that the national platform is tested by. The kit's own, for rules without a number, are ACT",
            "(whose booking it is), FLOW (the order of a consumer's calls), H (HTTP and SOAP), HDR (header blocks),",
            "IMP (which interactions there must be), NF (beyond functions), PV-F (the platform's faults), REF (what is",
            "refused), REP (the same request again), TS (what a time holds, by interaction), WSDL, X (schemas, XML).",
            "",
            "The totals count a rule that binds several for each of them: with a check of that role, with a check of",
            "another role alone, with a reason, and with neither, of which there may be none.",
            "",
            *coverage.tables(coverage.all_checks()),
            "",
        )
    )


# -- Writing


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "conformance-coverage.md": coverage_page,
    "faults.md": faults_page,
    "interactions.md": interactions_page,
    "properties.md": properties_page,
    "settings.md": settings_page,
}
"""The pages made, by file name in this folder."""


def differing() -> list[str]:
    """The names of the pages that are not what the code says now."""
    return [name for name, page in PAGES.items() if _text_of(FOLDER / name) != page()]


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Make the pages that the code knows.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page differs")
    if parser.parse_args(arguments).check:
        for name in differing():
            sys.stderr.write(f"docs/{name} is not what the code says; run python -m docs.generate\n")
        return 1 if differing() else 0
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
