"""gateway/tak/store.py, published_json.py, quality.py: preview, publish, take back, and the documents of a version.

Source: platform.md §20.2, §20.3.
"""

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.tak import published_json
from gateway.tak.entities import AuthorisationRow, RouteRow
from gateway.tak.exchange import CatalogueUnreadable, load
from gateway.tak.publication import Component, Contract, Publication
from gateway.tak.refusals import (
    CatalogueRefused,
    EntityMissing,
    EntityRefused,
    PublicationRefused,
    PublicationRunning,
)
from gateway.tak.store import Store
from tests.docs.pages import ROOT
from tests.gateway.tak.catalogues import (
    ANNA,
    BO,
    CLINIC,
    COMPONENT,
    CONSUMER,
    CONTRACT,
    LAST,
    NOW,
    URL,
    a_route,
    an_authorisation,
    an_open_store,
    published,
    to,
)
from tests.gateway.tak.test_store import together
from tests.people import ANNA as PERSON

# Publishing


def test_a_version_has_number_executor_comment_and_all_that_was_published(store):
    """platform.md §20.2: new PubVersion with snapshot, executor and comment; pending marks are cleared."""
    first = published(store).current()
    assert (first.version, first.publisher, first.comment, first.published_at) == (1, ANNA, "The first", NOW)
    (route,) = first.routes
    assert (route.logical_address.hsa_id, route.producer_address.url, route.pub_version) == (CLINIC, URL, 1)
    assert store.pending() == ()


def test_only_the_publisher_s_own_changes_are_published(store):
    """platform.md §20.2: applies only the publishing user's pending changes on top of the latest snapshot."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.add_component("SE-A")
    with store.editing(BO) as editing:
        editing.add_component("SE-B")
    names = [one.hsa_id for one in store.publish(BO).components]
    assert "SE-B" in names
    assert "SE-A" not in names
    assert [one.owner for one in store.pending()] == [ANNA]


def test_a_change_moves_only_its_own_row_to_the_new_version(store):
    """platform.md §20.1: pubVersion is the number of the publication that last changed it."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.change(editing.row(RouteRow, 1), last_day=date(2027, 12, 31))
    second = store.publish(ANNA)
    assert (second.version, second.routes[0].pub_version, second.routes[0].last_day) == (2, 2, date(2027, 12, 31))
    assert second.authorisations[0].pub_version == 1


def test_with_nothing_pending_nothing_is_published(store):
    published(store)
    with pytest.raises(PublicationRefused, match="Nothing that bo has changed is pending"):
        store.publish(BO)
    assert [one.number for one in store.history()] == [1]


def test_a_comment_may_not_hold_a_person(store):
    with store.editing(ANNA) as editing:
        editing.add_component("SE1")
    with pytest.raises(EntityRefused, match="comment must not hold a person's number"):
        store.publish(ANNA, f"for {PERSON.number}")


def test_while_a_publication_runs_another_is_refused_with_the_real_platform_s_words(store):
    """platform.md §20.2: lock `PubVersion`, else `A publication job is already running`."""
    published(store)
    with store.editing(BO) as editing:
        editing.add_component("SE1")
    with store.publication_lock():
        for attempt in (lambda: store.publish(BO), store.roll_back):
            with pytest.raises(PublicationRunning, match=r"^A publication job is already running$"):
                attempt()
    assert store.publish(BO).version == 2


def test_the_lock_of_a_killed_publication_is_lost_after_ten_minutes(tmp_path):
    """platform.md §20.2; that it does not stay for ever is ours."""
    clock = [NOW]
    store = Store(f"sqlite:///{tmp_path / 'tak.db'}", lambda: clock[0])
    store.open()
    with store.publication_lock():
        clock[0] = NOW + timedelta(minutes=10)
        with pytest.raises(PublicationRunning), store.publication_lock():
            pass
        clock[0] = NOW + timedelta(minutes=11)
        with store.publication_lock():
            pass
    store.close()


