"""What is one citizen's own, under every address that the site has for it, and whether any of it has changed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from eservice import models
from eservice.site import make_site
from tests.eservice.conftest import Demo
from tests.eservice.test_invitations import invite
from tests.eservice.walks import booked_page, citizen, name_of, walk
from tests.people import ANNA, Person

NONE_SUCH = "AAAAAAAAAAAAAAAA"
"""A name that nothing has."""
HER_WORDS = "Det gäller mitt knä"
HER_PHONE, HER_EMAIL = "070-174 06 44", "hemlig@post.example"
HER_MOBILE = "070-174 06 45"
FAR_OFF = date(2026, 12, 8)
CLINICS = ("1A01", "2B02", "2B03", "2B05", "2B07")

EVENTS = {
    "bokad-tid": "reference_of_another_refused",
    "kallelse": "reference_of_another_refused",
    "inkorg": "letter_of_another_refused",
    "arende": "journey_of_another_refused",
    "bevakningar": "watch_of_another_refused",
    "anrop": "calls_of_another_refused",
}
"""What is logged when somebody else asks, by the first part of the address."""


@dataclass(frozen=True)
class Owned:
    """An address of something that is Anna's; `unknown` is the same with a name that nobody has been given."""

    method: str
    path: str
    unknown: str

    @property
    def event(self) -> str:
        return EVENTS[self.path.partition("/")[0]]


def routes(demo: Demo, method: str) -> list:
    """The site's routes for the method, files left out."""
    rules = make_site(demo.eservice, b"x" * 32).url_map.iter_rules()
    return [one for one in rules if method in one.methods and not one.endpoint.endswith("static")]


def path_of(rule, **named: str) -> str:
    """The address of a route, below the site."""
    return rule.build(named)[1].lstrip("/")


def everything(demo: Demo, browse) -> tuple[dict[str, list[str]], list[Owned]]:
    """Anna's own things, by the first part of their addresses, and every address that the site has for them."""
    names = {
        "bokad-tid": [_last_part(booked_page(demo, ANNA, "2B02"))],
        "kallelse": [name_of(demo, ANNA, "2B99", invite(demo, ANNA))],
        **_by_pages(browse(ANNA), demo),
    }
    demo.settle()
    _stop_what_goes_on_by_itself(demo)
    found = []
    for method in ("GET", "POST"):
        for rule in routes(demo, method):
            first = str(rule).split("/")[1]
            if first == "personal" or not rule.arguments - {"slug"}:
                continue
            (argument,) = rule.arguments
            found += [
                Owned(method, path_of(rule, **{argument: name}), path_of(rule, **{argument: NONE_SUCH}))
                for name in names[first]
            ]
    return names, found


def _stop_what_goes_on_by_itself(demo: Demo) -> None:
    """What changes from here on is somebody's doing."""
    demo.eservice.watches.close()
    demo.eservice._reminding.close()
    demo.eservice._news.close()
    demo.eservice.take_notices()


def _by_pages(window, demo: Demo) -> dict[str, list[str]]:
    """A flow of each kind, and one that is done; what follows from it."""
    window.get(f"{booked_page(demo, ANNA, '2B02')}/paminnelse").submit(
        "Spara påminnelser", by_email="yes", email=HER_EMAIL
    )
    open_flows = [
        walk(window.get(path), **told).url
        for path, told in (
            ("boka/bjorkdalens-vardcentral", {"kind": "SSK30", "reason": HER_WORDS}),
            (f"{booked_page(demo, ANNA, '2B02')}/omboka", {}),
            (f"{booked_page(demo, ANNA, '2B02')}/avboka", {}),
        )
    ]
    walk(window.get("boka/provtagningen-sodra"), "tid").follow("evaka tider").submit("Börja bevaka")
    walk(window.get("boka/mottagningen-ostadig"), day=FAR_OFF, reason=HER_WORDS).submit("Boka tiden", phone=HER_PHONE)
    assert window.heading == "Klart! Din tid är bokad"
    calls = next(url for text, url in window.read.links if "Visa anropen" in text)
    booked = window.url
    window.get(f"{booked_page(demo, ANNA, '2B07')}/avboka")
    walk(window).submit("Avboka tiden")
    assert "avbokad" in window.heading
    inbox = demo.eservice.inbox.page(citizen(demo, ANNA))[0]
    return {
        "arende": [url.split("/")[-2] for url in (*open_flows, booked, window.url)],
        "anrop": [_last_part(calls)],
        "inkorg": [one.id for one in inbox if one.kind == "booked"],
        "bevakningar": [one.id for one in demo.eservice.watches.of(citizen(demo, ANNA))],
    }


def _last_part(address: str) -> str:
    return address.rpartition("/")[2]


def kept_of(demo: Demo, person: Person) -> list[tuple]:
    """All rows that the e-service has of the person, and what the clinics have booked."""
    found = []
    with demo.eservice.database.reading() as session:
        for table in models.Base.metadata.sorted_tables:
            rows = session.execute(select(table)).all()
            found += [(table.name, *map(str, row)) for row in rows if person.number in row]
    return [*sorted(found), *booked_of(demo, person)]


def booked_of(demo: Demo, person: Person) -> list[tuple]:
    """What the clinics have of the person."""
    return [demo.booked(person, clinic) for clinic in CLINICS]
