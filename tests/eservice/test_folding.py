"""eservice/folding.py: long texts (domain.md §5.0, §8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from eservice.folding import folded, folded_html
from eservice.prose import administrator_text, purpose
from tests.eservice.html_read import assert_safe, read
from tests.eservice.test_prose import any_text


def test_a_short_text_is_not_folded() -> None:
    assert folded("Ont i halsen", 12) is None
    assert folded_html(purpose("Ont i halsen"), 12) is None


def test_a_long_text_is_folded_between_words() -> None:
    assert folded("Ont i halsen sedan måndag", 15) == ("Ont i halsen", "sedan måndag")
    assert folded("Ont i halsen sedan måndag", 12) == ("Ont i halsen", "sedan måndag")


def test_a_word_that_is_too_long_is_broken() -> None:
    assert folded("halsontsedanmåndag", 7) == ("halsont", "sedanmåndag")


@given(st.text(max_size=80), st.integers(1, 40))
def test_folding_loses_nothing_but_blanks(text: str, most: int) -> None:
    match folded(text, most):
        case None:
            assert len(text.strip()) <= most
        case first, rest:
            assert 0 < len(first) <= most
            assert rest
            assert "".join((first + rest).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "most", "halves"),
    [
        ("ett två tre", 8, ("<p>ett två</p>", "<p>tre</p>")),
        ("ett\ntvå", 4, ("<p>ett</p>", "<p>två</p>")),
        ("ett två\n\ntre", 8, ("<p>ett två</p>", "<p>tre</p>")),
        ("- ett\n- två\n- tre", 7, ("<ul><li>ett</li><li>två</li></ul>", "<ul><li>tre</li></ul>")),
        ("**ett två** tre", 5, ("<p><strong>ett två</strong></p>", "<p>tre</p>")),
        ("[ett två](tel:112) tre", 5, ('<p><a href="tel:112">ett två</a></p>', "<p>tre</p>")),
        ("&&& &&&", 4, ("<p>&amp;&amp;&amp;</p>", "<p>&amp;&amp;&amp;</p>")),
    ],
)
def test_html_is_folded_between_words_items_and_blocks(text: str, most: int, halves: tuple[str, str]) -> None:
    assert folded_html(administrator_text(text), most) == halves


def test_html_is_not_folded_where_nothing_could_be_cut() -> None:
    assert folded_html(administrator_text("**ett två tre**"), 5) is None


def test_a_heading_stays_with_what_it_is_the_heading_of() -> None:
    html = purpose("<article><title>Ta med</title><para>legitimation och kort</para></article>")
    assert folded_html(html, 8) == ("<h3>Ta med</h3>\n<p>legitimation</p>", "<p>och kort</p>")


@given(any_text, st.integers(1, 40), st.sampled_from([purpose, administrator_text]))
def test_both_halves_of_any_html_are_whole_and_nothing_is_lost(text: str, most: int, make: type[Markup]) -> None:
    html = make(text)
    match folded_html(html, most):
        case None:
            assert_safe(html)
        case first, rest:
            shown = assert_safe(first).text + assert_safe(rest).text
            assert "".join(shown.split()) == "".join(read(html).text.split())
            assert read(rest).text.strip()
