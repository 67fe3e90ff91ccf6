"""gateway/tak/exchange.py: catalogues out of files, ours and the real platform's (platform.md §18)."""

from datetime import date
from pathlib import Path

import pytest

from contracts.errors import MessageUnreadable
from contracts.namespaces import responder
from gateway.tak.exchange import CatalogueUnreadable, load, read_persistent_cache, read_toml
from gateway.tak.model import Authorisation, Route, Validity
from tests.gateway.builders import CLINIC, CONSUMER, NOW

TOML = f"""
[[route]]
logical_addresses = ["{CLINIC}", "SE2321009991-1A01"]
contracts = ["MakeBooking", "urn:riv:my:domain:AskResponder:2"]
address = "adapter:timebook"

[[route]]
logical_addresses = ["SE1"]
contracts = ["MakeBooking"]
address = "https://example.org/x"
profile = "RIVTABP20"
first_day = 2026-01-01
last_day = 2026-12-31

[[authorisation]]
consumers = ["{CONSUMER}"]
logical_addresses = ["{CLINIC}"]
contracts = ["MakeBooking", "CancelBooking"]
"""
CACHE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<persistentCache xmlns:ns2="urn:skl:tp:vagvalsinfo:v2">
  <virtualiseringsInfo>
    <ns2:virtualiseringsInfoId>1</ns2:virtualiseringsInfoId><ns2:receiverId>SE1</ns2:receiverId><ns2:rivProfil>RIVTABP21</ns2:rivProfil>
    <ns2:tjansteKontrakt>urn:a</ns2:tjansteKontrakt><ns2:fromTidpunkt>2026-01-01T00:00:00.000</ns2:fromTidpunkt><ns2:tomTidpunkt>2026-12-31T00:00:00.000</ns2:tomTidpunkt><ns2:adress>https://p/x</ns2:adress>
  </virtualiseringsInfo>
  <anropsBehorighetsInfo>
    <ns2:anropsBehorighetsInfoId>a</ns2:anropsBehorighetsInfoId><ns2:receiverId>SE1</ns2:receiverId><ns2:senderId>SE2</ns2:senderId>
    <ns2:tjansteKontrakt>urn:a</ns2:tjansteKontrakt><ns2:fromTidpunkt>2026-01-01T00:00:00+01:00</ns2:fromTidpunkt><ns2:tomTidpunkt>9999-12-31T00:00:00</ns2:tomTidpunkt>
  </anropsBehorighetsInfo>
