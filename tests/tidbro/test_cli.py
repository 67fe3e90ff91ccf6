"""The command line, as somebody types it: what it prints, and its exit codes."""

import shutil

import pytest

from contracts.catalogue import official_folder
from tidbro.cli import main


def test_a_folder_whose_contracts_all_load_gives_a_line_each_and_exit_code_0(capsys):
    assert main(["contracts", "check", str(official_folder() / "crm_scheduling_1.1")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert "MakeBooking\turn:riv:crm:scheduling:MakeBookingResponder:1\tok" in lines


def test_a_contract_that_does_not_load_gets_its_reason_and_exit_code_1(tmp_path, capsys):
    folder = shutil.copytree(official_folder() / "crm_scheduling_1.1", tmp_path / "domain")
    (folder / "interactions/MakeBookingInteraction/MakeBookingResponder_1.1.xsd").unlink()
    assert main(["contracts", "check", str(folder)]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("MakeBooking\t")]
    assert told == [
        "MakeBooking\turn:riv:crm:scheduling:MakeBookingResponder:1\t"
        "MakeBookingResponder_1.1.xsd, which declares urn:riv:crm:scheduling:MakeBookingResponder:1, "
        "is not a file of domain"
    ]


def test_a_folder_without_contracts_is_told_so(tmp_path, capsys):
    assert main(["contracts", "check", str(tmp_path)]) == 1
    assert "holds no WSDL file" in capsys.readouterr().err


def test_what_is_no_folder_is_told_so_with_exit_code_2(tmp_path, capsys):
    assert main(["contracts", "check", str(tmp_path / "none")]) == 2
    assert "DIR must be a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--port", "70000"], "port"),
        (["--clock", "soon"], "clock"),
        (["--tak", "none.toml"], "tak_file"),
        (["--settings", "none.toml"], "settings"),
        (["--host", "192.0.2.1", "--port", "0"], "host 192.0.2.1"),
    ],
)
def test_a_start_with_a_setting_that_does_not_fit_ends_with_a_sentence_and_exit_code_2(flags, named, tmp_path, capsys):
    assert main(["serve", "--data", str(tmp_path), *flags]) == 2
    told = capsys.readouterr().err
    assert named in told
    assert told.count("\n") == 1


def test_an_adapter_that_is_not_installed_stops_the_start_and_is_named(tmp_path, capsys):
    settings = tmp_path / "tidbro.toml"
    settings.write_text("[adapters.nobody]\n", encoding="utf-8")
    assert main(["serve", "--settings", str(settings), "--data", str(tmp_path)]) == 2
    assert "there is no adapter nobody" in capsys.readouterr().err


def test_an_unknown_setting_of_an_adapter_stops_the_start_and_is_named(tmp_path, capsys):
    settings = tmp_path / "tidbro.toml"
    settings.write_text("[adapters.timebook]\ncolour = 'green'\n", encoding="utf-8")
    assert main(["serve", "--settings", str(settings), "--data", str(tmp_path)]) == 2
    assert "colour" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[adapters]\ntimebook = 3", "adapters.timebook must be a table"),
        ('[adapters.timebook]\ndatabase_url = "nope"', "adapters.timebook cannot be opened"),
        (
            '[adapters.timebook]\ndatabase_url = "postgresql://u:secret@127.0.0.1:9/x"',
            "adapters.timebook cannot be opened",
        ),
        ("[gateway]\nfooo = 1", "[gateway] There is no setting fooo"),
    ],
)
def test_an_adapter_or_gateway_that_cannot_be_made_of_its_settings_is_told_in_one_line(text, named, tmp_path, capsys):
    settings = tmp_path / "tidbro.toml"
    settings.write_text(text, encoding="utf-8")
    assert main(["serve", "--demo", "--settings", str(settings), "--data", str(tmp_path / "data"), "--port", "0"]) == 2
    told = capsys.readouterr().err
    assert named in told
    assert told.count("\n") == 1
    assert "secret" not in told


def test_a_data_directory_that_cannot_be_made_is_told_in_one_line(tmp_path, capsys):
    taken = tmp_path / "file"
    taken.touch()
    assert main(["serve", "--demo", "--data", str(taken), "--port", "0"]) == 2
    assert f"data_directory {taken} cannot be made" in capsys.readouterr().err
