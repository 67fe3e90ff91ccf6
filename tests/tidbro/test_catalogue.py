"""tidbro/catalogue.py and demo_catalogue.py: where a region's catalogue comes from (platform.md §18, §20.2)."""

from pathlib import Path

import pytest
import requests

from gateway.tak import exchange
from tests.serving import SetClock
from tests.tidbro.starting import a_demo, running
from tidbro import catalogue, demo_catalogue
from tidbro.settings import RegionSettings, read_region

CLOCK = SetClock()


@pytest.fixture
def settings(tmp_path: Path) -> RegionSettings:
    return a_demo(tmp_path)


def loaded(settings: RegionSettings):
    return catalogue.loaded(settings, CLOCK, is_gateway_alone=False)


def test_the_demos_catalogue_is_planted_and_published_once(settings: RegionSettings) -> None:
    for _ in range(2):
        demo_catalogue.plant(settings, CLOCK)
    with catalogue.store_of(settings, CLOCK) as store:
        assert [(one.number, one.publisher) for one in store.history()] == [(1, "demo")]
        assert store.pending() == ()
    cache = loaded(settings)
    assert cache.last_refresh.status == "REFRESH_OK"
    assert len(cache.snapshot().routes) == len(cache.snapshot().authorisations) == 144


def test_every_route_of_the_demo_is_open_to_those_who_need_it_and_to_nobody_else(settings: RegionSettings) -> None:
    """DESIGN decision 11: the demo opens what the demo needs."""
    demo = demo_catalogue.wanted_now("http://127.0.0.1:1", "adapter:timebook")
    routed = {(one.logical_address, one.contract) for one in demo.routes}
    opened = {(one.logical_address, one.contract) for one in demo.authorisations}
    assert opened - routed == set()
    assert sorted(contract.split(":")[4] for _, contract in routed - opened) == [  # for other indexes
        "GetUpdatesResponder",
        "ProcessNotificationResponder",
    ]
    national = {
        (one.consumer[-4:], one.contract.split(":")[-2].removesuffix("Responder"))
        for one in demo.authorisations
        if one.consumer != "SE2321009991-ET01"
    }
    assert national == {
        ("FT01", "Update"),
        ("TC01", "Update"),
        ("AG01", "FindContent"),
        ("EI01", "ProcessNotification"),
        ("EI01", "GetLogicalAddresseesByServiceContract"),
    }


def test_another_port_is_published_as_a_version_of_its_own(settings: RegionSettings) -> None:
    demo_catalogue.plant(settings, CLOCK, "http://127.0.0.1:8080")
    demo_catalogue.plant(settings, CLOCK, "http://127.0.0.1:8090")
    addresses = {one.address for one in loaded(settings).snapshot().routes if "tak-services" in one.address}
    assert {address.split("/tak")[0] for address in addresses} == {"http://127.0.0.1:8090"}
    with catalogue.store_of(settings, CLOCK) as store:
        assert len(store.history()) == 2


def test_a_route_that_somebody_led_elsewhere_stays_there(settings: RegionSettings) -> None:
    demo_catalogue.plant(settings, CLOCK)
    with catalogue.store_of(settings, CLOCK) as store:
        with store.editing("anna") as editing:
            (row,) = editing.routes(
                editing.logical_address("SE2321009991-TP01"),
                editing.contract("urn:riv:itintegration:registry:GetSupportedServiceContractsResponder:1"),
            )
            before = row.producer_address
            mine = editing.add_producer_address("https://example.com/x", before.profile, before.component)
            editing.readdress(row, mine)
        store.publish("anna")
    demo_catalogue.plant(settings, CLOCK, "http://127.0.0.1:8090")
    assert "https://example.com/x" in {one.address for one in loaded(settings).snapshot().routes}


def test_a_start_falls_back_on_the_last_good_copy_when_the_database_is_gone(settings: RegionSettings) -> None:
    """platform.md §18; §24 row 50."""
    demo_catalogue.plant(settings, CLOCK)
    assert loaded(settings).last_refresh.status == "REFRESH_OK"
    for path in Path(settings.data_directory).glob("tak.db*"):
        path.unlink()
    demo_catalogue.plant(settings, CLOCK)
    cache = loaded(settings)
    assert cache.last_refresh.status == "RESTORED_FROM_LOCAL_CACHE"
    assert len(cache.snapshot().routes) == 144


def test_a_start_falls_back_on_it_when_the_database_is_broken(settings: RegionSettings) -> None:
    """platform.md §18."""
    demo_catalogue.plant(settings, CLOCK)
    loaded(settings)
    for path in Path(settings.data_directory).glob("tak.db*"):
        path.write_bytes(b"not a database" * 1000)
    demo_catalogue.plant(settings, CLOCK)
    assert loaded(settings).last_refresh.status == "RESTORED_FROM_LOCAL_CACHE"


def test_what_is_published_is_in_force_after_a_reset_of_the_running_region(tmp_path: Path) -> None:
    """platform.md §20.2 (activation), §17.3."""
    settings = a_demo(tmp_path)
    with running(settings) as region:
        with catalogue.store_of(region.region.settings, CLOCK) as store:
            with store.editing("anna") as editing:
                editing.add_logical_address("SE2321009991-2B77")
                editing.add_route(
                    editing.logical_address("SE2321009991-2B77"),
                    editing.contract("urn:riv:crm:scheduling:GetAllCareTypesResponder:1"),
                    editing.producer_addresses()[0],
                    CLOCK().date(),
                    CLOCK().date(),
                )
            store.publish("anna")
        assert len(region.region.tak.snapshot().routes) == 144
        assert "Init done, was successful: true" in requests.get(f"{region.url}/resetcache", timeout=30).text
        assert len(region.region.tak.snapshot().routes) == 145


def test_a_file_that_is_named_goes_before_everything_else(tmp_path: Path) -> None:
    file = tmp_path / "tak.toml"
    exchange_text = Path(exchange.__file__).parents[2] / "tidbro" / "demo_regional_tak.toml"
    file.write_text(exchange_text.read_text())
    settings = read_region(None, {"data_directory": str(tmp_path), "tak_file": str(file), "demo": True})
    assert len(loaded(settings).snapshot().routes) == 23
    assert not catalogue.database_of(settings).exists()
