"""The pages say what is so: links lead somewhere, made pages are new, tables name what there is.

Elsewhere: the README's commands (test_readme.py), the tables of fidelity (test_fidelity.py).
"""

import re
from configparser import ConfigParser
from dataclasses import fields
from pathlib import Path

import pytest

from contracts import errors
from contracts.codec import SCHEDULING_INTERACTIONS
from docs import generate
from eservice.settings import EServiceSettings
from gateway.settings import GatewaySettings
from gateway.tak import exchange
from tests.docs.pages import PAGES, README, ROOT, blocks, links, rows, section
from tests.people import PEOPLE
from tidbro.settings import RegionSettings, read_region

DOCS = ROOT / "docs"
RECORDS = sorted((DOCS / "decisions").glob("*.md"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- Every page


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page):
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"https?://", link):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_named_in_backticks_is_there(page):
    places = (
        ROOT,
        page.parent,
        ROOT / "scheduling_backends" / "timebook",
        ROOT / "gateway",
        ROOT / "scheduling_backends",
    )
    text = re.sub(r"```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    files = re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|toml|md|css|cfg))`", text)
    assert [file for file in files if not any((place / file).exists() for place in places)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_people_are_test_people(page):
    known = {person.number for person in PEOPLE}
    found = re.findall(r"(?<![\w-])((?:19|20|99)\d{6})-?(\d{4})(?!\w)", page.read_text(encoding="utf-8"))
    assert [number for number in map("".join, found) if number not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_place_on_somebody_s_machine(page):
    assert re.findall(r"(?<![\w.:}])/(?:home|root|tmp|usr|work|Users)/\S*", page.read_text(encoding="utf-8")) == []


def test_every_page_is_in_the_index():
    listed = {(DOCS / link).resolve() for link in links(DOCS / "index.md")}
    assert [named(page) for page in DOCS.rglob("*.md") if page.resolve() not in listed | {DOCS / "index.md"}] == []


# -- The README


def test_every_folder_of_the_map_is_there():
    folders = [row[0].strip("`") for row in rows(section(README, "## What stands where"))]
    assert folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_every_folder_of_ours_is_on_the_map():
    shown = {row[0].strip("`/") for row in rows(section(README, "## What stands where"))}
    packages = {path.parent.name for path in ROOT.glob("[a-z]*/__init__.py")}
    assert packages - shown == set()


# -- Pages made from the code


@pytest.mark.parametrize("name", generate.PAGES)
def test_made_pages_are_what_the_code_says_now(name):
    is_new = (DOCS / name).read_text(encoding="utf-8") == generate.PAGES[name]()
    assert is_new, f"docs/{name} is not what the code says any more; run python -m docs.generate"


def test_the_check_names_what_differs_and_how_to_mend_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/faults.md is not what the code says; run python -m docs.generate" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("kind", [GatewaySettings, RegionSettings, EServiceSettings])
def test_every_setting_is_in_the_settings_page(kind):
    shown = {row[0].strip("`") for row in rows((DOCS / "settings.md").read_text(encoding="utf-8"))}
    assert {one.name for one in fields(kind)} - shown == set()


@pytest.mark.parametrize("kind", [GatewaySettings, RegionSettings, EServiceSettings])
def test_every_setting_says_what_it_is_for(kind):
    assert [one.name for one in fields(kind) if not one.metadata["help"].endswith(".")] == []


def test_the_settings_shown_can_be_read(tmp_path, monkeypatch):
    (shown,) = blocks(DOCS / "settings.md", "toml")
    monkeypatch.chdir(tmp_path)
    Path("tak.toml").write_text("", encoding="utf-8")
    Path("region.toml").write_text(shown, encoding="utf-8")
    assert read_region(Path("region.toml"), {}).gateway.validation == "warn"


def test_every_error_and_every_interaction_has_its_row():
    faults = {row[2].strip("`") for row in rows((DOCS / "faults.md").read_text(encoding="utf-8")) if len(row) == 4}
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert kinds - faults == {"PlatformError", "ProducerFault"}
    shown = {row[0] for row in rows((DOCS / "interactions.md").read_text(encoding="utf-8"))}
    assert set(SCHEDULING_INTERACTIONS) - shown == set()


# -- Architecture, decisions


def test_the_catalogue_shown_can_be_read():
    (shown,) = blocks(DOCS / "architecture.md", "toml")
    snapshot = exchange.read_toml(shown)
    assert (len(snapshot.routes), len(snapshot.authorisations)) == (3, 1)


def test_the_style_sheet_has_the_tokens_of_the_page():
    sheet = (ROOT / "tidbro" / "static" / "tidbro.css").read_text(encoding="utf-8")
    light, _, dark = sheet.partition("prefers-color-scheme: dark")
    shown = {row[0].strip("`"): row[1:3] for row in rows(section(DOCS / "architecture.md", "## The look"))}
    for half, place in ((light, 0), (dark, 1)):
        for token, value in re.findall(r"(--[\w-]+): (#\w+);", half):
            assert shown[token][place] == f"`{value}`", token


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_has_number_date_context_decision_and_consequences(record):
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]} ")
    assert re.search(r"^\d{4}-\d{2}-\d{2} · \w+", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_decisions_are_numbered_without_gaps():
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_the_table_of_libraries_is_that_of_the_metadata():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    text = config["options"]["install_requires"] + config["options.extras_require"]["postgresql"]
    wanted = set(re.findall(r"^([\w-]+)(?:\[\w+\])? >= ([\d.]+)", text, re.MULTILINE))
    shown = set()
    for names, versions, *_ in rows((DOCS / "decisions" / "0012-libraries-chosen.md").read_text(encoding="utf-8")):
        bounds = versions.removesuffix(", below 3").split(", ")
        shown |= set(zip(names.split(", "), bounds, strict=True))
    assert shown == wanted
