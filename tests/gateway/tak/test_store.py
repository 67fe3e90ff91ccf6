"""gateway/tak/store.py, editing.py, rules.py, entities.py: what a catalogue takes, and whose changes are pending.

Source: platform.md §20.1, §20.2.
"""

import os
import threading
from datetime import date

import pytest
from sqlalchemy import create_engine, inspect, text

from gateway.tak.entities import (
    AuthorisationRow,
    ComponentRow,
    ContractRow,
    LogicalAddressRow,
    ProducerAddressRow,
    RouteRow,
)
from gateway.tak.refusals import (
    CatalogueStoreUnusable,
    ChangedMeanwhile,
    EntityMissing,
    EntityRefused,
    OwnedByAnother,
    StillUsed,
)
from gateway.tak.store import Store
from tests.gateway.tak.catalogues import (
    ANNA,
    BO,
    CLINIC,
    COMPONENT,
    CONSUMER,
    CONTRACT,
    FIRST,
    LAST,
    NOW,
    a_route,
    an_authorisation,
    an_open_store,
    published,
    to,
)
from tests.people import ANNA as PERSON

# Opening


def test_every_table_of_the_real_catalogue_is_there(tmp_path):
    """platform.md §20.1."""
    with an_open_store(f"sqlite:///{tmp_path / 'tak.db'}"):
        engine = create_engine(f"sqlite:///{tmp_path / 'tak.db'}")
        tables = set(inspect(engine).get_table_names())
        columns = {one["name"] for one in inspect(engine).get_columns("vagval")}
        with engine.connect() as connection:
            mode = connection.scalar(text("PRAGMA journal_mode"))
        engine.dispose()
    assert tables >= {
        "rivtaprofil", "tjanstekontrakt", "tjanstekomponent", "logiskadress", "anropsadress", "vagval",
        "anropsbehorighet", "filter", "filtercategorization", "pubversion", "anvandare", "taksettings", "locktb",
    }  # fmt: skip
    assert columns >= {"id", "version", "pubversion", "updatedtime", "updatedby", "deleted"}
    assert mode == "wal"


def test_an_opened_catalogue_can_be_opened_again_and_keeps_what_it_has(tmp_path):
    url = f"sqlite:///{tmp_path / 'tak.db'}"
    with an_open_store(url) as store:
        published(store)
    with an_open_store(url) as again:
        assert again.current().version == 1


def test_a_database_of_another_version_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'tak.db'}"
    with an_open_store(url):
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE taksettings SET settingvalue = '7'"))
        engine.dispose()
    store = Store(url)
    with pytest.raises(CatalogueStoreUnusable, match="version 7; this is 1"):
        store.open()
    store.close()


@pytest.mark.parametrize("url", ["nope", "", "mysql+nope://x", "sqlite:////nosuch/folder/tak.db"])
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(url):
    with pytest.raises(CatalogueStoreUnusable, match=r"database"):
        Store(url).open()


# Values


@pytest.mark.parametrize(
    "url", ["https://p.example.com:8443/a_b/c-d.e?f&g", "adapter:timebook", "a:b.c", "https://" + "x" * 247]
)
def test_an_address_may_be_of_5_to_255_of_the_allowed_characters(store, url):
    """platform.md §20.1."""
    with store.editing(ANNA) as editing:
        assert to(editing, url).url == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("a:b.", "5 to 255"),
        ("", "5 to 255"),
        ("https://" + "x" * 248, "5 to 255"),
        ("https://x/å", "may hold only"),
        ("https://x/%20", "may hold only"),
        ("https://x/a b", "may hold only"),
        ("https://x/\n", "begins or ends with a blank"),
        (" https://x", "begins or ends with a blank"),
    ],
)
def test_another_address_is_refused_with_a_sentence(store, url, reason):
    """platform.md §20.1: URL `[0-9a-zA-Z_.:/\\-?&]*`, 5–255."""
    with pytest.raises(EntityRefused, match=reason), store.editing(ANNA) as editing:
        to(editing, url)
    assert store.pending() == ()


