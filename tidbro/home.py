"""The page at `/`: a map of the region, and a first request to copy.

One frozen context, built by a pure function, and one template; texts from the Swedish catalogue texts_sv.toml.
Elsewhere: how a page is answered (web_pages.py).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl

from lxml import etree

from contracts import codec, envelope, xml
from contracts import engagements as e
from contracts import scheduling as s
from contracts.catalogue import Catalogue
from contracts.identifiers import HsaId, PersonIdentity
from contracts.namespaces import responder
from contracts.times import Clock
from gateway.door import Receive, Scope, Send
from tidbro import demo_mailbox, web_pages
from tidbro.demo_people import citizens
from tidbro.index_view import IndexView, index_view
from tidbro.national import National
from tidbro.settings import RegionSettings

_WEEKS = 12
_MOST_ROWS = 8
_HOST = re.compile(r"[\w.-]+(?::\d+)?|\[[\da-fA-F:.]+\](?::\d+)?", re.ASCII)
_CLINIC, _CITIZEN, _TIME_TYPE = "SE2321009991-2B02", "197912129280", "PROV10"


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic of the demo region on the map."""

    hsa_id: str
    name: str
    shows: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """What the page at `/` shows. `request` is a whole SOAP envelope, `curl` the command that sends it."""

    is_demo: bool
    clinics: tuple[Clinic, ...]
    curl: str
    wsdl_paths: tuple[str, ...]
    texts: dict[str, str]
    regional_url: str = ""
    index: IndexView | None = None
    has_eservice: bool = False
    has_mailbox: bool = False


def home_page(
    settings: RegionSettings,
    catalogue: Catalogue,
    base_url: str,
    today: date,
    regional_url: str = "",
    index: IndexView | None = None,
    services: National | None = None,
) -> HomePage:
    """The page of a region, as it is today at `base_url`; a regional platform of the demo's answers at its own."""
    texts = web_pages.texts()
    scheduling = [one for one in catalogue.interactions if one.contract == responder(one.name)]
    return HomePage(
        is_demo=settings.demo,
        clinics=tuple(Clinic(**row) for row in texts["clinics"]) if settings.demo else (),
        curl=first_request(base_url, today),
        wsdl_paths=tuple(sorted(f"/{one.virtual_path}?wsdl" for one in scheduling if one.profile == "rivtabp21")),
        texts=texts["home"],
        regional_url=regional_url,
        index=index,
        has_eservice=services is not None and services.subscriber is not None,
        has_mailbox=services is not None and demo_mailbox.PATH in services.applications,
    )


def first_request(base_url: str, today: date) -> str:
    """A curl command, with its body, that asks for days with a free time; it works as it stands on the demo region."""
    question = s.GetAvailableDates(
        healthcare_facility=HsaId(_CLINIC),
        subject_of_care=PersonIdentity(_CITIZEN),
        start_date=today,
        end_date=today + timedelta(weeks=_WEEKS),
        time_type_id=_TIME_TYPE,
    )
    actor = s.Actor(_CITIZEN, s.ActorType.SUBJECT_OF_CARE)
    root = xml.parse(envelope.write_request(codec.encode(question), HsaId(_CLINIC), actor))
    etree.cleanup_namespaces(root)
    etree.indent(root)
    url = f"{base_url}/vp/crm/scheduling/GetAvailableDates/1/rivtabp21"
    told = f"curl -s {url} \\\n  -H 'Content-Type: text/xml; charset=UTF-8' --data-binary @- <<'XML'\n"
    return f"{told}{xml.serialise(root).decode()}\nXML"


class Home:
    """The ASGI application behind the page, its style sheet, and 404 for the rest."""

    def __init__(
        self,
        settings: RegionSettings,
        clock: Clock,
        catalogue: Catalogue,
        regional_url: str = "",
        services: National | None = None,
    ) -> None:
        self._settings, self._clock, self._catalogue = settings, clock, catalogue
        self._regional_url, self._services = regional_url, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await web_pages.answer(self._page, scope, send)

    def _page(self, scope: Scope) -> str | None:
        if scope["path"] != "/":
            return None
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        host = host if _HOST.fullmatch(host) else "127.0.0.1"
        base_url, today = f"{scope['scheme']}://{host}", self._clock().date()
        chosen = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))).get("person", "0")
        page = home_page(
            self._settings,
            self._catalogue,
            base_url,
            today,
            self._regional_url,
            self._index_view(chosen),
            self._services,
        )
        return web_pages.template("home.html").render(page=page)

    def _index_view(self, chosen: str) -> IndexView | None:
        """The index for the person at that place of the demo's list, the first for any other place."""
        services = self._services
        if services is None or services.index is None or services.subscriber is None:
            return None
        people, texts = citizens(), web_pages.texts()
        place = int(chosen) if chosen in map(str, range(len(people))) else 0
        question = e.FindContent(resident=people[place].identity.number, service_domain=e.DOMAIN)
        return index_view(
            people,
            place,
            services.index.find(question, "home-page").engagements,
            services.index.events(_MOST_ROWS),
            services.subscriber.latest(_MOST_ROWS),
            {row["hsa_id"].lower(): row["name"] for row in texts["clinics"]},
            texts["index"],
        )
