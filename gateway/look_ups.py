"""Which addresses are looked up for a logical address, and the trace that tells of it.

Pure. Routing and authorisation take the same steps, in different orders: the address itself, the units above it, the
standard address `*`; or, for an address of the old form VE#VG, its parts from the last to the first. Each step names an
address to look up and, where it is the first of its kind, the word that the trace says before it.
Elsewhere: the orders, and what is made of what is found (routing.py, authorisation.py).
Source: platform.md §9.3, §9.4, §10.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from gateway.hsa import HsaTree

STANDARD = "*"
"""The logical address whose routes and authorisations stand in for those of all others."""

_MOST_PARTS = 100

Step = tuple[str, str]
"""What the trace says first, if anything, and the address to look up."""

Found = TypeVar("Found")


def until_found(steps: Iterable[Step], look_up: Callable[[str], Found]) -> tuple[Found | None, str]:
    """What the first fruitful look-up found, None when none was; and the trace, steps joined by commas."""
    trace: list[str] = []
    for word, address in steps:
        trace += [word, address] if word else [address]
        if found := look_up(address):
            return found, ",".join(trace)
    return None, ",".join(trace)


def itself(address: str) -> Iterator[Step]:
    yield "", address


def standard() -> Iterator[Step]:
    yield "(default)", STANDARD


def units_above(address: str, tree: HsaTree) -> Iterator[Step]:
    """The units above, nearest first; the tree is asked only when it comes to them."""
    yield from _with_word("(parent)", tree.above(address))


def leaves(parts: Iterable[str]) -> Iterator[Step]:
    """The parts of an address of the old form, from the last to the first."""
    return _with_word("(leaf)", tuple(parts)[::-1])


def _with_word(word: str, addresses: Iterable[str]) -> Iterator[Step]:
    for number, address in enumerate(addresses):
        yield "" if number else word, address


def parts_of(address: str, delimiter: str) -> tuple[str, ...] | None:
    """The parts of an address of the old form, each once and none of them empty; None when it is not of that form.

    Of an address of thousands of parts, which nobody means, the last ones count.
    """
    if not delimiter or delimiter not in address:
        return None
    parts = address.rsplit(delimiter, _MOST_PARTS)[-_MOST_PARTS:]
    return tuple(dict.fromkeys(part for part in parts if part))
