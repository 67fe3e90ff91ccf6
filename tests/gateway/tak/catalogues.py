"""Catalogues for tests: an open store on a clock of its own, and things in it that are made in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from contracts.namespaces import responder
from contracts.times import SWEDEN
from gateway.tak.editing import Editing
from gateway.tak.entities import AuthorisationRow, ProducerAddressRow, RouteRow
from gateway.tak.store import Store

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=SWEDEN)
TODAY = date(2026, 11, 24)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
CONTRACT = responder("MakeBooking")
CLINIC = "SE2321009991-2B02"
CONSUMER = "SE2321009991-ET01"
COMPONENT = "SE2321009991-TB01"
URL = "https://booking.example.com/riv"
ANNA, BO = "anna", "bo"


@contextmanager
def an_open_store(url: str) -> Iterator[Store]:
    store = Store(url, lambda: NOW)
    store.open()
    try:
        yield store
    finally:
        store.close()


def to(editing: Editing, url: str = URL, component: str = COMPONENT) -> ProducerAddressRow:
    """A producer's address, made if it is missing, as are its profile and component."""
    profile = editing.profile("RIVTABP21") or editing.add_profile("RIVTABP21")
    owner = editing.component(component) or editing.add_component(component)
    return editing.producer_address(url, profile, owner) or editing.add_producer_address(url, profile, owner)


def a_route(
    editing: Editing,
    address: str = CLINIC,
    contract: str = CONTRACT,
    url: str = URL,
    first_day: date = FIRST,
    last_day: date = LAST,
) -> RouteRow:
    return editing.add_route(
        editing.logical_address(address) or editing.add_logical_address(address),
        editing.contract(contract) or editing.add_contract(contract),
        to(editing, url),
        first_day,
        last_day,
    )


def an_authorisation(
    editing: Editing,
    consumer: str = CONSUMER,
    address: str = CLINIC,
    contract: str = CONTRACT,
    first_day: date = FIRST,
    last_day: date = LAST,
) -> AuthorisationRow:
    return editing.add_authorisation(
        editing.component(consumer) or editing.add_component(consumer),
        editing.logical_address(address) or editing.add_logical_address(address),
        editing.contract(contract) or editing.add_contract(contract),
        first_day,
        last_day,
    )


def published(store: Store, user: str = ANNA) -> Store:
    """The store with one route and its authorisation, published as version 1."""
    with store.editing(user) as editing:
        a_route(editing)
        an_authorisation(editing)
    store.publish(user, "The first")
    return store
