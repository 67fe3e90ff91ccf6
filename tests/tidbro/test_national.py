"""tidbro/national.py and index_command.py: which services a region has, and filling the index anew."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import requests

from gateway.settings import SettingsRefused
from tests.people import GRETA
from tests.serving import MORNING
from tests.tidbro.starting import a_demo, running
from tidbro import cli
from tidbro.national import National
from tidbro.settings import RegionSettings, read_region
from tidbro.start import start


def services_of(region) -> National | None:
    return next((one for one in region.pipeline.companions if isinstance(one, National)), None)


def test_a_region_that_is_no_demo_has_the_services_it_asks_for(tmp_path: Path) -> None:
    asked = {"data_directory": str(tmp_path), "port": 0, "national": {"index": {"hsa_id": "SE2321009991-EI02"}}}
    with running(read_region(None, asked)) as region:
        services = services_of(region.region)
        assert services.aggregation is None
        assert services.subscriber is None
        status = requests.get(f"{region.url}/skltp-ei/status", timeout=30).json()
        assert status["hsa_id"] == "SE2321009991-EI02"
        assert requests.get(f"{region.url}/aggregation/status", timeout=30).status_code == 404


def test_a_region_that_asks_for_none_has_none(tmp_path: Path) -> None:
    with running(read_region(None, {"data_directory": str(tmp_path), "port": 0})) as region:
        assert services_of(region.region) is None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"index": {"hsa_di": "x"}}, "national.index: the index has no setting hsa_di"),
        ({"index": {"threads": 0}}, "national.index: the index's setting threads"),
        ({"aggregation": {"total_seconds": "long"}}, "national.aggregation: total_seconds"),
    ],
)
def test_a_setting_of_a_service_that_does_not_fit_stops_the_start_with_a_sentence(tmp_path, table, told):
    with pytest.raises(SettingsRefused, match=told):
        start(read_region(None, {"data_directory": str(tmp_path), "port": 0, "national": table}))


# -- tidbro index refill


def entries_in(settings: RegionSettings) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(Path(settings.data_directory) / "index.sqlite")) as database:
        return set(database.execute("SELECT business_object, categorization FROM engagements"))


def test_eiu_8_an_index_that_lost_everything_is_filled_anew(tmp_path: Path, capsys) -> None:
    settings = a_demo(tmp_path)
    with running(settings) as region:
        settle(region)
    before = entries_in(settings)
    for path in tmp_path.glob("index.sqlite*"):
        path.unlink()
    with running(settings) as region:
        settle(region)
        assert entries_in(settings) == set()
        refill = ["index", "refill", "--demo", "--data", str(tmp_path), "--clock", f"{MORNING:%Y-%m-%dT%H:%M}"]
        assert cli.main(refill) == 0
        settle(region)
        question = "SELECT count(*) FROM engagements WHERE resident = ?"
        with closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
            assert database.execute(question, (GRETA.number,)).fetchone()[0] > 3
    assert len(before) == len(entries_in(settings)) > 10
    told = capsys.readouterr().out
    assert "timebook: " in told
    assert "takecare: " in told


def settle(region) -> None:
    adapters = region.region.pipeline.producers.adapters
    for system in (adapters["timebook"], adapters["takecare"].system):
        assert system.duty.relay.settle(60)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--data", "there/is/none"], "data folder of a region"), (["--data", "."], "no scheduling system")],
)
def test_what_cannot_be_refilled_is_told_in_a_sentence(arguments, told, capsys):
    assert cli.main(["index", "refill", *arguments]) == 2
    assert told in capsys.readouterr().err
