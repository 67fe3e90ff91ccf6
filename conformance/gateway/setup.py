"""Writes the folder of everything that a gateway must be given so that it can be judged.

    setup.json                the ports and names of this set-up, which a run reads again
    README.txt                what to do
    gateway.properties        what is to be set, by the names of platform.md §23
    tak.xml                   the catalogue: takcache.persistent.file.name; routes.csv, authorisations.csv the same rows
    hsa.xml, timeouts.json    hsa.files, timeout.json.file
    tls.toml                  the certificates towards producers, in the form that `tidbro gateway` reads
    certificates/             a test authority; the consumers', the listener's, the gateway's and the producers' own
    wsdl/                     the contract that the rows about WSDLs ask for

A folder is for one judge and one gateway: whoever has its keys is the consumer. Nothing outside of it is touched.
Elsewhere: which rows (rows.py), who calls (bench.py).
Source: platform.md §15, §18, §23, §24.
"""

import json
import os
import random
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

from cryptography.x509.oid import NameOID

from conformance.gateway import files, rows
from conformance.gateway.certificates import ORGANISATION, Authority
from contracts.catalogue import official_folder

_CONTRACT = "crm_scheduling_1.1"
_WSDL_PARTS = ("core_components", "interactions/MakeBookingInteraction")


@dataclass(frozen=True, slots=True)
class GatewayPorts:
    """The ports of one gateway. Raises ValueError for a number that is none."""

    http: int
    https: int
    status: int
    reset: int
    hsa_reset: int
    actuator: int

    def __post_init__(self) -> None:
        if not all(0 < one < 65_536 for one in asdict(self).values()):
            raise ValueError("a port is a number from 1 to 65535")

    @classmethod
    def free(cls) -> "GatewayPorts":
        return cls(*free_ports(6))


@dataclass(frozen=True, slots=True)
class ProducerPorts:
    """The ports that the kit answers at: producers, and its TAK. Nobody answers at `refused`."""

    http: int
    https: int
    refused: int
    resetting: int
    tak: int

    @classmethod
    def free(cls) -> "ProducerPorts":
        return cls(*free_ports(5))


@dataclass(frozen=True, slots=True)
class Setup:
    """One set-up. `gateway_host` is where the kit reaches the gateway, `producers_host` where the gateway reaches the
    kit. The URLs of an aggregating service and an index are empty where they are not judged; `index_address` is the
    index's `ei.hsa.id`, `aggregating_sender` the service's `ei.senderId`."""

    gateway: GatewayPorts = field(default_factory=GatewayPorts.free)
    producers: ProducerPorts = field(default_factory=ProducerPorts.free)
    gateway_host: str = "127.0.0.1"
    producers_host: str = "127.0.0.1"
    instance_id: str = "SE2321009991-KP01"
    instance_name: str = "Conformance"
    certificate_header: str = "x-vp-auth-cert"
    aggregating_url: str = ""
    index_update_url: str = ""
    index_find_url: str = ""
    index_address: str = "SE2321009991-KE01"
    aggregating_sender: str = "SE2321009991-KG01"

    @property
    def places(self) -> rows.Places:
        here, ports = self.producers_host, self.producers
        name = "localhost" if here == "127.0.0.1" else here
        return rows.Places(
            f"http://{here}:{ports.http}/producer",
            f"https://{name}:{ports.https}/producer",
            f"http://{here}:{ports.refused}/producer",
            f"http://{here}:{ports.resetting}/producer",
            self.aggregating_url,
            self.index_update_url,
            self.index_find_url,
            self.index_address,
            self.aggregating_sender,
        )


_given_out: set[int] = set()


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens at, below those that systems give out by themselves; none is given out twice."""
    found: list[int] = []
    order = [port for port in range(20_000, 32_000) if port not in _given_out]
    random.shuffle(order)
    for port in order:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            break
    _given_out.update(found)
    return tuple(found)


# Writing


def write(folder: Path, setup: Setup, today: date) -> None:
    """Everything, into a folder that is made when it is not there. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (certificates := folder / "certificates").mkdir(mode=0o700, exist_ok=True)
    _issue(certificates, setup)
    _copy_contract(folder / "wsdl")
    write_configuration(folder, folder, setup, today)
    (folder / "setup.json").write_text(json.dumps(asdict(setup), indent=1), "utf-8")
    (folder / "README.txt").write_text(_readme(folder.resolve(), setup), "utf-8")


