"""gateway/charsets.py: UTF-8 to the producer, the request's own encoding to the consumer (platform.md §8; §24 rows 26, 27)."""

import pytest
from lxml import etree

from contracts import envelope, xml
from gateway.call import Answer
from gateway.charsets import as_asked, in_utf_8
from tests.gateway.builders import (
    CONTRACT,
    a_pipeline,
    a_request,
    carried,
    fault_in,
    payload_of,
    read_fault,
    sample,
    with_headers,
)
from tests.gateway.sending import sent_on

TEXT = sample().decode().split("?>", 1)[1].strip()
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
ANSWER = f"{DECLARATION}<a><!-- ö -->Provtagning på Åre, 5 €, \U0001f489<b c='ž'/></a>".encode()
READINGS = pytest.mark.parametrize("reading", ["whole", "scan"])


def a_message(encoding: str, says: str | None, charset: str = "") -> tuple[bytes, dict[str, str]]:
    """The sample in `encoding`, its declaration saying `says`, and the headers."""
    told = "" if says is None else f'<?xml version="1.0" encoding="{says}"?>'
    headers = {"content-type": f"text/xml; charset={charset}"} if charset else {}
    return (told + TEXT).encode(encoding), headers


CONVERTED = {
    "UTF-16, declared": (a_message("utf-16", "UTF-16"), "UTF-16"),
    "UTF-16, in Content-Type": (a_message("utf-16", None, "UTF-16"), "UTF-16"),
    "UTF-16, nobody says so": (a_message("utf-16", None), "UTF-16"),
    "UTF-16, the declaration says UTF-8": (a_message("utf-16", "UTF-8"), "UTF-16"),
    "UTF-16LE, no mark, declared": (a_message("utf-16-le", "UTF-16LE"), "UTF-16LE"),
    "UTF-16LE, no mark, in Content-Type": (a_message("utf-16-le", None, "utf-16le"), "UTF-16LE"),
    "UTF-16LE, no mark, nobody says so": (a_message("utf-16-le", None), "UTF-16LE"),
    "UTF-16BE, no mark, declared": (a_message("utf-16-be", "UTF-16BE"), "UTF-16BE"),
    "UTF-16BE, no mark, in Content-Type": (a_message("utf-16-be", None, "UTF-16BE"), "UTF-16BE"),
    "UTF-16BE, no mark, nobody says so": (a_message("utf-16-be", None), "UTF-16BE"),
    "UTF-16BE, no mark, said to be UTF-16": (a_message("utf-16-be", "UTF-16"), "UTF-16"),
    "UTF-16BE, no mark, Content-Type says UTF-16": (a_message("utf-16-be", None, "UTF-16"), "UTF-16BE"),
    "ISO-8859-1, declared": (a_message("latin-1", "ISO-8859-1"), "ISO-8859-1"),
    "ISO-8859-1, in Content-Type": (a_message("latin-1", None, "ISO-8859-1"), "ISO-8859-1"),
    "windows-1252, declared": (a_message("cp1252", "windows-1252"), "WINDOWS-1252"),
    "windows-1252, in Content-Type": (a_message("cp1252", None, "windows-1252"), "WINDOWS-1252"),
    "US-ASCII": (a_message("ascii", "US-ASCII"), "US-ASCII"),
    "declared UTF-16, is UTF-8": (a_message("utf-8", "UTF-16"), "UTF-16"),
}
KEPT = {
    "no declaration": a_message("utf-8", None),
    "declared": a_message("utf-8", "UTF-8"),
    "declared in small letters": a_message("utf-8", "utf-8"),
    "with a mark": a_message("utf-8-sig", "UTF-8"),
    "with a mark, no declaration": a_message("utf-8-sig", None),
    "Content-Type says UTF-8": a_message("utf-8", None, '"utf-8"'),
    "Content-Type says UTF-16": a_message("utf-8", None, "UTF-16"),
    "Content-Type says nonsense": a_message("utf-8", None, "nonsense"),
}


def canonical(document: bytes) -> bytes:
    return etree.tostring(xml.parse(document), method="c14n")


# To the producer


@READINGS
@pytest.mark.parametrize(("message", "encoding"), CONVERTED.values(), ids=CONVERTED.keys())
def test_what_is_not_utf_8_reaches_the_producer_in_utf_8_and_is_answered_as_it_came(
    reading: str, message: tuple[bytes, dict[str, str]], encoding: str
) -> None:
    """platform.md §8; §24 rows 26, 27."""
    body, headers = message
    answer, producer = sent_on(with_headers(headers, body), ANSWER, reading=reading, answer_validation="off")
    assert producer.bodies[0].startswith(DECLARATION.encode())
    assert canonical(producer.bodies[0]) == canonical(TEXT.encode())
    assert (answer.status, dict(answer.headers)["Content-Type"]) == (200, f"text/xml; charset={encoding}")
    assert xml.encoding_of(answer.body, xml.parse(answer.body), None).upper() == encoding
    assert xml.parse(answer.body).text == xml.parse(ANSWER).text


