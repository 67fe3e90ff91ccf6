"""A request written otherwise says the same, and a broken one says nothing."""

from collections.abc import Callable

import pytest
from lxml import etree

from conformance.producer import variants
from contracts import codec, envelope, xml
from contracts import scheduling as s
from contracts.errors import MessageUnreadable
from contracts.identifiers import HsaId
from tests.people import ANNA

FACILITY = HsaId("SE2321009991-2B02")


def a_request() -> bytes:
    return envelope.write_request(codec.encode(s.GetAllTimeTypes(FACILITY, ANNA.identity)), FACILITY, ANNA.actor)


def said(request: bytes) -> object:
    """The question and the header's values as the contracts' own code reads them."""
    message = envelope.read(request)
    assert message.payload is not None
    question = codec.decode(codec.SCHEDULING_INTERACTIONS["GetAllTimeTypes"].request, message.payload)
    return message.interaction, message.logical_address, envelope.read_actor(message), question.subject_of_care


@pytest.mark.parametrize(
    "write",
    [
        variants.with_default_namespaces,
        variants.with_other_prefixes,
        variants.with_declaration_and_comments,
        variants.with_byte_order_mark,
        variants.in_utf_16,
        variants.with_blocks_turned,
        variants.with_unknown_block,
        variants.with_unknown_elements,
    ],
)
def test_an_allowed_form_says_the_same_in_other_bytes(write: Callable[[bytes], bytes]) -> None:
    request = a_request()
    assert write(request) != request
    assert said(write(request)) == said(request)


def test_default_namespaces_leave_no_prefix() -> None:
    root = xml.parse(variants.with_default_namespaces(a_request()))
    assert {one.prefix for one in root.iter("*")} == {None}


def test_a_request_of_1_0_has_neither_actor_nor_what_1_1_added() -> None:
    message = envelope.read(variants.of_version_1_0(a_request()))
    assert message.profile == "rivtabp20"
    assert envelope.read_actor(message) is None
    assert message.payload is not None
    assert [etree.QName(one).localname for one in message.payload] == ["healthcare_facility"]


@pytest.mark.parametrize("write", [variants.cut_off, variants.with_unbound_prefix])
def test_a_broken_form_is_no_xml(write: Callable[[bytes], bytes]) -> None:
    with pytest.raises(MessageUnreadable):
        xml.parse(write(a_request()))


def test_an_entity_stands_where_the_value_stood() -> None:
    broken = variants.with_entity(a_request(), FACILITY.text, '"other"')
    assert broken.startswith(b'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY e "other">]>')
    assert FACILITY.text.encode() not in broken.split(b"<soapenv:Body>")[1]
