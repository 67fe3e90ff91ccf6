"""How the region's own pages are answered: one template each, the family's style sheet, headers that allow no script.

Texts are from the Swedish catalogue texts_sv.toml. Elsewhere: the pages (home.py, mailbox_page.py), the web sites that
people sign in to (scheduling_backends/*/staff/).
"""

import asyncio
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from gateway.door import Scope, Send

STYLE_PATH = "/static/tidbro.css"

_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
_TEXT = b"text/plain; charset=utf-8"

WebPage = Callable[[Scope], str | None]
"""The page that a GET asks for; None: there is none at the path. Called in a thread."""


@cache
def texts() -> dict[str, Any]:
    """The catalogue of the region's own texts."""
    return tomllib.loads((files("tidbro") / "texts_sv.toml").read_text(encoding="utf-8"))


@cache
def template(name: str) -> Template:
    """One of the region's templates, which escape what they are given and demand that all of it is there."""
    environment = Environment(
        loader=PackageLoader("tidbro"), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(name)


async def answer(page: WebPage, scope: Scope, send: Send) -> None:
    """Send the page, the style sheet, or that there is none."""
    status, kind, body = await asyncio.to_thread(_answered, page, scope)
    headers = [*_HEADERS, (b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if scope["path"] != STYLE_PATH:
        headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _answered(page: WebPage, scope: Scope) -> tuple[int, bytes, bytes]:
    if scope["method"] not in ("GET", "HEAD"):
        return 405, _TEXT, b""
    if scope["path"] == STYLE_PATH:
        return 200, b"text/css; charset=utf-8", _style()
    html = page(scope)
    return (404, _TEXT, b"") if html is None else (200, b"text/html; charset=utf-8", html.encode())


@cache
def _style() -> bytes:
    return (files("tidbro") / "static" / "tidbro.css").read_bytes()
