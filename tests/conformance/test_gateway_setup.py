"""The folder that a gateway is set up by: whole, its owner's alone, and true to what its README says."""

import csv
import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from conformance.gateway import rows, setup
from conformance.gateway.setup import GatewayPorts, ProducerPorts, Setup
from contracts import xml
from tests.conformance.gateways import TIDBRO, a_setup


def test_a_run_reads_what_was_set_up(tmp_path: Path) -> None:
    made = a_setup(tmp_path, index_update_url="http://127.0.0.1:1/update", instance_name="Prov")
    assert setup.read(tmp_path) == made


@pytest.mark.parametrize("text", [None, "{", "{}", '{"gateway": {}, "producers": {}}', "[]"])
def test_another_folder_is_told_as_what_it_is(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "setup.json").write_text(text)
    with pytest.raises(ValueError, match="is no folder that the kit has set up"):
        setup.read(tmp_path)


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="a port is a number"):
        GatewayPorts(1, 2, 3, 4, 5, 0)


def test_ports_are_all_different() -> None:
    made = Setup()
    own = [getattr(made.gateway, name) for name in GatewayPorts.__slots__]
    own += [getattr(made.producers, name) for name in ProducerPorts.__slots__]
    assert len(set(own)) >= len(own) - 1  # the two lots are drawn apart, and could meet once in a thousand


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    a_setup(tmp_path)
    files = list((tmp_path / "certificates").iterdir())
    assert files
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}


def test_the_readme_tells_the_command_by_which_these_tests_start_ours(tmp_path: Path) -> None:
    a_setup(tmp_path)
    told = re.search(r"--start '([^']+)'", (tmp_path / "README.txt").read_text())
    assert told
    assert shlex.split(told[1])[1:] == shlex.split(TIDBRO)[3:]


def test_the_rows_to_order_are_those_of_the_catalogue(tmp_path: Path) -> None:
    a_setup(tmp_path, aggregating_url="http://127.0.0.1:1/x", index_update_url="http://127.0.0.1:1/y")
    root = xml.parse((tmp_path / "tak.xml").read_bytes())
    for name, file in (("virtualiseringsInfo", "routes.csv"), ("anropsBehorighetsInfo", "authorisations.csv")):
        with (tmp_path / file).open() as text:
            assert len(list(csv.reader(text))) == len(root.findall(name)) + 1


def test_systems_that_are_not_named_have_no_routes() -> None:
    places = Setup().places
    routed = {one.address for one in rows.routes(places, date(2026, 12, 1))}
    assert not {rows.AGGREGATED, rows.WRONG_INDEX, places.index_address} & routed


def test_every_route_is_written_with_a_url_that_somebody_of_the_kit_has_but_for_one() -> None:
    made = Setup()
    at = made.places
    known = (at.http, at.https, at.refused, at.resetting)
    without = [one.address for one in rows.routes(at, date(2026, 12, 1)) if not one.url.startswith(known)]
    assert without == ["KIT-NO-URL"]
