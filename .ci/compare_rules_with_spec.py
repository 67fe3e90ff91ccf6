"""Hold the ids in conformance/requirements/*.csv against the specification's own, both ways.

    python .ci/compare_rules_with_spec.py SPEC_DIR

Reads every table row of contracts.md that begins with a rule's id, the rows of its §2.6 (BP-1 …) and the rows of
platform.md §24 (PV-1 …). Prints how many rules were compared, each id that one side has and the other has not, and each
row whose source does not name what the specification names; exit status 1 if there is one. Ids that begin as in OURS
are the kit's own, families in LEFT_OUT are no rules.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "conformance" / "requirements"

OURS = ("ACT-", "FLOW-", "H-", "HDR-", "IMP-", "NF-", "PV-F", "REF-", "REP-", "TS-", "WSDL-", "X-")
LEFT_OUT = {"D": "contracts.md §14 says where text and schema disagree; that the schema counts is X-1"}

SECTION = re.compile(r"^#+ (?P<number>\d+(?:\.\d+)?)\.? ")
RULE = re.compile(r"^\| (?P<id>[A-Z]+-\d+) \|.*\| (?P<source>[^|]*) \|$")
NUMBERS = re.compile(r"^\| (?P<numbers>\d+[\d–, ]*) \|")
TAG = re.compile(r"\b(?:T111|T110|T104|X11|X10|W10|W11|EIP|EIFAQ|KONS|MON)\b|\[inf\]")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    spec, ours = rules_of_spec(Path(arguments[0])), rules_of_kit()
    differences = [*differences_of_ids(spec, ours), *differences_of_sources(spec, ours)]
    for difference in differences:
        print(difference)
    print(f"{len(spec)} rules of the specification, {len(ours)} of the kit, {len(differences)} differences")
    return 1 if differences else 0


def differences_of_ids(spec: dict[str, str], ours: dict[str, str]) -> Iterator[str]:
    for rule in spec:
        if rule not in ours and family(rule) not in LEFT_OUT:
            yield f"{rule}: in the specification, and in no row of {REQUIREMENTS.name}"
    for rule in ours:
        if rule not in spec and not rule.startswith(OURS):
            yield f"{rule}: in {REQUIREMENTS.name}, and in no table of the specification"


def differences_of_sources(spec: dict[str, str], ours: dict[str, str]) -> Iterator[str]:
    for rule, source in spec.items():
        missing = [tag for tag in TAG.findall(source) if rule in ours and tag not in ours[rule]]
        if missing:
            yield f"{rule}: the specification has it from {', '.join(missing)}, our row only from {ours[rule]}"


def family(rule: str) -> str:
    return rule.partition("-")[0]


def rules_of_kit() -> dict[str, str]:
    """The sources of the kit's rules, by id."""
    rows: dict[str, str] = {}
    for path in sorted(REQUIREMENTS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows |= {row["id"]: row["source"] for row in csv.DictReader(file)}
    return rows


def rules_of_spec(folder: Path) -> dict[str, str]:
    """What the specification says of the sources of its rules, by id; nothing for those without such a column."""
    found: dict[str, str] = {}
    for section, line in lines(folder / "contracts.md"):
        if rule := RULE.match(line):
            found[rule["id"]] = rule["source"]
        elif section == "2.6":
            found |= {f"BP-{number}": "" for number in numbers(line)}
    for section, line in lines(folder / "platform.md"):
        if section == "24":
            found |= {f"PV-{number}": "" for number in numbers(line)}
    return found


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line with the number of the section that it stands in."""
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        heading = SECTION.match(line)
        section = heading["number"] if heading else section
        yield section, line


def numbers(line: str) -> Iterator[int]:
    """The numbers that a row begins with: `7`, `18–20` or `2–5, 9–15`."""
    row = NUMBERS.match(line)
    for part in row["numbers"].split(",") if row else ():
        first, _, last = part.strip().partition("–")
        yield from range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
