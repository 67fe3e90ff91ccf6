"""Showing a page: its context, and what stands around it.

A page is one frozen dataclass, built by a pure function, and one template, which sees it as `page`, the texts as `t`,
and dates as `show`. Titles say the step, the flow and the clinic, and begin with `Fel:` when something must be mended.
Elsewhere: the layout (templates/eservice/layout.html). Source: domain.md §5.0, §5.12.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, session
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from eservice import parts, visits, ways_back
from eservice.clinics import Clinic
from eservice.journeys import Journey, JourneyUnknown
from eservice.shown import Shown
from eservice.wording import texts_in
from webpages.forms import Form
from webpages.texts import Texts

_FLASH, _REFUSED = "told", "refused"


def texts() -> Texts:
    """The texts in the citizen's language."""
    return texts_in(visits.language())


def form() -> Form:
    """The form that came with this request."""
    return Form(texts(), request.form.to_dict(flat=False))


def blank_form(**values: str) -> Form:
    """A form that nobody has sent, with these values in it."""
    return Form(texts(), {name: [value] for name, value in values.items() if value})


def render(template: str, page: object, status: int = 200) -> Response:
    """The page, with the status; a form that is shown again for what is wrong with it has 422."""
    return FlaskResponse(render_template(f"eservice/{template}", page=page), status, mimetype="text/html")


def context() -> Mapping[str, object]:
    """What every template sees beside its page."""
    from eservice import call_pages  # it shows a page too

    here = visits.visit_or_none()
    return {
        "t": texts(),
        "show": Shown(texts()),
        "parts": parts,
        "language": visits.language(),
        "visit": here,
        "settings": visits.eservice().settings,
        "unread": 0 if here is None else visits.eservice().inbox.unread(here.subject),
        "told": _told(),
        "warn_seconds": 0 if here is None else _seconds_until_warning(here.ends_at),
        "endpoint": request.endpoint or "",
        "this_page": ways_back.this_page(),
        "has_children": here is not None and bool(visits.children()),
        "calls_url": call_pages.url_of_this_page(),
    }


def tell(text: str) -> None:
    """Say this once, atop the next page."""
    session[_FLASH] = text


def tell_refusal(journey: Journey) -> None:
    """Say once, atop the next page, why the flow was refused. The clinic's words stay here; the cookie has the flow's
    name alone."""
    session[_REFUSED] = journey.id


@dataclass(frozen=True, slots=True)
class Told:
    """What stands atop a page. `tone` is good, note or bad; the clinic's own words are Swedish."""

    text: str
    tone: str = "good"
    is_swedish: bool = False
    why: str = ""


def _told() -> Told | None:
    text, name = session.pop(_FLASH, None), session.pop(_REFUSED, None)
    if text:
        return Told(text)
    here = visits.visit_or_none()
    if not name or here is None:
        return None
    try:
        result = visits.eservice().journeys.find(name, here.citizen, here.subject).result
    except JourneyUnknown:
        return None
    refusal = result.get("refusal", "")
    return Told(refusal, result.get("tone", "bad"), True, result.get("why", "")) if refusal else None


def see_other(place: str) -> Response:
    """POST → redirect → GET."""
    return redirect(place, 303)


def _seconds_until_warning(ends_at: datetime) -> int:
    return max(0, int((ends_at - visits.WARNING - visits.now()).total_seconds()))


# -- What went wrong


@dataclass(frozen=True, slots=True)
class TroublePage:
    """What went wrong, in words, and what can be done. `heading` and `text` are whole sentences.

    `retry` is the page to try again, `links` other ways on, `clinics` whom to ring.
    """

    heading: str
    text: str
    retry: str = ""
    links: tuple[tuple[str, str], ...] = ()
    clinics: tuple[Clinic, ...] = field(default=())


def clinic_of(hsa_id: HsaId) -> Clinic | None:
    return visits.eservice().clinics.clinic(hsa_id)
