"""contracts/xml.py: what the one XML door lets in, and what it keeps out (DESIGN decision 5; platform.md §3, §8)."""

import gc
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from contracts import xml
from contracts.errors import MessageUnreadable
from tests.people import ANNA

SMALL = xml.Limits(max_bytes=1000, max_tags=20, max_attributes=3, max_declarations=3)
LAUGHS = b'<!ENTITY l0 "ha">' + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


def refused(data: bytes, charset: str | None = None, limits: xml.Limits = xml.MESSAGE_LIMITS) -> str:
    """What the door says when it refuses `data`."""
    with pytest.raises(MessageUnreadable) as told:
        xml.parse(data, charset, limits)
    return told.value.detail


# What comes in


@pytest.mark.parametrize(
    "data",
    [b"<a/>", b"  \n<a/>\n", b"\xef\xbb\xbf<a/>", b'<?xml version="1.0"?><a/>', b"<?xml version='1.0' encoding='utf-8' ?><a/>",
     b"<!-- c --><?pi x?><a/><!-- d -->", b"<a><![CDATA[<!DOCTYPE x>]]></a>", b"<a>&lt;!DOCTYPE x&gt;&#60;</a>"],
)  # fmt: skip
def test_a_well_formed_document_gives_its_root(data: bytes) -> None:
    assert xml.parse(data).tag == "a"


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<a>å</a>".encode(), None),
        ("<a>å</a>".encode(), "utf-8"),
        ("<a>å</a>".encode(), "UTF-8"),
        ("<a>å</a>".encode("latin-1"), "ISO-8859-1"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>å</a>'.encode("latin-1"), None),
        ('<?xml version="1.0" encoding="windows-1252"?><a>å</a>'.encode("cp1252"), None),
        ("<a>å</a>".encode("utf-16"), None),
        ("<a>å</a>".encode("utf-16"), "utf-16"),
        ("<a>å</a>".encode("utf-16-le"), "utf-16le"),
        ("<a>å</a>".encode("utf-16-be"), "UTF-16BE"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å</a>'.encode("utf-16"), None),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å</a>'.encode("utf-16"), "utf-8"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å</a>'.encode("utf-16-le"), None),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å</a>'.encode(), None),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å</a>'.encode(), "utf-16"),
        ("<a>å</a>".encode(), "UTF-16"),
        ("<a>å</a>".encode(), "us-ascii"),
        ("<a>å</a>".encode(), "no-such-charset"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>å</a>'.encode("latin-1"), "utf-8"),
    ],
)
def test_an_encoding_that_fits_is_found_among_what_is_said(data: bytes, charset: str | None) -> None:
    """platform.md §8: the transport's charset, then what the document says, then UTF-8 (rows 26 and 27 of §24)."""
    assert xml.parse(data, charset).text == "å"


