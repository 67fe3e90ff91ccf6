"""A run as one page for those who decide: the verdict in a sentence at the top, then everything that explains it.

The file needs nothing else: its style is inside, no script, nothing is loaded, and a policy in its head forbids both.
All text is escaped by the template, whoever wrote it. What stands on the page, and its bounds: page.py.
"""

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.model import Outcome, RunResult
from conformance.reports.hiding import hidden
from conformance.reports.page import page_of

_MARKS = {
    Outcome.PASSED: ("good", "Passed", "✓"),
    Outcome.FAILED: ("bad", "Failed", "✕"),
    Outcome.WARNED: ("note", "Warned", "!"),
    Outcome.NOT_JUDGED: ("soft", "Not judged", "–"),
    Outcome.BROKEN: ("broke", "Kit broke", "?"),
}
_OF_VERDICT = {"passed": ("good", "✓"), "not passed": ("bad", "✕"), "no verdict": ("note", "?")}


def to_html(result: RunResult) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("conformance.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files(__package__).joinpath("templates", "report.css").read_text("utf-8")
    page = environment.get_template("report.html").render(
        page=page_of(hidden(result)),
        style=Markup(style),  # noqa: S704  our own file
        policy=f"default-src 'none'; style-src 'sha256-{_digest(style)}'; base-uri 'none'; form-action 'none'",
        marks=_MARKS,
        of_verdict=_OF_VERDICT,
    )
    return f"{page.lstrip()}\n"


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
