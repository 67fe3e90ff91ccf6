"""`tidbro tak`, as somebody types it: what it prints, and its exit codes.

Source: platform.md §20.2, §20.3, §20.7.
"""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.tak.exchange import load
from tests.docs.pages import ROOT, blocks
from tidbro.cli import main

CLINIC, CONSUMER = "SE2321009991-2B02", "SE2321009991-ET01"
CATALOGUE = f"""
[[route]]
address = "adapter:timebook"
logical_addresses = ["{CLINIC}"]
contracts = ["MakeBooking", "CancelBooking"]

[[authorisation]]
consumers = ["{CONSUMER}"]
logical_addresses = ["{CLINIC}"]
contracts = ["MakeBooking", "CancelBooking"]
"""
ORDER = {
    "plattform": "TIDBRO",
    "genomforandeTidpunkt": "2026-06-01T14:00:00+0000",
    "inkludera": {"logiskadresser": [{"hsaId": "SE1"}]},
}


class Terminal:
    """Somebody at a terminal, with a catalogue of their own."""

    def __init__(self, folder: Path, capsys):
        self.folder, self._capsys = folder, capsys

    def __call__(self, *words, user="anna", code=0):
        """What a command prints; its errors too when it does not end in `code` 0."""
        given = [str(word) for word in words]
        common = [] if given[0] == "check" else ["--data", str(self.folder), "--user", user]
        assert main(["tak", *given, *common]) == code
        told = self._capsys.readouterr()
        return told.out + told.err

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def tak(tmp_path, capsys):
    return Terminal(tmp_path, capsys)


@pytest.fixture
def planted(tak):
    tak("import", tak.file("tak.toml", CATALOGUE))
    tak("publish", "--comment", "The first")
    return tak


# Looking


def test_an_empty_catalogue_says_so(tak):
    assert tak("status") == "Nothing is published.\nPending changes: 0\n"
    assert tak("list") == "Nothing.\n"
    assert tak("history") == "Nothing is published.\n"
    assert "Nothing is pending." in tak("preview")


def test_status_and_show_count_what_is_published(planted):
    for told in (planted("status"), planted("show", "1")):
        assert re.search(r"^Version 1, published \d{4}-\d\d-\d\d \d\d:\d\d by anna$", told, re.MULTILINE)
        assert "2 routes" in told
        assert "The first" in told


def test_rows_are_listed_by_what_they_hold(planted):
    assert planted("list", "routes", "--contract", "cancel").splitlines() == [
        f"     2  {CLINIC}  CancelBooking → adapter:timebook",
        "        2000-01-01 – 2999-12-31, RIVTABP21, adapter-timebook",
    ]
    assert planted("list", "routes", "--to", "https") == "Nothing.\n"
    assert planted("list", "routes", "--on", "1999-12-31") == "Nothing.\n"
    assert f"{CONSUMER} at {CLINIC}  MakeBooking" in planted("list", "authorisations", "--consumer", "et01")


@pytest.mark.parametrize(
    ("kind", "count"),
    [("routes", 2), ("authorisations", 2), ("contracts", 2), ("components", 2), ("addresses", 1),
     ("producer-addresses", 1), ("profiles", 1)],
)  # fmt: skip
def test_every_kind_can_be_listed_for_people_and_for_programs(planted, kind, count):
    assert len(re.findall(r"^ +\d+  ", planted("list", kind), re.MULTILINE)) == count
    assert [sorted(row)[-1] for row in json.loads(planted("list", kind, "--json"))]


def test_a_pending_change_is_marked_with_its_owner_and_left_out_of_what_is_published(planted):
    planted("add", "component", "SE9", "--description", "Nine", user="bo")
    assert planted("list", "components").splitlines()[-2:] == ["*    3  SE9  Nine", "        pending, bo"]
    assert "SE9" not in planted("list", "components", "--published")


# Changing and publishing


def test_a_row_is_added_previewed_published_compared_and_taken_back(planted):
    planted("add", "address", "SE1")
    planted("add", "component", "SE-P")
    added = planted("add", "route", "SE1", "MakeBooking", "https://p.example.com/riv", "--component", "SE-P")
    assert "It is pending until you publish." in added.replace("\n   ", "")
    planted("add", "authorisation", CONSUMER, "SE1", "MakeBooking", "--agreement", "IA 1")
    opened = f"+ {CONSUMER} can now call MakeBooking at SE1 (https://p.example.com/riv)"
    assert opened in unwrapped(planted("preview"))
    told = planted("publish", "--comment", "SE1")
    assert "Version 2, " in told
    assert "/resetcache" in told
    assert opened in unwrapped(planted("diff", "1", "2"))
    assert f"- {CONSUMER} can no longer call MakeBooking at SE1" in unwrapped(planted("diff", "2", "1"))
    assert json.loads(planted("diff", "1", "2", "--json"))["reach"][0]["after"] == "https://p.example.com/riv"
    assert "The latest version is now 1." in planted("rollback")
    assert planted("pending").count("\n+ ") == 4
    assert [one["version"] for one in json.loads(planted("history", "--json"))] == [1]