</persistentCache>"""


# TOML


def test_a_toml_row_stands_for_every_combination_of_its_lists() -> None:
    snapshot = read_toml(TOML)
    assert len(snapshot.routes) == 5
    assert len(snapshot.authorisations) == 2
    (route,) = snapshot.routes_to("se2321009991-1a01", responder("MakeBooking"), NOW)
    assert (route.address, route.profile) == ("adapter:timebook", "RIVTABP21")
    assert snapshot.routes_to(CLINIC, "urn:riv:my:domain:AskResponder:2", NOW)
    assert snapshot.authorises(CONSUMER.lower(), CLINIC, responder("CancelBooking"), NOW)
    assert not snapshot.authorises(CONSUMER, CLINIC, responder("GetAllCareTypes"), NOW)


def test_days_and_profile_may_be_given() -> None:
    validity = Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))
    assert (
        Route("SE1", responder("MakeBooking"), "https://example.org/x", "RIVTABP20", validity) in read_toml(TOML).routes
    )


def test_an_empty_file_is_an_empty_catalogue() -> None:
    assert read_toml("").routes == ()


ROUTE = "[[route]]\nlogical_addresses = ['SE1']\ncontracts = ['MakeBooking']\naddress = 'adapter:x'\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[routes]]", "there are tables route and authorisation, not routes"),
        ("route = 5", "route must be a list of tables"),
        ("route = 'x'", "route must be a list of tables"),
        ("route = [1]", "route number 1 must have address, contracts"),
        ("[route]\na = 1", "route must be a list of tables"),
        ("[[route]]\naddress = 'x'", "route number 1 must have"),
        (ROUTE + ROUTE + "colour = 'red'", "route number 2 must have"),
        (ROUTE + "first_day = '2026-01-01'", "route number 1: first_day and last_day must be dates"),
        (ROUTE + "first_day = 2026-01-01T00:00:00", "must be dates"),
        (ROUTE + "first_day = 2026-02-01\nlast_day = 2026-01-01", "route number 1: it ends before it begins"),
        (ROUTE + "profile = 21", "route number 1: profile must be a text"),
        (ROUTE.replace("'adapter:x'", "5"), "route number 1: address must be a text"),
        (ROUTE.replace("['SE1']", "'SE1'"), "route number 1: logical_addresses must be a list of texts"),
        (ROUTE.replace("['SE1']", "5"), "route number 1: logical_addresses must be a list of texts"),
        (ROUTE.replace("['MakeBooking']", "[5]"), "route number 1: contracts must be a list of texts"),
        (
            "[[authorisation]]\nconsumers = 5\nlogical_addresses = []\ncontracts = []",
            "authorisation number 1: consumers must be",
        ),
        ("x = " + "[" * 5000, "nested"),
        ("[[route", "Expected"),
    ],
)
def test_a_toml_file_that_does_not_fit_is_told_by_row(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("[", r"\[")):
        read_toml(text)


def test_the_last_day_may_be_the_last_there_is() -> None:
    assert read_toml(ROUTE + "last_day = 9999-12-31").routes_to("SE1", responder("MakeBooking"), NOW)


# persistentCache


def test_a_real_platforms_local_copy_can_be_read() -> None:
    """platform.md §18: root and items in no namespace, their children in urn:skl:tp:vagvalsinfo:v2."""
    snapshot = read_persistent_cache(CACHE.encode())
    year = Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))
    assert snapshot.routes == (Route("SE1", "urn:a", "https://p/x", "RIVTABP21", year),)
    (authorisation,) = snapshot.authorisations
    assert authorisation == Authorisation("SE2", "SE1", "urn:a", authorisation.validity)
    assert snapshot.authorises("SE2", "SE1", "urn:a", NOW)


def test_a_route_without_address_or_profile_is_kept_for_the_call_to_tell() -> None:
    """platform.md §9.3: VP010 and VP005 are told to the caller, not to the operator."""
    text = CACHE.replace("<ns2:adress>https://p/x</ns2:adress>", "").replace("RIVTABP21", "")
    (route,) = read_persistent_cache(text.encode()).routes
    assert (route.address, route.profile) == ("", "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("<ns2:receiverId>SE1</ns2:receiverId><ns2:rivProfil>", "<ns2:rivProfil>"), "line 3: receiverId is missing"),
        (("<ns2:senderId>SE2</ns2:senderId>", "<ns2:senderId/>"), "line 7: senderId is missing"),
        (("2026-01-01T00:00:00.000", "soon"), "line 3: not a date"),
        (("2026-12-31T00:00:00.000", "2025-12-31T00:00:00.000"), "line 3: it ends before it begins"),
        (("persistentCache", "otherCache"), "the root element is not persistentCache"),
    ],
)
def test_a_cache_that_does_not_fit_is_told_by_line(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_persistent_cache(CACHE.replace(*change).encode())


def test_a_cache_may_not_bring_entities() -> None:
    with pytest.raises(MessageUnreadable):
        read_persistent_cache(CACHE.replace("<persistentCache", "<!DOCTYPE x><persistentCache", 1).encode())


# Files


@pytest.mark.parametrize(("name", "text"), [("tak.toml", TOML), ("localCache", CACHE), ("cache.xml", CACHE)])
def test_a_file_is_read_by_what_its_name_says(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert load(tmp_path / name).routes


@pytest.mark.parametrize(
    ("name", "text"), [("tak.toml", b"\xff"), ("tak.toml", b"[["), ("cache.xml", b"<a"), ("cache.xml", b"")]
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence_that_names_it(tmp_path: Path, name: str, text: bytes) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(CatalogueUnreadable) as told:
        load(tmp_path / name)
    assert str(told.value).startswith(f"{name}: ")
    assert str(told.value).endswith(".")


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(CatalogueUnreadable, match=r"nosuch\.toml cannot be read: No such file or directory\."):
        load(Path("nosuch.toml"))