def read(folder: Path) -> Setup:
    """The set-up of a folder. Raises ValueError for what is none."""
    try:
        told = json.loads((folder / "setup.json").read_text("utf-8"))
        gateway, producers = GatewayPorts(**told.pop("gateway")), ProducerPorts(**told.pop("producers"))
        return Setup(gateway, producers, **told)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{folder} is no folder that the kit has set up: {type(error).__name__}") from None


def write_configuration(
    folder: Path,
    shared: Path,
    setup: Setup,
    today: date,
    changes: Mapping[str, object] | None = None,
    *,
    has_catalogue: bool = True,
) -> None:
    """What one gateway is configured by, in `folder`; certificates and contracts are those in `shared`.

    `changes` are properties of its own. Without its catalogue there is no local copy to begin with.
    """
    at = setup.places
    texts = {
        "hsa.xml": files.hsa_units(rows.UNITS),
        "timeouts.json": files.time_outs({"default_timeouts": 29_000, rows.SLOW: rows.SLOW_MILLISECONDS}),
        "tls.toml": _tls_toml(shared.resolve() / "certificates"),
        "routes.csv": files.routes_as_csv(rows.routes(at, today)),
        "authorisations.csv": files.authorisations_as_csv(rows.authorisations(at)),
        "gateway.properties": files.properties(properties(setup, folder.resolve(), shared.resolve(), changes)),
    }
    if has_catalogue:
        texts["tak.xml"] = files.persistent_cache(rows.routes(at, today), rows.authorisations(at))
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


def properties(
    setup: Setup, folder: Path, shared: Path, changes: Mapping[str, object] | None = None
) -> dict[str, object]:
    """What is to be set, by the names of platform.md §23."""
    host, ports = setup.gateway_host, setup.gateway
    return {
        "vp.instance.id": setup.instance_id,
        "vp.instance.name": setup.instance_name,
        "vp.http.route.url": f"http://{host}:{ports.http}/vp",
        "vp.https.route.url": f"https://{host}:{ports.https}/vp",
        "vp.status.url": f"http://{host}:{ports.status}/status",
        "vp.reset.cache.url": f"http://{host}:{ports.reset}/resetcache",
        "vp.hsa.reset.cache.url": f"http://{host}:{ports.hsa_reset}/resethsacache",
        "server.port": ports.actuator,
        "ip.whitelist": "127.0.0.1",
        "http.forwarded.header.auth_cert": setup.certificate_header,
        "sender.id.allowed.list": rows.LISTED,
        "throw.vp013.when.originalconsumer.not.allowed": "false",
        "propagate.correlation.id.for.https": "false",
        "vp.use.routing.history": "true",
        "vp.header.user.agent": rows.USER_AGENT,
        "defaultrouting.allowedContracts": rows.GET,
        "hsa.files": folder / "hsa.xml",
        "hsa.lookup.vagval.exceptedNamespaces": rows.EXCEPTED,
        "hsa.lookup.behorighet.exceptedNamespaces": rows.EXCEPTED,
        "takcache.endpoint.address": tak_url(setup),
        "takcache.persistent.file.name": folder / "tak.xml",
        "timeout.json.file": folder / "timeouts.json",
        "wsdlfiles.directory": shared / "wsdl" / _CONTRACT,
        "vp.producer.retry.attempts": 1,
        "vp.producer.retry.delay": rows.RETRY_MILLISECONDS,
        "vp.max.receive.length": rows.MOST_BYTES,
        "vp.logging.style": "ECS",
        **(changes or {}),
    }


def tak_url(setup: Setup) -> str:
    return f"http://{setup.producers_host}:{setup.producers.tak}/tak-services/SokVagvalsInfo/v2"


def started(setup: Setup) -> Setup:
    """The same set-up for a gateway that the kit starts beside others: at ports of its own."""
    return replace(setup, gateway=GatewayPorts.free())


def _issue(folder: Path, setup: Setup) -> None:
    """All certificates; those of an earlier writing are replaced."""
    authority = Authority(folder)
    for name, sender in (("consumer", rows.CONSUMER), ("stranger", rows.STRANGER), ("listed", rows.LISTED)):
        authority.issue(name, ((NameOID.SERIAL_NUMBER, sender), *ORGANISATION))
    authority.issue("gateway", ((NameOID.SERIAL_NUMBER, setup.instance_id), *ORGANISATION))
    authority.issue("listener", hosts=tuple({"localhost", "127.0.0.1", setup.gateway_host}))
    authority.issue("producer", hosts=tuple({"localhost", "127.0.0.1", setup.producers_host}))
    for path in folder.iterdir():
        os.chmod(path, 0o600)


