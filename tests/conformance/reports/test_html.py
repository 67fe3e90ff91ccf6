"""The page of a report, as text: what stands on it, that nothing on it acts, and that it stays bounded."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from hypothesis import given

from conformance.exchange import HttpMessage
from conformance.model import Outcome, RunResult
from conformance.reports.html import to_html
from conformance.reports.page import MOST_IN_LINE, MOST_OF_MESSAGES, MOST_TOLD, MOST_UNFOLDED
from conformance.requirements import requirements
from tests.conformance.reports import strategies
from tests.conformance.reports.results import (
    HEADERS,
    a_check,
    a_failure,
    a_finding,
    a_result,
    an_exchange,
    with_many_failures,
    with_no_failure,
    with_three_failures,
)

TAGS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "main", "section", "nav", "article", "footer", "div",
    "h1", "h2", "h3", "h4", "p", "b", "span", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "pre", "code",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "tabindex", "role", "aria-label", "open",
    "aria-labelledby", "aria-hidden",
}  # fmt: skip
HOSTILE = """</span></code><script>alert(1)</script><img src=x onerror="alert(1)">' " & <style>*{display:none}</style>
]]><!-- --><a href="javascript:alert(1)">{{ page }}{% raw %}</title></style></details>"""


@dataclass
class Read(HTMLParser):
    """What a browser would make of a page."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def values(self, name: str) -> list[str]:
        return [value for attribute, value in self.attributes if attribute == name]


def read(page: str) -> Read:
    found = Read()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def check_harmless(found: Read) -> None:
    assert set(found.tags) <= TAGS
    assert {name for name, _ in found.attributes} <= ATTRIBUTES
    assert all(href.startswith("#") for href in found.values("href"))
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in found.values("href")} <= set(ids)
    labels = found.values("aria-label")
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    "result",
    [with_no_failure(), with_three_failures(), with_many_failures(), a_result()],
    ids=["0", "3", "300", "none"],
)
def test_a_page_is_whole_and_every_link_leads_somewhere_on_it(result: RunResult) -> None:
    check_harmless(read(to_html(result)))


def result_with(text: str) -> RunResult:
    message = HttpMessage({"content-type": text, text: text}, f"{text}".encode(), 200)
    finding = a_finding(rule=text, sentence=text, remedy=text, line=1)
    bad = a_check(text, Outcome.FAILED, finding, title=text, suite=text, rules=(text,), reason=text, exchanges=(1,))
    return a_result(
        bad, a_check(text, Outcome.NOT_JUDGED, reason=text), a_check(text), a_check(text, Outcome.BROKEN, reason=text),
        kit=text, target=text, facility=text, suites=(text,), left_behind=(text,), notes=(text,), persons=(text,),
        exchanges=(an_exchange(purpose=text, interaction=text, address=text, request=message, answer=message),),
    )  # fmt: skip


def test_what_a_hostile_target_says_is_only_text() -> None:
    found = read(to_html(result_with(HOSTILE)))
    check_harmless(found)
    assert found.text.count("alert(1)") > 20


@strategies.of_results
@given(strategies.results)
def test_whatever_was_said_is_only_text(result: RunResult) -> None:
    page = to_html(result)
    page.encode("utf-8")
    check_harmless(read(page))


def test_nothing_is_loaded_and_nothing_runs_by_the_page_s_own_policy() -> None:
    page = to_html(with_three_failures())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode().replace("+", "&#43;")
    assert f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;;" in page.replace("+", "&#43;")
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_verdict_is_the_heading() -> None:
    assert "<h1>Not passed: 3 of 5 judged checks failed.</h1>" in to_html(with_three_failures())
    assert "Rules seen broken: CB-1, G-99 and NF-1" in read(to_html(with_three_failures())).text
    assert "<h1>Passed: no rule that must be kept was seen broken in 2 judged checks;" in to_html(with_no_failure())
    assert "<h1>No verdict: no check was run.</h1>" in to_html(a_result())


