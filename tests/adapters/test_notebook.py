"""The third, tiny adapter: what docs/adapters.md says is enough to be asked through the gateway."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts import scheduling as s
from contracts.consumer import SchedulingConsumer
from contracts.identifiers import HsaId
from contracts.transport import HttpTransport
from gateway.settings import SettingsRefused
from scheduling_backends.testing import SchedulingProducerContract
from tests.adapters import notebook
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.timebooks import MovableClock
from tests.serving import MORNING
from tests.tidbro.starting import running
from tests.town import E_SERVICE
from tidbro.settings import RegionSettings, read_region
from tidbro.wiring import build

CLINIC = HsaId("SE2321009991-2C01")
"""A clinic that no other system has."""


class TestNotebook(SchedulingProducerContract):
    """It shows what every adapter must show."""

    @pytest.fixture
    def clock(self) -> MovableClock:
        return MovableClock()

    @pytest.fixture
    def producer(self, clock: MovableClock) -> Iterator[notebook.Notebook]:
        made = notebook.create({"facility": CLINIC.text}, clock=clock)
        made.open()
        yield made
        made.close()

    @pytest.fixture
    def facility(self) -> HsaId:
        return CLINIC

    @pytest.fixture
    def citizen(self):
        return ANNA.identity

    @pytest.fixture
    def other_citizen(self):
        return BERTIL.identity

    @pytest.fixture
    def time_type_id(self) -> str:
        return notebook.KIND


# -- Installed, and behind a gateway

ENTRY_POINT = "[tidbro.scheduling_backends]\nnotebook = tests.adapters.notebook:create\n"
CATALOGUE = f"""
[[route]]
address = "adapter:notebook"
logical_addresses = ["{CLINIC}"]
contracts = ["GetAllTimeTypes", "GetAvailableTimeslots", "GetSubjectOfCareSchedule", "MakeBooking", "CancelBooking"]

[[authorisation]]
consumers = ["SE2321009991-ET01"]
logical_addresses = ["{CLINIC}"]
contracts = ["GetAllTimeTypes", "GetAvailableTimeslots", "GetSubjectOfCareSchedule", "MakeBooking", "CancelBooking"]
"""
GATEWAY = {"demo_consumer": "SE2321009991-ET01"}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook as pip would have installed it: a distribution that names its entry point."""
    info = tmp_path / "site" / "notebook-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: notebook\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    monkeypatch.syspath_prepend(str(info.parent))
    (tmp_path / "tak.toml").write_text(CATALOGUE)
    return tmp_path


def region(folder: Path, **adapter: object) -> RegionSettings:
    adapters = {"notebook": {"facility": CLINIC.text, **adapter}}
    given = {"tak_file": str(folder / "tak.toml"), "data_directory": str(folder / "data"), "port": 0}
    return read_region(None, {**given, "adapters": adapters, "gateway": GATEWAY})


def test_an_installed_adapter_is_booked_through_the_gateway(installed: Path) -> None:
    """docs/adapters.md: a route and a table of settings are all it takes."""
    with running(region(installed)) as gateway, HttpTransport(read_seconds=30) as transport:
        consumer = SchedulingConsumer(f"{gateway.url}/vp", transport, caller=E_SERVICE)
        today = MORNING.date()
        question = s.GetAvailableTimeslots(CLINIC, ANNA.identity, today, today + timedelta(days=7))
        (slot, *_) = consumer.get_available_timeslots(question, actor=ANNA.actor).timeslots
        wanted = s.Timeslot(
            CLINIC, subject_of_care=ANNA.identity, start=slot.start, end=slot.end, time_type_id=notebook.KIND
        )
        made = consumer.make_booking(s.MakeBooking(CLINIC, wanted, ANNA.info), actor=ANNA.actor)
        assert made.result_code == "OK"
        schedule = consumer.get_subject_of_care_schedule(
            s.GetSubjectOfCareSchedule(CLINIC, ANNA.identity), actor=ANNA.actor
        )
        assert [one.booking_id for one in schedule.timeslots] == [made.booking_id]
        assert made.booking_id is not None
        cancelled = consumer.cancel_booking(s.CancelBooking(CLINIC, made.booking_id), actor=ANNA.actor)
        assert cancelled.result_code == "OK"


def test_a_setting_that_it_does_not_know_is_told_before_anything_is_served(installed: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"adapters\.notebook: the notebook has no setting colour"):
        build(region(installed, colour="blue"))