@pytest.mark.parametrize(
    ("data", "charset", "encoding"),
    [
        (b"<a/>", None, "UTF-8"),
        (b'<?xml version="1.0" encoding="utf-8"?><a/>', None, "UTF-8"),
        (b"<a/>", "UTF-16", "UTF-8"),
        ("<a/>".encode("utf-16"), None, "UTF-16"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16-le"), None, "UTF-16"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', None, "UTF-16"),
        ("<a>å</a>".encode("latin-1"), "iso-8859-1", "ISO-8859-1"),
        ('<?xml version="1.0" encoding="UTF-8"?><a>å</a>'.encode("latin-1"), "iso-8859-1", "ISO-8859-1"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "utf-8", "ISO-8859-1"),
    ],
)
def test_only_a_document_that_is_utf_8_and_says_nothing_else_counts_as_utf_8(
    data: bytes, charset: str | None, encoding: str
) -> None:
    """platform.md §8: the producer gets UTF-8, so other bytes must not be passed on."""
    assert xml.encoding_of(data, xml.parse(data, charset), charset).upper() == encoding


# What stays out


@pytest.mark.parametrize("data", [b"", b" \r\n\t"])
def test_nothing_is_refused_as_empty(data: bytes) -> None:
    assert refused(data) == "the message is empty"


@pytest.mark.parametrize(
    "data",
    [b"hello", b"{}", b"\x00" * 20, b"\x1f\x8b\x08\x00abc", b"--MIME\r\nContent-Type: text/xml\r\n\r\n<a/>", "åäö".encode()],
)  # fmt: skip
def test_what_does_not_start_as_xml_is_refused(data: bytes) -> None:
    assert "not XML" in refused(data) or "not well-formed" in refused(data)


@pytest.mark.parametrize(
    "data",
    [b"<a>", b"<a></b>", b"<a/><b/>", b"<a b=c/>", b"<a b='1' b='2'/>", b"<p:a/>", b"<a>&nosuch;</a>", b"<a>\x00</a>",
     b"<a>\xff</a>", b"<a>&#0;</a>", b"<Soap", b"<html><br></html>", b"<a:b:c xmlns:a='x'/>"],
)  # fmt: skip
def test_xml_that_is_not_well_formed_is_refused_with_its_place(data: bytes) -> None:
    assert refused(data).startswith("the message is not well-formed XML: ")
    assert " at line 1, column " in refused(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b" \n<!DOCTYPE a SYSTEM 'x.dtd'><a/>",
        b"\xef\xbb\xbf<!DOCTYPE a><a/>",
        b'<?xml version="1.0"?><!DOCTYPE a><a/>',
        b"<!-- c --><!DOCTYPE a><a/>",
        b"<!-- <a> --><?pi ?><!-- -- - --><!DOCTYPE a><a/>",
        b"<?pi <!DOCTYPE?><!DOCTYPE a><a/>",
        "<!DOCTYPE a><a/>".encode("utf-16"),
        '<?xml version="1.0" encoding="UTF-16"?><!-- å --><!DOCTYPE a><a/>'.encode("utf-16"),
        "<!DOCTYPE a><a/>".encode("utf-16-le"),
        "<!DOCTYPE a><a/>".encode("utf-16-be"),
        b"<!DOCTYPE a [" + LAUGHS + b"]><a>&l9;</a>",
        b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
    ],
)  # fmt: skip
def test_a_document_type_is_refused_in_every_disguise(data: bytes) -> None:
    assert refused(data) == "a document type is not allowed"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("doctype", ["", "<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY e "x">]>'])
@pytest.mark.parametrize(
    "before", ["<!--" + "x" * 70_000 + "-->", "<?x " + "y" * 70_000 + "?>", " " * 70_000, "<!---->" * 9_500]
)
def test_nothing_can_hide_a_document_type_by_its_length(before: str, doctype: str, encoding: str) -> None:
    told = refused(f"{before}{doctype}<a/>".encode(encoding))
    assert told in ("the message has no element within its first 65536 bytes", "the message is not XML")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_characters_that_look_like_the_end_of_a_comment_byte_by_byte_hide_nothing(encoding: str) -> None:
    """U+2D2D and > are, without their zero bytes, the end of a comment."""
    mark = "\ufeff<!--\u2d2d>x--><!DOCTYPE a><a/>"
    assert refused(mark.encode(encoding)) == "a document type is not allowed"


@pytest.mark.parametrize(
    "body",
    [b"<a>&l9;</a>", b'<a b="&l9;"/>', b"<a>" + b"&l5;" * 2000 + b"</a>"],
)
def test_entities_are_never_blown_up_even_without_the_first_look(body: bytes) -> None:
    """Billion laughs, for the parser itself."""
    with pytest.raises(MessageUnreadable, match="resource limit"):
        xml._parse(b"<!DOCTYPE a [" + LAUGHS + b"]>" + body, None)


@pytest.mark.parametrize(
    "declared",
    [
        b'SYSTEM "file:///FILE">',
        b'PUBLIC "x" "file:///FILE">',
        b'[<!ENTITY e SYSTEM "file:///FILE">]>',
        b'[<!ENTITY % p SYSTEM "file:///FILE"> %p;]>',
        b'SYSTEM "http://127.0.0.1:9/x">',
        b'[<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
    ],
)
def test_no_file_or_host_that_a_message_names_is_read(declared: bytes, tmp_path: Path) -> None:
    """The parser itself, without the look at the prolog before it. Who reads this file finds no DTD in it."""
    (tmp_path / "secret.txt").write_text("<<no DTD")
    for name in ("secret.txt", "missing"):
        place = str(tmp_path / name).encode()
        data = b"<!DOCTYPE a " + declared.replace(b"/FILE", place) + b"<a>text</a>"
        assert xml._parse(data, None).text == "text"


def test_xinclude_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    include = f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file://{secret}" parse="text"/>'
    root = xml.parse(f"<a>{include}</a>".encode())
    assert b"the secret" not in xml.serialise(root)


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-b/></a>',
        b'<?xml version="1.0" encoding="HZ-GB-2312"?><a/>',
        '<?xml version="1.0" encoding="IBM037"?><a/>'.encode("cp037"),
        '<?xml version="1.0" encoding="UTF-32"?><a/>'.encode("utf-32"),
        b'<?xml version="1.0"' + b" " * 70_000 + b'encoding="UTF-7"?><a>+ADw-b/></a>',
        '<?xml version="1.0" encoding="UTF-7"?><a/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)  # fmt: skip
def test_an_encoding_that_could_hide_tags_from_counting_is_refused(data: bytes) -> None:
    assert "encoding" in refused(data) or "not XML" in refused(data)


# Limits


def test_as_many_bytes_as_allowed_come_in_and_one_more_does_not() -> None:
    """platform.md §14.4."""
    fits = b"<a>" + b"x" * 993 + b"</a>"
    assert len(fits) == SMALL.max_bytes
    assert xml.parse(fits, limits=SMALL).tag == "a"
    assert refused(fits + b" ", limits=SMALL) == "the message is larger than 1000 bytes"


def test_as_many_tags_as_allowed_come_in_and_one_more_does_not() -> None:
    assert xml.parse(b"<a>" + b"<b/>" * 18 + b"</a>", limits=SMALL).tag == "a"
    assert refused(b"<a>" + b"<b/>" * 19 + b"</a>", limits=SMALL) == "the message has more than 20 tags and attributes"


def test_tags_and_attributes_are_counted_together_before_parsing() -> None:
    data = b"<a>" + b"<b c = '1'/>" * 10 + b"</a>"
    assert refused(data, limits=SMALL) == "the message has more than 20 tags and attributes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_namespace_declarations_are_bounded_too(encoding: str) -> None:
    """libxml2 takes time with their square: 80,000 in a message of 2 MB took it nine seconds."""
    few, many = (f"<a {' '.join(f'xmlns:p{n}=' + repr('u') for n in range(count))}/>" for count in (3, 4))
    assert xml.parse(few.encode(encoding), limits=SMALL).tag == "a"
    assert refused(many.encode(encoding), limits=SMALL) == "the message has more than 3 namespace declarations"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("prefix", ["", ":p", ":" + "p" * 1999, ":" + "p" * 2000])
@pytest.mark.parametrize("quotes", [" = '{}'", '="{}"'])
def test_the_name_of_a_namespace_is_not_long(encoding: str, prefix: str, quotes: str) -> None:
    """Each element carries its whole name: with one of 9 MB, 190,000 empty elements of the header took minutes."""
    opening, sentence = (
        "<a xmlns" + prefix + quotes,
        "the message has a namespace whose name is longer than 2000 characters",
    )
    longest, longer = (f"{opening.format('u' * count)}>{'<b/>' * 2000}</a>".encode(encoding) for count in (1999, 2001))
    assert refused(longer) == sentence
    with pytest.raises(MessageUnreadable, match="longer than 2000"):
        xml.scan(longer, list)
    if len(prefix) <= 2000:
        assert len(xml.parse(longest)) == 2000


def test_a_message_that_tells_of_namespaces_in_its_text_comes_in() -> None:
    text = "xmlns: xmlns= xmlns:p=&lt; xmlns='u' <![CDATA[<a xmlns='u'/>]]> " * 500
    assert xml.parse(f"<a>{text}</a>".encode()).tag == "a"


def test_equals_signs_in_text_are_no_attributes() -> None:
    assert xml.parse(b"<a>" + b"=" * 500 + b"</a>", limits=SMALL).tag == "a"


def test_as_many_attributes_as_allowed_come_in_and_one_more_does_not() -> None:
    assert xml.parse(b"<a b='1' c='2' d='3'/>", limits=SMALL).tag == "a"
    assert refused(b"<a b='1' c='2' d='3' e='4'/>", limits=SMALL) == "the message has more than 3 attributes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_too_many_tags_are_counted_in_every_encoding(encoding: str) -> None:
    text = "<a>" + "<b/>" * 40 + "</a>"
    assert "more than 20 tags" in refused(text.encode(encoding), limits=SMALL)


@pytest.mark.parametrize(("depth", "comes_in"), [(256, True), (257, False), (10_000, False)])
def test_elements_may_be_nested_256_deep(depth: int, comes_in: bool) -> None:
    data = b"<a>" * depth + b"</a>" * depth
    if comes_in:
        assert xml.parse(data).tag == "a"
    else:
        assert "resource limit" in refused(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<a " + b" ".join(b'b%x=""' % n for n in range(1_000_000)) + b"/>",
        b"<a " + b" ".join(b'xmlns:b%x="c"' % n for n in range(500_000)) + b"/>",
        b"<a>" + b"<b/>" * 3_000_000 + b"</a>",
        b"<a>" + b"x" * 16_000_000 + b"</a>",
        b"<" * 15_000_000,
    ],
    ids=["a million attributes", "namespaces", "tags", "16 MB", "only brackets"],
)
def test_what_would_fill_the_memory_is_refused_before_it_is_parsed(data: bytes) -> None:
    assert "more than" in refused(data) or "larger than" in refused(data)


def test_a_text_may_be_as_long_as_a_message() -> None:
    """platform.md §14.4: libxml2 by itself takes no more than 10,000,000 characters in a piece."""
    size = xml.MESSAGE_LIMITS.max_bytes - len(b"<a></a>")
    assert len(xml.parse(b"<a>" + b"x" * size + b"</a>").text) == size


@pytest.mark.parametrize(("depth", "comes_in"), [(256, True), (257, False), (1_000, False), (10_000, False)])
def test_a_large_document_is_nested_no_deeper_than_a_small_one(depth: int, comes_in: bool) -> None:
    data = b"<a>" * depth + b"x" * 10_000_001 + b"</a>" * depth
    if comes_in:
        assert xml.parse(data).tag == "a"
    else:
        assert "nested more than 256 deep" in refused(data) or "resource limit" in refused(data)


def test_a_large_document_has_no_document_type_either() -> None:
    with pytest.raises(MessageUnreadable, match="a document type is not allowed"):
        xml.parse(b"<!DOCTYPE a [" + LAUGHS + b"]><a>" + b"x" * 10_000_001 + b"</a>")


# Scanning


def begun(
    data: bytes, until: str = "", charset: str | None = None, limits: xml.Limits = xml.MESSAGE_LIMITS
) -> list[str]:
    """The names of the elements that a scan gives, up to and with `until`."""

    def read(elements: Iterator[xml.Element]) -> list[str]:
        names = []
        for element in elements:
            names.append(element.tag)
            if element.tag == until:
                break
        return names

    return xml.scan(data, read, charset, limits)[0]


def not_scanned(data: bytes, until: str = "", limits: xml.Limits = xml.MESSAGE_LIMITS) -> str:
    with pytest.raises(MessageUnreadable) as told:
        begun(data, until, limits=limits)
    return told.value.detail


def test_a_scan_gives_the_elements_in_their_order() -> None:
    assert begun(b"<?xml version='1.0'?><!-- c --><a><b><c/></b><?pi?>text<d/></a>") == ["a", "b", "c", "d"]


@pytest.mark.parametrize("rest", [b"", b"<c>", b"</a>", b"&nosuch;", b"\xff", b"<p:c/>", b"<c d>", b"</b></a>more"])
def test_what_is_wrong_after_the_last_element_that_is_asked_for_is_not_noticed(rest: bytes) -> None:
    """platform.md §3."""
    assert begun(b"<a><b>" + rest, until="b") == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [b"<a><x></y><b/></a>", b"<a>&nosuch;<b/></a>", b"<a><p:x/><b/></a>", b"<a p:x='1'><b/></a>", b"<a x><b/></a>", b"<a",
     b"<a>\xff<b/></a>", b"<a>" * 300 + b"<b/>"],
)  # fmt: skip
def test_what_is_wrong_before_it_is_refused(data: bytes) -> None:
    """platform.md §3."""
    assert not_scanned(data, until="b").startswith("the message is not well-formed XML: ")


