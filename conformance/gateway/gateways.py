"""Which gateways there are in a run: the standing one, and others that the kit starts for a check.

The standing gateway runs already, or is started by the command when there is one. Others are started with properties
of their own, or while the TAK is down: once for each, in a folder of its own below `started/`, and only where there is
a command. All that was started ends with the run.
Elsewhere: the configuration that each is given (setup.py), its process (starting.py).
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from conformance.checks import NotJudged
from conformance.gateway import setup
from conformance.gateway.setup import Setup
from conformance.gateway.starting import NotStarted, Starter
from conformance.gateway.tak_service import TakService
from conformance.people import TestPerson
from contracts.times import Clock


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What is judged: the set-up's folder says where. Addresses that are given stand in place of the set-up's.

    `start` is a command that starts a gateway of ones own configuration (starting.py); with it the standing gateway is
    started too. `log` is the file of its log events, with {dir}; `authority` the PEM of who issued the HTTPS listener's
    certificate. `persons` are for the national services; the first is asked for.
    """

    folder: Path
    http: str = ""
    https: str = ""
    status: str = ""
    reset: str = ""
    readiness: str = ""
    start: str = ""
    log: str = ""
    authority: Path | None = None
    persons: tuple[TestPerson, ...] = field(default=(), repr=False)
    start_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway that can be called. `log` is where it writes its events, None where that was not said."""

    http: str
    https: str
    status: str
    reset: str
    readiness: str
    log: Path | None

    @property
    def root(self) -> str:
        """Scheme, host and port of HTTP."""
        return "/".join(self.http.split("/")[:3])


class Gateways:
    """Each gateway is made when it is first asked for; `stack` ends them."""

    def __init__(
        self, settings: GatewaySettings, standing: Setup, starter: Starter, stack: ExitStack, clock: Clock
    ) -> None:
        self._settings, self._setup = settings, standing
        self._starter, self._stack, self._clock = starter, stack, clock
        self._made: dict[tuple[tuple[str, str], ...], Gateway] = {}

    def standing(self) -> Gateway:
        """Raises NotJudged when the start command does not lead to one."""
        if () not in self._made:
            self._made[()] = self._started("standing", {}) if self._settings.start else self._running(self._setup)
        return self._made[()]

    def having(self, properties: Mapping[str, str]) -> Gateway:
        """One with these properties instead of the set-up's. Raises NotJudged."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._demand_command(", ".join(f"{name}={value}" for name, value in properties.items()))
            self._made[key] = self._started(f"variant-{len(self._made)}", properties)
        return self._made[key]

    def without_tak(self, tak: TakService, *, has_file: bool) -> Gateway:
        """One that was started while the TAK was down, with or without a local copy. Raises NotJudged."""
        key = (("without tak", "copy" if has_file else "no copy"),)
        if key not in self._made:
            self._demand_command(f"a catalogue that does not answer, and {'a' if has_file else 'no'} local copy of it")
            tak.condition = "down"
            try:
                name = f"without-tak-{len(self._made)}"
                self._made[key] = self._started(name, {}, has_catalogue=has_file)
            finally:
                tak.condition = "well"
        return self._made[key]

    def _demand_command(self, wanted: str) -> None:
        if not self._settings.start:
            raise NotJudged(f"This row needs a gateway that is started with {wanted}; give a start command.")

    def _running(self, of: Setup, log: str = "") -> Gateway:
        """The addresses of a gateway: those given, for the standing one, else those of its set-up."""
        told, host, ports = self._settings, of.gateway_host, of.gateway
        own = of is self._setup
        return Gateway(
            (own and told.http) or f"http://{host}:{ports.http}/vp",
            (own and told.https) or f"https://{host}:{ports.https}/vp",
            (own and told.status) or f"http://{host}:{ports.status}/status",
            (own and told.reset) or f"http://{host}:{ports.reset}/resetcache",
            (own and told.readiness) or f"http://{host}:{ports.actuator}/actuator/health/readiness",
            Path(log or told.log.replace("{dir}", str(told.folder))) if told.log else None,
        )

    def _started(self, name: str, changes: Mapping[str, str], *, has_catalogue: bool = True) -> Gateway:
        """A gateway in a folder of its own; the standing one at the addresses of the set-up."""
        told, of = self._settings, self._setup if name == "standing" else setup.started(self._setup)
        folder, shared = told.folder.resolve() / "started" / name, told.folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tak.xml").unlink(missing_ok=True)
        today = self._clock().date()
        setup.write_configuration(folder, shared, of, today, changes, has_catalogue=has_catalogue)
        ports = {"port": str(of.gateway.http), "https_port": str(of.gateway.https)}
        places = {"dir": str(folder), "shared": str(shared), **ports}
        try:
            process = self._starter(told.start, places, of.gateway_host, of.gateway.http, told.start_seconds)
        except NotStarted as error:
            raise NotJudged(str(error)) from None
        self._stack.callback(process.stop)
        return self._running(of, told.log.replace("{dir}", str(folder)))