def test_of_publishers_at_once_each_is_published_whole_or_told(database_url):
    """platform.md §20.2: versions follow each other and none loses another's rows."""
    users = [f"user{number}" for number in range(4)]
    with an_open_store(database_url) as store:
        for user in users:
            with store.editing(user) as editing:
                editing.add_component(f"SE-{user}")
        outcomes = together(*(lambda user=user: store.publish(user) for user in users))
        done = [user for user, one in zip(users, outcomes, strict=True) if isinstance(one, Publication)]
        told = [one for one in outcomes if not isinstance(one, Publication)]
        assert done
        assert {type(one) for one in told} <= {PublicationRunning}
        assert [one.number for one in store.history()] == list(range(len(done), 0, -1))
        assert {one.hsa_id for one in store.current().components} == {f"SE-{user}" for user in done}
        assert {one.owner for one in store.pending()} == set(users) - set(done)


# Preview and quality


def test_a_preview_lists_the_user_s_changes_and_gives_the_version_they_would_make(store):
    """platform.md §20.2: preview."""
    published(store)
    with store.editing(BO) as editing:
        editing.add_component("SE1")
    preview = store.preview(BO)
    assert [one.key for one in preview.pending] == ["SE1"]
    assert preview.errors == ()
    assert "SE1" in [one.hsa_id for one in preview.publication.components]
    assert store.preview(ANNA).pending == ()
    assert store.current().version == 1


def test_what_needs_another_s_pending_row_is_shown_and_not_published(store):
    """platform.md §20.2: quality errors."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.add_logical_address("SE1")
    with store.editing(BO) as editing:
        a_route(editing, address="SE1")
    (error,) = store.preview(BO).errors
    assert error == "The route number 2 needs logical address number 2, which would not be published."
    with pytest.raises(PublicationRefused, match="needs logical address number 2"):
        store.publish(BO)
    assert [one.noun for one in store.pending(BO)] == ["route"]
    store.publish(ANNA)
    assert len(store.publish(BO).routes) == 2


@pytest.mark.parametrize("first_day", [date(2026, 7, 1), LAST])
def test_days_that_another_has_not_yet_let_go_are_shown_and_not_published(store, first_day):
    """platform.md §20.1, §20.2: no version has two routes of one key in force at once, not for a day."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.change(editing.row(RouteRow, 1), last_day=date(2026, 6, 30))
    with store.editing(BO) as editing:
        a_route(editing, url="https://other.example.com", first_day=first_day)
    assert f"Two routes for {CLINIC}, {CONTRACT} would be in force at once" in store.preview(BO).errors[0]


def test_a_key_that_another_has_not_yet_let_go_is_shown(store):
    """platform.md §20.1, §20.2."""
    with store.editing(ANNA) as editing:
        editing.add_component("SE1")
    store.publish(ANNA)
    with store.editing(ANNA) as editing:
        editing.delete(editing.component("SE1"))
    with store.editing(BO) as editing:
        editing.add_component("se1")
    assert store.preview(BO).errors == ("The component se1 would be published twice.",)


# Taking back


def test_only_the_latest_version_is_taken_back_and_its_changes_are_pending_again(store):
    """platform.md §20.2: rows return to pending state and the version is deleted."""
    published(store)
    with store.editing(BO) as editing:
        editing.change(editing.component(COMPONENT), description="changed")
        editing.delete(editing.row(RouteRow, 1))
        editing.add_component("SE1")
    store.publish(BO, "The second")
    assert store.roll_back().number == 2
    assert [one.number for one in store.history()] == [1]
    assert {(one.noun, one.happening, one.owner) for one in store.pending()} == {
        ("component", "changed", BO), ("component", "created", BO), ("route", "deleted", BO),
    }  # fmt: skip
    assert store.current().routes[0].pub_version == 1


def test_what_was_taken_back_can_be_published_again_under_a_number_of_its_own(store):
    """platform.md §20.2; a number is not used twice, for somebody may have loaded it."""
    before = published(store).current()
    store.roll_back()
    again = store.publish(ANNA)
    assert again.version == 2
    assert [one.namespace for one in again.contracts] == [one.namespace for one in before.contracts]


