"""The page that shows the SOAP calls behind a page: their order, which went side by side, what came back.

A page that sent its visitor on (POST → 303 → GET) is shown together with the one that he came to. The visit is known by
a random word in its cookie. All of it is there only where the setting `shows_calls` is on.
Elsewhere: what is kept, and how (calls.py). Source: domain.md §5.0 ("Visa anropen bakom sidan").
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Flask, abort, g, request, session, url_for
from werkzeug.wrappers import Response

from contracts import envelope, xml
from contracts.errors import MessageUnreadable
from contracts.namespaces import SOAP_ENVELOPE
from eservice import calls, pages, visits
from eservice.calls import Call, CallBook
from eservice.pages import render
from webpages import surroundings

blueprint = Blueprint("call_pages", __name__)

_VISIT, _BEFORE = "calls", "calls_before"


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One call. `after` is when it began, counted from the first, and `took` how long it took, in milliseconds."""

    number: int
    interaction: str
    logical_address: str
    after: int
    took: int
    is_beside_others: bool
    outcome: str
    is_good: bool
    is_cut: bool
    request: str = field(repr=False)
    response: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallsPage:
    """`milliseconds` from the first call's beginning to the last one's end."""

    path: str
    calls: tuple[ShownCall, ...]
    milliseconds: int


# -- Around each request


def surround(site: Flask) -> None:
    """Have the site note the calls of its pages. After `visits.check`, which says whose they are."""
    site.before_request(_begin)
    site.after_request(_keep)


def url_of_this_page() -> str:
    """Where the calls of the page that is being made will be shown; empty where none are noted."""
    name = g.get("calls_name")
    return url_for("call_pages.show", name=name) if name else ""


def _begin() -> None:
    if _book() is None or visits.visit_or_none() is None or surroundings.is_static():
        return
    if request.endpoint not in ("call_pages.show", "sign_in.stay"):
        session.setdefault(_VISIT, secrets.token_urlsafe(16))
        g.calls_name, g.calls = secrets.token_urlsafe(9), calls.collect()


def _keep(answer: Response) -> Response:
    collected: list[Call] | None = g.get("calls")
    calls.stop()
    book, visit = _book(), session.get(_VISIT)
    if book is None or collected is None or visit is None:
        return answer
    before = book.find(session.pop(_BEFORE, ""), visit)
    whole = (*(before.calls if before else ()), *collected)
    book.put(g.calls_name, visit, f"{request.script_root}{request.full_path.rstrip('?')}", whole)
    if 300 <= answer.status_code < 400:
        session[_BEFORE] = g.calls_name
    return answer


def _book() -> CallBook | None:
    return visits.eservice().calls


# -- Showing them


@blueprint.get("/anrop/<name>")
def show(name: str) -> Response:
    book = _book()
    page = None if book is None else book.find(name, session.get(_VISIT, ""))
    if page is None:
        abort(404)
    shown = tuple(_shown(number, one, page.calls) for number, one in enumerate(page.calls, 1))
    whole = max((one.ended for one in page.calls), default=0) - min((one.began for one in page.calls), default=0)
    return render("calls.html", CallsPage(page.path, shown, _milliseconds(whole)))


def _shown(number: int, call: Call, among: Sequence[Call]) -> ShownCall:
    interaction, logical_address = _addressed(call.request)
    outcome, is_good = _outcome(call)
    return ShownCall(
        number=number,
        interaction=interaction,
        logical_address=logical_address,
        after=_milliseconds(call.began - among[0].began),
        took=_milliseconds(call.ended - call.began),
        is_beside_others=any(one is not call and one.began < call.ended and call.began < one.ended for one in among),
        outcome=outcome,
        is_good=is_good,
        is_cut=call.is_cut,
        request=_indented(call.request),
        response=_indented(call.response),
    )


def _addressed(message: bytes) -> tuple[str, str]:
    """The interaction and the logical address of a request; empty where it cannot be read."""
    try:
        read = envelope.read(message)
    except MessageUnreadable:
        return "", ""
    return read.interaction or "", read.logical_address or ""


def _outcome(call: Call) -> tuple[str, bool]:
    """What came back, in a word or two, and whether it was an answer that says nothing of a failure."""
    t = pages.texts()
    if call.failure:
        return t("calls.no_answer", kind=call.failure), False
    try:
        payload = envelope.read(call.response).payload
    except MessageUnreadable:
        return t("calls.unreadable", status=call.status), False
    if payload is None or payload.tag == f"{{{SOAP_ENVELOPE}}}Fault":
        said = None if payload is None else payload.find("faultstring")
        return t("calls.fault", text="" if said is None else xml.text_of(said)[:80]), False
    code = next(payload.iter("{*}resultCode"), None)
    return (t("calls.answer"), True) if code is None else (t("calls.result", code=xml.text_of(code)), True)


def _indented(message: bytes) -> str:
    """The message with an element a line; as it came where it cannot be read."""
    try:
        return xml.indented(xml.parse(message)) if message else ""
    except MessageUnreadable:
        return message.decode("utf-8", "replace")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
