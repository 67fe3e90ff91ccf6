"""Threads for adapters that may hang: the process can end without them, which threads of the standard pool prevent.

Elsewhere: what runs in them, and how much may wait (producers.py).
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Done = TypeVar("_Done")


class AdapterPool(Executor):
    """At most so many threads, each made when it is needed; the process does not wait for them at its end."""

    def __init__(self, threads: int, name: str) -> None:
        self._most, self._name = threads, name
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._has_ended = False

    def submit(self, work: Callable[_Given, _Done], /, *given: _Given.args, **named: _Given.kwargs) -> "Future[_Done]":
        """What `work` will give. Raises RuntimeError after the end."""
        future: Future[_Done] = Future()
        with self._lock:
            if self._has_ended:
                raise RuntimeError("the pool has ended")
            self._waiting.put((future, partial(work, *given, **named)))
            if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
                made = threading.Thread(target=self._work, name=f"{self._name}_{len(self._threads)}", daemon=True)
                self._threads.append(made)
                made.start()
        return future

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None:
            _run(*task)
            del task  # in a circle with its error, it would wait for the garbage collector
            self._idle.release()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end when what waits is done; without waiting for that, unless told so."""
        with self._lock:
            if not self._has_ended:
                self._has_ended = True
                for _ in self._threads:
                    self._waiting.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def end(self, seconds: float) -> bool:
        """Shut down and wait so long; whether all threads have ended."""
        self.shutdown(wait=False)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)


def _run(future: "Future[Any]", work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)
    finally:
        del future
