"""tidbro/logs.py: where log events go."""

import json
import logging
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidbro import logs


def said(text: str) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, "", 0, text, None, None)


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[logs.LineFile]:
    made = logs.LineFile(tmp_path / "calls.jsonl", file_bytes=20, old_files=2)
    yield made
    made.close()


def test_each_message_is_a_line_at_once(handler: logs.LineFile, tmp_path: Path) -> None:
    handler.emit(said('{"å": 1}'))
    handler.emit(said("{}"))
    assert (tmp_path / "calls.jsonl").read_text("utf-8") == '{"å": 1}\n{}\n'


def test_a_full_file_becomes_an_old_one_and_the_oldest_goes(handler: logs.LineFile, tmp_path: Path) -> None:
    for number in range(7):
        handler.emit(said(f"{number:014d}"))
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {
        "calls.jsonl": f"{6:014d}\n",
        "calls.jsonl.1": f"{5:014d}\n",
        "calls.jsonl.2": f"{4:014d}\n",
    }


def test_a_full_file_that_cannot_become_an_old_one_grows(handler: logs.LineFile, tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl.1").mkdir()
    (tmp_path / "calls.jsonl.2" / "full").mkdir(parents=True)
    for number in range(3):
        handler.emit(said(f"{number:014d}"))
    assert (tmp_path / "calls.jsonl").read_text() == "".join(f"{number:014d}\n" for number in range(3))


def test_a_file_that_cannot_be_opened_anew_gets_its_lines_nowhere_else(
    handler: logs.LineFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next file to be opened may get the number of the one that was closed."""
    handler.emit(said("x" * 19))
    shutil.rmtree(tmp_path)
    handler.emit(said("lost"))
    tmp_path.mkdir()
    with (tmp_path / "another").open("wb") as another:
        handler.emit(said("kept"))
        assert another.tell() == 0
    assert (tmp_path / "another").read_bytes() == b""
    assert (tmp_path / "calls.jsonl").read_text() == "kept\n"
    assert "FileNotFoundError" in capsys.readouterr().err


def test_a_line_longer_than_a_file_is_kept_whole(handler: logs.LineFile, tmp_path: Path) -> None:
    handler.emit(said("x" * 100))
    assert (tmp_path / "calls.jsonl").read_text() == "x" * 100 + "\n"


def test_a_start_goes_on_in_the_file_there_is(tmp_path: Path) -> None:
    for number in (1, 2):
        handler = logs.LineFile(tmp_path / "calls.jsonl")
        handler.emit(said(str(number)))
        handler.close()
    assert (tmp_path / "calls.jsonl").read_text() == "1\n2\n"


def test_a_text_that_no_encoding_can_carry_is_written_all_the_same(handler: logs.LineFile, tmp_path: Path) -> None:
    handler.emit(said("\ud800"))
    assert (tmp_path / "calls.jsonl").read_text() == "\\ud800\n"


def test_a_file_is_for_its_owner_alone(handler: logs.LineFile, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "calls.jsonl").stat().st_mode) == 0o600


def test_facts_follow_the_name_of_the_event_as_json() -> None:
    record = said("call_failed")
    record.__dict__["contract"] = "MakeBooking"
    line = logs.FactFormatter().format(record)
    assert line.split(" ", 2)[1:] == ["INFO", 'call_failed {"contract": "MakeBooking"}']
    assert json.loads(line.split("call_failed ")[1]) == {"contract": "MakeBooking"}


@pytest.fixture
def restored() -> Iterator[None]:
    """What the process's loggers were before."""
    names = ("", "tidbro.message_log", logs.REGIONAL_MESSAGE_LOG, "tidbro.ecs", "spyne", "spyne.application")
    loggers = [logging.getLogger(name) for name in (*names, "spyne.protocol")]
    before = [(one.handlers, one.level, one.propagate) for one in loggers]
    logging.getLogger().handlers = []
    try:
        yield
    finally:
        for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
            for added in [added for added in one.handlers if added not in handlers]:
                added.close()
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)


@pytest.mark.parametrize("has_events", [True, False])
@pytest.mark.usefixtures("restored")
def test_the_real_platforms_events_get_a_file_only_when_they_are_asked_for(has_events: bool, tmp_path: Path) -> None:
    """platform.md §19.1."""
    logs.set_up(tmp_path, has_events=has_events)
    logging.getLogger("tidbro.message_log").info("{}")
    assert (tmp_path / "message-log.jsonl").read_text() == "{}\n"
    assert (tmp_path / "ecs.jsonl").exists() is has_events


@pytest.mark.usefixtures("restored")
def test_the_regional_platforms_calls_go_to_a_message_log_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "regional").mkdir()
    logs.set_up(tmp_path, has_regional=True)
    logging.getLogger(logs.REGIONAL_MESSAGE_LOG).info("behind")
    logging.getLogger("tidbro.message_log").info("in front")
    assert (tmp_path / "regional" / "message-log.jsonl").read_text() == "behind\n"
    assert (tmp_path / "message-log.jsonl").read_text() == "in front\n"


def test_what_would_change_what_a_terminal_shows_is_written_as_json_writes_it(
    handler: logs.LineFile, tmp_path: Path
) -> None:
    """platform.md §19: a caller's own words stand in logs, and whoever reads them may do so in a terminal."""
    words = "a\x1b[2J\x9b2J\x85\u2028\u202eb\x7f å€"
    handler.emit(said(json.dumps({"sender": words}, ensure_ascii=False)))
    line = (tmp_path / "calls.jsonl").read_text("utf-8").removesuffix("\n")
    assert line.isprintable()
    assert json.loads(line) == {"sender": words}
    record = said("call_failed: \x1b[2J")
    record.sender = words
    assert logs.FactFormatter().format(record).isprintable()