@pytest.mark.parametrize("data", [b"<a>", b"<a/><b/>", b"<a></b>", b"<a>&nosuch;</a>", b"<a><p:b/></a>"])
def test_a_scan_to_the_end_notices_everything(data: bytes) -> None:
    assert not_scanned(data).startswith("the message is not well-formed XML: ")


@pytest.mark.parametrize("data", [b"", b" \n", b"hello", b"<!DOCTYPE a><a/>", b"<!-- c --><!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
     b'<?xml version="1.0" encoding="UTF-7"?><a/>', b"<a>" + b" " * 1000])  # fmt: skip
def test_a_scan_refuses_what_parsing_refuses_before_it_begins(data: bytes) -> None:
    assert not_scanned(data, until="a", limits=SMALL) == refused(data, limits=SMALL)


@pytest.mark.parametrize(
    "before", [b"<x/>" * 21, b"<x " + b" ".join(b"a%d='1'" % n for n in range(20)) + b"/>", b"<x xmlns:a='1' xmlns:b='2' xmlns:c='3' xmlns:d='4'/>"]
)  # fmt: skip
def test_what_is_scanned_is_bounded(before: bytes) -> None:
    assert "more than" in not_scanned(b"<a>" + before + b"<b/></a>", until="b", limits=SMALL)


