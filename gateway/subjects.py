"""The subject of a certificate: its attributes as they are encoded, and the ways to write them as one line.

Pure. It is read by hand, for libraries refuse the whole name when one of its texts has a sign that its type forbids, as
Å in a TeletexString, and TLS and Java do not. Java writes the last part first, in two forms: for people to read, and by
RFC 2253, where types that it has no word for are numbers and their values hex. For faults and logs there is a third,
without persons.
Elsewhere: the sender id in it (certificates.py).
Source: platform.md §5.1, §5.2 (4); RFC 2253 §2; ITU-T X.690 §8.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.identifiers import hide_persons

_VERSION = 0xA0  # the tag of what may come first
_ISSUER, _SUBJECT = 2, 4  # their places among the others

_ENCODINGS = {
    0x0C: "utf-8",  # UTF8String
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString: what is really in them
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_KEYWORDS = {
    "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.10": "O",
    "2.5.4.11": "OU", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}  # fmt: skip
"""What RFC 2253 has a word for; other types are written with their number."""
FRIENDLY_KEYWORDS = {
    **_KEYWORDS, "2.5.4.4": "SURNAME", "2.5.4.5": "SERIALNUMBER", "2.5.4.12": "T", "2.5.4.42": "GIVENNAME",
    "2.5.4.43": "INITIALS", "2.5.4.44": "GENERATION", "2.5.4.46": "DNQ", "1.2.840.113549.1.9.1": "EMAILADDRESS",
}  # fmt: skip
_COMMON_NAME = "2.5.4.3"
_OF_PERSONS = {"2.5.4.4", "2.5.4.42", "2.5.4.43", "2.5.4.44", "2.5.4.65", "1.2.840.113549.1.9.1"}


class CertificateUnreadable(ValueError):
    """It looks like a certificate and cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a subject: the number of its type, and its value in DER with the tag's number apart."""

    type: str
    tag: int
    content: bytes
    encoded: bytes

    @property
    def text(self) -> str | None:
        """The value, None when it is no text or not what its type says."""
        try:
            return self.content.decode(_ENCODINGS[self.tag])
        except (KeyError, UnicodeDecodeError):
            return None

    @property
    def in_hex(self) -> str:
        return "#" + self.encoded.hex()


Subject = tuple[tuple[Attribute, ...], ...]
"""The parts of a subject as they are encoded; a part has several attributes when they were joined by a plus."""


def subject_of(certificate: bytes) -> Subject:
    """The subject of a certificate in DER. Raises CertificateUnreadable."""
    return _name_at(_SUBJECT, certificate)


def issuer_of(certificate: bytes) -> Subject:
    """The issuer of a certificate in DER. Raises CertificateUnreadable."""
    return _name_at(_ISSUER, certificate)


def _name_at(place: int, certificate: bytes) -> Subject:
    try:
        (whole, *_) = _values(certificate)
        (signed, *_) = _values(whole[1])
        fields = [value for value in _values(signed[1]) if value[0] != _VERSION]
        return tuple(tuple(_attributes(part)) for _, part, _ in _values(fields[place][1]))
    except (ValueError, IndexError):
        raise CertificateUnreadable("its subject or issuer cannot be read") from None


def in_friendly_form(subject: Subject) -> str:
    """The subject as Java shows it: `SERIALNUMBER=SE2321000016-ABCD, CN=…, O=…, C=SE`."""
    return ", ".join(" + ".join(map(_friendly, part)) for part in reversed(subject))


def in_rfc_2253(subject: Subject) -> str:
    """The subject by RFC 2253: types that it has no word for are numbers, and their values hex."""
    return ",".join("+".join(map(_of_rfc_2253, part)) for part in reversed(subject))


def shown(subject: Subject) -> str:
    """The friendly form for faults and logs: without persons, should the certificate be somebody's own."""
    types = {one.type for part in subject for one in part}
    hidden = _OF_PERSONS | ({_COMMON_NAME} if types & _OF_PERSONS else set())
    parts = [" + ".join(_masked(one) if one.type in hidden else _shown(one) for one in part) for part in subject]
    return hide_persons("".join(sign if sign.isprintable() else "?" for sign in ", ".join(reversed(parts))))


def _shown(one: Attribute) -> str:
    return _masked(one) if "@" in (one.text or "") else _friendly(one)


def _masked(one: Attribute) -> str:
    return f"{FRIENDLY_KEYWORDS.get(one.type, one.type)}=(hidden)"


def _friendly(one: Attribute) -> str:
    name = FRIENDLY_KEYWORDS.get(one.type, f"OID.{one.type}")
    return f"{name}={_quoted(one.text) if one.text is not None else one.in_hex}"


def _quoted(value: str) -> str:
    needs = value != value.strip(" ") or "  " in value or any(sign in ',+=\n<>#;\\"' for sign in value)
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"' if needs else escaped


def _of_rfc_2253(one: Attribute) -> str:
    if one.type not in _KEYWORDS or one.text is None:
        return f"{_KEYWORDS.get(one.type, one.type)}={one.in_hex}"
    escaped = re.sub(r'([,=+<>#;"\\])', r"\\\1", one.text)
    bounded = re.sub(r"^ +| +$", lambda blanks: r"\ " * len(blanks[0]), escaped)
    return f"{_KEYWORDS[one.type]}={bounded}"


def _values(der: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The DER values one after the other: tag, content and the whole of it. Raises ValueError."""
    place = 0
    while place < len(der):
        start, length = place, _byte(der, place + 1)
        place += 2
        if length >= 0x80:
            size = length - 0x80
            if not 1 <= size <= 4:
                raise ValueError("a length that is not DER")
            length = int.from_bytes(der[place : place + size])
            place += size
        if place + length > len(der):
            raise ValueError("a value that ends too early")
        yield der[start], der[place : place + length], der[start : place + length]
        place += length


def _byte(der: bytes, place: int) -> int:
    if place >= len(der):
        raise ValueError("a value without a length")
    return der[place]


def _attributes(part: bytes) -> Iterator[Attribute]:
    for _, content, _ in _values(part):
        (_, number, _), (tag, value, encoded) = _values(content)
        yield Attribute(_dotted(number), tag, value, encoded)


def _dotted(number: bytes) -> str:
    """An object identifier as text: base 128, the first two in one."""
    arcs, arc = [], 0
    for byte in number:
        arc = arc << 7 | byte & 0x7F
        if byte < 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs:
        raise ValueError("an object identifier without numbers")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
