"""gateway/tak/exchange.py, toml_file.py, files.py, importing.py: catalogues out of files and into them, ours and the
real platform's, and into the store (platform.md §18, §20.1, §20.3)."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_

from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.namespaces import responder
from gateway.tak import published_json
from gateway.tak.exchange import (
    CatalogueUnreadable,
    load,
    read_persistent_cache,
    read_toml,
    write_persistent_cache,
)
from gateway.tak.files import load_any
from gateway.tak.importing import ImportRefused, component_of, import_into, publication_of
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.publication import Publication
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.store import Store
from gateway.tak.toml_file import write_toml
from tests.gateway.builders import CLINIC, CONSUMER, NOW
from tests.gateway.tak.catalogues import ANNA, TODAY, a_route, an_open_store, published

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


# Any catalogue

names = any_.sampled_from(["SE1", "se1", "SE2-A", "*", "SE3"])
contracts = any_.sampled_from([responder("MakeBooking"), responder("X"), "urn:riv:a:b:AskResponder:2", "urn:a"])
addresses = any_.one_of(
    any_.sampled_from(["", "https://x/y", "adapter:timebook"]),
    any_.text(any_.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=["Cs"]), max_size=12),
)
days = any_.dates(date(1000, 1, 1), date(9999, 12, 31))
moments = any_.datetimes(
    datetime(1900, 1, 2), datetime(9999, 12, 30), timezones=any_.sampled_from([UTC, timezone(timedelta(hours=-5.5))])
)


def in_order(pair):
    return pair[0] <= pair[1]


validities = any_.one_of(
    any_.just(Validity.of_days(date(2000, 1, 1), date(2999, 12, 31))),
    any_.tuples(days, days).filter(in_order).map(lambda pair: Validity.of_days(*pair)),
    any_.tuples(moments, moments).filter(in_order).map(lambda pair: Validity(*pair)),
)
rows_of_routes = any_.builds(
    Route, names, contracts, addresses, any_.sampled_from(["RIVTABP21", "RIVTABP20", ""]), validities
)
rows_of_authorisations = any_.builds(Authorisation, names, names, contracts, validities)
catalogues = any_.builds(
    TakSnapshot.of, any_.lists(rows_of_routes, max_size=8), any_.lists(rows_of_authorisations, max_size=8)
)


def same(one: TakSnapshot, other: TakSnapshot) -> bool:
    return (Counter(one.routes), Counter(one.authorisations)) == (Counter(other.routes), Counter(other.authorisations))


@given(catalogues)
@settings(deadline=None)
def test_any_catalogue_written_as_toml_reads_back_the_same_and_is_written_the_same(catalogue: TakSnapshot) -> None:
    """platform.md §18: nothing is lost or joined, not even two equal rows, which are VP006 (§9.3)."""
    text = write_toml(catalogue, TODAY)
    again = read_toml(text)
    assert same(again, catalogue)
    assert write_toml(again, TODAY) == text


@given(catalogues)
@settings(deadline=None)
def test_any_catalogue_written_as_a_local_copy_reads_back_the_same(catalogue: TakSnapshot) -> None:
    """platform.md §18, §9.2: days stay days and moments moments, in the order they had."""
    again = read_persistent_cache(write_persistent_cache(catalogue))
    assert again.routes == catalogue.routes
    assert again.authorisations == catalogue.authorisations


# Writing persistentCache


def test_a_local_copy_is_written_as_a_real_platform_reads_it() -> None:
    """platform.md §18: names, order and namespaces; §20.4: xs:dateTime without a zone at 00:00:00.000."""
    root = xml.parse(write_persistent_cache(read_persistent_cache(CACHE.encode())))
    inside = "{urn:skl:tp:vagvalsinfo:v2}"
    assert (root.tag, root.nsmap) == ("persistentCache", {"ns2": "urn:skl:tp:vagvalsinfo:v2"})
    route, right = root
    assert [(child.tag.removeprefix(inside), child.text) for child in route] == [
        ("virtualiseringsInfoId", "1"),
        ("receiverId", "SE1"),
        ("rivProfil", "RIVTABP21"),
        ("tjansteKontrakt", "urn:a"),
        ("fromTidpunkt", "2026-01-01T00:00:00.000"),
        ("tomTidpunkt", "2026-12-31T00:00:00.000"),
        ("adress", "https://p/x"),
    ]
    assert (route.tag, right.tag) == ("virtualiseringsInfo", "anropsBehorighetsInfo")
    assert [child.tag.removeprefix(inside) for child in right] == [
        "anropsBehorighetsInfoId", "receiverId", "senderId", "tjansteKontrakt", "fromTidpunkt", "tomTidpunkt",
    ]  # fmt: skip
    assert right.findtext(f"{inside}fromTidpunkt") == "2025-12-31T23:00:00+00:00"


def test_what_xml_cannot_carry_is_refused_not_altered() -> None:
    route = Route("SE1", "urn:a", "https://x\x00", "RIVTABP21", Validity.of_days(TODAY, TODAY))
    with pytest.raises(ValueError, match="XML"):
        write_persistent_cache(TakSnapshot.of([route], []))


# Writing TOML


def test_rows_that_make_a_product_are_one_table_and_interactions_go_by_their_names() -> None:
    assert (
        write_toml(read_toml(TOML), TODAY, "What this is")
        == f"""\
# What this is

[[route]]
address = "adapter:timebook"
logical_addresses = ["SE2321009991-1A01", "{CLINIC}"]
contracts = ["MakeBooking", "urn:riv:my:domain:AskResponder:2"]

[[route]]
address = "https://example.org/x"
profile = "RIVTABP20"
logical_addresses = ["SE1"]
contracts = ["MakeBooking"]
first_day = 2026-01-01
last_day = 2026-12-31