@pytest.mark.parametrize("hsa_id", ["", "SE 1", "SE1 ", "SE.1", "SÅ1", "*", "A" * 256])
def test_a_component_that_is_no_hsa_id_is_refused(store, hsa_id):
    """platform.md §20.1: HSA id `[0-9a-zA-Z_\\-]*`."""
    with pytest.raises(EntityRefused), store.editing(ANNA) as editing:
        editing.add_component(hsa_id)


@pytest.mark.parametrize("hsa_id", ["**", "*1", "SE1*", " *"])
def test_a_logical_address_is_an_hsa_id_or_exactly_a_star(store, hsa_id):
    """platform.md §20.1."""
    with store.editing(ANNA) as editing:
        assert editing.add_logical_address("*").hsa_id == "*"
    with pytest.raises(EntityRefused), store.editing(ANNA) as editing:
        editing.add_logical_address(hsa_id)


@pytest.mark.parametrize("namespace", ["", "urn:a/b", "urn:a b", "urn:a ", "urn:å"])
def test_a_contract_of_other_characters_is_refused(store, namespace):
    """platform.md §20.1: contract `[0-9a-zA-Z_.:\\-]*`."""
    with pytest.raises(EntityRefused), store.editing(ANNA) as editing:
        editing.add_contract(namespace)


@pytest.mark.parametrize("description", [" x", "x ", "x" * 256, "a\x00b", f"for {PERSON.number}"])
def test_a_description_with_blanks_around_too_long_or_with_a_person_is_refused(store, description):
    """platform.md §20.1 (no leading or trailing blanks); nobody's number is kept or told."""
    with pytest.raises(EntityRefused) as told, store.editing(ANNA) as editing:
        editing.add_component("SE1", description)
    assert PERSON.number not in str(told.value)


def test_a_period_that_ends_before_it_begins_is_refused(store):
    """platform.md §20.1: from ≤ tom."""
    with pytest.raises(EntityRefused, match="is before the first"), store.editing(ANNA) as editing:
        a_route(editing, first_day=LAST, last_day=FIRST)
    with store.editing(ANNA) as editing:
        assert a_route(editing, first_day=LAST, last_day=LAST).first_day == LAST


# Natural keys and overlaps


@pytest.mark.parametrize(
    "add",
    [
        lambda editing, upper: editing.add_profile("RIVTABP20"),
        lambda editing, upper: editing.add_contract("URN:A" if upper else "urn:a"),
        lambda editing, upper: editing.add_component("SE1" if upper else "se1"),
        lambda editing, upper: editing.add_logical_address("SE1" if upper else "se1"),
        lambda editing, upper: editing.add_producer_address(
            "https://x", editing.profile("RIVTABP21"), editing.component("C")
        ),
        lambda editing, upper: editing.add_filter(editing.row(AuthorisationRow, 1), "urn:domain"),
    ],
)
def test_a_natural_key_is_there_once_whatever_its_letter_case(store, add):
    """platform.md §20.1 (unique by); §9.1: look-ups ignore case."""
    with store.editing(ANNA) as editing:
        editing.add_profile("RIVTABP21")
        editing.add_component("C")
        an_authorisation(editing)
        add(editing, False)
    with pytest.raises(EntityRefused, match="is there already"), store.editing(ANNA) as editing:
        add(editing, True)


def test_a_key_can_be_used_again_once_its_row_is_deleted(store):
    """platform.md §20.1: unique among what is not deleted."""
    with store.editing(ANNA) as editing:
        editing.add_component("SE1")
    store.publish(ANNA)
    with store.editing(ANNA) as editing:
        editing.delete(editing.component("SE1"))
        editing.add_component("SE1", "anew")
    assert [one.description for one in store.publish(ANNA).components] == ["anew"]


@pytest.mark.parametrize(
    ("first_day", "last_day"), [(LAST, date(2030, 1, 1)), (date(2020, 1, 1), FIRST), (FIRST, FIRST)]
)
@pytest.mark.parametrize("add", [a_route, an_authorisation])
def test_rows_of_one_key_may_not_overlap_by_a_single_day(store, add, first_day, last_day):
    """platform.md §20.1: no overlap in time for routes' and authorisations' keys."""
    with store.editing(ANNA) as editing:
        add(editing)
    with pytest.raises(EntityRefused, match="on some of the same days"), store.editing(ANNA) as editing:
        add(editing, first_day=first_day, last_day=last_day)


