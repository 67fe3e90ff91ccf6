"""Where a citizen can be reached: a mobile number or an e-mail address that was typed, in the one form that is kept.

Only the form is judged: whether somebody reads there, the first message shows. No name server is asked.
No refusal quotes what was typed. Elsewhere: what is sent there (post.py).
Source: domain.md §5.9, §5.10; ITU-T E.164; the Swedish numbering plan (PTS); RFC 5321 §4.1.2, §4.5.3.1.
"""

import re

_FILLING = re.compile(r"\(0\)|[\s().-]")
_MOBILE = re.compile(r"(?:\+46|0046|0)(7[02369]\d{7})", re.ASCII)
_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LONGEST_ADDRESS, _LONGEST_MAILBOX = 254, 64


def mobile(text: str) -> str:
    """The Swedish mobile number that somebody typed, as `+467…`, with or without blanks, hyphens and country code.

    Raises ValueError for anything else, such as other countries' numbers and those of no mobile.
    """
    match = _MOBILE.fullmatch(_FILLING.sub("", text))
    if match is None:
        raise ValueError("a mobile number is Swedish and begins with 070, 072, 073, 076 or 079")
    return f"+46{match[1]}"


def national(number: str) -> str:
    """A kept mobile number as people write it, `070-174 06 20`; any other text as it is."""
    match = _MOBILE.fullmatch(_FILLING.sub("", number))
    if match is None:
        return number
    digits = f"0{match[1]}"
    return f"{digits[:3]}-{digits[3:6]} {digits[6:8]} {digits[8:]}"


def email_address(text: str) -> str:
    """The e-mail address that somebody typed, its domain in lower case and ASCII (`å` becomes `xn--…`).

    The part before the @ stays as it is and is plain ASCII without quotes. Raises ValueError for other forms.
    """
    mailbox, at, domain = text.strip().rpartition("@")
    ascii_domain = _domain(domain)
    is_short = len(mailbox) <= _LONGEST_MAILBOX and len(mailbox) + len(ascii_domain) < _LONGEST_ADDRESS
    if not (at and ascii_domain and is_short and _ATOMS.fullmatch(mailbox)):
        raise ValueError("an e-mail address has the form name@domain, in plain letters before the @")
    return f"{mailbox}@{ascii_domain}"


def _domain(text: str) -> str:
    """The domain as name servers know it; empty when it is none: it has at least two labels, and no number last."""
    try:
        domain = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    labels = domain.split(".")
    is_name = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    return domain if is_name else ""