[[authorisation]]
consumers = ["{CONSUMER}"]
logical_addresses = ["{CLINIC}"]
contracts = ["CancelBooking", "MakeBooking"]
"""
    )


def test_what_is_over_or_has_not_begun_has_a_comment() -> None:
    text = ROUTE + "first_day = {}-01-01\nlast_day = {}-12-31\n"
    assert "# Expired: its last day was 2025-12-31.\n[[route]]" in write_toml(read_toml(text.format(2025, 2025)), TODAY)
    assert "# Not yet in force: its first day is 2027-01-01." in write_toml(read_toml(text.format(2027, 2027)), TODAY)
    assert "#" not in write_toml(read_toml(text.format(2026, 2026)), TODAY)


def test_a_contract_that_would_read_back_as_another_is_refused() -> None:
    route = Route("SE1", "MakeBooking", "https://x", "RIVTABP21", Validity.of_days(TODAY, TODAY))
    with pytest.raises(ValueError, match="no colon"):
        write_toml(TakSnapshot.of([route], []), TODAY)


# Any file


def test_every_form_of_file_is_known_by_its_name_or_its_first_bytes(tmp_path: Path, store: Store) -> None:
    version = published(store).current()
    assert version is not None
    files = {
        "tak.toml": write_toml(version.snapshot(), TODAY).encode(),
        "localCache": write_persistent_cache(version.snapshot()),
        "PubVersion-1.json.gzip": store.download(1),
        "export.json": published_json.write(published_json.document_of(version, by_key=True)),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        found = load_any(tmp_path / name)
        assert same(found.snapshot() if isinstance(found, Publication) else found, version.snapshot()), name


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.toml", b"[["), ("x.json", b"{"), ("x", b"\x1f\x8b"), ("x.xml", b"<a/>"), ("x", b""), ("x.toml", b"\xff")],
)
def test_any_file_that_cannot_be_used_is_told_by_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogueUnreadable, match=f"^{name}: .*\\.$"):
        load_any(tmp_path / name)


# Importing


def test_what_is_missing_is_made_as_pending_changes_of_the_user_and_told(store: Store) -> None:
    with store.editing(ANNA, whole=True) as editing:
        report = import_into(editing, read_toml(TOML))
    assert report.added == {
        "profile": 2, "contract": 3, "component": 3, "logical address": 3, "producer address": 2, "route": 5,
        "authorisation": 2,
    }  # fmt: skip
    assert {one.owner for one in store.pending()} == {ANNA}
    assert same(store.publish(ANNA).snapshot(), read_toml(TOML))


def test_what_is_there_already_stays(store: Store) -> None:
    for added in (True, False):
        with store.editing(ANNA, whole=True) as editing:
            assert bool(import_into(editing, read_toml(TOML)).added) is added


def test_an_address_keeps_the_component_that_it_has(store: Store) -> None:
    """platform.md §20.1: routes of files do not say whose an address is."""
    version = published(store).current()
    assert version is not None
    with store.editing(ANNA, whole=True) as editing:
        assert import_into(editing, version.snapshot()).added == {}


@pytest.mark.parametrize(
    ("url", "component"),
    [("adapter:timebook", "adapter-timebook"), ("https://a.example.com:8443/x", "a-example-com"), ("//[", "unknown")],
)
def test_an_address_that_nobody_has_named_gets_a_component_by_its_host(url: str, component: str) -> None:
    assert component_of(url) == component


def test_the_component_of_a_file_s_addresses_can_be_told() -> None:
    told = publication_of(read_toml(TOML), "SE-P").producer_addresses
    assert {one.component.hsa_id for one in told} == {"SE-P"}


def test_a_row_that_is_refused_stops_the_import_unless_the_rest_is_wanted(store: Store) -> None:
    snapshot = read_toml(TOML + ROUTE.replace("adapter:x", "https://x/å").replace("SE1", "SE9"))
    with pytest.raises(ImportRefused) as told, store.editing(ANNA, whole=True) as editing:
        import_into(editing, snapshot)
    assert store.pending() == ()
    assert told.value.report.refused[0].startswith("The address 'https://x/å' may hold only")
    with store.editing(ANNA, whole=True) as editing:
        assert import_into(editing, snapshot, partly=True).added["route"] == 5


def test_routes_that_overlap_are_refused_by_an_import(store: Store) -> None:
    """platform.md §20.1."""
    two = ROUTE + ROUTE.replace("adapter:x", "adapter:y")
    with store.editing(ANNA, whole=True) as editing:
        report = import_into(editing, read_toml(two), partly=True)
    assert (report.added["route"], len(report.refused)) == (1, 1)


def test_moments_become_the_days_that_they_touch_and_that_is_told(store: Store) -> None:
    with store.editing(ANNA, whole=True) as editing:
        report = import_into(
            editing, read_persistent_cache(CACHE.replace("9999-12-31T00:00:00", "2026-06-30T12:00:00Z").encode())
        )
    assert report.notes == ("1 rows told moments; they are now in force on whole days.",)
    assert store.publish(ANNA).authorisations[0].last_day == date(2026, 6, 30)


def test_an_import_into_a_catalogue_with_rows_knows_them(tmp_path: Path, store: Store) -> None:
    """Reading everything first finds what looking one by one finds."""
    published(store)
    with an_open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        with other.editing(ANNA) as editing:
            a_route(editing, url="https://other.example.com")
        version = other.publish(ANNA)
    with store.editing(ANNA, whole=True) as editing:
        report = import_into(editing, version, partly=True)
    assert len(report.refused) == 1
    assert "on some of the same days" in report.refused[0]
