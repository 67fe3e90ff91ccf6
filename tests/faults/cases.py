"""The cases of cases.toml: what each sends, and the answer it must get.

A case changes what matters in a good call. Its keys:

`name`, `rule`  what it is, and the section that says what the answer is
`both`, `skltp`, `tidbro`  the answer: `200`, `400`, `413`; a code as `VP015`, with `: beginning of the detail` after
    it; `fault`: one without a code; `closed`: nothing but the end of the connection; `no handshake`. Exactly one
`raw`  the whole request, or `hex`; else the request is made of:
`line`, `headers`, `without`  the first line, headers that are added, names of those that are left out
`body`  the message, or `replace`: pairs of texts in the good one; `encoding` of it, `before`: bytes in hex before it,
    `compress`
`length`  what Content-Length says, `+5` and `-5` counted from the truth
`cut`  how many bytes are sent; `then`: `half close`, `reset` or `wait` for the gateway to end it
`over`  `tls`, and `shows`: which certificate; `newest`: the newest version of TLS the caller speaks
`impatient`  the gateway waits half a second for a request
In texts, `{good}` is the good message, `{length}` its length, also `in hex`, `{identity}` the headers that tell who calls, and
`«x×3»` is xxx.
"""

import gzip
import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tests.platform.messages import a_message

GOOD = a_message().decode()
_TIMES = re.compile("«([^«»]*)×(\\d+)»", re.DOTALL)


@dataclass(frozen=True)
class FaultCase:
    """One case, as it stands in the file."""

    name: str
    rule: str
    both: str = ""
    skltp: str = ""
    tidbro: str = ""
    raw: str | None = None
    hex: str | None = None
    line: str = "POST /vp/x HTTP/1.1"
    headers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    body: str = "{good}"
    replace: tuple[tuple[str, str], ...] = ()
    encoding: str = "utf-8"
    before: str = ""
    compress: str = ""
    length: str = "+0"
    cut: int | None = None
    then: str = ""
    over: str = "plain"
    shows: str = "consumer"
    newest: str = ""
    impatient: bool = False
    expected: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        assert bool(self.both) != bool(self.skltp and self.tidbro), f"{self.name}: both, or one for each"
        object.__setattr__(self, "expected", {"skltp": self.skltp or self.both, "tidbro": self.tidbro or self.both})

    def request(self, identity: str) -> bytes:
        """All bytes of the request; `identity` is the header that tells who calls, without its end of line."""
        if self.hex is not None:
            return bytes.fromhex(self.hex)
        if self.raw is not None:
            whole = _filled(self.raw, identity).encode("latin-1")
            return whole[: self.cut]
        body = self._body()
        return (self._head(identity, len(body)) + body)[: self.cut]

    def _head(self, identity: str, size: int) -> bytes:
        own = ["Host: localhost", identity, "Content-Type: text/xml", "Connection: close"]
        own.append(f"Content-Length: {size + int(self.length) if self.length[0] in '+-' else self.length}")
        given = {header.split(":")[0].lower() for header in (*self.headers, *(f"{name}:" for name in self.without))}
        kept = [header for header in own if header.split(":")[0].lower() not in given]
        rows = [_filled(row, identity) for row in (self.line, *kept, *self.headers)]
        return "\r\n".join(rows).encode("latin-1") + b"\r\n\r\n"

    def _body(self) -> bytes:
        text = _filled(self.body, "")
        for old, new in self.replace:
            assert old in text, f"{self.name}: {old} is not in the message"
            text = text.replace(old, _filled(new, ""))
        body = bytes.fromhex(self.before) + text.encode(self.encoding)
        return gzip.compress(body, mtime=0) if self.compress else body


def _filled(text: str, identity: str) -> str:
    filled = (
        text.replace("{good}", GOOD)
        .replace("{length}", str(len(GOOD)))
        .replace("{length in hex}", f"{len(GOOD):x}")
        .replace("{identity}", identity)
    )
    return _TIMES.sub(lambda found: found[1] * int(found[2]), filled)


def all_cases() -> list[FaultCase]:
    """The cases of the file, in its order."""
    tables = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))["case"]
    return [_case(table) for table in tables]


def _case(table: dict[str, Any]) -> FaultCase:
    known = {one.name for one in fields(FaultCase) if one.init}
    assert set(table) <= known, f"{table.get('name')}: {set(table) - known}"
    turned = {name: tuple(map(tuple, value)) if name == "replace" else value for name, value in table.items()}
    return FaultCase(**{name: tuple(value) if isinstance(value, list) else value for name, value in turned.items()})
