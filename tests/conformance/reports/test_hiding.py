"""What a report may tell: no person's number but those of the test persons, in no form and no encoding."""

import gzip
import re
from dataclasses import replace

import pytest
from hypothesis import given

from conformance.exchange import HttpMessage, shown
from conformance.model import RunResult
from conformance.reports import html, json_report, junit, signing, terminal
from conformance.reports.hiding import hidden, hiding_all_but
from tests.conformance.reports import strategies
from tests.conformance.reports.results import HEADERS, STARTED, a_check, a_failure, a_finding, a_result, an_exchange
from tests.people import ANNA, BERTIL, DAN, RESERV

FOREIGN, OWN = DAN.number, ANNA.number
FORMS = ("{0}{1}", "{0}-{1}", "{0} {1}", "{0}+{1}", "{0}\u00a0{1}", "{0}\u2013{1}")


def written(number: str, form: str) -> tuple[str, str]:
    """A number in a form, with its century and without."""
    return form.format(number[:8], number[8:]), form.format(number[2:8], number[8:])


def body_after(body: bytes, **headers: str) -> bytes:
    message = HttpMessage(headers or HEADERS, body, 200)
    (exchange,) = hidden(a_result(exchanges=(an_exchange(answer=message),))).exchanges
    assert exchange.answer is not None
    return exchange.answer.body


@pytest.mark.parametrize("form", FORMS)
def test_somebody_elses_number_is_hidden_in_every_form(form: str) -> None:
    hide = hiding_all_but([OWN])
    for text in written(FOREIGN, form):
        assert hide(f"a {text}, b") == "a (hidden), b"


@pytest.mark.parametrize("form", FORMS)
def test_a_test_persons_number_stays_in_every_form(form: str) -> None:
    hide = hiding_all_but([OWN, RESERV.number])
    for text in written(OWN, form):
        assert hide(f"a {text}, b") == f"a {text}, b"


def test_what_is_no_number_of_a_person_stays() -> None:
    text = "SE2321009991-2B02, 20261214081000, B-f180c96b913eb56eff69172f0ff271, 12345"
    assert hiding_all_but([])(text) == text


def test_a_number_beside_a_test_persons_is_hidden() -> None:
    assert hiding_all_but([OWN])(f"{OWN}, {FOREIGN}; {FOREIGN} {OWN}") == f"{OWN}, (hidden); (hidden) {OWN}"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("form", FORMS)
def test_a_body_is_gone_over_in_whichever_encoding_it_is(charset: str, form: str) -> None:
    text = f"<a>å <b>{written(FOREIGN, form)[0]}</b><c>{OWN}</c></a>"
    told = body_after(text.encode(charset)).decode(charset)
    assert told == f"<a>å <b>(hidden)</b><c>{OWN}</c></a>"


def test_a_body_in_utf_16_that_begins_at_an_odd_byte_is_gone_over() -> None:
    assert FOREIGN.encode("utf-16-le") not in body_after(b"x" + f"<b>{FOREIGN}</b>".encode("utf-16-le"))


def test_a_number_written_as_character_references_is_hidden() -> None:
    references = "".join(f"&#{ord(sign)};" for sign in FOREIGN)
    told = body_after(f"<a><b>{references}</b></a>".encode())
    assert b"&#" not in told
    assert shown(HttpMessage({}, told)).text == "<a>\n  <b>(hidden)</b>\n</a>"


def test_what_is_packed_is_left_out_whatever_it_says_of_itself() -> None:
    packed = gzip.compress(f"<a>{FOREIGN}</a>".encode())
    assert body_after(packed).startswith(b"(hidden: ")
    assert body_after(b"anything", **{"content-encoding": "br"}).startswith(b"(hidden: ")
    assert body_after(b"<a/>", **{"content-encoding": "identity"}) == b"<a/>"


def test_a_body_without_a_number_keeps_its_bytes() -> None:
    body = "<?xml version='1.0'?>\r\n<a  b = 'c'>å\xff</a >".encode("latin-1")
    assert body_after(body) == body


def test_a_password_in_an_address_is_hidden() -> None:
    told = hidden(a_result(target="https://me:secret@example.com/{interaction}"))
    assert told.target == "https://(hidden)@example.com/{interaction}"


def result_with(text: str) -> RunResult:
    """`text` in every field that a target can have a hand in."""
    message = HttpMessage({"x-told": text}, f"<a>{text}</a>".encode(), 200)
    finding = a_finding(sentence=text, remedy=text, line=1)
    return a_result(
        a_failure("basics.a", finding, reason=text),
        a_check("basics.b", reason=text, title=text),
        exchanges=(an_exchange(purpose=text, address=f"http://h/{text}", request=message, answer=message),),
        left_behind=(text,),
        notes=(text,),
        facility=text,
    )


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_report_shows_a_foreign_number(form: str) -> None:
    for text in written(FOREIGN, form):
        result = result_with(f"så {text} ja")
        key = signing.Ed25519PrivateKey.generate()
        reports = (
            json_report.to_json(result),
            junit.to_junit(result).decode(),
            terminal.summary(result),
            html.to_html(result),
            signing.sign(result, key, STARTED),
        )
        for report in reports:
            assert FOREIGN[2:] not in re.sub(r"[^\w]", "", report)
            assert "(hidden)" in report


def test_a_test_persons_number_is_shown() -> None:
    for report in (terminal.summary(result_with(OWN)), html.to_html(result_with(OWN))):
        assert report.count(OWN) > 3
        assert BERTIL.number in report


@strategies.of_results
@given(strategies.results)
def test_going_over_twice_changes_nothing_more(result: RunResult) -> None:
    once = hidden(result)
    assert hidden(once) == once


@given(strategies.moments)
def test_a_moment_stays_the_same_wherever_it_was_told(moment) -> None:
    told = hidden(replace(a_result(), started=moment)).started
    assert told.utcoffset() == moment.utcoffset()
    assert told.replace(tzinfo=None) == moment.replace(tzinfo=None, fold=0)