def test_a_row_that_somebody_has_changed_since_stays_with_that_owner(store):
    published(store)
    with store.editing(BO) as editing:
        editing.change(editing.component(COMPONENT), description="Bo's")
    store.roll_back()
    assert {one.owner for one in store.pending() if one.key == COMPONENT} == {BO}
    assert {one.owner for one in store.pending() if one.key != COMPONENT} == {ANNA}


def test_nothing_can_be_taken_back_when_nothing_is_published(store):
    with pytest.raises(PublicationRefused, match="Nothing is published"):
        store.roll_back()


# History and download


def test_every_version_stays_as_it_was(store):
    """platform.md §20.2: history, download."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.delete(editing.row(RouteRow, 1))
    store.publish(ANNA, "Without")
    assert [(one.number, one.comment) for one in store.history()] == [(2, "Without"), (1, "The first")]
    assert [len(store.publication(number).routes) for number in (1, 2)] == [1, 0]
    with pytest.raises(EntityMissing, match="no published version 3"):
        store.publication(3)


def test_a_download_is_the_snapshot_compressed_with_gzip(store):
    """platform.md §20.2 (`PubVersion-<id>.json.gzip`), §20.3 (snapshot: relationships are numeric ids)."""
    published(store)
    document = json.loads(gzip.decompress(store.download(1)))
    assert list(document) == ["formatVersion", "version", "tidpunkt", "utforare", "kommentar", "data"]
    assert document["tidpunkt"] == "2026-11-24T12:00:00+0100"
    assert document["data"]["vagval"] == [
        {
            "id": 1,
            "pubversion": 1,
            "fromTidpunkt": "2026-01-01",
            "tomTidpunkt": "2026-12-31",
            "relationships": {"anropsadress": 1, "logiskadress": 1, "tjanstekontrakt": 1},
        }
    ]
    assert set(document["data"]) == {
        "rivtaprofil", "tjanstekontrakt", "logiskadress", "tjanstekomponent", "anropsadress", "anropsbehorighet",
        "vagval", "filter", "filtercategorization",
    }  # fmt: skip
    assert store.history()[0].size == len(store.download(1))


# Documents


def with_filters(store):
    published(store)
    with store.editing(ANNA) as editing:
        editing.add_filter(editing.row(AuthorisationRow, 1), "urn:domain", ["a", "b"])
    return store.publish(ANNA)


def test_an_export_names_things_by_their_natural_keys(store):
    """platform.md §20.3: HSA id, namespace, URL; the permission's consumer is called tjanstekonsument."""
    lists = published_json.document_of(with_filters(store), by_key=True)["data"]
    related = {name: [item.get("relationships") for item in items] for name, items in lists.items()}
    assert related["anropsadress"] == [{"rivtaprofil": "RIVTABP21", "tjanstekomponent": COMPONENT}]
    assert related["vagval"] == [{"anropsadress": URL, "logiskadress": CLINIC, "tjanstekontrakt": CONTRACT}]
    assert related["anropsbehorighet"] == [
        {"logiskAdress": CLINIC, "tjanstekonsument": CONSUMER, "tjanstekontrakt": CONTRACT}
    ]


def test_a_snapshot_calls_the_consumer_tjanstekomponent(store):
    """platform.md §20.3."""
    (one,) = published_json.document_of(published(store).current())["data"]["anropsbehorighet"]
    assert set(one["relationships"]) == {"logiskAdress", "tjanstekomponent", "tjanstekontrakt"}


@pytest.mark.parametrize("by_key", [False, True])
def test_a_version_read_back_from_its_document_is_the_same(store, by_key):
    """platform.md §20.3."""
    version = with_filters(store)
    document = published_json.document_of(version, by_key)
    assert published_json.read(published_json.parse(published_json.write(document, pretty=True))) == version


def test_what_is_kept_and_what_the_values_say_are_one_document(store):
    version = with_filters(store)
    assert published_json.unpack(store.download(2)) == published_json.document_of(version)


