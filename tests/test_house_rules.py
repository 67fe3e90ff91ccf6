"""What holds for the whole repository: one XML door, docstrings, nobody's number, no path of one machine, a row for
every error, a full stop for every help line (DESIGN decisions 5, 10; STYLE §2, §6, §9; domain.md §3.1)."""

import ast
import importlib
import pkgutil
import re
import subprocess
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from contracts.errors import PlatformError
from contracts.identifiers import PersonIdentity
from gateway.faults import FAULT_TEXTS
from tests.people import PEOPLE, Person

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "contracts",
    "gateway",
    "scheduling_backends",
    "national_services",
    "eservice",
    "webpages",
    "conformance",
    "tidbro",
    "wsdl",
)
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
LISTED = frozenset((ROOT / "tests" / "test_numbers.txt").read_text().split())
every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())


MADE_HERE = {".venv", ".tox", ".git", "var", "build", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def files_of_the_repository() -> list[str]:
    """What git tracks or would add; where there is no git, all files but what the commands make."""
    asked = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    if (ROOT / ".git").exists():
        return subprocess.run(asked, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    made = (".hypothesis", ".egg-info", ".import_linter_cache")
    return [str(p) for p in paths if not MADE_HERE & set(p.parts) and not any(name in str(p) for name in made)]


@cache
def tracked_texts() -> dict[str, str]:
    """Every text file of the repository, by its path."""
    texts = {}
    for name in files_of_the_repository():
        try:
            texts[name] = (ROOT / name).read_text(encoding="utf-8") if name else ""
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return texts


# One XML door (DESIGN decision 5)

PARSERS = {
    "lxml.etree": {
        "fromstring", "fromstringlist", "parse", "iterparse", "XML", "HTML", "XMLID", "XMLDTDID", "parseid", "XMLParser",
        "XMLPullParser", "HTMLParser", "HTMLPullParser", "ETCompatXMLParser", "XMLSchema", "RelaxNG", "DTD", "Schematron",
        "XSLT", "XInclude", "set_default_parser", "get_default_parser",
    }
}  # fmt: skip
OTHER_PARSERS = (
    "xml",
    "defusedxml",
    "xmlschema",
    "bs4",
    "html5lib",
    "xmltodict",
    "lxml.html",
    "lxml.objectify",
    "lxml.sax",
)


def parser_uses(path: Path) -> list[str]:
    """Where a module imports an XML parser, or uses one of lxml's."""
    tree, found = ast.parse(path.read_text(encoding="utf-8")), []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            if node.module in PARSERS:
                found += [f"{node.module}.{alias.name}" for alias in node.names if alias.name in PARSERS[node.module]]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("etree", "ET"):
            found += [f"etree.{node.attr}"] if node.attr in PARSERS["lxml.etree"] else []
        found += [name for name in names if any(name == one or name.startswith(one + ".") for one in OTHER_PARSERS)]
    return found


@every_source
def test_xml_is_parsed_in_one_place(path: Path) -> None:
    conformance_has_a_second_opinion = {"xmlschema"} if "conformance" in path.parts else set()
    if path != ROOT / "contracts" / "xml.py":
        assert set(parser_uses(path)) <= conformance_has_a_second_opinion


def test_the_rule_of_one_door_sees_every_way_around_it(tmp_path: Path) -> None:
    ways = (
        "import xml.etree.ElementTree", "from xml.dom import minidom", "import xml", "from lxml import html", "import lxml.objectify",
        "from lxml.etree import fromstring", "from lxml import etree\netree.parse('x')", "from lxml import etree\nf = etree.XMLParser",
        "import xmlschema", "from defusedxml import lxml", "from bs4 import BeautifulSoup",
    )  # fmt: skip
    for way in ways:
        (tmp_path / "module.py").write_text(way)
        assert parser_uses(tmp_path / "module.py"), way
    (tmp_path / "module.py").write_text(
        "from contracts import xml\nxml.parse(b'')\nfrom lxml import etree\netree.QName('a')"
    )
    assert parser_uses(tmp_path / "module.py") == []


def test_the_door_itself_uses_a_parser() -> None:
    """So that the rule above looks at something."""
    assert parser_uses(ROOT / "contracts" / "xml.py")


# Docstrings (STYLE §2)


@every_source
def test_every_module_says_what_it_decides(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "a module opens with a docstring"


# Nobody's number (domain.md §3.1)

_LONG = re.compile(r"(?<![0-9])((?:18|19|20|99)[0-9]{6})[-+ ]?([0-9]{4})(?![0-9])")
_SHORT = re.compile(r"(?<![0-9-])([0-9]{6})[-+]([0-9]{4})(?![0-9-])")


def people_in(text: str) -> set[str]:
    """The 12 digits that would be somebody's: a day that there was, or a reserve number, and a check digit that fits."""
    found = {match[1] + match[2] for match in _LONG.finditer(text)}
    found |= {century + match[1] + match[2] for match in _SHORT.finditer(text) for century in ("19", "20")}
    return {number for number in found if is_plausible(PersonIdentity(number))}


def is_plausible(identity: PersonIdentity) -> bool:
    is_reserve = re.match("99(?:18|19|20)", identity.number) is not None
    was_born = identity.birth_date is not None and identity.birth_date < date(2030, 1, 1)
    return identity.has_valid_check_digit and (was_born or is_reserve)


def test_the_list_of_test_numbers_is_that_of_the_test_people() -> None:
    """domain.md §10.4."""
    assert {person.number for person in PEOPLE} == LISTED


def test_no_file_names_a_person_who_is_not_a_test_person() -> None:
    """domain.md §3.1: a Luhn-valid invented number may belong to someone. Load tests may make theirs, at run time."""
    listed = LISTED | {century + number[2:] for number in LISTED for century in ("19", "20")}
    found = {name: people_in(text) - listed for name, text in tracked_texts().items()}
    assert {name: numbers for name, numbers in found.items() if numbers} == {}


@pytest.mark.parametrize("form", ["{0}{1}", "{0}-{1}", "{0}+{1}", "<id>{0}{1}</id>", "x{0} {1}.", '"{0}{1}"'])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.first_name)
def test_the_guard_sees_a_person_in_every_form(form: str, person: Person) -> None:
    number = person.number
    assert people_in(form.format(number[:8], number[8:])) == {number}
    if not number.startswith("99"):
        assert number in people_in(f"{number[2:8]}-{number[8:]}")


def test_the_guard_passes_what_is_nobodys() -> None:
    number = PEOPLE[0].number
    assert people_in(f"{number[:-1]}1 {number}0 SE2321009991-1A01 20261214081000 {number[:4]}13{number[6:]}") == set()


# Machines


def test_no_file_names_a_place_on_one_machine() -> None:
    places = re.compile(r"(?<![\w.])/(?:work|root|home)/\w")
    found = {
        name: places.findall(text) for name, text in tracked_texts().items() if name != "tests/test_house_rules.py"
    }
    assert {name for name, hits in found.items() if hits} == set()


# Errors and settings


def importable_modules() -> list[str]:
    names = []
    for package in PACKAGES:
        if (ROOT / package / "__init__.py").is_file():
            root = importlib.import_module(package)
            walked = pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda name: None)
            names += [package, *(one.name for one in walked)]
    return [name for name in names if "migrations" not in name and not name.endswith("__main__")]


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


def test_every_platform_error_has_its_row_in_the_table_of_faults() -> None:
    """STYLE §6: one table turns errors into faults, and a test finds nothing unmapped."""
    modules = importable_modules()
    for name in modules:
        importlib.import_module(name)
    ours = {kind for kind in subclasses(PlatformError) if kind.__module__.split(".")[0] in PACKAGES}
    assert len(ours) >= 17
    assert {kind.__name__: kind.code for kind in ours if kind.code not in FAULT_TEXTS} == {}
    assert {kind.faultcode for kind in ours} == {"Client", "Server"}


def test_every_settings_help_line_ends_with_a_full_stop() -> None:
    """STYLE §9."""
    found = []
    for name in importable_modules():
        for kind in vars(importlib.import_module(name)).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__name__.endswith("Settings"):
                found += [(f"{kind.__name__}.{one.name}", one.metadata.get("help")) for one in fields(kind)]
    assert len(found) > 15
    assert [name for name, told in found if told is not None and not told.endswith(".")] == []
