"""What an answer is worth: the response element, or a code and a text that quote nothing (platform.md §22.2)."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope, xml
from contracts.catalogue import Catalogue
from contracts.transport import HttpAnswer
from contracts.validation import Validator
from national_services.aggregation.answers import CallFailed, Judge, fault_text, unpacked
from national_services.aggregation.service import Source, bounded
from tests.national_services.aggregation.network import CONTRACT, times
from tests.people import PEOPLE

CATALOGUE = Catalogue.official()
INTERACTION = CATALOGUE.find(CONTRACT, "rivtabp21")
JUDGE = Judge(INTERACTION, xml.Limits(max_bytes=10_000), Validator(CATALOGUE))
CLINIC = "SE2321009991-2B02"
GOOD = times(CLINIC, "1")

bodies = (
    st.binary(max_size=300)
    | st.sampled_from([GOOD, envelope.write_fault("Server", "no", "why"), b"<html/>", b"<Envelope><Body/></Envelope>"])
    | st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=3)).map(lambda cut: GOOD[: cut[0]] + cut[1] + GOOD[cut[0] :])
)  # fmt: skip
codings = st.sampled_from(["", "identity", "gzip", "X-GZIP", "br", "gzip, gzip"])


@given(bodies, st.integers(100, 599), codings, st.sampled_from(["", "text/xml; charset=utf-16", "x"]))
def test_any_answer_is_the_response_element_or_a_failure_with_a_code(body, status, coding, kind):
    answer = HttpAnswer(status, {"content-encoding": coding, "content-type": kind}, body)
    came = judged(answer)
    if isinstance(came, CallFailed):
        assert came.code in ("43000", str(status))
        assert came.text
    else:
        assert 200 <= status <= 299
        assert came.payload.tag == INTERACTION.response


def judged(answer: HttpAnswer) -> envelope.Message | CallFailed:
    try:
        return JUDGE.message(answer)
    except CallFailed as failure:
        return failure


@given(st.binary(max_size=2000), st.integers(0, 3000))
def test_what_is_unpacked_is_never_much_longer_than_it_may_be(body, most):
    packed = HttpAnswer(200, {"content-encoding": "gzip"}, gzip.compress(body))
    told = unpacked(packed, most)
    assert told == body[: most + 1]


def test_a_bomb_is_not_unpacked():
    bomb = gzip.compress(b"<a/>" * 10_000_000)
    assert len(unpacked(HttpAnswer(200, {"content-encoding": "gzip"}, bomb), 10_000)) == 10_001
    with pytest.raises(CallFailed, match="larger than 10000 bytes"):
        JUDGE.message(HttpAnswer(200, {"content-encoding": "gzip"}, bomb))


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.first_name)
def test_a_persons_number_is_hidden_wherever_it_stands_in_the_text(person):
    failure = CallFailed("500", f"{'x' * 1990} {person.number}")
    assert person.number[:8] not in failure.text


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("<f><faultstring> a\n b </faultstring></f>", "a b"),
        ("<f><faultstring>a</faultstring><detail><x>b</x><y>c</y></detail></f>", "a, bc"),
        ("<f><detail>b</detail></f>", "b"),
        ("<f xmlns='urn:f'><faultstring>a</faultstring></f>", "a"),
        ("<f/>", "a fault without a text"),
    ],
)
def test_the_text_of_a_fault_is_its_string_and_its_cause(fault, text):
    assert fault_text(xml.parse(fault.encode())) == text


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 100))
def test_what_is_kept_fits_and_nothing_that_fitted_is_left_out(sizes, most):
    element = xml.parse(b"<x/>")
    sources = [Source(str(number), element, size) for number, size in enumerate(sizes)]
    kept = bounded(sources, most)
    assert [one.logical_address for one in kept] == [one.logical_address for one in sources]
    assert sum(one.size for one in kept) <= most
    room = most
    for before, after in zip(sources, kept, strict=True):
        assert (after.failure is None) is (before.size <= room)
        room -= before.size if before.size <= room else 0
