"""What the figures were taken on, and what a process has used so far."""

import os
import platform
import resource
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LIBRARIES = ("uvicorn", "uvloop", "httptools", "spyne", "lxml", "sqlalchemy")


class NotPossibleHere(Exception):
    """The machine lacks something; the message is a sentence that says how to get it."""


@dataclass(frozen=True, slots=True)
class Cores:
    """One core for generator and producer, one for what is measured."""

    load: int
    measured: int


@cache
def cores() -> Cores:
    """The last two cores that this process could use when first asked. Raises NotPossibleHere when it has one."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise NotPossibleHere("The comparison needs two cores, one for the load and one for what is measured.")
    return Cores(load=usable[-2], measured=usable[-1])


def raise_file_limit() -> None:
    """A thousand waiting calls need more than the usual 1,024 files; processes started later inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS_A_SECOND


def resident_megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES / 1e6


def described() -> tuple[str, ...]:
    """The machine and the versions of what ran, one line each."""
    used, load = cores(), os.getloadavg()[0]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    return (
        f"{_processor()}, {os.cpu_count()} cores; load on core {used.load}, measured on core {used.measured}",
        f"Linux {platform.release()}, Python {platform.python_version()}, {_first_line('haproxy', '-v')}, "
        f"{_first_line('wrk', '-v').partition(' [')[0]}",
        versions,
        f"load average at the start {load:.2f}: what others run on this machine is in the figures",
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor unknown"
    )


def _first_line(*command: str) -> str:
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return (told.stdout or told.stderr).partition("\n")[0].strip()
