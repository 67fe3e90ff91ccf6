"""A record system of its own for each test, asked through its adapter; in this process, and over HTTP on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from scheduling_backends.takecare.adapter import TakeCare, create
from scheduling_backends.takecare.service import Service
from scheduling_backends.takecare.settings import TakeCareSettings
from scheduling_backends.takecare.system import TakeCareSystem
from tests.scheduling_backends.timebooks import MovableClock, World, empty_database


class ThroughTheAdapter:
    """What tests take for a timebook: asked through the adapter, set up at the record system itself."""

    def __init__(self, adapter: TakeCare, system: TakeCareSystem) -> None:
        self.adapter, self.system = adapter, system

    def __getattr__(self, name: str) -> object:
        is_a_question = name.startswith(("get_", "make_", "update_", "cancel_")) or name in ("health", "open", "close")
        return getattr(self.adapter if is_a_question else self.system, name)


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def served(application: object) -> Iterator[str]:
    """A WSGI application on loopback; its address."""
    server = make_server("127.0.0.1", 0, application, server_class=_Threads, handler_class=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/service"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def a_record_system(folder: Path, over_http: bool = False, **settings: object) -> Iterator[World]:
    """A world whose timebook is a record system behind its adapter."""
    clock, table = MovableClock(), {"database_url": empty_database(folder), **settings}
    if not over_http:
        adapter = create(table, clock=clock)
        adapter.open()
        assert adapter.system is not None
        yield World(ThroughTheAdapter(adapter, adapter.system), clock, str(table["database_url"]))
        adapter.close()
        return
    system = TakeCareSystem(TakeCareSettings.from_mapping(table), clock)
    system.open()
    with served(Service(system)) as address:
        adapter = create({"service_url": address})
        adapter.open()
        yield World(ThroughTheAdapter(adapter, system), clock, str(table["database_url"]))
        adapter.close()
    system.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An open record system without clinics, and its adapter, in this process."""
    with a_record_system(tmp_path) as world:
        yield world
        for database in world.databases:
            database.close()
