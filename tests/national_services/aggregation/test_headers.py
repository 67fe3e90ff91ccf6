"""Which HTTP headers must be there, go on and come back (platform.md §22.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from national_services.aggregation import headers
from tests.national_services.aggregation.asking import HEADERS

LOWER = {name.lower(): value for name, value in HEADERS.items()}
names = st.from_regex(r"[a-z-]{1,12}", fullmatch=True) | st.sampled_from(
    ["soapaction", "x-skltp-prt", "server", "host", "connection", "content-length", "transfer-encoding", "proxy-a"]
)
texts = st.text(st.characters(max_codepoint=255), max_size=20)


@given(st.dictionaries(names, texts))
def test_only_what_can_be_sent_goes_on_and_nothing_of_one_connection(came):
    told = headers.to_source(came, "SE2321009991-TP01", "urn:a")
    ours = {"x-vp-instance-id", "user-agent", "content-type", "soapaction", "accept-encoding"}
    assert set(told) <= set(came) | ours
    assert all(value.isascii() and not set(value) & set("\r\n\0") for value in told.values())
    assert told["soapaction"] == '"urn:a"'
    for name in ("x-skltp-prt", "server", "host", "connection", "content-length", "transfer-encoding", "proxy-a"):
        assert name not in told


@given(st.dictionaries(names, st.from_regex(r"[!-~]{1,9}", fullmatch=True)))
def test_all_else_goes_on_as_it_came(came):
    stays = {"soapaction", "x-skltp-prt", "server", "host", "te", "trailer", "upgrade", "expect", "keep-alive"}
    stays |= {
        name for name in came if name.startswith(("content-", "transfer-", "connection", "accept-encoding", "proxy-"))
    }
    stays |= {one.strip().lower() for one in came.get("connection", "").split(",")}
    told = headers.to_source(came, "SE2321009991-TP01", "urn:a")
    assert {name: told.get(name) for name in came if name not in stays} == {
        name: value for name, value in came.items() if name not in stays
    }


@given(st.sets(st.sampled_from(headers.MANDATORY)))
def test_each_mandatory_header_that_is_missing_is_a_line(gone):
    missing = headers.missing({name: value for name, value in LOWER.items() if name not in gone})
    assert set(missing) == gone
    assert headers.told_missing(missing).splitlines() == [
        f"Mandatory HTTP header {name} is missing" for name in missing
    ]


@pytest.mark.parametrize("name", headers.MANDATORY)
def test_a_header_that_is_there_is_not_missing(name):
    assert name not in headers.missing(LOWER)


def test_only_the_correlation_id_comes_back():
    assert headers.to_consumer(LOWER) == {"x-skltp-correlation-id": LOWER["x-skltp-correlation-id"]}
