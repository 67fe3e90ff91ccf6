"""A run as JUnit XML, in the form that CI servers read: a suite each, a test case a check.

A failed check is a failure, one in which the kit broke an error, one that was not judged skipped; a warned one passes,
and says its warning in system-out. With an expected-results file (expected.py) what is known to fail is skipped with
its reason, and what was to fail and does not is a failure: so CI is red when, and only when, the command is.
Source: the schema of Jenkins' xUnit plug-in; times of cases are those of their exchanges.
"""

from collections.abc import Iterable

from lxml import etree

from conformance.model import CheckResult, Finding, Outcome, RunResult
from conformance.reports.excerpts import Messages
from conformance.reports.expected import Expected
from conformance.reports.hiding import hidden
from conformance.reports.words import by_suite, one_line, printable, rule, verdict
from contracts import xml

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def to_junit(result: RunResult, expected: Expected | None = None) -> bytes:
    """The document in UTF-8."""
    told = hidden(result)
    writer = _Writer(told, expected or Expected({}))
    root = etree.Element("testsuites", name=_plain(f"Tidbro conformance: {told.role} {told.target}"))
    suites = [writer.suite(name, checks) for name, checks in by_suite(told.results).items()]
    root.extend(suites)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(str(one.get(name))) for one in suites)))
    root.set("time", _seconds((told.ended - told.started).total_seconds()))
    etree.indent(root)
    return _DECLARATION + xml.serialise(root) + b"\n"


class _Writer:
    def __init__(self, result: RunResult, expected: Expected) -> None:
        self._result, self._expected, self._messages = result, expected, Messages(result)

    def suite(self, name: str, checks: list[CheckResult]) -> xml.Element:
        started = self._result.started.isoformat(timespec="seconds")[:19]
        suite = etree.Element("testsuite", name=_plain(name), timestamp=started)
        self._properties(suite)
        cases = [self._case(one) for one in checks]
        suite.extend(cases)
        counts = {"tests": len(cases), **{name: _with(cases, tag) for name, tag in _COUNTED}}
        for counter, number in counts.items():
            suite.set(counter, str(number))
        suite.set("time", _seconds(sum(map(self._time_of, checks))))
        return suite

    def _properties(self, suite: xml.Element) -> None:
        told = self._result
        properties = etree.SubElement(suite, "properties")
        facts = {"kit": told.kit, "role": told.role, "target": told.target, "facility": told.facility}
        for name, value in {**facts, "verdict": verdict(told).sentence}.items():
            etree.SubElement(properties, "property", name=name, value=_plain(value))

    def _case(self, one: CheckResult) -> xml.Element:
        case = etree.Element(
            "testcase",
            classname=_plain(f"{self._result.role}.{one.suite}"),
            name=_plain(one.check),
            time=_seconds(self._time_of(one)),
        )
        self._tell(case, one)
        etree.SubElement(case, "system-out").text = _plain(self._about(one))
        return case

    def _tell(self, case: xml.Element, one: CheckResult) -> None:
        known = self._expected.reasons.get(one.check)
        if one.outcome is Outcome.FAILED and known is not None:
            etree.SubElement(case, "skipped", message=_plain(f"Expected to fail: {known}"))
        elif one.outcome is Outcome.FAILED:
            _add(case, "failure", _first(one.findings) or one.reason, self._text_of(one), type="failed")
        elif one.outcome is Outcome.BROKEN:
            _add(case, "error", one.reason, self._text_of(one), type="broken")
        elif one.outcome is Outcome.NOT_JUDGED:
            etree.SubElement(case, "skipped", message=_plain(one.reason))
        elif known is not None:
            told = f"The check was expected to fail, and did not. Take it out of the expected results. It said: {known}"
            _add(case, "failure", told, "", type="expected to fail")

    def _about(self, one: CheckResult) -> str:
        """What every case says: its behaviour and rules, and of a warned or expected one what was seen."""
        lines = [f"{one.title}.", *(f"{found.id} ({found.level}): {found.text}" for found in map(rule, one.rules))]
        is_told_here = one.outcome is Outcome.WARNED or (
            one.outcome is Outcome.FAILED and one.check in self._expected.reasons
        )
        return "\n".join([*lines, "", self._text_of(one)] if is_told_here else lines)

    def _text_of(self, one: CheckResult) -> str:
        pieces = [self._finding(finding) for finding in one.findings]
        return "\n\n".join([*pieces, one.reason] if one.reason else pieces)

    def _finding(self, one: Finding) -> str:
        lines = [f"{one.rule}: {one.sentence}", f"Change: {one.remedy}"]
        found = self._messages.excerpt(one)
        if found:
            marked = (f"{'>' if line.is_lit else ' '} {line.number:>4} | {line.text}" for line in found.lines)
            lines += [f"At: {found.where}", *marked]
        return "\n".join(lines)

    def _time_of(self, one: CheckResult) -> float:
        exchanges = map(self._messages.exchange, one.exchanges)
        return sum(exchange.seconds for exchange in exchanges if exchange and exchange.check == one.check)


_COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def _with(cases: Iterable[xml.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)


def _add(case: xml.Element, tag: str, message: str, text: str, type: str) -> None:
    etree.SubElement(case, tag, message=_plain(one_line(message)), type=type).text = _plain(text)


def _first(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return ""
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0].rule}: {findings[0].sentence}{more}"


def _plain(text: str) -> str:
    return xml.carriable(printable(text))


def _seconds(seconds: float) -> str:
    return f"{max(0.0, seconds):.3f}"