def test_a_failure_is_told_with_rule_source_level_what_was_seen_and_what_to_change() -> None:
    known = requirements()["IMP-1"]
    text = read(to_html(a_result(a_failure("cancelling.code", a_finding(rule="IMP-1"))))).text
    assert (
        f"IMP-1 {known.level} {known.source} {known.text} What was seen resultCode is JA, which is none of OK, INFO and"
        " ERROR. The evidence Exchange 1, CancelBooking, answer, line 4"
    ) in text
    assert "What to change Answer OK, INFO or ERROR." in text


def test_the_broken_line_is_marked_by_more_than_colour() -> None:
    text = read(to_html(a_result(a_failure()))).text
    assert text.count("▶ Broken line 4 <resultCode>JA</resultCode>") == 2  # in the excerpt and in the whole message


def test_the_whole_message_stands_once_and_later_findings_lead_to_it() -> None:
    page = to_html(a_result(a_failure("a.a"), a_failure("a.b", a_finding(line=5))))
    assert page.count('id="exchange-1"') == 1
    assert page.count('href="#exchange-1"') == 1


def test_what_is_told_of_all_else() -> None:
    text = read(to_html(with_three_failures())).text
    for told in (
        "Left behind at the target 1",
        "The booking 4711, 20261214081000, still stands: cancelling it gave HTTP 500.",
        "1 check could not be judged. The most frequent reason (1): Nothing is booked.",
        "Test persons 197912129280, 199001132399",
        "Run 2026-11-24 07:30:00 +01:00, 12.5 seconds",
        "No whole answer within 30 seconds.",
        "The kit itself failed in this check: KeyError in a.py.",
        "The wsdl suite was left out.",
    ):
        assert told in text


def test_few_failures_stand_open_and_many_are_folded_by_suite() -> None:
    few, many = to_html(with_many_failures(MOST_UNFOLDED)), to_html(with_many_failures(MOST_UNFOLDED + 1))
    assert (few.count('<article class="check"'), few.count('<details class="check"')) == (MOST_UNFOLDED, 0)
    assert (many.count('<article class="check"'), many.count('<details class="check"')) == (0, MOST_UNFOLDED + 1)
    contents = re.search(r"<nav.*?</nav>", to_html(with_many_failures(300)), re.DOTALL)
    assert contents is not None
    assert re.findall(r'href="#(failed-\d)">(\w+)</a> <span class="count">(\d+)', contents[0]) == [
        ("failed-1", "basics", "60"),
        ("failed-2", "booking", "60"),
        ("failed-3", "moving", "60"),
        ("failed-4", "cancelling", "60"),
        ("failed-5", "messages", "60"),
    ]


def test_messages_take_no_more_of_the_page_than_said_and_what_is_missing_is_named() -> None:
    long = "<a>" + "<b>&amp;&amp;&amp;&amp;</b>\n" * 1_500 + "</a>"
    answers = [HttpMessage(HEADERS, f"<c n='{at}'>{long}</c>".encode(), 200) for at in range(80)]
    result = a_result(
        *(a_failure(f"a.b{at}", a_finding(exchange=at, line=700)) for at in range(80)),
        exchanges=tuple(an_exchange(at, answer=answer) for at, answer in enumerate(answers)),
    )
    page = to_html(result)
    told = "".join(re.findall(r'<span class="text">(.*?)</span>', page, re.DOTALL))
    assert MOST_OF_MESSAGES * 0.9 < len(told) <= MOST_OF_MESSAGES
    assert "lines left out; the JSON report has the whole message." in page
    check_harmless(read(page))


def test_a_long_line_is_cut_and_said_to_be() -> None:
    message = HttpMessage(HEADERS, b"<a>" + b"x" * 10_000 + b"</a>", 200)
    page = to_html(a_result(a_failure("a.b", a_finding(line=1)), exchanges=(an_exchange(answer=message),)))
    assert "x" * (MOST_IN_LINE - 3) in page
    assert "x" * MOST_IN_LINE not in page
    assert f"1 line cut after {MOST_IN_LINE} characters; the JSON report has the whole message." in page


def test_after_a_thousand_checks_the_page_says_that_it_is_full() -> None:
    page = to_html(with_many_failures(MOST_TOLD + 2))
    assert page.count("What was seen") == MOST_TOLD
    assert page.count("This page is full: the JSON report has the findings.") == 2