def unwrapped(told):
    return re.sub(r"\n {4,}", " ", told)


def test_a_row_is_removed_by_its_number_and_a_thing_by_its_key_too(planted):
    planted("remove", "route", "1")
    planted("remove", "authorisation", "1")
    assert "Removed the contract" in planted("remove", "contract", "MakeBooking")
    assert planted("pending").count("- ") == 3


def test_what_is_in_use_or_somebody_else_s_is_not_removed(planted):
    assert "is used by" in planted("remove", "component", CONSUMER, code=1)
    planted("add", "component", "SE9", user="bo")
    assert "by bo is pending" in planted("remove", "component", "SE9", code=1)
    assert planted("remove", "route", "99", code=1) == "tidbro: There is no route number 99.\n"
    assert planted("remove", "route", CLINIC, code=2).startswith("tidbro: KEY must be the number of the route")


def test_what_a_row_needs_must_be_there_and_how_to_add_it_is_told(planted):
    told = planted("add", "authorisation", "SE9", CLINIC, "MakeBooking", code=1)
    assert told == "tidbro: There is no component SE9. Add it first: tidbro tak add component SE9\n"


def test_what_is_refused_ends_in_1_with_a_sentence(planted):
    assert planted("add", "component", "S E", code=1).startswith("tidbro: The HSA-id 'S E' may hold only")
    assert planted("publish", code=1) == "tidbro: Nothing that anna has changed is pending.\n"
    assert planted("show", "7", code=1) == "tidbro: There is no published version 7.\n"


def test_a_preview_of_what_would_not_be_whole_says_why_and_ends_in_1(planted):
    planted("add", "address", "SE1", user="bo")
    planted("add", "authorisation", CONSUMER, "SE1", "MakeBooking")
    assert "which would not be published" in planted("preview", code=1)


def test_what_nothing_uses_is_told(planted):
    assert planted("unmatched") == "Everything is used.\n"
    planted("add", "component", "SE9")
    assert planted("unmatched") == "Components that neither route nor authorisation uses:\n  SE9\n"
    assert f"  {CONSUMER}\n" in planted("unmatched", "--by", "routes")


# Orders


def test_an_order_is_shown_with_its_hash_and_done_with_it(tak):
    file = tak.file("order.json", json.dumps(ORDER))
    shown = tak("order", file)
    assert shown.startswith("Skapar logisk adress: SE1\n")
    assert tak("pending") == "Nothing is pending.\n"
    confirmation = re.search(r"[0-9a-f]{64}", shown)[0]
    assert tak("order", file, "--confirm", "0" * 64, code=1).endswith("bekräfta den på nytt.\n")
    assert "Skapar logisk adress: SE1" in tak("order", file, "--confirm", confirmation)
    assert tak("pending") == "+ logical address SE1\n"


def test_an_order_for_another_platform_is_refused_in_swedish(tak):
    file = tak.file("order.json", json.dumps(ORDER))
    assert "gäller plattform 'TIDBRO', inte SKLTP-PROD" in tak("order", file, "--platform", "SKLTP-PROD", code=1)
    assert tak("order", tak.folder / "nosuch.json", code=2).endswith("cannot be read: No such file or directory.\n")


# Files


@pytest.mark.parametrize("form", ["toml", "xml", "json", "snapshot"])
def test_a_version_is_exported_in_every_form_and_can_be_checked_and_imported_again(planted, form):
    file = planted.folder / f"version.{form}"
    assert planted("export", "--format", form, "--output", file).startswith(f"Version 1 is in {file}.\n")
    checked = planted("check", file)
    assert f"+ {CONSUMER} can now call MakeBooking at {CLINIC} (adapter:timebook)" in unwrapped(checked)
    assert checked.endswith("Rows that the catalogue would refuse: 0\n")
    assert "there already" in planted("import", file, user="bo")
    assert planted("pending", user="bo") == "Nothing is pending.\n"


def test_an_export_goes_to_the_terminal_when_no_file_is_told(planted):
    assert planted("export").count("[[route]]") == 1
    assert json.loads(planted("export", "--format", "json", "--version", "1"))["version"] == 1


