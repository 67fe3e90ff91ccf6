"""What a gateway is given, in the real platform's own formats: its catalogue, its tree of units, its time-outs.

Elsewhere: which rows the kit needs (rows.py), who writes the files where (setup.py).
Source: platform.md §9.2, §11, §14.1, §18, §23.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape


@dataclass(frozen=True, slots=True)
class Period:
    """The two stamps of a row, as they stand in the file."""

    first: str
    last: str


ALWAYS = Period("2020-01-01T00:00:00.000", "2099-12-31T00:00:00.000")


def days(first: int, last: int, today: date) -> Period:
    """Whole days from today, as a TAK writes them: at midnight and without a zone."""
    ends = (today + timedelta(days=first), today + timedelta(days=last))
    return Period(*(f"{end.isoformat()}T00:00:00.000" for end in ends))


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One vägval: whose calls go where."""

    address: str
    url: str
    contract: str
    profile: str = "RIVTABP21"
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True)
class AuthorisationRow:
    """One anropsbehörighet: who may call whom."""

    address: str
    contract: str
    consumer: str
    period: Period = ALWAYS


def persistent_cache(routes: Iterable[RouteRow], authorisations: Iterable[AuthorisationRow]) -> str:
    """The catalogue as the real platform keeps it: takcache.persistent.file.name (platform.md §18)."""
    rows = [
        f"<virtualiseringsInfo><ns2:virtualiseringsInfoId>{number}</ns2:virtualiseringsInfoId>"
        f"<ns2:receiverId>{escape(row.address)}</ns2:receiverId>{_profile(row)}"
        f"<ns2:tjansteKontrakt>{row.contract}</ns2:tjansteKontrakt>{_stamps(row.period)}"
        f"<ns2:adress>{escape(row.url)}</ns2:adress></virtualiseringsInfo>"
        for number, row in enumerate(routes)
    ]
    rows += [
        f"<anropsBehorighetsInfo><ns2:anropsBehorighetsInfoId>{number}</ns2:anropsBehorighetsInfoId>"
        f"<ns2:receiverId>{escape(row.address)}</ns2:receiverId><ns2:senderId>{escape(row.consumer)}</ns2:senderId>"
        f"<ns2:tjansteKontrakt>{row.contract}</ns2:tjansteKontrakt>{_stamps(row.period)}</anropsBehorighetsInfo>"
        for number, row in enumerate(authorisations)
    ]
    inner = "".join(rows)
    return f'<persistentCache xmlns:ns2="urn:skl:tp:vagvalsinfo:v2">{inner}</persistentCache>'


def _profile(row: RouteRow) -> str:
    return f"<ns2:rivProfil>{row.profile}</ns2:rivProfil>" if row.profile else ""


def _stamps(period: Period) -> str:
    return f"<ns2:fromTidpunkt>{period.first}</ns2:fromTidpunkt><ns2:tomTidpunkt>{period.last}</ns2:tomTidpunkt>"


def routes_as_csv(routes: Iterable[RouteRow]) -> str:
    """The routes as rows to order where a catalogue takes no file."""
    rows = [(one.address, one.contract, one.url, one.profile, one.period.first, one.period.last) for one in routes]
    return _csv(("logical address", "contract", "url", "profile", "first", "last"), rows)


def authorisations_as_csv(authorisations: Iterable[AuthorisationRow]) -> str:
    rows = [(one.address, one.contract, one.consumer, one.period.first, one.period.last) for one in authorisations]
    return _csv(("logical address", "contract", "consumer", "first", "last"), rows)


def _csv(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def hsa_units(units: Mapping[str, str]) -> str:
    """The units, by HSA-id, with their places in the tree: hsa.files (platform.md §11)."""
    rows = "".join(
        f"<hsaUnit><hsaIdentity>{unit}</hsaIdentity><DN>{dn}</DN><name>{unit.title()}</name></hsaUnit>"
        for unit, dn in units.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><FileGetHsaUnitsResponse xmlns="urn:riv:hsa:HsaWsResponder:3">'
        "<startDate>2026-01-01T00:00:00</startDate><endDate>2026-12-31T00:00:00</endDate>"
        f"<hsaUnits>{rows}</hsaUnits></FileGetHsaUnitsResponse>"
    )


def time_outs(milliseconds: Mapping[str, int]) -> str:
    """How long a producer may take, by contract: timeout.json.file (platform.md §14.1)."""
    rows = [
        {"tjanstekontrakt": name, "routetimeout": most + 1000, "producertimeout": most}
        for name, most in milliseconds.items()
    ]
    return json.dumps(rows, indent=1)


def properties(values: Mapping[str, object]) -> str:
    """A Java properties file (platform.md §23)."""
    return "".join(f"{name}={value}\n" for name, value in values.items())
