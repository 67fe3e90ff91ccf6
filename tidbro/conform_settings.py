"""What a run of the kit is told: from the command line, and from a TOML file that stands beneath it.

Names in the file are those of the options, with underlines: `facility`, `persons`, `suites`. An unknown name stops the
command, as does a value of another kind. What the command line says counts.
"""

import argparse
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.carrier import Bounds, Tls
from conformance.people import TestPerson
from conformance.producer.settings import ProducerSettings
from contracts.consumer import PLATFORM_PATH
from contracts.identifiers import HsaId
from gateway.settings import SettingsRefused
from tidbro import demo_people

_KINDS: Mapping[str, type] = {
    "address": str, "platform": bool, "facility": str, "logical_address": str, "persons": list, "headers": list,
    "time_type": str, "reason": str, "offered": list, "open_invitations": list, "timed_invitations": list,
    "refusable_bookings": list, "other_facility": str, "ping_address": str, "ping_logical_address": str,
    "weeks": int, "duellists": int, "suites": list, "authorities": str, "certificate": str, "key": str,
    "answer_seconds": float, "most_seconds": float,
}  # fmt: skip

_IN_WORDS = {str: "a text", bool: "true or false", list: "a list", int: "a whole number", float: "a number"}

DEMO_PERSONS = tuple(
    TestPerson(one.identity.number, one.contact.first_name or "Test", one.contact.last_name or "Testsson")
    for one in demo_people.citizens()
    if one.identity.number[:4] < "2000" and not one.is_protected and one.identity.number[:2] != "99"
)
"""The grown-up people of the demo region, whom a run books for unless others are named."""


def given(parsed: argparse.Namespace) -> dict[str, Any]:
    """File and command line as one. Raises SettingsRefused."""
    told: dict[str, Any] = {}
    if parsed.settings is not None:
        told = _read(parsed.settings)
    for name in _KINDS:
        value = getattr(parsed, name, None)
        if value not in (None, [], False):
            told[name] = value
    return told


def _read(path: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsRefused(f"{path} cannot be read as TOML: {error}") from None
    for name, value in told.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise SettingsRefused(f"{path}: there is no setting {name}; there are {', '.join(_KINDS)}.")
        is_fitting = isinstance(value, (int, float) if kind is float else kind) and isinstance(value, bool) == (
            kind is bool
        )
        if not is_fitting:
            raise SettingsRefused(f"{path}: {name} must be {_IN_WORDS[kind]}.")
    return told


def producer_settings(told: Mapping[str, Any]) -> ProducerSettings:
    """The target. Raises SettingsRefused with a sentence that names the option."""
    address = _address(told)
    if not told.get("facility"):
        raise SettingsRefused("--facility is needed: the HSA-id of the clinic whose times are asked for.")
    try:
        return ProducerSettings(
            address=address,
            facility=HsaId(told["facility"]),
            persons=tuple(map(TestPerson.from_text, told.get("persons", ()))) or DEMO_PERSONS,
            logical_address=_hsa_id(told, "logical_address"),
            other_facility=_hsa_id(told, "other_facility"),
            ping_logical_address=_hsa_id(told, "ping_logical_address"),
            ping_address=told.get("ping_address"),
            headers=dict(map(_header, told.get("headers", ()))),
            open_invitations=_bookings(told, "open_invitations"),
            timed_invitations=_bookings(told, "timed_invitations"),
            refusable_bookings=_bookings(told, "refusable_bookings"),
            offered=tuple(told.get("offered", ())),
            **{name: told[name] for name in ("time_type", "reason", "weeks", "duellists") if name in told},
        )
    except ValueError as error:
        raise SettingsRefused(f"{str(error)[0].upper()}{str(error)[1:]}.") from None


def _address(told: Mapping[str, Any]) -> str:
    address: str = told.get("address", "")
    if not address:
        raise SettingsRefused("URL is needed: where the target answers.")
    if told.get("platform"):
        return address.rstrip("/").removesuffix("/vp") + PLATFORM_PATH
    return address


def _hsa_id(told: Mapping[str, Any], name: str) -> HsaId | None:
    return HsaId(told[name]) if name in told else None


def _header(text: str) -> tuple[str, str]:
    name, found, value = text.partition(":")
    if not found or not name.strip():
        raise ValueError("a header is written NAME: VALUE")
    return name.strip(), value.strip()


def _bookings(told: Mapping[str, Any], name: str) -> tuple[tuple[TestPerson, str], ...]:
    return tuple(_booking(text) for text in told.get(name, ()))


def _booking(text: str) -> tuple[TestPerson, str]:
    """From `NUMBER=BOOKING-ID`, where the person may also be written with names."""
    person, found, booking_id = text.partition("=")
    if not found or not booking_id.strip():
        raise ValueError("an invitation or a booking is written NUMBER=BOOKING-ID")
    return TestPerson.from_text(person), booking_id.strip()


def bounds(told: Mapping[str, Any]) -> Bounds:
    seconds = told.get("answer_seconds", Bounds().answer_seconds)
    if not 0 < seconds <= 600:
        raise SettingsRefused(f"--answer-seconds must be above 0 and at most 600, not {seconds}.")
    return Bounds(answer_seconds=seconds)


def tls(told: Mapping[str, Any]) -> Tls:
    return Tls(*(Path(told[name]) if name in told else None for name in ("authorities", "certificate", "key")))
