"""gateway/log_records.py: a whole line as a record, without what nobody asks for."""

import logging

from gateway import log_records


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _told(*lines: str) -> list[logging.LogRecord]:
    log, kept = logging.Logger("tidbro.some_log"), _Kept()
    log.addHandler(kept)
    for line in lines:
        log_records.tell(log, line)
    return kept.records


def test_a_line_is_told_as_it_is() -> None:
    (record,) = _told('{"share": "100 %s"}')
    assert record.getMessage() == '{"share": "100 %s"}'


def test_a_record_has_what_any_record_has() -> None:
    (record,) = _told("a line")
    usual = logging.LogRecord("tidbro.some_log", logging.INFO, "", 0, "a line", None, None)
    assert set(vars(record)) == set(vars(usual))
    assert (record.name, record.levelno, record.levelname) == ("tidbro.some_log", logging.INFO, "INFO")
    assert abs(record.created - usual.created) < 60
    assert logging.Formatter("%(asctime)s %(levelname)s %(message)s").format(record).endswith(" INFO a line")


def test_each_line_is_a_record_of_its_own() -> None:
    first, second = _told("first", "second")
    assert (first.getMessage(), second.getMessage()) == ("first", "second")
