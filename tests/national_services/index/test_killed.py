"""What has been acknowledged survives a killed process: entries, and the letters that tell of them (EI-8)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.national_services.index.world import a_world

_TELLS = """
import itertools, pathlib, sys, threading
from tests.national_services.index.world import PORTAL, SetClock, World, a_town, told

with a_town() as (town, transport):
    town.registered = [(PORTAL, ())]
    world = World(pathlib.Path(sys.argv[1]), town, transport, SetClock())
    world.open()
    world.index.refresh_subscribers()
    numbers, saying = itertools.count(), threading.Lock()
    def tell():
        for number in numbers:
            world.update(told(business_object=f"B-{number}"))
            with saying:
                print(number, flush=True)
    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_no_acknowledged_update_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", _TELLS, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = {int(process.stdout.readline()) for _ in range(60)}
        os.kill(process.pid, signal.SIGKILL)
        acknowledged |= {int(line) for line in process.stdout if line.endswith("\n")}
    with a_world_of(tmp_path) as world:
        found = {one.business_object for one in world.find().engagements}
        assert {f"B-{number}" for number in acknowledged} <= found
        receiver = world.subscriber()
        world.index.deliver_all()
        assert {change.engagement.business_object for change in receiver.changes} == found


def a_world_of(folder: Path):
    """The index as the killed process has left it."""
    return a_world(folder, database_url=f"sqlite:///{folder / 'index.sqlite'}")
