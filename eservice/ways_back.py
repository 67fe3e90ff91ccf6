"""Which page somebody comes back to: after signing in, after choosing a language.

Such an address comes from a form or a link, so anybody can have written it. It is used only when it names a page of
this site that can be asked for; nothing else is followed, on this host or another.
Elsewhere: who is sent to sign in and why (visits.py). Source: domain.md §5.1, §5.11 E17.
"""

from urllib.parse import unquote

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from webpages import surroundings

MOST_SIGNS = 2000


def this_page() -> str:
    """The address of the page that this request is about, with the path that the site is mounted at."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return f"{request.script_root}{wanted}"


def own_page(asked: str) -> str:
    """`asked` as the address of a page of this site; empty when it is none."""
    path = below(asked, request.script_root)
    return f"{request.script_root}{path}" if path and _is_page(path) else ""


def below(asked: str, root: str) -> str:
    """The path and query of `asked` below `root`, which it may begin with; empty when it leads anywhere else.

    A browser reads `\\` as `/`, drops tabs and line breaks, and takes `%2e%2e` for a step up: none of those pass.
    """
    if not (asked.startswith("/") and asked.isascii() and asked.isprintable()) or len(asked) > MOST_SIGNS:
        return ""
    path = asked.removeprefix(root) if asked.startswith(f"{root}/") else asked
    steps = unquote(path.partition("?")[0]).split("/")
    if "\\" in unquote(asked) or path.startswith("//") or any(step in (".", "..") for step in steps):
        return ""
    return path


def _is_page(path: str) -> bool:
    """Whether the site answers a GET at this path, by a page and not a file."""
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(unquote(path.partition("?")[0]), method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return not surroundings.is_file(str(endpoint))
