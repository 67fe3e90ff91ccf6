"""gateway/certificates.py and gateway/subjects.py: the sender id in a client certificate, however its subject is
written (platform.md §5.1, §5.2)."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type as Asn1Type
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.certificates import sender_id_anywhere, sender_id_by_attribute, sender_id_in
from gateway.settings import GatewaySettings
from gateway.subjects import CertificateUnreadable, in_friendly_form, in_rfc_2253, issuer_of, shown, subject_of
from tests.gateway.builders import CONSUMER
from tests.people import PEOPLE

PATTERN = GatewaySettings().sender_id_pattern
KEY = ec.generate_private_key(ec.SECP256R1())
CN, ORG, OU, C, SERIAL = (
    NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COUNTRY_NAME,
    NameOID.SERIAL_NUMBER,
)  # fmt: skip
Part = tuple[ObjectIdentifier, str] | tuple[ObjectIdentifier, str, Asn1Type]


def attribute(kind: ObjectIdentifier, value: str, encoding: Asn1Type | None = None) -> x509.NameAttribute:
    return x509.NameAttribute(kind, value, encoding, _validate=False)


def signed(name: x509.Name) -> bytes:
    builder = x509.CertificateBuilder(x509.Name([]), name, KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2027, 1, 1))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def a_certificate(*parts: Part) -> bytes:
    """A certificate in DER with this subject; a part may name the ASN.1 type of its value."""
    return signed(x509.Name([attribute(*one) for one in parts]))


def with_joined(*parts: Iterable[Part]) -> bytes:
    """A certificate whose subject's parts have several attributes each."""
    return signed(x509.Name([x509.RelativeDistinguishedName([attribute(*one) for one in part]) for part in parts]))


def read(certificate: bytes, pattern: str = PATTERN) -> str | None:
    return sender_id_by_attribute(certificate, pattern)


# By attribute


@pytest.mark.parametrize(
    "parts",
    [
        [(SERIAL, CONSUMER)],
        [(SERIAL, CONSUMER), (CN, "x"), (C, "SE")],
        [(C, "SE"), (SERIAL, CONSUMER), (CN, "x")],
        [(C, "SE"), (ORG, "x"), (CN, "y"), (SERIAL, CONSUMER)],
        [(CN, "Vård, omsorg + \"hälsa\" \\ <c>; #1=2"), (SERIAL, CONSUMER)],
        [(CN, "SERIALNUMBER=SE-FORGED"), (SERIAL, CONSUMER), (ORG, "a, 2.5.4.5=SE-FORGED, b")],
        [(SERIAL, CONSUMER), (CN, "SERIALNUMBER=SE-FORGED")],
        [(SERIAL, CONSUMER), (CN, "2.5.4.5=SE-FORGED")],
        [(SERIAL, CONSUMER), (CN, "#1309" + b"SE-FORGED".hex())],
        [(SERIAL, ""), (CN, "x"), (SERIAL, CONSUMER)],
        [(SERIAL, CONSUMER), (SERIAL, "")],
        [(SERIAL, CONSUMER), (ObjectIdentifier("1.2.5.4.5"), "SE-FORGED", Asn1Type.UTF8String)],
        [(SERIAL, CONSUMER), (ObjectIdentifier("2.5.4.5.1"), "SE-FORGED", Asn1Type.UTF8String)],
        [(SERIAL, CONSUMER), (ObjectIdentifier("2.999.5"), "SE-FORGED", Asn1Type.UTF8String)],
    ],
)  # fmt: skip
def test_the_serial_number_is_the_sender_wherever_it_stands(parts: list[Part]) -> None:
    """platform.md §5.1: read by the type 2.5.4.5; no name of another type passes for it."""
    assert read(a_certificate(*parts)) == CONSUMER


def test_it_is_found_in_a_part_of_several_attributes() -> None:
    """platform.md §5.1."""
    assert read(with_joined([(C, "SE")], [(CN, "x"), (SERIAL, CONSUMER)])) == CONSUMER
    assert read(with_joined([(SERIAL, CONSUMER), (CN, "x+y")], [(OU, "z")])) == CONSUMER