@pytest.mark.parametrize("add", [a_route, an_authorisation])
def test_rows_of_one_key_may_follow_each_other(store, add):
    """platform.md §20.1."""
    with store.editing(ANNA) as editing:
        add(editing)
        add(editing, first_day=date(2027, 1, 1), last_day=date(2027, 12, 31))
    with pytest.raises(EntityRefused, match="on some of the same days"), store.editing(ANNA) as editing:
        editing.change(editing.row(RouteRow if add is a_route else AuthorisationRow, 1), last_day=date(2027, 1, 1))


def test_rows_of_other_keys_may_overlap(store):
    """platform.md §20.1: the key of a route is address and contract, of an authorisation the consumer too."""
    with store.editing(ANNA) as editing:
        a_route(editing)
        a_route(editing, address="SE1")
        a_route(editing, contract="urn:a")
        an_authorisation(editing)
        an_authorisation(editing, consumer="SE2")
    assert len(store.publish(ANNA).routes) == 3


# Pending changes and their owner


def test_what_is_added_is_pending_owned_by_its_user_and_invisible_until_published(store):
    """platform.md §20.2: stored as a pending change owned by that user; not visible to the services."""
    with store.editing(ANNA) as editing:
        editing.add_component("SE1")
    (one,) = store.pending()
    assert (one.noun, one.key, one.happening, one.owner) == ("component", "SE1", "created", ANNA)
    assert one.at == NOW
    assert store.pending(BO) == ()
    assert store.current() is None
    assert [one.hsa_id for one in store.working_copy().components] == ["SE1"]


def test_a_change_that_is_refused_leaves_nothing_of_its_transaction(store):
    def add_two():
        with store.editing(ANNA) as editing:
            editing.add_component("SE1")
            editing.add_component("SE 2")

    with pytest.raises(EntityRefused):
        add_two()
    assert store.pending() == ()


@pytest.mark.parametrize(
    "alter",
    [
        lambda editing, row: editing.change(row, description="mine"),
        lambda editing, row: editing.delete(row),
    ],
)
def test_nobody_else_can_change_what_somebody_has_a_pending_change_of(store, alter):
    """platform.md §20.2."""
    with store.editing(ANNA) as editing:
        editing.add_component("SE1")
    with pytest.raises(OwnedByAnother, match="by anna is pending"), store.editing(BO) as editing:
        alter(editing, editing.component("SE1"))
    store.publish(ANNA)
    with store.editing(BO) as editing:
        alter(editing, editing.component("SE1"))
    assert store.pending(BO)


def test_a_row_that_was_never_published_is_removed_when_it_is_deleted(store):
    """platform.md §20.2: never-published row: removed."""
    with store.editing(ANNA) as editing:
        editing.add_component("SE1")
    with store.editing(ANNA) as editing:
        editing.delete(editing.component("SE1"))
    assert store.pending() == ()


def test_a_published_row_is_marked_when_it_is_deleted_and_published_until_that_is_published(store):
    """platform.md §20.2: published row: marked deleted (pending)."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.delete(editing.row(RouteRow, 1))
    assert [one.happening for one in store.pending(ANNA)] == ["deleted"]
    assert len(store.current().routes) == 1
    assert store.publish(ANNA).routes == ()


@pytest.mark.parametrize(
    ("kind", "used_by"),
    [
        (ContractRow, "authorisation"),
        (LogicalAddressRow, "authorisation"),
        (ProducerAddressRow, "route"),
        (ComponentRow, "producer address"),
    ],
)
def test_what_something_depends_on_is_not_deleted(store, kind, used_by):
    """platform.md §20.2: refused while something that depends on it is not deleted."""
    published(store)
    with pytest.raises(StillUsed, match=f"is used by the {used_by}"), store.editing(ANNA) as editing:
        editing.delete(editing.row(kind, 1))


def test_once_what_depends_on_it_is_deleted_it_can_be_deleted_too(store):
    """platform.md §20.2."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.delete(editing.row(RouteRow, 1))
        editing.delete(editing.row(AuthorisationRow, 1))
        editing.delete(editing.contract(CONTRACT))
    assert store.publish(ANNA).contracts == ()


