"""Where an address in the catalogue leads: host, port, TLS or not, and what the Host header says.

Pure. `https://` anywhere in an address means TLS. What is no URI, or names another scheme, cannot be called. A name
and password in an address are neither sent nor told: they would end up in faults and logs.
Source: platform.md §7.2 (Host), §9.5, §15 (no port means 443).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from yarl import URL

_NOT_IN_A_URI = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_USER_INFO = re.compile(r"//[^/?#]*@")
_PORT_LEFT_OUT = 80


@dataclass(frozen=True, slots=True)
class Target:
    """A producer's address, read. `host` is without brackets, in the form that the network knows (IDNA)."""

    url: URL
    host: str
    port: int
    host_header: str
    is_tls: bool

    @property
    def place(self) -> str:
        """Host and port, as errors tell them and calls are counted by."""
        return f"{self.host}:{self.port}"


@lru_cache(maxsize=4096)
def read_address(address: str) -> Target:
    """Where `address` leads. Raises ValueError, without quoting it, for what cannot be called."""
    if _NOT_IN_A_URI.search(address):
        raise ValueError("It is not a URI.")
    url = URL(address)
    host = url.raw_host
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("It is no address of http or https.")
    url = url.with_user(None).with_fragment(None)
    if "https://" in address.lower():
        url = url.with_scheme("https")
    if not url.port:
        raise ValueError("It names a port that does not exist.")
    return Target(url, host, url.port, _host_header(url), url.scheme == "https")


def _host_header(url: URL) -> str:
    host, port = str(url.host_subcomponent), url.explicit_port
    return host if port in (None, _PORT_LEFT_OUT) else f"{host}:{port}"


@lru_cache(maxsize=4096)
def without_user(address: str) -> str:
    """The address as it may be told, without the name and password that may stand before its host."""
    return _USER_INFO.sub("//", address)
