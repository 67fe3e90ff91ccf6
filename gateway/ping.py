"""PingForConfiguration: whether a component lives, its version, and a few facts about it.

Answered for each plug-in on a route to it under this contract, and for the platform itself on a route to the address
`platform:`; routed and authorised as any other call, by the logical address in its header. What the body names is for
platforms that route by it; this one does not, as the real one.
A plug-in that says it is not ready gets a SOAP fault with its own sentence: the answer's schema has no room for "ill",
and monitors take any answer for health.
Source: contracts.md §8, PING-1 to PING-5; platform.md §20.4 (last paragraph).
"""

import platform
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from html import escape
from importlib import metadata

from contracts import xml
from contracts.errors import ProducerFault
from contracts.identifiers import hide_persons
from contracts.namespaces import SOAP_ENVELOPE, responder
from contracts.producer import ENTRY_POINT_GROUP, Health
from contracts.times import format_ts
from gateway import faults
from gateway.call import Answer, Call
from gateway.settings import GatewaySettings

CONTRACT = responder("PingForConfiguration", "itintegration:monitoring")
PLATFORM = "platform:"
"""The address in the catalogue that stands for the platform itself."""


def of_platform(call: Call, settings: GatewaySettings) -> Answer:
    """The platform's own answer. Raises ProducerUnreachable for any other contract: it offers none."""
    if call.read_message.contract != CONTRACT:
        raise faults.unreachable(PLATFORM, "ContractMissing", "The platform itself does not offer this contract.")
    told = {"Instans": settings.instance_id, "Namn": settings.instance_name}
    return answer(call.now, "tidbro-gateway", metadata.version("tidbro"), told)


def of_adapter(name: str, health: Health, now: datetime) -> Answer:
    """A plug-in's answer. Raises ProducerFault, with its own sentence, when it is not ready."""
    sentence = hide_persons(health.sentence)
    if not health.is_ready:
        raise ProducerFault(f"The adapter {name} is not ready: {sentence}")
    return answer(now, f"adapter:{name}", version_of(name), {"Status": sentence})


@cache
def version_of(adapter: str) -> str:
    """The version of the package that a plug-in comes in; our own for one that comes in none."""
    found = metadata.entry_points(group=ENTRY_POINT_GROUP, name=adapter)
    packages = [point.dist for point in found if point.dist is not None]
    return packages[0].version if packages else metadata.version("tidbro")


def answer(now: datetime, application: str, version: str, facts: Mapping[str, str]) -> Answer:
    opening = f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Body>'
    whole = f"{opening}{payload(now, application, version, facts)}</soapenv:Body></soapenv:Envelope>"
    return Answer(200, whole.encode())


def payload(now: datetime, application: str, version: str, facts: Mapping[str, str]) -> str:
    """The response element, with the moment it was made at as a TS in Swedish time."""
    told = {"Applikation": application, **facts, "Python": platform.python_version()}
    configuration = "".join(
        f"<p:configuration><p:name>{_text(name)}</p:name><p:value>{_text(value)}</p:value></p:configuration>"
        for name, value in told.items()
    )
    return (
        f'<p:PingForConfigurationResponse xmlns:p="{CONTRACT}"><p:version>{_text(version)}</p:version>'
        f"<p:pingDateTime>{format_ts(now)}</p:pingDateTime>{configuration}</p:PingForConfigurationResponse>"
    )


def _text(text: str) -> str:
    return escape(xml.carriable(text), quote=False)
