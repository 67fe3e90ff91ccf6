"""Where work on a large message is done: in a thread, so that the other calls go on meanwhile.

Reading 15 MB takes some hundred milliseconds, and libxml2 lets go of Python's lock while it parses and validates. Small
messages are read where they are: going to a thread and back would cost more than the reading.
Two threads: each may hold a parsed message of many times its bytes.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

LARGE_BYTES = 262_144

_Given = ParamSpec("_Given")
_Done = TypeVar("_Done")
_threads = ThreadPoolExecutor(2, thread_name_prefix="large-message")


async def work_on(size: int, work: Callable[_Given, _Done], *given: _Given.args, **named: _Given.kwargs) -> _Done:
    """What `work` gives for a message of `size` bytes. Raises what it raises."""
    if size <= LARGE_BYTES:
        return work(*given, **named)
    return await asyncio.get_running_loop().run_in_executor(_threads, lambda: work(*given, **named))