def test_markup_after_what_is_scanned_costs_nothing_and_counts_for_nothing() -> None:
    """platform.md §3: the bytes go on as they are; 3 million tags would fill the memory."""
    assert begun(b"<a><b/>" + b" " * 20_000 + b"<c/>" * 3_000_000, until="b") == ["a", "b"]


def test_markup_far_into_a_document_is_counted_when_the_scan_comes_there() -> None:
    assert "more than 200000 tags" in not_scanned(b"<a>" + b"<c/>" * 300_000 + b"<b/></a>", until="b")


@pytest.mark.parametrize(
    ("text", "encoding", "charset", "told"),
    [
        ("<a><b/></a>", "utf-8", None, "UTF-8"),
        ("\ufeff<a><b/></a>", "utf-8", None, "UTF-8"),
        ("<a><b/></a>", "utf-8", "UTF-16", "UTF-8"),
        ("<a>å<b/></a>", "utf-16", None, "UTF-16"),
        ("<a>å<b/></a>", "utf-16-le", None, "UTF-16LE"),
        ("<a>å<b/></a>", "utf-16-be", None, "UTF-16BE"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å<b/></a>', "utf-16-be", None, "UTF-16"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å<b/></a>', "utf-8", None, "UTF-16"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>å<b/></a>', "utf-8", "utf-16", "UTF-16"),
        ("<a>å<b/></a>", "latin-1", "iso-8859-1", "ISO-8859-1"),
        ('<?xml version="1.0" encoding="windows-1252"?><a>å<b/></a>', "cp1252", None, "WINDOWS-1252"),
    ],
)
def test_a_scan_finds_the_encoding_that_parsing_finds(text: str, encoding: str, charset: str | None, told: str) -> None:
    """platform.md §8; §24 rows 26, 27."""
    data = text.encode(encoding)
    assert begun(data, charset=charset) == ["a", "b"]
    assert xml.scan(data, list, charset)[1] == told
    assert xml.encoding_of(data, xml.parse(data, charset), charset).upper() == told


def first_text(text: str) -> str | None:
    def read(elements: Iterator[xml.Element]) -> str | None:
        found = [element for element in elements if element.tag == "a"]
        return xml.first_text_of(found[0])

    return xml.scan(text.encode(), read)[0]


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("SE1", "SE1"),
        (" SE1\n", " SE1\n"),
        ("SE&amp;&#49;", "SE&1"),
        ("", None),
        ("SE<![CDATA[12]]>3", "SE"),
        ("<![CDATA[12]]>3", "12"),
        ("S<!-- c -->E1", "S"),
        ("<!-- c -->SE1", " c "),
        ("S<?pi?>E1", "S"),
        ("S<b/>E1", "S"),
        (" <b>SE1</b>", " "),
    ],
)
def test_the_first_piece_of_a_text_ends_where_another_kind_of_node_begins(content: str, first: str | None) -> None:
    """platform.md §3 [D]."""
    assert first_text(f"<x><a>{content}</a></x>") == first


