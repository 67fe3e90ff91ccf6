"""Our own aggregating service and index on loopback, behind a gateway that is judged: at the places of its set-up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from conformance.gateway.rows import AGGREGATED, MOCK_INDEX, REGISTRY
from conformance.gateway.setup import Setup
from contracts.consumer import InternalCaller
from contracts.platform_client import PlatformClient
from contracts.times import system_clock
from contracts.transport import HttpTransport
from national_services.aggregation.app import Aggregation
from national_services.aggregation.settings import AggregationSettings
from national_services.index.app import Index
from national_services.index.settings import IndexSettings
from tests.conformance.gateway_door import a_door
from tests.conformance.gateways import a_setup


class Neighbours:
    """Two ports, taken before the set-up names them; the services are opened when it is written.

    `doors` are in front of them, of the aggregating service and of the index; they close with the services.
    """

    def __init__(self, folder: Path) -> None:
        self._ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self._stack = ExitStack()
        self.doors = [self._stack.enter_context(a_door(one.getsockname()[1])) for one in self._ports]
        aggregating, index = (f"http://127.0.0.1:{one.port}" for one in self.doors)
        self.folder = folder
        self.setup = a_setup(
            folder,
            aggregating_url=f"{aggregating}/GetAggregatedSubjectOfCareSchedule/service/v1",
            index_update_url=f"{index}/skltp-ei/update-service/v1",
            index_find_url=f"{index}/skltp-ei/find-content-service/v1",
        )

    @contextmanager
    def open(self) -> Iterator[Index]:
        """Both services at work, until the block ends. Everybody they speak to must be there."""
        of = self.setup
        platform = f"http://127.0.0.1:{of.gateway.http}"
        with self._stack as stack:
            aggregation = Aggregation(_aggregating(of, platform, self.folder), system_clock)
            transport = stack.enter_context(HttpTransport())
            caller = InternalCaller(of.index_address, of.instance_id)
            index = Index(_index(of, self.folder), system_clock, PlatformClient(platform, transport, caller))
            for service, port in ((aggregation, self._ports[0]), (index, self._ports[1])):
                service.open()
                stack.callback(service.close)
                stack.enter_context(_served(service.application, port))
            yield index


def _aggregating(of: Setup, platform: str, folder: Path) -> AggregationSettings:
    return AggregationSettings(
        logical_address=AGGREGATED,
        index_sender=of.aggregating_sender,
        index_logical_address=MOCK_INDEX,
        platform_url=platform,
        instance_id=of.instance_id,
        read_seconds=1.0,
        tak_file=str(folder / "tak.xml"),
    )


def _index(of: Setup, folder: Path) -> IndexSettings:
    return IndexSettings(
        hsa_id=of.index_address,
        platform_instance_id=of.instance_id,
        data_directory=folder,
        registry_address=REGISTRY,
    )


@contextmanager
def _served(application, port: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(application, lifespan="on", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, args=([port],))
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        port.close()