def test_a_filter_keeps_its_authorisation(store):
    """platform.md §20.1, §20.2."""
    with store.editing(ANNA) as editing:
        editing.add_filter(an_authorisation(editing), "urn:domain", ["a", "b"])
    with pytest.raises(StillUsed, match="is used by the filter"), store.editing(ANNA) as editing:
        editing.delete(editing.row(AuthorisationRow, 1))
    ((kept,),) = (one.filters for one in store.publish(ANNA).authorisations)
    assert (kept.service_domain, kept.categories) == ("urn:domain", ("a", "b"))


def test_a_row_that_is_deleted_or_was_never_there_is_told(store):
    published(store)
    with store.editing(ANNA) as editing:
        editing.delete(editing.row(RouteRow, 1))
    with store.editing(ANNA) as editing:
        for number in (1, 99):
            with pytest.raises(EntityMissing, match=f"no route number {number}"):
                editing.row(RouteRow, number)


def test_trying_keeps_nothing(store):
    with store.trying(ANNA) as editing:
        editing.add_component("SE1")
        editing.session.flush()
        assert editing.component("SE1")
    assert store.pending() == ()


@pytest.mark.parametrize("user", ["", " ", "x" * 256])
def test_a_change_needs_a_user(store, user):
    with pytest.raises(EntityRefused, match="name of the user"), store.editing(user):
        pass


# Races


def test_who_looked_before_somebody_else_changed_a_row_is_told_to_look_again(store):
    """platform.md §20.1: version is an optimistic lock."""
    published(store)
    with store.editing(ANNA) as editing:
        seen = editing.component(CONSUMER).version
        editing.change(editing.component(CONSUMER), seen, description="mine")
    with pytest.raises(ChangedMeanwhile, match="look at it again"), store.editing(ANNA) as editing:
        editing.change(editing.component(CONSUMER), seen, description="mine again")


def together(*actions):
    """Every action in a thread of its own, all at once; what each gave or raised."""
    outcomes = [None] * len(actions)
    barrier = threading.Barrier(len(actions))

    def run(place, action):
        barrier.wait(30)
        try:
            outcomes[place] = action()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_of_two_editors_of_one_row_one_is_told(database_url):
    """platform.md §20.1, §20.2: two threads with the same version of a row in their hands."""
    with an_open_store(database_url) as store:
        published(store)

        def edit(description):
            with store.editing(ANNA) as editing:
                editing.change(editing.component(COMPONENT), 2, description=description)

        with store.editing(ANNA) as editing:
            assert editing.component(COMPONENT).version == 2
        outcomes = together(*(lambda text=text: edit(text) for text in ("one", "two")))
        assert sorted(type(one) for one in outcomes if one is not None) == [ChangedMeanwhile]


def test_of_two_who_add_one_key_or_one_period_one_is_told(database_url):
    """platform.md §20.1: the database keeps keys unique and days apart whoever comes first."""
    with an_open_store(database_url) as store:
        published(store)

        def add():
            with store.editing(ANNA) as editing:
                editing.add_component("SE1")
                a_route(editing, address="SE9")

        assert sorted(type(one) for one in together(add, add) if one is not None) == [EntityRefused]
        assert len([one for one in store.working_copy().routes if one.logical_address.hsa_id == "SE9"]) == 1


def test_two_can_open_a_new_catalogue_at_once(database_url):
    stores = [Store(database_url, lambda: NOW), Store(database_url, lambda: NOW)]
    assert together(*(store.open for store in stores)) == [None, None]
    for store in stores:
        store.close()


def test_everything_is_kept_the_same_on_both_databases(database_url):
    """platform.md §20.1: both kinds of database, moments in UTC."""
    with an_open_store(database_url) as store:
        first = published(store).current()
        assert store.publication(1) == first
        assert (first.published_at, first.routes[0].logical_address.hsa_id) == (NOW, CLINIC)
        assert store.roll_back().number == 1
        assert store.publish(ANNA).version == 2


def test_a_database_that_is_made_is_for_its_owner_alone(tmp_path):
    """As every file beside it, whatever the process lets others see."""
    before = os.umask(0o022)
    try:
        store = Store(f"sqlite:///{tmp_path / 'tak.db'}")
        store.open()
        with store.editing(ANNA) as editing:
            editing.add_component("SE1")
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes["tak.db"] == 0o600
    assert set(modes.values()) == {0o600}