@pytest.mark.parametrize("content", ["<b>SE1</b>", "<b/>SE1", "<?pi?>SE1"])
def test_an_element_that_comes_first_is_no_text(content: str) -> None:
    """platform.md §3 [D]."""
    with pytest.raises(xml.NoText):
        first_text(f"<x><a>{content}</a></x>")


# What errors say


@pytest.mark.parametrize(
    "template",
    [b"<a>%s</b>", b"<a %s='1' %s='2'/>", b"<%s>", b"<a>&%s;</a>", b"<p%s:a/>", b"%s", b"<a><b>%s</a>", b"<a x=%s/>", b"<!DOCTYPE %s><a/>"],
)  # fmt: skip
def test_an_error_never_quotes_the_message(template: bytes) -> None:
    """DESIGN decision 10."""
    data = template.replace(b"%s", b"p" + ANNA.number.encode())
    assert ANNA.number not in refused(data)
    assert ANNA.number not in not_scanned(data)


# Helpers


def test_serialising_gives_utf_8_without_declaration_or_what_follows() -> None:
    root = xml.parse("<?xml version='1.0'?><a><b>å</b>tail</a>".encode())
    assert xml.serialise(root[0]) == "<b>å</b>".encode()


def test_characters_that_xml_cannot_carry_are_replaced() -> None:
    assert xml.carriable("a\x00b\x0bc\ud800d\ufffee\tf\n") == "a\ufffdb\ufffdc\ufffdd\ufffde\tf\n"


