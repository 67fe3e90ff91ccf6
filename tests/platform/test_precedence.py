"""Of two things that are wrong, the one that the platform sees first is told (platform.md §2, "Precedence of errors").

Every pair of neighbours in the platform's order is provoked by one call; so are some that lie further apart.
"""

import re
from dataclasses import dataclass, field

import pytest

from tests.platform.catalogue import INSTANCE, STRANGER
from tests.platform.letter import detail_of
from tests.platform.messages import a_message, a_message_20, an_envelope, header_20, header_21, official, payload
from tests.platform.world import CERTIFICATE, Gateway, World

NOT_XML = b"<Soap"
NO_ADDRESS = an_envelope("", payload()).encode()
LOOP = {"x-rivta-routing-history": f"SE1#{INSTANCE}"}
FOR_ANOTHER = {"x-rivta-original-serviceconsumer-hsaid": "SE-FIRST"}


def invalid(address: str) -> bytes:
    """A message that breaks its contract's schema, which is looked at by default."""
    body = official().replace(b"SE2321009991-2B02</reg", f"{address}</reg".encode())
    broken = re.sub(rb"<r:healthcare_facility>.*?</r:healthcare_facility>", b"", body)
    assert broken != body
    return broken


@dataclass(frozen=True)
class Pair:
    """A call that breaks two rules. `at` names the gateway, `as_` who calls."""

    first: str
    then: str
    body: bytes = field(default=a_message(), repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    as_: str = "consumer"
    at: str = "strict"

    def __str__(self) -> str:
        return f"{self.first}_before_{self.then}_{self.at}"


PAIRS = [
    Pair("VP011", "VP002", as_="nobody", at="closed"),
    Pair("VP011", "VP014", headers=LOOP, at="closed"),
    Pair("VP011", "VP015", NOT_XML, at="closed"),
    Pair("VP002", "VP014", headers=LOOP, as_="nobody"),
    Pair("VP002", "VP015", NOT_XML, as_="nobody"),
    Pair("VP002", "VP015", NOT_XML, as_="nameless over TLS"),
    Pair("VP014", "VP015", NOT_XML, LOOP),
    Pair("VP014", "VP013", headers=LOOP | FOR_ANOTHER),
    Pair("VP015", "VP013", NOT_XML, FOR_ANOTHER),
    Pair("VP015", "VP008", NOT_XML, at="empty"),
    Pair("VP013", "VP003", NO_ADDRESS, FOR_ANOTHER),
    Pair("VP013", "VP007", a_message("UNPERMITTED"), FOR_ANOTHER),
    Pair("VP013", "VP008", headers=FOR_ANOTHER, at="empty"),
    Pair("VP008", "VP003", NO_ADDRESS, at="empty"),
    Pair("VP008", "VP004", a_message("NOWHERE"), at="empty"),
    Pair("VP008", "VP007", as_="stranger", at="empty"),
    Pair("VP003", "VP004", an_envelope(header_21(""), "").encode()),
    Pair("VP003", "VP007", NO_ADDRESS, as_="stranger"),
    Pair("VP004", "VP007", a_message("NOWHERE"), as_="stranger"),
    Pair("VP006", "VP010", a_message("NO-URL-TWICE")),
    Pair("VP006", "VP007", a_message("TWICE"), as_="stranger"),
    Pair("VP006", "VP005", a_message("TWO-PROFILES"), as_="stranger"),
    Pair("VP010", "VP007", a_message("NO-URL-UNPERMITTED")),
    Pair("VP007", "VP005", a_message("UNPERMITTED-99")),
    Pair("VP007", "VP009", a_message("REFUSED"), as_="stranger"),
    Pair("VP005", "VP009", a_message("ROUTE-99-REFUSED")),
    Pair("VP005", "VP012", a_message("ROUTE-99").replace(b"</soap:Envelope>", b"<unclosed>"), at="like_skltp"),
    Pair("VP012", "VP009", a_message("ROUTE-20-REFUSED").replace(b"</soap:Envelope>", b"<x"), at="like_skltp"),
    Pair("VP015", "VP009", a_message("REFUSED").replace(b"</soap:Envelope>", b""), at="by_default"),
    Pair("VP003", "VP005", an_envelope(header_20(" "), payload()).encode()),
    Pair("VP007", "VP005", a_message_20("UNPERMITTED-99"), as_="stranger"),
    Pair("VP007", "VP015", invalid("UNPERMITTED"), at="by_default"),
    Pair("VP015", "VP009", invalid("REFUSED"), at="by_default"),
]


@pytest.fixture(scope="session")
def strict(world: World) -> Gateway:
    """A real platform that refuses original consumers of a sender that is not listed."""
    given = {
        "sender.id.allowed.list": "SE-NOBODY",
        "throw.vp013.when.originalconsumer.not.allowed": "true",
    }
    return world.share("skltp", given, with_tls=True)


@pytest.fixture(scope="session")
def closed(world: World) -> Gateway:
    """One that listens to other peers."""
    return world.share("skltp", {"ip.whitelist": "192.0.2."})


@pytest.fixture(scope="session")
def empty(world: World) -> Gateway:
    """One that never had a catalogue."""
    given = {
        "sender.id.allowed.list": "SE-NOBODY",
        "throw.vp013.when.originalconsumer.not.allowed": "true",
    }
    return world.share("skltp", given, tak=world.folder / "nowhere.xml")


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_2_of_two_errors_the_first_in_the_platforms_order_is_told(pair: Pair, request: pytest.FixtureRequest) -> None:
    """platform.md §2."""
    gateway: Gateway = request.getfixturevalue(pair.at)
    world = gateway.world
    identities = {
        "consumer": {CERTIFICATE: world.consumer.pem_on_one_line},
        "stranger": {CERTIFICATE: world.stranger.pem_on_one_line},
        "nobody": {},
    }
    shown = world.nameless if pair.as_ == "nameless over TLS" else None
    reply = gateway.call(pair.body, pair.headers, identity=identities.get(pair.as_, {}), shown=shown)
    detail_of(reply, pair.first)


def test_2_the_stranger_is_one(strict: Gateway) -> None:
    """So that the pairs above mean what they say."""
    stranger = {CERTIFICATE: strict.world.stranger.pem_on_one_line}
    assert detail_of(strict.call(identity=stranger), "VP007").endswith(STRANGER)
