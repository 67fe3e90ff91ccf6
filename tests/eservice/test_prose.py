"""eservice/prose.py, docbook.py, links.py: texts from elsewhere (domain.md §5.0, §8; contracts.md P-1 to P-5)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from eservice.links import link, web_link
from eservice.prose import administrator_text, citizen_text, purpose
from tests.eservice.html_read import assert_safe, read

HOSTILE = ("<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "<svg/onload=alert(1)>", "<!-- -->", "]]>")
SNIPPETS = (
    *HOSTILE, "**", "*", "- ", "[", "](", ")", "\n", "\n\n", "\r\n", " ", "a", "å", "&", "&lt;", '"', "'", "\x00", "\u2028",
    "https://example.com/?a=1&b=2", "javascript:alert(1)", "mailto:clinic@example.com", "tel:+46701740605",
)  # fmt: skip
TAGS = ("article", "info", "title", "para", "section", "ulink", "itemizedlist", "listitem", "bibliography")
any_text = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(SNIPPETS), max_size=25).map("".join))


def element(name: str, inside: str) -> str:
    return f"<{name} url='https://example.com/' onclick='alert(1)'>{inside}</{name}>"


words = st.sampled_from(("ord", " ", "&lt;script&gt;", "&amp;", "å", "<!-- c -->", "<?p i?>", "<![CDATA[<b>]]>"))
trees = st.recursive(
    words, lambda inside: st.builds(element, st.sampled_from(TAGS), st.lists(inside, max_size=4).map("".join))
)


# DocBook in purpose

INVITATION = """<?xml version="1.0" encoding="UTF-8"?>
<article>
  <info><title>Kallelse</title></info>
  <para>Du är välkommen till <ulink url="https://example.com/?a=1&amp;b=2">mottagningen</ulink>.</para>
  <section><title>Ta med</title><itemizedlist>
    <listitem><para>legitimation</para></listitem><listitem><para>läkemedelslista</para></listitem>
  </itemizedlist><section><title>Parkering</title><para>Finns.</para></section></section>
  <bibliography>Se även broschyren.</bibliography>
