"""SokVagvalsInfo's four answers: everything that a published version says, past and future rows too.

Pure: takes a Publication, gives the payload as XML text. Written as text, row by row, for a national catalogue has some
hundred thousand rows, of which a tree of elements would take gigabytes. Ids are the database's, as text; days are
moments without a zone, at midnight, with milliseconds.
Elsewhere: how the questions come (services.py); the schema (wsdl/).
Source: platform.md §20.4.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from html import escape

from contracts.xml import carriable
from gateway.tak.publication import Filter, ProducerAddress, Publication, PublishedAuthorisation, PublishedRoute

NAMESPACE = "urn:skl:tp:vagvalsinfo:v2"


def contracts(publication: Publication) -> str:
    """hamtaAllaTjanstekontrakt's answer."""
    return _answer(
        "hamtaAllaTjanstekontraktResponse",
        (
            _element(
                "tjanstekontraktInfo",
                _text("namnrymd", one.namespace),
                _text("majorVersion", str(one.major)),
                _text("minorVersion", str(one.minor)),
                _text("beskrivning", one.description),
            )
            for one in publication.contracts
        ),
    )


def routes(publication: Publication) -> str:
    """hamtaAllaVirtualiseringar's answer."""
    return _answer(
        "hamtaAllaVirtualiseringarResponse",
        (
            _element(
                "virtualiseringsInfo",
                _text("virtualiseringsInfoId", str(one.id)),
                _text("receiverId", one.logical_address.hsa_id),
                _text("rivProfil", one.producer_address.profile.name),
                _text("tjansteKontrakt", one.contract.namespace),
                *_days(one.first_day, one.last_day),
                _text("adress", one.producer_address.url),
            )
            for one in publication.routes
        ),
    )


def authorisations(publication: Publication) -> str:
    """hamtaAllaAnropsBehorigheter's answer; the schema demands one row at least."""
    return _answer(
        "hamtaAllaAnropsBehorigheterResponse",
        (
            _element(
                "anropsBehorighetsInfo",
                _text("anropsBehorighetsInfoId", str(one.id)),
                _text("receiverId", one.logical_address.hsa_id),
                _text("senderId", one.consumer.hsa_id),
                _text("tjansteKontrakt", one.contract.namespace),
                *_days(one.first_day, one.last_day),
                *(_filter(each) for each in one.filters),
            )
            for one in publication.authorisations
        ),
    )


def components(publication: Publication) -> str:
    """hamtaAllaTjanstekomponenter's answer: each system with what it answers and what it may call."""
    producer_addresses, routes_of, authorisations_of = defaultdict(list), defaultdict(list), defaultdict(list)
    for address in publication.producer_addresses:
        producer_addresses[address.component.id].append(address)
    for route in publication.routes:
        routes_of[route.producer_address.id].append(route)
    for authorisation in publication.authorisations:
        authorisations_of[authorisation.consumer.id].append(authorisation)
    return _answer(
        "hamtaAllaTjanstekomponenterResponse",
        (
            _element(
                "tjanstekomponentInfo",
                _text("hsaId", one.hsa_id),
                _text("beskrivning", one.description),
                *(_producer_address(each, routes_of[each.id]) for each in producer_addresses[one.id]),
                *map(_component_authorisation, authorisations_of[one.id]),
            )
            for one in publication.components
        ),
    )


OPERATIONS: Mapping[str, Callable[[Publication], str]] = {
    "hamtaAllaTjanstekontrakt": contracts,
    "hamtaAllaVirtualiseringar": routes,
    "hamtaAllaAnropsBehorigheter": authorisations,
    "hamtaAllaTjanstekomponenter": components,
}


def _filter(one: Filter) -> str:
    categories = (_text("categorization", category) for category in one.categories)
    return _element("filterInfo", _text("serviceDomain", one.service_domain), *categories)


def _producer_address(address: ProducerAddress, routes: Iterable[PublishedRoute]) -> str:
    return _element(
        "anropsAdressInfo",
        _text("adress", address.url),
        _text("rivtaProfilNamn", address.profile.name),
        *(_element("vagvalsInfo", *_days(one.first_day, one.last_day), *_target(one)) for one in routes),
    )


def _component_authorisation(one: PublishedAuthorisation) -> str:
    agreement = _text("integrationsavtal", one.agreement)
    return _element("anropsbehorighetInfo", *_days(one.first_day, one.last_day), agreement, *_target(one))


def _target(one: PublishedRoute | PublishedAuthorisation) -> Iterable[str]:
    yield _text("tjanstekontraktNamnrymd", one.contract.namespace)
    yield _text("logiskAdressHsaId", one.logical_address.hsa_id)
    yield _text("logiskAdressBeskrivning", one.logical_address.description)


def _days(first_day: date, last_day: date) -> Iterable[str]:
    yield _text("fromTidpunkt", f"{first_day.isoformat()}T00:00:00.000")
    yield _text("tomTidpunkt", f"{last_day.isoformat()}T00:00:00.000")


def _answer(name: str, rows: Iterable[str]) -> str:
    return f'<{name} xmlns="{NAMESPACE}">{"".join(rows)}</{name}>'


def _element(name: str, *children: str) -> str:
    return f"<{name}>{''.join(children)}</{name}>"


def _text(name: str, text: str) -> str:
    return f"<{name}>{escape(carriable(text), quote=False)}</{name}>"