def test_of_several_the_last_part_of_the_subject_counts_as_on_the_real_platform() -> None:
    """platform.md §5.1: the first hit in the string, which has the last part first."""
    certificate = a_certificate((SERIAL, "SE-OTHER"), (CN, "x"), (SERIAL, CONSUMER))
    assert read(certificate) == CONSUMER
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=False) == CONSUMER
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=True) == CONSUMER


@pytest.mark.parametrize(
    "value", ["SE1,2", "a+b", 'a"b', "a\\b", " SE1", "#13", "x" * 64, "a=b;c<d>", "SE1, 2.5.4.5=3"]
)
def test_a_value_is_whole_whatever_signs_it_has(value: str) -> None:
    """platform.md §5.1: escapes belong to strings, and none is made."""
    assert read(a_certificate((SERIAL, value, Asn1Type.UTF8String))) == value


@pytest.mark.parametrize(
    ("encoding", "value"),
    [
        (Asn1Type.UTF8String, "SE2321009991-ÅÄÖ"),
        (Asn1Type.UTF8String, "SE-日本"),
        (Asn1Type.PrintableString, CONSUMER),
        (Asn1Type.BMPString, "SE2321009991-ÅÄÖ"),
        (Asn1Type.UniversalString, "SE2321009991-ÅÄÖ"),
        (Asn1Type.T61String, CONSUMER),
        (Asn1Type.IA5String, CONSUMER),
        (Asn1Type.NumericString, "2321009991"),
        (Asn1Type.VisibleString, CONSUMER),
    ],
)
def test_every_type_of_text_is_read(encoding: Asn1Type, value: str) -> None:
    """platform.md §5.1: the types of X.520."""
    assert read(a_certificate((SERIAL, value, encoding), (CN, "x"))) == value


def tampered(before: bytes, after: bytes, *parts: Part) -> bytes:
    """The certificate with other bytes in place of some: what libraries neither write nor read."""
    certificate = a_certificate(*parts)
    assert certificate.count(before) == 1
    return certificate.replace(before, after)


def test_a_text_with_a_sign_that_its_type_forbids_does_not_hide_the_sender() -> None:
    """platform.md §5.1: Latin-1 in a TeletexString, and @ in a PrintableString, are what authorities really wrote."""
    umlaut = tampered(b"\x14\x05ABCDE", b"\x14\x05AB\xc5DE", (CN, "ABCDE", Asn1Type.T61String), (SERIAL, CONSUMER))
    assert read(umlaut) == CONSUMER
    assert in_friendly_form(subject_of(umlaut)) == f"SERIALNUMBER={CONSUMER}, CN=ABÅDE"
    at = tampered(b"\x13\x05ABCDE", b"\x13\x05AB@DE", (CN, "ABCDE", Asn1Type.PrintableString), (SERIAL, CONSUMER))
    assert read(at) == CONSUMER


@pytest.mark.parametrize(
    "value",
    [b"\x13\x05AB\xc5DE", b"\x0c\x05AB\xc5DE", b"\x1e\x05ABCDE", b"\x1c\x05ABCDE", b"\x02\x05\x81BCDE"],
)
def test_a_value_that_is_no_text_tells_no_sender(value: bytes) -> None:
    """platform.md §5.1: bytes from 0x80 on cannot be read as ASCII."""
    certificate = tampered(b"\x13\x05ABCDE", value, (SERIAL, "ABCDE", Asn1Type.PrintableString))
    assert in_rfc_2253(subject_of(certificate)) == f"2.5.4.5=#{value.hex()}"
    assert read(certificate) is None


@pytest.mark.parametrize("value", ["SE1\r\nx-vp-sender-id: SE2", "SE1\x00", "\t", "\x7f", "SE\u2028"])
def test_what_would_break_a_header_is_nobodys_id(value: str) -> None:
    """An id with a line break would begin a header of its own at the producer; no setting lets it through."""
    certificate = a_certificate((SERIAL, value, Asn1Type.UTF8String))
    assert read(certificate) is None
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=False) is None
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=True) is None


