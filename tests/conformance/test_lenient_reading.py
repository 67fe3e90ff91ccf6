"""What the scenarios make of values whose form is wrong: form is another check's business."""

from datetime import date, datetime

import pytest

from conformance.reading import Slot, day_of
from contracts import xml
from contracts.times import SWEDEN


@pytest.mark.parametrize(
    "text",
    [
        "20261201083000",
        "2026-12-01T08:30:00",
        "2026-12-01 08:30:00.000",
        "20261201083000Z",
        "2026-12-01T08:30:00+01:00",
    ],
)
def test_a_time_is_read_with_separators_and_a_zone(text: str) -> None:
    slot = Slot(xml.parse(f"<t><startTimeInclusive>{text}</startTimeInclusive></t>".encode()))
    assert slot.start == datetime(2026, 12, 1, 8, 30, tzinfo=SWEDEN)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20261201", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("20260231", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_day_is_read_with_separators(text: str | None, day: date | None) -> None:
    assert day_of(text) == day
