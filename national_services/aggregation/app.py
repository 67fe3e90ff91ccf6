"""The aggregating services together: what they work with, where they answer, the pages of who runs them.

`POST <plug-in's path>` for each contract, `/aggregation/status` (JSON) and `/aggregation/resetcache`, which reloads the
copy of the catalogue and answers 200 whatever came of it, in the real platform's lines.
Elsewhere: the steps of a question (service.py), the listener that this runs behind (who wires it up).
Source: platform.md §17, §22.1.
"""

import json
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self

from contracts import xml
from contracts.catalogue import Catalogue, Interaction
from contracts.platform_client import TRAFFIC_PATH
from contracts.soap_service import PageAnswer, PageRequest, SoapServices
from contracts.times import SWEDEN, Clock
from contracts.transport import HttpTransport
from contracts.validation import Validator
from national_services.aggregation import plugins as plug_ins
from national_services.aggregation import tak_rows
from national_services.aggregation.answers import Judge
from national_services.aggregation.calls import Caller, CallLoop
from national_services.aggregation.catalogue_copy import Refresh, TakCopy
from national_services.aggregation.index_look_up import IndexLookUp
from national_services.aggregation.plan import MayCall
from national_services.aggregation.plugins import Plugin
from national_services.aggregation.service import Aggregator, Means
from national_services.aggregation.settings import AggregationSettings

STATUS_PATH, RESET_PATH = "/aggregation/status", "/aggregation/resetcache"


class Aggregation:
    """The aggregating services of one platform; `application` is their ASGI application.

    `may_call` tells who may call whom in place of a copy of a TAK; `plugins` are the contracts in place of those that
    the settings name; `platform_url` tells the platform's base URL at the moment, where it is known only later. Making
    one reads contract files and opens nothing; `open` and `close` do, and a context manager does both. Raises
    ValueError for a plug-in that cannot be loaded or whose contract is not known.
    """

    def __init__(
        self,
        settings: AggregationSettings,
        clock: Clock,
        may_call: MayCall | None = None,
        plugins: Iterable[Plugin] | None = None,
        *,
        platform_url: Callable[[], str] | None = None,
    ) -> None:
        self.settings, self._clock = settings, clock
        self.plugins = tuple(plugins) if plugins is not None else plug_ins.load(settings.plugins)
        self._tak_transport = HttpTransport(max_bytes=tak_rows.LARGEST_ANSWER)
        self._tak = None if may_call is not None else _copy_of(settings, clock, self._tak_transport)
        catalogue, self._interactions = _known(self.plugins, settings)
        self._validator = Validator(catalogue)
        self._base_url = platform_url or (lambda: settings.platform_url)
        self._loop = CallLoop()
        self._caller = Caller(
            self._loop,
            most=settings.most_calls_at_once,
            most_to_one=settings.most_calls_to_one_source,
            max_bytes=settings.max_answer_bytes,
        )
        self._readers = ThreadPoolExecutor(settings.reading_threads, "aggregation-reading", self._validator.warm_up)
        told = may_call or self._tak
        assert told is not None
        self._means = Means(
            settings,
            clock,
            told,
            self._loop,
            self._caller,
            IndexLookUp(settings, self._address, self._caller),
            self._address,
            self._readers,
        )
        self._started_at = clock()
        self.application = SoapServices(
            {plugin.path: self._aggregator(plugin).answer for plugin in self.plugins},
            {STATUS_PATH: self._status, RESET_PATH: self._reset},
            peers=settings.peers,
        )

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Begin: schemas in the threads that read, the catalogue's copy, the loop for calls. Raises SchemaBroken."""
        self._validator.warm_up()
        wait([self._readers.submit(int) for _ in range(self.settings.reading_threads)])
        if self._tak is not None:
            self._tak.reload()
        self._loop.open()

    def close(self) -> None:
        """Give up the calls that still wait, and let connections and threads go, for good."""
        self._loop.close()
        self._readers.shutdown()
        self.application.close()
        self._tak_transport.close()

    def _address(self) -> str:
        return self._base_url().rstrip("/") + TRAFFIC_PATH

    def _aggregator(self, plugin: Plugin) -> Aggregator:
        interaction = self._interactions[plugin.contract]
        validator = self._validator if self.settings.validates_answers else None
        judge = Judge(interaction, xml.Limits(max_bytes=self.settings.max_answer_bytes), validator)
        return Aggregator(plugin, interaction, judge, self._means)

    # Pages

    def _status(self, _: PageRequest) -> PageAnswer:
        told = {
            "Name": "Tidbro aggregation",
            "ServiceStatus": "Started",
            "StartedAt": self._started_at.isoformat(timespec="seconds"),
            "TakCacheInitialized": "true" if self._tak is None or self._tak.is_loaded else "false",
            "TakCacheResetInfo": "Not a copy" if self._tak is None else _told(self._tak.last_refresh),
            "CallsWaiting": str(self._caller.waiting),
            "Endpoints": [plugin.path for plugin in self.plugins],
        }
        return PageAnswer(200, json.dumps(told, indent=2).encode(), "application/json")

    def _reset(self, request: PageRequest) -> PageAnswer:
        if request.method not in ("GET", "POST"):
            return PageAnswer(405, b"The catalogue is reloaded by GET or POST.")
        if self._tak is None:
            return PageAnswer(200, b"<br>There is no copy of a catalogue to reload.", "text/html;")
        lines = _lines(self._tak.reload())
        return PageAnswer(200, "".join(f"<br>{escape(line)}\n" for line in lines).encode(), "text/html;")


def _copy_of(settings: AggregationSettings, clock: Clock, transport: HttpTransport) -> TakCopy:
    """The copy of a TAK, from its service with a file to keep it in, or from the file alone."""
    file = Path(settings.tak_file) if settings.tak_file else None
    if settings.tak_endpoint:
        return TakCopy(tak_rows.from_service(settings.tak_endpoint, transport), clock, file)
    return TakCopy(None if file is None else lambda: tak_rows.from_file(file), clock)


def _known(plugins: Iterable[Plugin], settings: AggregationSettings) -> tuple[Catalogue, dict[str, Interaction]]:
    """The contract files of the plug-ins, and each one's interaction. Raises ValueError for a contract without any."""
    everything = Catalogue.official(*map(Path, settings.contract_folders))
    found: dict[str, Interaction] = {}
    for plugin in plugins:
        interaction = everything.find(plugin.contract, "rivtabp21")
        if interaction is None:
            raise ValueError(f"There are no contract files of {plugin.contract}; contract_folders names more folders.")
        found[plugin.contract] = interaction
    return Catalogue(tuple(found.values()), everything.errata), found


def _told(refresh: Refresh) -> str:
    if refresh.at is None:
        return refresh.status
    at = refresh.at.astimezone(SWEDEN).strftime("%Y-%m-%dT%H:%M")
    return f"Date:{at} Status:{refresh.status} vagval:{refresh.routes} behorigheter:{refresh.authorisations}"


def _lines(refresh: Refresh) -> list[str]:
    assert refresh.at is not None
    return [
        f"Host: {socket.gethostname()}",
        f"Time: {refresh.at.astimezone(SWEDEN):%Y-%m-%d %H:%M:%S}",
        "Initialize TAK cache resources...",
        *refresh.lines,
        f"Init TAK cache loaded number of permissions: {refresh.authorisations}",
        f"Init TAK cache loaded number of virtualizations: {refresh.routes}",
        f"Init done, was successful: {str(refresh.status == 'REFRESH_OK').lower()}",
    ]
