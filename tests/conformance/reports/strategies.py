"""Any result at all: any text in any field, any bytes in any body."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import settings
from hypothesis import strategies as st

from conformance.exchange import Exchange, Failure, HttpMessage
from conformance.model import CheckResult, Finding, Outcome, RunResult
from tests.people import PEOPLE

of_results = settings(max_examples=40)
"""A result has hundreds of fields: an example tries many texts at once."""

SURROGATES_OF_BYTES = st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"])
"""What Python makes of bytes in a header that are no UTF-8."""
numbers_of_people = st.sampled_from(PEOPLE).flatmap(
    lambda person: st.sampled_from(
        [person.number, f"{person.number[:8]}-{person.number[8:]}", f"{person.number[2:8]}+{person.number[8:]}"]
    )
)
texts = st.one_of(
    st.text(max_size=12),
    st.text(st.one_of(SURROGATES_OF_BYTES, st.characters(max_codepoint=0x2100, codec="utf-8")), max_size=8),
    st.tuples(st.text(max_size=5), numbers_of_people, st.text(max_size=5)).map("".join),
    st.sampled_from(["<script>alert(1)</script>", "\x1b[2J", "]]>", "https://me:secret@example.com/"]),
)
bodies = st.one_of(
    st.binary(max_size=40),
    texts.map(lambda text: text.encode("utf-8", "replace")),
    st.tuples(texts, st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp1252"])).map(
        lambda told: f"<a>{told[0]}</a>".encode(told[1], "replace")
    ),
)
headers = st.dictionaries(
    st.one_of(texts, st.just("content-type")), st.one_of(texts, st.just("text/xml; charset=utf-16")), max_size=3
)
whole = st.integers(min_value=0, max_value=10**9)
messages = st.builds(HttpMessage, headers, bodies, st.none() | whole)
failures = st.builds(Failure, st.sampled_from(["not sent", "late", "broken off", "too large", "dropped"]), texts)
exchanges = st.builds(
    Exchange, whole, texts, texts, texts, texts, messages, st.none() | messages, st.none() | failures,
    st.floats(min_value=0, allow_nan=False, allow_infinity=False),
)  # fmt: skip
findings = st.builds(
    Finding, texts, texts, texts, st.none() | whole, st.sampled_from(["request", "answer"]), st.none() | whole
)
many_texts = st.lists(texts, max_size=2).map(tuple)
checks = st.builds(
    CheckResult, texts, texts, texts, many_texts, st.sampled_from(Outcome), st.lists(findings, max_size=2).map(tuple),
    texts, st.lists(whole, max_size=2).map(tuple),
)  # fmt: skip
moments = st.one_of(
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),
)
aware = st.datetimes(timezones=st.integers(-720, 840).map(lambda least: timezone(timedelta(minutes=least))))
results = st.builds(
    RunResult,
    kit=texts,
    role=st.sampled_from(["producer", "consumer", "gateway"]),
    target=texts,
    facility=texts,
    suites=many_texts,
    started=aware,
    ended=aware,
    results=st.lists(checks, max_size=3).map(tuple),
    exchanges=st.lists(exchanges, max_size=3).map(tuple),
    left_behind=many_texts,
    notes=many_texts,
    interrupted=st.booleans(),
    unproven=texts,
    persons=st.lists(st.one_of(st.sampled_from(PEOPLE).map(lambda one: one.number), texts), max_size=2).map(tuple),
)