def test_the_pattern_may_ask_for_another_type_by_word_or_number() -> None:
    """platform.md §5.1: VP's own tests use OU."""
    certificate = a_certificate((OU, "tp, x"), (SERIAL, CONSUMER), (CN, "OU=forged"))
    assert read(certificate, "OU=([^,]+)") == "tp, x"
    assert read(certificate, r"2\.5\.4\.11=([^,]+)") == "tp, x"
    assert read(certificate, "OU=(t)") == "t"
    assert read(certificate, "DC=([^,]+)") is None


def test_blanks_are_nobodys_id() -> None:
    assert read(a_certificate((SERIAL, "   "))) is None


# Anywhere, as the real platform searches


def test_the_specs_own_example_of_a_value_in_hex() -> None:
    """platform.md §5.1: drop five characters, the rest is ASCII in hex."""
    text = "CN=x,2.5.4.5=#13145453544e4d54323332313030303135362d423032,O=y"
    assert sender_id_in(text, PATTERN) == "TSTNMT2321000156-B02"


def test_on_the_http_listener_every_serial_number_takes_that_way() -> None:
    """platform.md §5.2 (4): RFC 2253 has no word for it."""
    certificate = a_certificate((C, "SE"), (CN, "x"), (SERIAL, "TSTNMT2321000156-B02"))
    assert in_rfc_2253(subject_of(certificate)) == "2.5.4.5=#13145453544e4d54323332313030303135362d423032,CN=x,C=SE"
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=True) == "TSTNMT2321000156-B02"


def test_on_the_https_listener_it_is_written_out() -> None:
    """platform.md §5.1: `SERIALNUMBER=SE2321000016-ABCD, CN=…, O=…, C=SE`."""
    certificate = a_certificate((C, "SE"), (ORG, "Region Prov"), (CN, "tidbok.example"), (SERIAL, "SE2321000016-ABCD"))
    expected = "SERIALNUMBER=SE2321000016-ABCD, CN=tidbok.example, O=Region Prov, C=SE"
    assert in_friendly_form(subject_of(certificate)) == expected
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=False) == "SE2321000016-ABCD"


@pytest.mark.parametrize("value", ["#1314zz", "#13145", "#130541c5", "#1314", "#"])
def test_hex_that_is_no_ascii_tells_no_sender(value: str) -> None:
    """platform.md §5.1: bytes from 0x80 on make it fail, as does what is no hex."""
    assert sender_id_in(f"2.5.4.5={value}", PATTERN) is None


def test_a_value_beyond_ascii_is_lost_in_hex_and_kept_by_attribute() -> None:
    """platform.md §5.1: VP002 on the real platform's HTTP listener."""
    certificate = a_certificate((SERIAL, "SE-Å", Asn1Type.UTF8String))
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=True) is None
    assert read(certificate) == "SE-Å"


def test_a_name_can_pass_for_a_serial_number_where_the_search_goes_everywhere() -> None:
    """platform.md §5.1, `finds_sender_anywhere`: unanchored, the first hit; by attribute it cannot."""
    certificate = a_certificate((SERIAL, CONSUMER), (CN, "x, SERIALNUMBER=SE-FORGED, y"))
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=False) == "SE-FORGED"
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=True) == CONSUMER  # = is escaped there
    assert read(certificate) == CONSUMER
    longer = a_certificate((SERIAL, CONSUMER), (ObjectIdentifier("1.2.5.4.5"), "SE-FORGED", Asn1Type.UTF8String))
    assert sender_id_anywhere(longer, PATTERN, is_rfc_2253=True) == "SE-FORGED"
    assert read(longer) == CONSUMER


def test_a_search_everywhere_ends_at_the_first_comma() -> None:
    """platform.md §5.1: `([^,]+)`."""
    certificate = a_certificate((SERIAL, "SE1,2", Asn1Type.UTF8String))
    assert sender_id_anywhere(certificate, PATTERN, is_rfc_2253=False) == '"SE1'


# The two forms