</article>
<!-- sent by a system -->"""


def test_an_invitation_in_docbook_has_headings_paragraphs_lists_and_links() -> None:
    """contracts.md P-2, P-4, P-5; headings start at the third level and go down (domain.md §5.0)."""
    assert purpose(INVITATION) == (
        "<h3>Kallelse</h3>\n"
        '<p>Du är välkommen till <a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer">mottagningen</a>.</p>\n'
        "<h4>Ta med</h4>\n"
        "<ul><li><p>legitimation</p></li><li><p>läkemedelslista</p></li></ul>\n"
        "<h5>Parkering</h5>\n"
        "<p>Finns.</p>\n"
        "<p>Se även broschyren.</p>"
    )


def test_no_level_of_headings_is_skipped_when_the_document_has_no_title() -> None:
    document = "<article><section><section><title>Ta med</title></section></section></article>"
    assert purpose(document) == "<h3>Ta med</h3>"


def test_headings_go_no_deeper_than_html_has_them() -> None:
    document = "<title>T</title>"
    for _ in range(6):
        document = f"<title>T</title><section>{document}</section>"
    assert read(purpose(f"<article>{document}</article>")).tags == ["h3", "h4", "h5", "h6", "h6", "h6", "h6"]


def test_the_namespace_of_docbook_is_accepted() -> None:
    assert purpose('<article xmlns="http://docbook.org/ns/docbook"><para>Hej</para></article>') == "<p>Hej</p>"


def test_what_the_document_says_of_its_encoding_was_true_of_other_bytes() -> None:
    """It came as the text of an element, which has been read already (contracts.md P-3)."""
    document = '<?xml version="1.0" encoding="ISO-8859-1"?><article><para>Välkommen</para></article>'
    assert purpose(document) == "<p>Välkommen</p>"


def test_a_list_inside_a_paragraph_comes_after_its_text() -> None:
    document = "<article><para>Ta med<itemizedlist><listitem>kort</listitem></itemizedlist>och dig</para></article>"
    assert purpose(document) == "<p>Ta med</p>\n<ul><li><p>kort</p></li></ul>\n<p>och dig</p>"


def test_what_stands_in_a_list_outside_its_items_is_not_lost() -> None:
    document = "<article><itemizedlist><title>Ta med</title>nu<listitem>kort</listitem></itemizedlist></article>"
    assert purpose(document) == "<p>Ta med</p>\n<p>nu</p>\n<ul><li><p>kort</p></li></ul>"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.com/", "//example.com", "tel:112", ""])
def test_a_link_in_docbook_to_anything_but_the_web_is_its_text(address: str) -> None:
    assert purpose(f"<article><para><ulink url='{address}'>här</ulink></para></article>") == "<p>här</p>"


def test_comments_and_instructions_are_not_shown() -> None:
    """contracts.md P-5."""
    html = purpose("<article><title>Ta<!-- a --> med</title><para>Hej<?b c?> d<!-- e -->u</para></article>")
    assert html == "<h3>Ta med</h3>\n<p>Hej du</p>"


def test_a_link_without_text_shows_its_address() -> None:
    html = purpose("<article><para><ulink url='https://example.com/'/></para></article>")
    assert read(html).text == "https://example.com/"


@pytest.mark.parametrize(
    "text",
    [
        "<article><script>alert(1)</script></article>",
        "<article><para>Hej<emphasis>!</emphasis></para></article>",
        "<article xmlns='urn:example'><para>Hej</para></article>",
        "<para>Hej</para>",
        "<article><para>Hej</article>",
        "<article><para>&nbsp;</para></article>",
        "<!DOCTYPE article [<!ENTITY a 'b'>]><article><para>&a;</para></article>",
        "<?xml version='1.0' encoding='UTF-7'?><article/>",
        "<article>" + "<section>" * 40 + "</section>" * 40 + "</article>",
        "<3 till alla",
    ],
)
def test_what_is_no_known_docbook_is_shown_as_the_plain_text_that_it_is(text: str) -> None:
    """domain.md §5.0: unknown → plain text; no document types, no entities (DESIGN decision 5)."""
    assert purpose(text) == Markup("<p>%s</p>") % text


@given(trees)
def test_any_docbook_becomes_safe_html(tree: str) -> None:
    seen = assert_safe(purpose(f"<article>{tree}</article>"))
    assert "".join(tree.split()).count("ord") == seen.text.count("ord"), "no text is lost"


# Plain text


def test_plain_text_has_paragraphs_at_blank_lines_and_keeps_its_line_breaks() -> None:
    assert purpose("Välkommen!\r\nTa med <kort>.\r\n \r\nHej\n") == (
        "<p>Välkommen!<br>\nTa med &lt;kort&gt;.</p>\n<p>Hej</p>"
    )


def test_a_citizens_text_is_escaped_and_keeps_its_line_breaks() -> None:
    assert citizen_text(" Ont i <b>ryggen</b>\r\nsedan & måndag\n") == (
        "Ont i &lt;b&gt;ryggen&lt;/b&gt;<br>\nsedan &amp; måndag"
    )


def test_an_empty_text_is_empty() -> None:
    assert (purpose(" \n"), citizen_text("\n"), administrator_text("\n ")) == ("", "", "")


@given(any_text)
@example("<article><para>a</para></article>")
def test_any_purpose_is_safe(text: str) -> None:
    assert_safe(purpose(text))


@given(any_text)
def test_any_citizens_text_is_only_text_and_line_breaks(text: str) -> None:
    html = citizen_text(text)
    assert set(assert_safe(html).tags) <= {"br"}
    assert read(html).text.split() == text.split()


# The administrator's format (domain.md §8)


def test_bold_and_italic_are_marked_with_stars() -> None:
    assert administrator_text("Kom **i tid**, *gärna* före. ***Nu***") == (
        "<p>Kom <strong>i tid</strong>, <em>gärna</em> före. <strong><em>Nu</em></strong></p>"
    )


def test_lines_that_begin_with_a_hyphen_are_a_list() -> None:
    assert administrator_text("Ta med\n- **kort**\n- 2 - 3 kronor\n\nHej") == (
        "<p>Ta med</p>\n<ul><li><strong>kort</strong></li><li>2 - 3 kronor</li></ul>\n<p>Hej</p>"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[oss](https://example.com/)", '<a href="https://example.com/" rel="noopener noreferrer">oss</a>'),
        ("[**oss**](tel:+46701740605)", '<a href="tel:+46701740605"><strong>oss</strong></a>'),
        ("[oss](mailto:clinic@example.com)", '<a href="mailto:clinic@example.com">oss</a>'),
        ("**[oss](tel:112)**", '<strong><a href="tel:112">oss</a></strong>'),
        ("[oss](javascript:alert)", "oss"),
        ("[oss](https://example.com@example.org/)", "oss"),
        ("[oss](/eservice/)", "oss"),
    ],
)
def test_links_lead_to_the_web_to_phones_and_to_mail(written: str, shown: str) -> None:
    assert administrator_text(written) == f"<p>{shown}</p>"


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "a*b*c", "*a*b", "** a **", "**a", "*", "-a", "[a] (tel:112)", "[](tel:112)"]
)
def test_what_is_no_mark_stays_as_it_was_written(text: str) -> None:
    assert administrator_text(text) == f"<p>{text}</p>"


@given(any_text)
@example("[x](https://a/\"onclick='y')")
@example("[[a](tel:1)](tel:2)")
@example("*" * 4000 + "a")
@example("**a *b " * 700)
def test_any_administrators_text_is_safe(text: str) -> None:
    assert_safe(administrator_text(text))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="*[]()-\r\0"), max_size=60))
def test_a_text_without_marks_is_shown_word_for_word(text: str) -> None:
    assert read(administrator_text(text)).text.split() == text.split()


@given(any_text)
def test_any_address_gives_a_link_that_may_be_followed_or_text(address: str) -> None:
    for html in (web_link(address, "<b>"), link(address, "<b>")):
        assert assert_safe(html).text == "<b>"
