"""A run as JSON: exactly, and back."""

import json
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import shown
from conformance.model import RunResult
from conformance.reports.hiding import hidden
from conformance.reports.json_report import ReportUnreadable, VersionUnknown, from_json, to_json
from tests.conformance.reports import strategies
from tests.conformance.reports.results import (
    ANSWER,
    HEADERS,
    REQUEST,
    a_check,
    a_result,
    an_exchange,
    with_many_failures,
    with_no_failure,
    with_three_failures,
)

SAMPLE = Path(__file__).parent / "version_1.json"


@strategies.of_results
@given(strategies.results)
def test_what_is_written_is_read_back(result: RunResult) -> None:
    assert from_json(to_json(result)) == hidden(result)


@strategies.of_results
@given(strategies.results)
def test_what_is_written_is_utf_8(result: RunResult) -> None:
    assert from_json(to_json(result).encode("utf-8")) == hidden(result)


@pytest.mark.parametrize("result", [with_no_failure(), with_three_failures(), with_many_failures(), a_result()])
def test_a_result_without_foreign_numbers_comes_back_as_it_was(result: RunResult) -> None:
    assert from_json(to_json(result)) == result


def test_the_form_of_version_1_is_as_it_was_published() -> None:
    """This file must be read as long as version 1 is; never change it."""
    assert to_json(with_three_failures()) == SAMPLE.read_text("utf-8")
    assert from_json(SAMPLE.read_bytes()) == with_three_failures()


def test_a_body_is_told_as_it_is_shown_and_as_its_bytes_where_they_differ() -> None:
    as_shown = shown(an_exchange().request).text
    request = an_exchange().request
    result = a_result(exchanges=(an_exchange(), an_exchange(2, request=type(request)(HEADERS, as_shown.encode()))))
    told = json.loads(to_json(result))
    assert [one["request"]["body"] for one in told["exchanges"]] == [0, 2]
    assert told["bodies"][0] == {"text": as_shown, "base64": b64encode(REQUEST).decode()}
    assert told["bodies"][1]["base64"] == b64encode(ANSWER.encode()).decode()
    assert told["bodies"][2] == {"text": as_shown}


def test_a_body_that_came_many_times_stands_there_once() -> None:
    result = with_many_failures(300)
    assert len(json.loads(to_json(result))["bodies"]) == 2


def test_it_tells_readers_the_verdict_and_the_counts() -> None:
    told = json.loads(to_json(with_three_failures()))
    assert told["verdict"] == {"kind": "not passed", "sentence": "Not passed: 3 of 5 judged checks failed."}
    assert told["counts"] == {"passed": 1, "failed": 3, "warned": 1, "not judged": 1, "broken": 1}


def test_members_that_a_later_kit_adds_are_no_hindrance() -> None:
    told = json.loads(to_json(with_three_failures()))
    told["mood"] = "good"
    told["results"][0]["colour"] = 7
    assert from_json(json.dumps(told)) == with_three_failures()


@pytest.mark.parametrize("version", [0, 2, "1", True, None])
def test_another_version_is_not_read(version: object) -> None:
    told = {**json.loads(to_json(a_result())), "version": version}
    with pytest.raises(VersionUnknown):
        from_json(json.dumps(told))


@pytest.mark.parametrize(
    "text",
    ["", "nothing", "[]", "{}", "null", "7", '{"schema": "other", "version": 1}', "[" * 100_000, b"\xff\xfe\x00"],
)
def test_what_is_no_report_is_told_so(text: str | bytes) -> None:
    with pytest.raises(ReportUnreadable):
        from_json(text)


def test_a_name_that_stands_twice_is_refused() -> None:
    text = to_json(a_result()).replace('"role"', '"role": "producer", "role"', 1)
    with pytest.raises(ReportUnreadable):
        from_json(text)


def paths_of(value: object, before: tuple = ()) -> list[tuple]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(path for name, one in inside for path in paths_of(one, (*before, name)))]


ROWS = json.loads(to_json(with_three_failures()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from([path for path in paths_of(ROWS) if path]), ANY_JSON)
def test_a_report_with_anything_anywhere_is_a_result_or_our_error(path: tuple, value: object) -> None:
    told = json.loads(json.dumps(ROWS))
    place = told
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with suppress(ReportUnreadable):
        read = from_json(json.dumps(told))
        assert from_json(to_json(read)) == hidden(read)


@given(st.one_of(st.text(), st.binary(), ANY_JSON.map(json.dumps)))
def test_any_text_is_a_result_or_our_error(text: str | bytes) -> None:
    with pytest.raises(ReportUnreadable):
        from_json(text)


def test_no_outcome_is_read_from_the_derived_members() -> None:
    told = json.loads(to_json(a_result(a_check())))
    told["counts"]["failed"] = 7
    told["verdict"]["kind"] = "not passed"
    assert from_json(json.dumps(told)).is_passed
