"""The demo's e-service: who the citizens are to it, which clinics it knows, and who administers them.

Names, phones and addresses are the systems' own (demo_region.toml); what only an e-service knows stands in
demo_eservice.toml.
Source: domain.md §8, §10.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from contracts.identifiers import HsaId, PersonIdentity
from eservice.administration.administrators import Administrator
from eservice.clinic_settings import ClinicSettings, read
from eservice.clinics import Unit
from eservice.people import Person
from tidbro import demo_people


@cache
def _told() -> Mapping[str, Any]:
    return tomllib.loads((files("tidbro") / "demo_eservice.toml").read_text(encoding="utf-8"))


def people() -> tuple[Person, ...]:
    """The citizens of the demo, as the population register and the e-ID know them."""
    return tuple(map(_person, demo_people.citizens()))


def _person(one: demo_people.Citizen) -> Person:
    told, given, number = _told()["people"], one.contact, one.identity.number
    return Person(
        identity=one.identity,
        first_name=given.first_name or "",
        last_name=given.last_name or "",
        phone=given.phone or "",
        email=given.email or "",
        is_protected=one.is_protected,
        **{"region": told["region"], "municipality": told["municipality"], **told["elsewhere"].get(number, {})},
        children=tuple(map(PersonIdentity, told["children"].get(number, ()))),
        shows=told["shows"].get(number, ""),
        listed_at=None if one.listed is None else one.listed.clinic,
    )


def units() -> tuple[Unit, ...]:
    """The clinics of the demo."""
    return tuple(_unit(entry, _told()["clinics"][entry["hsa_id"]]) for entry in demo_people.region()["clinics"])


def _unit(entry: Mapping[str, Any], told: Mapping[str, Any]) -> Unit:
    texts = {name: value for name, value in told.items() if name != "settings"}
    return Unit(
        hsa_id=HsaId(entry["hsa_id"]),
        name=entry["name"],
        phone=entry.get("phone", ""),
        is_virtual=entry.get("is_virtual", False),
        usual=read(ClinicSettings, told.get("settings", {})),
        **{"address": entry.get("address", ""), **texts},
    )


def administrators() -> tuple[Administrator, ...]:
    """The invented members of staff who administer the demo's clinics."""
    return tuple(
        Administrator(HsaId(one["hsa_id"]), one["name"], tuple(map(HsaId, one["clinics"])))
        for one in _told()["administrators"]
    )
