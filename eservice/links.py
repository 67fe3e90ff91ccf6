"""Which addresses in texts from elsewhere become links.

A web address leads away from the e-service, so the page it leads to learns nothing of this one. An address with
somebody's name before its host (`https://known.example@other.example`) is none: it hides where it leads.
"""

import re

from markupsafe import Markup

_WEB = re.compile(r"https?://[^\s/?#\\@\x00-\x20]+(?:[/?#][^\s\x00-\x20]*)?", re.IGNORECASE)
_CONTACT = re.compile(r"tel:\+?[0-9-]+|mailto:[^\s@?\x00-\x20]+@[^\s@?\x00-\x20]+", re.IGNORECASE)


def is_web_address(address: str) -> bool:
    """Whether it is an address of http or https that hides nothing."""
    return _WEB.fullmatch(address) is not None


def web_link(address: str, text: str) -> Markup:
    """`text`, escaped unless it is Markup, as a link when `address` is http or https; otherwise alone."""
    if not is_web_address(address):
        return Markup("%s") % text
    return Markup('<a href="%s" rel="noopener noreferrer">%s</a>') % (address, text)


def phone_link(phone: str) -> Markup:
    """A phone number as it is written, as a link to ring it; text around it makes it text alone."""
    return link(f"tel:{''.join(phone.split())}", phone)


def link(address: str, text: str) -> Markup:
    """As `web_link`, and numbers to ring (`tel:08-1740605`) and e-mail addresses (`mailto:…`) too."""
    if not _CONTACT.fullmatch(address):
        return web_link(address, text)
    return Markup('<a href="%s">%s</a>') % (address, text)
