"""That a form is from one of the visit's own pages: it carries a random token, which the signed cookie has too.

Elsewhere: refusing a form without it before anything is read from it, which each site does before its views. What
ends a visit clears the session, and so the token.
"""

import hmac
import secrets

from flask import request, session

TOKEN_FIELD = "csrf_token"  # noqa: S105  its name in forms
_KEPT = "token"


def form_token() -> str:
    """The token that forms carry; made for who is not signed in yet too."""
    if _KEPT not in session:
        session[_KEPT] = secrets.token_urlsafe(24)
    token: str = session[_KEPT]
    return token


def renew() -> None:
    """Another token from now on: forms that were shown before are not taken any more."""
    session.pop(_KEPT, None)
    form_token()


def is_ours() -> bool:
    """Whether the form of this request carries the token of its cookie."""
    sent = request.form.get(TOKEN_FIELD, "")
    return bool(session.get(_KEPT)) and hmac.compare_digest(sent.encode(), str(session[_KEPT]).encode())