def test_an_address_that_stands_there_in_two_profiles_is_ambiguous_in_an_export(store):
    """platform.md §20.3: the natural key of an address is its URL alone there."""
    with store.editing(ANNA) as editing:
        a_route(editing)
        editing.add_producer_address(URL, editing.add_profile("RIVTABP20"), editing.component(COMPONENT))
    version = store.publish(ANNA)
    assert published_json.read(published_json.document_of(version)) == version
    with pytest.raises(CatalogueUnreadable, match=r"vagval 1: its anropsadress .* is there 2 times"):
        published_json.read(published_json.document_of(version, by_key=True))


def a_document(**changes):
    item = {"id": 1, "pubversion": 1, "hsaId": "SE1", "beskrivning": None}
    return {"formatVersion": 1, "version": 3, "tidpunkt": "2026-01-01T00:00:00+0100", "utforare": "x",
            "kommentar": None, "data": {"tjanstekomponent": [item]}} | changes  # fmt: skip


def test_lists_and_values_that_are_missing_or_null_are_empty():
    version = published_json.read(a_document())
    assert (version.version, version.components) == (3, (Component(1, "SE1"),))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (a_document(version="x"), "version must be a whole number"),
        (a_document(version=True), "version must be a whole number"),
        (a_document(tidpunkt="soon"), "tidpunkt must be a moment"),
        (a_document(data={"vagval": 5}), "vagval must be a list"),
        (a_document(data={"vagval": [5]}), "vagval must be a list"),
        (a_document(data={"vagval": [{}]}), "id must be a whole number"),
        (a_document(data={"vagval": [{"id": 1}]}), "has no relationships"),
        (a_document(data={"vagval": [{"id": 4, "relationships": {}}]}), "vagval|no text"),
        (a_document(data={"tjanstekomponent": [{"id": 1}]}), "no text hsaId"),
        (a_document(data={"filter": [{"id": 1, "servicedomain": "a"}]}), "no relationships"),
    ],
)
def test_a_document_that_does_not_fit_is_told_by_what_is_wrong(document, reason):
    with pytest.raises(CatalogueUnreadable, match=reason):
        published_json.read(document)


@pytest.mark.parametrize("text", [b"", b"[", b"[1]", b"{}", b'{"data": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_told(text):
    with pytest.raises(CatalogueUnreadable):
        published_json.parse(text)


@pytest.mark.parametrize("packed", [b"", b"nope", b"\x1f\x8bnope"])
def test_what_is_not_compressed_is_told(packed):
    with pytest.raises(CatalogueUnreadable):
        published_json.unpack(packed)


# Planting


def test_an_empty_catalogue_is_planted_with_the_demo_s_and_answers_as_that_file(store):
    demo = load(ROOT / "tidbro" / "demo_tak.toml")
    version = store.plant(demo, "tidbro", "The demo region")
    assert version.version == 1
    assert set(store.current().snapshot().routes) == set(demo.routes)
    assert set(store.current().snapshot().authorisations) == set(demo.authorisations)


def test_a_catalogue_with_anything_in_it_is_not_planted(store):
    demo = load(ROOT / "tidbro" / "demo_tak.toml")
    with store.editing(ANNA) as editing:
        to(editing)
    with pytest.raises(CatalogueRefused, match="not empty"):
        store.plant(demo, "tidbro")


def test_another_catalogue_s_version_can_be_planted(store, tmp_path):
    version = with_filters(store)
    with an_open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        planted = other.plant(version, BO, "Moved")
    assert planted.snapshot().routes == version.snapshot().routes
    assert [one.filters[0].categories for one in planted.authorisations] == [("a", "b")]
    assert replace(planted.contracts[0], pub_version=0) == replace(version.contracts[0], pub_version=0)
    assert isinstance(planted.contracts[0], Contract)
    assert planted.routes[0].last_day == LAST


def test_authorisations_of_a_version_can_be_extended(store):
    published(store)
    with store.editing(ANNA) as editing:
        an_authorisation(editing, first_day=date(2027, 1, 1), last_day=date(2027, 12, 31))
    assert len(store.publish(ANNA).authorisations) == 2