@pytest.mark.parametrize(
    ("value", "friendly", "rfc_2253"),
    [
        ("plain", "CN=plain", "CN=plain"),
        ("a, b", 'CN="a, b"', r"CN=a\, b"),
        ('say "x"', r'CN="say \"x\""', r"CN=say \"x\""),
        ("a\\b", r'CN="a\\b"', r"CN=a\\b"),
        ("a+b=c", 'CN="a+b=c"', r"CN=a\+b\=c"),
        (" x  ", 'CN=" x  "', "CN=\\ x\\ \\ "),
        ("Å", "CN=Å", "CN=Å"),
    ],
)
def test_signs_are_quoted_in_one_form_and_escaped_in_the_other(value: str, friendly: str, rfc_2253: str) -> None:
    """RFC 2253 §2.4; Java quotes where people are to read."""
    subject = subject_of(a_certificate((CN, value, Asn1Type.UTF8String)))
    assert (in_friendly_form(subject), in_rfc_2253(subject)) == (friendly, rfc_2253)


def test_parts_and_types_are_written_as_java_does() -> None:
    certificate = with_joined([(ObjectIdentifier("2.999.1"), "y", Asn1Type.UTF8String)], [(CN, "x"), (OU, "z")])
    assert in_friendly_form(subject_of(certificate)) == "CN=x + OU=z, OID.2.999.1=y"
    assert in_rfc_2253(subject_of(certificate)) == "CN=x+OU=z,2.999.1=#0c0179"
    assert subject_of(a_certificate()) == issuer_of(certificate) == ()


# What faults and logs may say


def test_a_systems_subject_is_shown() -> None:
    """platform.md §5.1, the detail of VP002."""
    assert shown(subject_of(a_certificate((C, "SE"), (CN, "nobody")))) == "CN=nobody, C=SE"


def test_a_persons_own_certificate_is_not() -> None:
    """DESIGN decision 10: a personal certificate has names, an e-mail address, perhaps a person's number."""
    anna = PEOPLE[0]
    subject = subject_of(
        a_certificate(
            (NameOID.SURNAME, anna.last_name), (NameOID.GIVEN_NAME, anna.first_name),
            (CN, f"{anna.first_name} {anna.last_name}"), (NameOID.EMAIL_ADDRESS, "anna@example.com"), (OU, "Region"),
        )
    )  # fmt: skip
    told = "OU=Region, EMAILADDRESS=(hidden), CN=(hidden), GIVENNAME=(hidden), SURNAME=(hidden)"
    assert shown(subject) == told
    assert shown(subject_of(a_certificate((OU, f"x {anna.number}"), (CN, "anna@example.com")))) == (
        "CN=(hidden), OU=x (hidden)"
    )


def test_what_is_shown_is_one_line_of_signs() -> None:
    """A line break would begin a line of its own in a log, and XML has no word for a null."""
    subject = subject_of(a_certificate((CN, "a\r\nb\x00c", Asn1Type.UTF8String)))
    assert shown(subject) == 'CN="a??b?c"'


# Anything


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x30\x80")
@example(b"\x30\x84\xff\xff\xff\xff")
@example(bytes.fromhex("300a3008a003020102300000"))
def test_any_bytes_are_a_certificate_or_unreadable(content: bytes) -> None:
    with suppress(CertificateUnreadable):
        assert isinstance(subject_of(content), tuple)


@given(st.data())
def test_a_spoilt_certificate_is_read_or_unreadable(data: st.DataObject) -> None:
    certificate = bytearray(SPOILABLE)
    for _ in range(data.draw(st.integers(1, 4))):
        certificate[data.draw(st.integers(0, len(certificate) - 1))] = data.draw(st.integers(0, 255))
    spoilt = bytes(certificate)[: data.draw(st.integers(1, len(certificate)))]
    with suppress(CertificateUnreadable):
        assert shown(subject_of(spoilt)).isprintable()
        senders = [sender_id_by_attribute(spoilt, PATTERN), sender_id_anywhere(spoilt, PATTERN, is_rfc_2253=True)]
        assert all(sender is None or sender.isprintable() for sender in senders)


SPOILABLE = a_certificate((C, "SE"), (CN, "x"), (SERIAL, CONSUMER))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=16)


@given(TEXTS, TEXTS, TEXTS)
def test_no_other_names_change_whom_the_serial_number_names(before: str, sender: str, after: str) -> None:
    """platform.md §5.1: whatever stands in the names beside it."""
    utf8 = Asn1Type.UTF8String
    certificate = a_certificate((CN, before, utf8), (SERIAL, sender, utf8), (ORG, after, utf8))
    assert read(certificate) == (sender if sender.isprintable() and sender.strip() else None)
