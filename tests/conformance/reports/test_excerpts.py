"""The lines around what a finding points at."""

import pytest

from conformance.exchange import HttpMessage, shown
from conformance.reports.excerpts import Messages, came_of
from tests.conformance.reports.results import HEADERS, a_finding, a_result, an_exchange, with_three_failures


def numbers_of(**changes: object) -> tuple[list[int], int | None]:
    found = Messages(a_result()).excerpt(a_finding(**changes))
    assert found is not None
    return [line.number for line in found.lines], found.lit


def test_the_line_stands_amid_three_on_each_side() -> None:
    assert numbers_of(line=5) == ([2, 3, 4, 5, 6, 7, 8], 5)


@pytest.mark.parametrize(("line", "expected"), [(1, [1, 2, 3, 4]), (8, [5, 6, 7, 8])])
def test_at_the_ends_there_are_fewer_around_it(line: int, expected: list[int]) -> None:
    assert numbers_of(line=line) == (expected, line)


def test_without_a_line_the_body_s_beginning_is_shown() -> None:
    assert numbers_of(line=None) == ([2, 3, 4, 5, 6, 7, 8], None)


@pytest.mark.parametrize("line", [0, -3, 9, 10**9])
def test_a_line_that_there_is_not_lights_nothing(line: int) -> None:
    assert numbers_of(line=line)[1] is None


@pytest.mark.parametrize("changes", [{"exchange": None}, {"exchange": 77}])
def test_a_finding_without_an_exchange_has_no_excerpt(changes: dict[str, object]) -> None:
    assert Messages(a_result()).excerpt(a_finding(**changes)) is None


def test_a_request_can_be_pointed_at() -> None:
    found = Messages(a_result()).excerpt(a_finding(part="request", line=3))
    assert found is not None
    assert [line.text for line in found.lines if line.is_lit] == ["    <Ask/>"]
    assert found.where == "exchange 1, CancelBooking, request, line 3"


def test_where_there_is_no_answer_it_says_why() -> None:
    late = Messages(with_three_failures()).exchange(2)
    assert late is not None
    assert came_of(late) == "No whole answer within 30 seconds."
    assert came_of(an_exchange()) == "HTTP 200 after 0.25 s"


def test_lines_end_where_the_schemas_count_them() -> None:
    """Other signs that Python takes for line ends are none to libxml2."""
    text = "<a>\n<b>\u2028\x85</b>\n<c/>\n</a>"
    result = a_result(exchanges=(an_exchange(answer=HttpMessage(HEADERS, text.encode(), 200)),))
    found = Messages(result).excerpt(a_finding(line=3))
    assert found is not None
    assert [line.text for line in found.lines] == ["<a>", "  <b>[U+2028][U+0085]</b>", "  <c/>", "</a>"]


@pytest.mark.parametrize("charset", ["x-nobody", "undefined", "idna", "unicode_escape", "utf-7", "rot13", "zip"])
def test_what_cannot_be_read_is_shown_in_whatever_charset_it_says_to_be(charset: str) -> None:
    """Such a name could be any of Python's codecs."""
    told = shown(HttpMessage({"content-type": f"text/html; charset={charset}"}, b"no xml +ADE- \\u0031"))
    assert told.text == "no xml +ADE- \\u0031"
    assert told.root is None
