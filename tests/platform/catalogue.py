"""The catalogue, HSA tree and time-outs of the gateways under test, as files in the real platform's own formats.

Logical addresses say what is special about them; `A` is the matrix's own: route to P, authorisation for C.
Source: platform.md §9.6, §11, §14.1, §18, §24.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from conformance.gateway import files
from conformance.gateway.files import ALWAYS, Period, persistent_cache
from tests.platform.messages import EXCEPTED, GET, MAKE, MAKE_BOOKING, OFFICIAL, SLOW, STANDARD

__all__ = ["persistent_cache"]

CONSUMER = "SE2321009991-ET01"
STRANGER = "SE2321009991-FT01"
"""A consumer without authorisations."""
INSTANCE = "SE2321009991-TP01"
SWEDEN = ZoneInfo("Europe/Stockholm")


def days(first: int, last: int) -> Period:
    """Whole days from today, as a TAK writes them: at midnight and without a zone."""
    return files.days(first, last, datetime.now(SWEDEN).date())


EXPIRED = days(-30, -2)
FUTURE = days(2, 30)


def zoned(first: timedelta, last: timedelta) -> Period:
    """Moments from now, with a zone: compared exactly."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Period(*((now + end).isoformat().replace("+00:00", "Z") for end in (first, last)))


def within_the_band() -> Period:
    """In force now by the band of 14 hours on both sides, and not by whole Swedish days (platform.md §9.2)."""
    now = datetime.now(SWEDEN)
    if now.hour < 13:
        yesterday = (now - timedelta(days=1)).date()
        return Period(ALWAYS.first, f"{yesterday.isoformat()}T23:59:00.000")
    return Period(days(1, 1).first, ALWAYS.last)


@dataclass(frozen=True, slots=True)
class RouteRow(files.RouteRow):
    contract: str = GET


@dataclass(frozen=True, slots=True)
class AuthorisationRow(files.AuthorisationRow):
    contract: str = GET
    consumer: str = CONSUMER


@dataclass(frozen=True)
class Places:
    """Where the producers are."""

    http: str
    https: str
    refused: str
    resetting: str
    elsewhere: str


def routes(at: Places) -> list[RouteRow]:
    """Each row's URL ends in what tells it apart."""
    well = at.http
    return [
        RouteRow("A", well), RouteRow("A", well, MAKE), RouteRow("A", well, SLOW), RouteRow("A", well, EXCEPTED),
        RouteRow("SE2321009991-2B02", well, OFFICIAL), RouteRow("SE2321009991-2B02", well, MAKE_BOOKING),
        RouteRow("TLS", at.https), RouteRow("ROUTE-20", well, profile="RIVTABP20"),
        RouteRow("ROUTE-99", well, profile="RIVTABP99"), RouteRow("ROUTE-99-REFUSED", at.refused, profile="RIVTABP99"),
        RouteRow("ROUTE-20-REFUSED", at.refused, profile="RIVTABP20"),
        RouteRow("LOWER-PROFILE", well, profile="rivtabp21"),
        RouteRow("EXPIRED", well, period=EXPIRED), RouteRow("FUTURE", well, period=FUTURE),
        RouteRow("LAST-DAY", well, period=days(-3, 0)), RouteRow("FIRST-DAY", well, period=days(0, 3)),
        RouteRow("BAND", well, period=within_the_band()),
        RouteRow("ZONED", well, period=zoned(timedelta(hours=-1), timedelta(hours=12))),
        RouteRow("ZONED-OVER", well, period=zoned(timedelta(days=-1), timedelta(minutes=-5))),
        RouteRow("ZONED-AHEAD", well, period=zoned(timedelta(hours=2), timedelta(days=1))),
        RouteRow("RENEWED", f"{well}/old", period=EXPIRED), RouteRow("RENEWED", f"{well}/new"),
        RouteRow("TWICE", well), RouteRow("TWICE", f"{well}/other"),
        RouteRow("TWO-PROFILES", well), RouteRow("TWO-PROFILES", well, profile="RIVTABP20"),
        RouteRow("NO-URL", ""), RouteRow("BLANK-URL", "  "), RouteRow("BAD-URL", "http://127.0.0.1:port/x"),
        RouteRow("NO-URL-UNPERMITTED", ""), RouteRow("NO-URL-TWICE", ""), RouteRow("NO-URL-TWICE", ""),
        RouteRow("UNPERMITTED", well), RouteRow("UNPERMITTED-99", well, profile="RIVTABP99"),
        RouteRow("OVER-PERMITTED", well), RouteRow("BAND-PERMITTED", well),
        RouteRow("PARENT", f"{well}/parent"), RouteRow("PARENT", f"{well}/parent", STANDARD),
        RouteRow("PARENT", f"{well}/parent", EXCEPTED), RouteRow("CHILD-ROUTED", well),
        RouteRow("CHILD-ROUTED", well, EXCEPTED), RouteRow("*", f"{well}/standard", STANDARD),
        RouteRow("A", well, STANDARD), RouteRow("EXPIRED", f"{well}/old", STANDARD, period=EXPIRED),
        RouteRow("SE", f"{well}/root", "urn:riv:test:platform:GetRootResponder:1"),
        RouteRow("VG", f"{well}/vg"), RouteRow("VG", f"{well}/vg", STANDARD), RouteRow("VE", f"{well}/ve", MAKE),
        RouteRow("VG", f"{well}/vg", MAKE), RouteRow("V3", f"{well}/v3"),
        RouteRow("REFUSED", at.refused), RouteRow("REFUSED", at.refused, MAKE), RouteRow("RESETTING", at.resetting),
        RouteRow("RESETTING", at.resetting, MAKE), RouteRow("QUERY", f"{well}?of=route"),
        RouteRow("ELSEWHERE", at.elsewhere), RouteRow("NO-PROFILE", well, profile=""),
        RouteRow("CREDENTIALS", well.replace("//", "//somebody:secret@") + "/path?of=route"),
        RouteRow("HTTPS-INSIDE", f"{well}?of=https://route"), RouteRow("FTP", well.replace("http:", "ftp:")),
        RouteRow("REFUSED", at.refused, OFFICIAL), RouteRow("UNPERMITTED", well, OFFICIAL),
    ]  # fmt: skip