def test_a_comment_does_not_cut_a_text_short() -> None:
    assert xml.text_of(xml.parse(b"<a>SE<!-- c -->123<?pi?>4</a>")) == "SE1234"
    assert xml.text_of(xml.parse(b"<a/>")) == ""


def test_each_thread_has_parsers_of_its_own() -> None:
    wrong: list[BaseException] = []
    ready = threading.Barrier(8)

    def parse_often(number: int) -> None:
        ready.wait()
        try:
            for _ in range(200):
                assert xml.parse(b"<a>%d</a>" % number, "utf-8").text == str(number)
                refused(b"<a>")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=parse_often, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Schemas

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:one" elementFormDefault="qualified">
  {imports}<xs:element name="a" type="xs:int"/>
</xs:schema>"""
IMPORT = '<xs:import namespace="urn:two" schemaLocation="{0}"/>'
OTHER = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:two"><xs:element name="b" type="xs:int"/></xs:schema>"""


def unchanged(path: Path, text: bytes) -> bytes:
    return text


def a_folder(tmp_path: Path, imports: str = "", **files: str) -> Path:
    folder = tmp_path / "domain"
    folder.mkdir()
    (folder / "one.xsd").write_text(SCHEMA.format(imports=imports))
    for name, text in files.items():
        (folder / f"{name}.xsd").write_text(text)
    return folder


def compiled(folder: Path, **imports: str) -> xml.Schema:
    places = {f"urn:{name}": folder / path for name, path in imports.items()} or {"urn:one": folder / "one.xsd"}
    return xml.compile_schema(places, folder, unchanged)


def test_a_schema_with_an_import_inside_its_folder_compiles(tmp_path: Path) -> None:
    schema = compiled(a_folder(tmp_path, IMPORT.format("two.xsd"), two=OTHER))
    assert schema.validate(xml.parse(b"<a xmlns='urn:one'>1</a>"))
    assert not schema.validate(xml.parse(b"<a xmlns='urn:one'>x</a>"))


def test_a_folder_may_have_blanks_and_swedish_letters_in_its_name(tmp_path: Path) -> None:
    place = tmp_path / "Mina kontrakt från Åre"
    place.mkdir()
    assert compiled(a_folder(place, IMPORT.format("two.xsd"), two=OTHER))


@pytest.mark.parametrize(
    "location",
    ["../outside.xsd", "http://127.0.0.1:9/two.xsd", "https://example.org/two.xsd", "file:///etc/passwd", "/etc/passwd",
     "ftp://127.0.0.1/two.xsd", "missing.xsd"],
)  # fmt: skip
def test_a_schema_that_imports_from_outside_its_folder_is_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "outside.xsd").write_text(OTHER)
    with pytest.raises(xml.SchemaBroken):
        compiled(a_folder(tmp_path, IMPORT.format(location)))


def test_a_schema_file_outside_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "outside.xsd").write_text(OTHER)
    with pytest.raises(xml.SchemaBroken, match=r"outside\.xsd, which declares urn:two, is not a file of domain"):
        compiled(a_folder(tmp_path), two="../outside.xsd")


