"""gateway/tak/snapshot.py: look-ups in a catalogue (platform.md §9.1, §9.2, §10), and what of days is kept in files."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.settings import RouteValidity
from gateway.tak.exchange import read_persistent_cache, write_persistent_cache
from gateway.tak.model import Validity
from gateway.tak.snapshot import TakSnapshot
from tests.gateway.builders import CLINIC, CONSUMER, CONTRACT, a_route, a_snapshot, an_authorisation

OPENS = datetime(2026, 6, 30, 10, tzinfo=UTC)
"""14 hours before 1 July in UTC."""
JULY = Validity.of_stamps("2026-07-01T00:00:00", "2026-07-31T00:00:00")
EXACT = Validity.of_stamps("2026-07-01T00:00:00+02:00", "2026-07-31T00:00:00+02:00")


def finds(snapshot: TakSnapshot, now: datetime, reading: RouteValidity) -> tuple[bool, bool]:
    """Whether the route is found, and the authorisation."""
    routes = snapshot.routes_to(CLINIC, CONTRACT, now, reading)
    return bool(routes), snapshot.authorises(CONSUMER, CLINIC, CONTRACT, now, reading)


@pytest.mark.parametrize(("validity", "in_band"), [(JULY, True), (EXACT, False)])
def test_whoever_looks_up_says_how_days_are_read(validity: Validity, in_band: bool) -> None:
    """platform.md §9.2, §25 row 4: for routes and authorisations alike."""
    one = a_snapshot(a_route(validity=validity), authorisations=(an_authorisation(validity=validity),))
    assert finds(one, OPENS, "band") == (in_band, in_band)
    assert finds(one, OPENS - timedelta(microseconds=1), "band") == (False, False)
    assert finds(one, OPENS, "days") == (False, False)
    assert finds(one, datetime(2026, 6, 30, 22, tzinfo=UTC), "days") == (True, True)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-07-01T00:00:00.000", "2026-07-31T00:00:00.000"),
        ("2026-07-01T08:15:00", "2026-07-31T17:30:00.250"),
        ("2026-07-01T00:00:00.000", "9999-12-31T00:00:00Z"),
        ("2026-07-01T00:00:00+02:00", "2026-07-31T23:59:59.999999+02:00"),
    ],
)
def test_a_local_copy_keeps_which_ends_had_no_zone(first: str, last: str) -> None:
    """platform.md §9.2, §18: what is restored is in force in the same moments, in either reading."""
    validity = Validity.of_stamps(first, last)
    kept = read_persistent_cache(write_persistent_cache(a_snapshot(a_route(validity=validity))))
    assert kept.routes[0].validity == validity
