"""One published version of a catalogue for the tests of its services, small but with everything in it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from contracts.namespaces import responder
from gateway.tak.publication import (
    Component,
    Contract,
    Filter,
    LogicalAddress,
    ProducerAddress,
    Profile,
    Publication,
    PublishedAuthorisation,
    PublishedRoute,
)
from gateway.tak.refusals import EntityMissing
from tests.gateway.builders import CLINIC, CONSUMER, NOW

FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 12, 31)
BP21 = Profile(1, "RIVTABP21", "RIV-TA BP 2.1")
TIMES = Contract(10, responder("GetAvailableTimeslots"), "Lediga tider", 1, 1)
BOOK = Contract(11, responder("MakeBooking"), "Boka & bekräfta", 1, 1)
NOTIFY = Contract(12, responder("ProcessNotification", "itintegration:engagementindex"), "", 1, 0)
E_SERVICE = Component(20, CONSUMER, "E-tjänst")
TIMEBOOK = Component(21, "SE2321009991-TB01", "Tidbok <test>")
CLINIC_2B02 = LogicalAddress(30, CLINIC, "Vårdcentralen")
CLINIC_2B03 = LogicalAddress(31, "SE2321009991-2B03", "")
PRODUCER = ProducerAddress(40, "https://timebook.example.com/vp?a&b", BP21, TIMEBOOK)
FILTER = Filter(60, "riv:crm:scheduling", ("Booking", "Invitation"), (61, 62))


def a_route(**changes: object) -> PublishedRoute:
    return replace(PublishedRoute(50, CLINIC_2B02, TIMES, PRODUCER, FIRST_DAY, LAST_DAY), **changes)


def an_authorisation(**changes: object) -> PublishedAuthorisation:
    return replace(PublishedAuthorisation(70, E_SERVICE, CLINIC_2B02, TIMES, FIRST_DAY, LAST_DAY, "avtal 7"), **changes)


def a_publication(**changes: object) -> Publication:
    """Two routes, and authorisations for two contracts, one with a filter, one that ended long ago."""
    made = Publication(
        version=3,
        published_at=NOW,
        publisher="Astrid",
        profiles=(BP21,),
        contracts=(TIMES, BOOK, NOTIFY),
        components=(E_SERVICE, TIMEBOOK),
        logical_addresses=(CLINIC_2B02, CLINIC_2B03),
        producer_addresses=(PRODUCER,),
        routes=(a_route(), a_route(id=51, contract=BOOK, last_day=date(2030, 6, 30))),
        authorisations=(
            an_authorisation(),
            an_authorisation(id=71, contract=BOOK, logical_address=CLINIC_2B03, filters=(FILTER,)),
            an_authorisation(id=72, contract=NOTIFY, first_day=date(2019, 1, 1), last_day=date(2019, 12, 31)),
        ),
    )
    return replace(made, **changes)


@dataclass
class Kept:
    """Published versions by number; `before` may raise first, as a database does that is away."""

    by_number: dict[int, Publication] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None

    def current(self) -> Publication | None:
        self.before()
        return self.by_number[max(self.by_number)] if self.by_number else None

    def publication(self, version: int) -> Publication:
        self.before()
        if version not in self.by_number:
            raise EntityMissing(f"There is no published version {version}.")
        return self.by_number[version]