def _copy_contract(folder: Path) -> None:
    for part in _WSDL_PARTS:
        shutil.copytree(official_folder() / _CONTRACT / part, folder / _CONTRACT / part, dirs_exist_ok=True)


def _tls_toml(certificates: Path) -> str:
    return (
        f'[default-config]\nname = "conformance"\ncertificate-bundle = "{certificates / "gateway.bundle"}"\n'
        f'ca-bundle = "{certificates / "authority.pem"}"\n'
    )


def _readme(folder: Path, setup: Setup) -> str:
    ports = setup.producers
    return _README.format(
        folder=folder,
        setup=setup,
        ports=ports,
        places=setup.places,
        tak=tak_url(setup),
        slow=rows.SLOW_MILLISECONDS,
        retry=rows.RETRY_MILLISECONDS,
        most=rows.MOST_BYTES,
    )


_README = """What this folder is for
=======================

A gateway that is configured by this folder can be judged by the kit: the 70 rows of the black-box matrix of the
platform's specification (platform.md 24). The kit is the consumer, and it is every producer.

What to do
----------

1. Give the gateway what gateway.properties says, by these names or by its own:
   the catalogue tak.xml (the same rows stand in routes.csv and authorisations.csv, to be ordered where no file is
   taken), the units hsa.xml, the time-outs timeouts.json, the contract in wsdl/.
   The kit itself answers as a TAK at {tak} during a run; the rows about a catalogue that
   cannot be had need a gateway that loads from there.
2. HTTPS: the listener shows certificates/listener.crt (key: listener.key) and demands certificates of
   certificates/authority.pem. Towards producers the gateway shows certificates/gateway.bundle and trusts
   certificates/authority.pem. tls.toml says so in the form that `tidbro gateway` reads.
3. Start the gateway. Its addresses are those of gateway.properties.
4. Start the run. During it the kit answers at these ports, where the gateway must reach it:
       {ports.http}   a producer over HTTP        {places.http}
       {ports.https}   a producer over HTTPS       {places.https}
       {ports.refused}   nobody: kept closed         {places.refused}
       {ports.resetting}   resets every connection     {places.resetting}
       {ports.tak}   the TAK
   Consumers are known by the certificates in certificates/, over HTTP in the header
   {setup.certificate_header}: consumer (may call), stranger (may not), listed (may name an original consumer).

Rows that need other properties, or no catalogue at the start, are judged when the kit may start the gateway itself, by
a command that reads DIR/gateway.properties. {{dir}} stands for that folder, {{shared}} for this one:

   --start 'tidbro gateway --properties {{dir}}/gateway.properties --data {{dir}}/data
            --set compatibility=skltp --set tls_file={{dir}}/tls.toml
            --tls-certificate {{shared}}/certificates/listener.crt --tls-key {{shared}}/certificates/listener.key
            --tls-client-ca {{shared}}/certificates/authority.pem'

The log (rows 61, 62) is read where --log says, here '{{dir}}/data/ecs.jsonl': events of the Elastic common schema,
one a line.

The national services (rows 63 to 70)
-------------------------------------

They are judged when the set-up names them. Here the aggregating service is at {setup.aggregating_url!r}, the index at
{setup.index_update_url!r} and {setup.index_find_url!r}; empty: not judged.

The aggregating service asks through the gateway as {setup.aggregating_sender}, the index at the logical address
KIT-INDEX, which the kit plays; it takes routes and authorisations from tak.xml or the kit's TAK. Its own time-out for
one unit should be short (1 second): row 63 waits for it.
The index is {setup.index_address}; through the gateway it asks who subscribes at the logical address KIT-REGISTRY, and
tells KIT-SUBSCRIBER, which are both played by the kit.

What is set, and why
--------------------

Contract GetSlow has a time-out of {slow} ms, a failed connection is tried again once after {retry} ms, and a message
may have {most} bytes: so that no row takes long. ip.whitelist holds 127.0.0.1: a kit on another machine must be added.
The folder is {folder}. Its keys are for tests alone.
"""