@READINGS
@pytest.mark.parametrize(("body", "headers"), KEPT.values(), ids=KEPT.keys())
def test_what_is_utf_8_reaches_the_producer_as_it_is_and_so_does_its_answer(
    reading: str, body: bytes, headers: dict[str, str]
) -> None:
    """platform.md §8: a byte order mark too."""
    answer, producer = sent_on(with_headers(headers, body), ANSWER, reading=reading, answer_validation="off")
    assert (producer.bodies, answer.body) == ([body], ANSWER)
    assert dict(answer.headers)["Content-Type"] == "text/xml; charset=UTF-8"


def test_a_message_of_the_other_profile_is_converted_and_answered_as_it_came() -> None:
    """platform.md §4.3, 1; §8."""
    body, headers = a_message("utf-16", "UTF-16")
    answer, producer = sent_on(with_headers(headers, body), profile="RIVTABP20")
    assert b"<reg:To>" in producer.bodies[0]
    assert producer.bodies[0].startswith(DECLARATION.encode())
    assert dict(answer.headers)["Content-Type"] == "text/xml; charset=UTF-16"


def test_an_adapters_answer_is_in_the_requests_encoding_too() -> None:
    body, headers = a_message("latin-1", "ISO-8859-1")
    answer = carried(a_pipeline(), with_headers(headers, body))
    assert payload_of(answer).tag == f"{{{CONTRACT}}}GetAllCareTypesResponse"
    assert answer.body.startswith(b"<?xml version='1.0' encoding='ISO-8859-1'?>")


def test_an_error_before_the_conversion_is_told_in_utf_8() -> None:
    """platform.md §8."""
    answer = carried(a_pipeline(), a_request(TEXT.replace("2B02<", "9999<").encode("utf-16")))
    assert fault_in(answer).code == "VP004"
    assert "vägval" in answer.body.decode()


# To the consumer


def asked_in(encoding: str, body: bytes, status: int = 200) -> Answer:
    """A producer's answer for a consumer that asked in this encoding."""
    message = envelope.read(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode(encoding))
    return as_asked(Answer(status, body, (("Content-Type", "text/xml; charset=UTF-8"), ("X-Own", "1"))), message)


@pytest.mark.parametrize("encoding", ["UTF-16", "ISO-8859-1", "WINDOWS-1252", "US-ASCII"])
def test_an_answers_declaration_tells_its_new_encoding_and_nothing_is_lost(encoding: str) -> None:
    """platform.md §8. What the encoding cannot carry becomes a reference."""
    answer = asked_in(encoding, ANSWER)
    assert f"encoding='{encoding}'" in answer.body.decode(encoding)
    assert answer.headers == (("X-Own", "1"), ("Content-Type", f"text/xml; charset={encoding}"))
    root, wanted = xml.parse(answer.body), xml.parse(ANSWER)
    assert (xml.text_of(root), root[1].get("c")) == (xml.text_of(wanted), "ž")
    assert ("&#128137;" in answer.body.decode(encoding)) == (encoding != "UTF-16")


def test_text_that_is_no_reference_stays_none() -> None:
    """In a CDATA section a reference would be read as it is written."""
    answer = asked_in("ISO-8859-1", "<a><![CDATA[<&#8364;> €]]></a>".encode())
    assert xml.parse(answer.body).text == "<&#8364;> €"


def test_an_answer_in_a_third_encoding_is_read_in_its_own() -> None:
    """platform.md §8 [D]: re-decoded, because the request needed conversion."""
    answer = asked_in("UTF-16", '<?xml version="1.0" encoding="ISO-8859-1"?><a>å</a>'.encode("latin-1"))
    assert answer.body.decode("utf-16") == "<?xml version='1.0' encoding='UTF-16'?>\n<a>å</a>"


def test_a_producers_fault_is_converted_as_well() -> None:
    answer = asked_in("UTF-16", envelope.write_fault("Server", "VP009 [Annan] Fel på vägen.", "x"), status=500)
    assert answer.status == 500
    assert read_fault(answer.body).faultstring == "VP009 [Annan] Fel på vägen."


def test_an_answer_that_is_a_text_is_encoded_as_it_is() -> None:
    """platform.md §24 row 39: an answer need not be XML."""
    answer = asked_in("ISO-8859-1", "Hej på dig".encode())
    assert answer.body == "Hej på dig".encode("latin-1")
    assert dict(answer.headers)["Content-Type"] == "text/xml; charset=ISO-8859-1"


@pytest.mark.parametrize("body", [b"\x89PNG\xff", "5 €".encode(), b"\x1f\x8b\x08\x00\xff"])
def test_an_answer_that_fits_into_no_such_text_stays_as_it_is(body: bytes) -> None:
    answer = asked_in("ISO-8859-1", body)
    assert (answer.body, dict(answer.headers)["Content-Type"]) == (body, "text/xml; charset=UTF-8")


def test_a_document_type_in_an_answer_is_not_followed() -> None:
    """Such an answer passes as the text that it is."""
    text = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
    assert asked_in("UTF-16", text.encode()).body.decode("utf-16") == text


def test_only_utf_8_goes_on_untouched() -> None:
    """platform.md §8: whatever does not begin with UTF-8."""
    for encoding in ("UTF-8", "utf-8"):
        body = f'<?xml version="1.0" encoding="{encoding}"?><a>å</a>'.encode()
        assert in_utf_8(envelope.read(body)) is body
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><a>å</a>'.encode("latin-1")
    assert in_utf_8(envelope.read(body)) == f"{DECLARATION}<a>å</a>".encode()