@pytest.mark.parametrize(
    "text",
    [
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='b' type='nosuch'/></xs:schema>",
        "<a>",
        "",
    ],
)
def test_a_schema_that_does_not_compile_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(xml.SchemaBroken):
        compiled(a_folder(tmp_path, two=text), two="two.xsd")


def test_a_schema_is_corrected_as_it_is_read(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    schema = xml.compile_schema(
        {"urn:one": folder / "one.xsd"}, folder, lambda path, text: text.replace(b"xs:int", b"xs:string")
    )
    assert schema.validate(xml.parse(b"<a xmlns='urn:one'>x</a>"))


def test_the_entities_of_a_schema_read_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    evil = f'<!DOCTYPE s [<!ENTITY e SYSTEM "file://{tmp_path}/secret.txt">]>' + OTHER.replace('name="b"', 'name="&e;"')
    with pytest.raises(xml.SchemaBroken) as told:
        compiled(a_folder(tmp_path, two=evil), two="two.xsd")
    assert "the secret" not in str(told.value)


# Detached elements


def detached(text: str) -> str:
    return xml.detached(xml.parse(text.encode())[0]).decode()


def test_a_detached_element_takes_along_the_namespaces_that_it_uses_in_names_or_values() -> None:
    text = '<a xmlns:p="urn:p" xmlns:q="urn:q" xmlns:r="urn:r" xmlns:s="urn:s"><p:b t="(q:Name)"><c>r:Name</c></p:b> tail</a>'
    assert detached(text) == ('<p:b xmlns:p="urn:p" xmlns:q="urn:q" xmlns:r="urn:r" t="(q:Name)"><c>r:Name</c></p:b>')


def test_equal_elements_are_detached_as_equal_bytes() -> None:
    assert detached("<a><b y='1' x='2'/></a>") == detached(
        '<a><!--c--><b x="2"   y="1"></b></a>'.replace("<!--c-->", "")
    )


def test_detaching_takes_time_with_the_message_not_with_its_square() -> None:
    """Many declarations and 5 MB of text: a search of the text for each took minutes."""
    declared = " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(4_000))
    assert len(detached(f"<a {declared}><b>{'x' * 5_000_000}</b></a>")) > 5_000_000


PIECE = 10_000_001  # more than libxml2 takes in one by itself


@pytest.mark.parametrize(
    "node",
    [b"<!--%b-->" % (b"x" * PIECE), b" " * PIECE, b"<?x %b?>" % (b"x" * PIECE), b"<b>%b</b>" % (b"x" * PIECE)],
    ids=["comment", "blanks", "instruction", "text"],
)
def test_a_scan_takes_a_node_as_long_as_a_message(node: bytes) -> None:
    """platform.md §14.4: the real platform's parser has no bound of its own."""
    assert begun(b"<a>%b<c/><d/></a>" % node, until="c")[-1] == "c"


@pytest.mark.parametrize(("depth", "comes_in"), [(256, True), (257, False), (1_000, False), (10_000, False)])
def test_a_scan_of_a_large_document_goes_no_deeper_than_of_a_small_one(depth: int, comes_in: bool) -> None:
    data = b"<a>" + b" " * PIECE + b"<a>" * (depth - 1) + b"</a>" * depth
    if comes_in:
        assert len(begun(data)) == depth
    else:
        with pytest.raises(MessageUnreadable, match=r"nested more than 256 deep|resource limit"):
            begun(data)


def test_a_scan_of_a_large_document_counts_its_tags_all_the_same() -> None:
    with pytest.raises(MessageUnreadable, match="more than 200000 tags"):
        begun(b"<a>" + b" " * PIECE + b"<b/>" * 200_000 + b"</a>")


@pytest.mark.parametrize(
    "data",
    [b"<a><b/><c/><d/></a>", b"<a><b/><c>", b"<a><b", b"<a><b></a>", b"<a><x:b/></a>", b"<a>" * 300],
    ids=["whole", "unfinished", "broken", "crossed", "unbound", "deep"],
)
@pytest.mark.parametrize("until", ["", "b"])
@pytest.mark.parametrize("charset", [None, "utf-16"])
def test_a_scan_that_has_ended_leaves_nothing_in_circles(data: bytes, until: str, charset: str | None) -> None:
    """They would wait for the garbage collector, with the document of every call."""
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            with suppress(MessageUnreadable):
                begun(data, until, charset)
        assert gc.collect() == 0
    finally:
        gc.enable()