def test_a_check_tells_every_row_that_would_be_refused_and_ends_in_1(tak):
    file = tak.file("bad.toml", CATALOGUE + CATALOGUE.replace("adapter:timebook", "https://x/å"))
    told = tak("check", file, code=1)
    assert "Rows that the catalogue would refuse: 3" in told
    assert "tidbro: The address 'https://x/å' may hold only" in told
    assert json.loads(tak("check", file, "--json", code=1).split("\ntidbro:")[0])["refused"]


def test_an_import_that_is_refused_takes_nothing_unless_the_rest_is_wanted(tak):
    file = tak.file("bad.toml", CATALOGUE + CATALOGUE.replace("adapter:timebook", "https://x/å").replace(CLINIC, "SE1"))
    assert "Nothing is taken in" in tak("import", file, code=1)
    assert tak("pending") == "Nothing is pending.\n"
    assert "2 × route added" in tak("import", file, "--partly", code=1)


def test_a_file_that_is_no_catalogue_is_told(tak):
    assert tak("check", tak.file("x.toml", "[["), code=1).startswith("tidbro: x.toml: ")
    assert tak("import", tak.folder / "nosuch", code=1).startswith("tidbro: nosuch cannot be read")


# The terminal


def test_no_line_is_wider_than_eighty_columns_but_for_what_must_be_whole(planted):
    demo = ROOT / "tidbro" / "demo_tak.toml"
    for words in (["check", demo, "--everything"], ["list"], ["status"], ["history"], ["diff", "1", "1"]):
        for line in planted(*words).splitlines():
            assert len(line) <= 80 or max(map(len, line.split())) > 60, line


def test_more_than_forty_lines_are_cut_short_unless_all_are_wanted(tak):
    demo = ROOT / "tidbro" / "demo_tak.toml"
    count = len(load(demo).routes)
    assert f"… and {count - 40} more; --everything shows them" in tak("check", demo)
    assert tak("check", demo, "--everything").count("can now call") == count


def test_whoever_reads_may_stop_reading(planted):
    command = [
        sys.executable,
        "-m",
        "tidbro.cli",
        "tak",
        "check",
        str(ROOT / "tidbro" / "demo_tak.toml"),
        "--everything",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--data", "/nosuch/folder"], "The folder /nosuch/folder cannot be made"),
        (["--database", "nope"], "database's URL must be"),
        (["--database", "sqlite:////nosuch/x.db"], "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_ends_in_2_with_one_line(words, reason, capsys):
    assert main(["tak", "status", *words]) == 2
    told = capsys.readouterr().err
    assert reason in told
    assert told.count("\n") == 1


def test_a_day_that_is_none_ends_in_2(planted, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["tak", "list", "--on", "soon"])
    assert ended.value.code == 2
    assert "a day is written 2026-12-31, not 'soon'" in capsys.readouterr().err


# The page


def test_the_commands_of_the_page_work_as_they_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "tak.md"
    for name, text in zip(("tak.toml", "order.json"), (*blocks(page, "toml"), *blocks(page, "json")), strict=True):
        Path(name).write_text(text, encoding="utf-8")
    script = "set -eu\n" + "\n".join(blocks(page, "bash")).replace(
        "tidbro tak", f"'{sys.executable}' -m tidbro.cli tak"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, encoding="utf-8", timeout=600, check=False)
    lost = "tidbro: The XML of a local copy has no place for 5 components of routes, 2 descriptions; --format toml keeps them.\n"
    assert (done.returncode, done.stderr) == (0, lost), done.stdout + done.stderr
    for shown in blocks(page, "text"):
        for line in filter(None, shown.splitlines()):
            assert line in done.stdout, line


# What takes effect later


def test_a_preview_tells_what_takes_effect_today_and_from_which_days_on_more(planted):
    today = date.today()
    later = today + timedelta(days=3)
    planted("add", "address", "SE7")
    planted(
        "add", "route", "SE7", "MakeBooking", "adapter:timebook", "--component", "adapter-timebook", "--from", later
    )
    planted("add", "authorisation", CONSUMER, "SE7", "MakeBooking")
    told = planted("preview")
    assert "nobody anything else than before" in told
    assert f"From {later}:\n+ {CONSUMER} can now call MakeBooking at SE7" in told
    assert [one["day"] for one in json.loads(planted("preview", "--json"))["later"]] == [str(later)]
    on_that_day = planted("preview", "--on", later)
    assert f"Who reaches what on {later}:\n+ {CONSUMER}" in on_that_day
    assert "From " not in on_that_day
