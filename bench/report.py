"""The table at the end: what was measured, its spread, the bar, and whether it was met."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `is_met` is None for what has no bar."""

    what: str
    value: str
    bar: str = ""
    is_met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "MISSED", None: ""}[self.is_met]


@dataclass(frozen=True, slots=True)
class Section:
    """What one measurement found, and how it was taken."""

    title: str
    method: str
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """`median (lowest–highest)`."""
    return f"{median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many per cent of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def rendered(machine: Sequence[str], sections: Sequence[Section]) -> str:
    """The report as Markdown that reads as plain text."""
    lines = ["# Tidbro: how fast", "", *(f"- {line}" for line in machine), ""]
    for section in sections:
        lines += [f"## {section.title}", "", section.method, "", *_table(section.figures), ""]
        lines += [f"- {remark}" for remark in section.remarks]
        lines += [""] if section.remarks else []
    figures = [figure for section in sections for figure in section.figures if figure.is_met is not None]
    missed = [figure.what for figure in figures if not figure.is_met]
    lines.append(f"Bars met: {len(figures) - len(missed)} of {len(figures)}." + _missed(missed))
    return "\n".join(lines) + "\n"


def _missed(missed: Sequence[str]) -> str:
    return f" MISSED: {'; '.join(missed)}." if missed else ""


def _table(figures: Sequence[Figure]) -> list[str]:
    rows = [("what", "figure", "bar", ""), *((one.what, one.value, one.bar, one.verdict) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [lines[0], rule, *lines[1:]]
