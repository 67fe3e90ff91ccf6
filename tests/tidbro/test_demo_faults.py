"""tidbro/demo_faults.py and the command that switches it: Mottagningen Ostadig of domain.md §10.1."""

import threading
from dataclasses import replace

import pytest

from contracts import scheduling as s
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId
from contracts.producer import SchedulingProducer
from gateway.tak.snapshot import TakSnapshot
from scheduling_backends.testing import Questions, SchedulingProducerContract
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.timebooks import a_world, empty_database
from tests.serving import SetClock
from tests.tidbro.starting import a_demo
from tidbro import catalogue, demo_catalogue, demo_mode
from tidbro.cli import main
from tidbro.demo_faults import FAULTSTRING, Unsteady
from tidbro.demo_mode import Mode, mode_in, set_mode
from tidbro.demo_region import plant

OSTADIG = HsaId("SE2321009991-2B07")


@pytest.fixture
def region(tmp_path):
    with a_world(empty_database(tmp_path)) as world:
        with world.timebook.desk() as desk:
            plant(desk, world.clock())
        yield world


@pytest.fixture
def unsteady(region, tmp_path):
    """The plug-in before an open timebook; slow is a tenth of a second."""
    return Unsteady(region.timebook, tmp_path, slow_seconds=0.1)


@pytest.fixture
def ask(region, unsteady):
    return Questions(unsteady, OSTADIG, BERTIL.identity, "OST15", region.clock, BERTIL.info)


class TestTheUnsteadyTimebookThatNothingAils(SchedulingProducerContract):
    """What every adapter must show, it shows too as long as no mode is set."""

    @pytest.fixture
    def producer(self, unsteady) -> SchedulingProducer:
        return unsteady

    @pytest.fixture
    def facility(self):
        return OSTADIG

    @pytest.fixture
    def citizen(self):
        return ANNA.identity

    @pytest.fixture
    def other_citizen(self):
        return BERTIL.identity

    @pytest.fixture
    def time_type_id(self):
        return "OST15"

    @pytest.fixture
    def clock(self, region):
        return region.clock


def test_a_fault_comes_back_as_the_timebooks_own_and_nothing_is_done(ask, tmp_path):
    slot = ask.free_times()[0]
    set_mode(tmp_path, Mode.FAULT)
    with pytest.raises(ProducerFault) as fault:
        ask.make(slot)
    assert (fault.value.faultstring, fault.value.faultcode) == (FAULTSTRING, "Server")
    set_mode(tmp_path, Mode.OFF)
    assert ask.schedule() == ()


def test_a_bad_answer_is_no_message_but_the_booking_is_made(ask, tmp_path):
    slot = ask.free_times()[0]
    set_mode(tmp_path, Mode.BAD_ANSWER)
    assert not isinstance(ask.make(slot), s.MakeBookingResponse)
    set_mode(tmp_path, Mode.OFF)
    assert [one.start for one in ask.schedule()] == [slot.start]


def test_a_slow_answer_is_true(ask, tmp_path):
    right = ask.free_times()
    set_mode(tmp_path, Mode.SLOW)
    assert ask.free_times() == right


def test_an_answer_that_comes_too_late_is_let_go_when_the_region_closes(ask, unsteady, region, tmp_path):
    slot = ask.free_times()[0]
    set_mode(tmp_path, Mode.TIME_OUT)
    late = threading.Thread(target=ask.make, args=(slot,))
    late.start()
    late.join(timeout=0.2)
    assert late.is_alive()
    unsteady.close()
    late.join(timeout=30)
    assert not late.is_alive()
    region.timebook.open()
    assert [one.start for one in region.ask(BERTIL, OSTADIG, "OST15").schedule()] == [slot.start]


@pytest.mark.parametrize("written", ["", "sideways", "off\n", "\xff"])
def test_a_mode_that_nobody_knows_is_none(written, tmp_path):
    set_mode(tmp_path, Mode.FAULT)
    (written_to,) = [path for path in tmp_path.iterdir() if path.suffix == ".mode"]
    written_to.write_bytes(written.encode("latin-1"))
    assert mode_in(tmp_path) is Mode.OFF


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_is_said_what_it_means(mode):
    assert f"\n{mode} " in demo_mode.__doc__


def test_the_command_sets_the_mode_and_shows_it(tmp_path, capsys):
    assert main(["demo", "fault", "time-out", "--data", str(tmp_path)]) == 0
    assert main(["demo", "fault", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "time-out\ntime-out\n"
    assert mode_in(tmp_path) is Mode.TIME_OUT


def test_the_command_wants_a_data_folder_that_is_there(tmp_path, capsys):
    assert main(["demo", "fault", "slow", "--data", str(tmp_path / "none")]) == 2
    assert "DIR must be the data folder" in capsys.readouterr().err


def test_a_demo_that_was_planted_before_there_was_a_switch_gets_it_at_its_next_start(tmp_path):
    settings = a_demo(tmp_path)
    wanted = demo_catalogue.wanted_now("http://127.0.0.1:8080", demo_catalogue.TIMEBOOK)
    before = [replace(one, address=one.address.replace("unsteady", "timebook")) for one in wanted.routes]
    with catalogue.store_of(settings, SetClock()) as store:
        store.plant(TakSnapshot.of(before, wanted.authorisations), "demo")
    demo_catalogue.plant(settings, SetClock())
    routes = catalogue.loaded(settings, SetClock(), is_gateway_alone=False).snapshot().routes
    assert {one.address for one in routes if one.logical_address == OSTADIG.text} == {"adapter:unsteady"}
