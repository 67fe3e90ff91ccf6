"""What is a mobile number, what an e-mail address, and that no refusal quotes what was typed."""

import pytest
from hypothesis import given, strategies

from eservice.recipients import email_address, mobile, national

# The numbers are those that PTS keeps free for films and books.
NUMBER = "+46701740605"


@pytest.mark.parametrize(
    "typed",
    [
        "0701740605",
        "070-174 06 05",
        "+46 70 174 06 05",
        "+46 (0)70-174 06 05",
        "0046701740605",
        " 070.174.06.05\t",
        NUMBER,
    ],
)
def test_a_mobile_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert mobile(typed) == NUMBER
    assert national(typed) == "070-174 06 05"


@pytest.mark.parametrize(
    "typed",
    ["", "08-465 004 00", "070174060", "07017406051", "+4570174060", "0711740605", "0201740605", "701740605", "070-174 06 O5",
     "٠٧٠١٧٤٠٦٠٥", "+46+701740605", "0701740605,0701740606"],
)  # fmt: skip
def test_what_is_no_swedish_mobile_number_is_refused_without_being_quoted(typed: str) -> None:
    with pytest.raises(ValueError, match="a mobile number is") as refused:
        mobile(typed)
    assert not typed or typed not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anna@post.example", "anna@post.example"),
        ("  Anna.Prov+bok@Post.Example\n", "Anna.Prov+bok@post.example"),
        ("anna@räksmörgås.example", "anna@xn--rksmrgs-5wao1o.example"),
        ("o'neill_x@a-b.c.example", "o'neill_x@a-b.c.example"),
    ],
)
def test_an_email_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert email_address(typed) == kept
    assert email_address(kept) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "anna", "anna@", "@post.example", "anna@post", "anna@post.example.", "anna@.example", "anna@-post.example",
     "an na@post.example", "anna@po st.example", ".anna@post.example", "an..na@post.example", "ånna@post.example",
     '"anna"@post.example', "anna@[127.0.0.1]", "anna@127.0.0.1", "a@b@post.example", "anna@post.example\nb",
     "<anna@post.example>", "x" * 65 + "@post.example", "anna@" + "post." * 60 + "example", "anna@" + "p" * 64 + ".example",
     "anna@post_x.example", "anna@\ud800.example"],
)  # fmt: skip
def test_what_is_no_email_address_is_refused_without_being_quoted(typed: str) -> None:
    with pytest.raises(ValueError, match="an e-mail address has") as refused:
        email_address(typed)
    assert len(typed) < 2 or typed not in str(refused.value)


@given(strategies.text() | strategies.emails())
def test_any_text_is_an_address_that_stays_what_it_is_or_a_value_error(text: str) -> None:
    for read in (mobile, email_address):
        try:
            kept = read(text)
        except ValueError:
            continue
        assert kept.isascii()
        assert kept.isprintable()
        assert read(kept) == kept