def authorisations() -> list[AuthorisationRow]:
    """The consumer may call what has a route, but for the rows that are about that."""
    own = [
        "A", "TLS", "ROUTE-20", "ROUTE-99", "ROUTE-99-REFUSED", "ROUTE-20-REFUSED", "LOWER-PROFILE", "EXPIRED", "FUTURE",
        "LAST-DAY", "FIRST-DAY", "BAND", "ZONED", "ZONED-OVER", "ZONED-AHEAD", "RENEWED", "TWICE", "TWO-PROFILES", "NO-URL",
        "BLANK-URL", "BAD-URL", "NO-URL-TWICE", "PARENT", "VG", "V3", "REFUSED", "RESETTING", "QUERY", "ELSEWHERE", "NO-PROFILE",
        "UNKNOWN", "CREDENTIALS", "HTTPS-INSIDE", "FTP",
    ]  # fmt: skip
    return [
        *(AuthorisationRow(address) for address in own),
        *(AuthorisationRow(address, MAKE) for address in ("A", "VG", "VE", "REFUSED", "RESETTING")),
        *(AuthorisationRow("A", contract) for contract in (SLOW, EXCEPTED)),
        AuthorisationRow("REFUSED", OFFICIAL),
        *(AuthorisationRow("SE2321009991-2B02", contract) for contract in (OFFICIAL, MAKE_BOOKING)),
        AuthorisationRow("*", STANDARD),
        AuthorisationRow("PARENT", EXCEPTED),
        AuthorisationRow("SE", "urn:riv:test:platform:GetRootResponder:1"),
        AuthorisationRow("OVER-PERMITTED", period=EXPIRED),
        AuthorisationRow("BAND-PERMITTED", period=within_the_band()),
        AuthorisationRow("A", consumer="TSTNMT2321000156-B02"),
        *(AuthorisationRow("A", consumer=sender) for sender in ("SE2321009991-1,2", '"SE2321009991-1')),
    ]


# Files


UNITS = {
    "ROOT-REGION": "o=Region,l=VpW,c=SE",
    "PARENT": "ou=Parent,o=Region,l=VpW,c=SE",
    "CHILD": "ou=Child,ou=Parent,o=Region,l=VpW,c=SE",
    "GRANDCHILD": "ou=Grandchild,ou=Missing,ou=Child,ou=Parent,o=Region,l=VpW,c=SE",
    "CHILD-ROUTED": "ou=Routed,ou=Parent,o=Region,l=VpW,c=SE",
}


def hsa_units(units: dict[str, str] = UNITS) -> str:
    """The HSA file of platform.md §11."""
    return files.hsa_units(units)


def time_outs(slow_milliseconds: int) -> str:
    """The time-outs of platform.md §14.1: short for one contract, longer than any test for the rest."""
    return files.time_outs({"default_timeouts": 29_000, SLOW: slow_milliseconds})
