"""Whether a message keeps its schema: libxml2 says first, xmlschema gives the second opinion.

Both judge the body by the interaction's XSD with the errata applied, and both judge the message as the evidence shows
it, so their lines are lines of the evidence. xmlschema is asked for its verdict and the place alone, for its sentences
quote values. A message that only the errata make valid is told as such (`errata_needed`).
Source: contracts.md §2.3; DESIGN.md decisions 4 and 5.
"""

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import xmlschema

from conformance.exchange import LIMITS, Shown
from contracts import envelope, xml
from contracts.catalogue import Catalogue, Errata, Interaction
from contracts.errors import Violation
from contracts.validation import Validator

Direction = Literal["request", "answer"]
_PROFILE = "rivtabp21"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the two validators say. `first` is libxml2's list; `second` the lines where xmlschema alone objects."""

    first: tuple[Violation, ...] = ()
    second: tuple[int, ...] = ()
    errata_needed: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return not self.first and not self.second


class Schemas:
    """Judges messages. May be shared between threads."""

    def __init__(self) -> None:
        self._catalogue = Catalogue.official()
        self._validator = Validator(self._catalogue)
        self._second: dict[str, xmlschema.XMLSchema] = {}
        self._lock = threading.Lock()

    @cached_property
    def _without(self) -> Mapping[str | None, Validator]:
        """Validators that leave one erratum out, by its id; all of them for None."""
        errata = self._catalogue.errata.errata
        left = {one.id: tuple(other for other in errata if other is not one) for one in errata}
        return {
            name: Validator(replace(self._catalogue, errata=Errata(kept))) for name, kept in (*left.items(), (None, ()))
        }

    def interaction(self, contract: str) -> Interaction | None:
        """The interaction of a contract in profile 2.1; None for a contract that is not known."""
        return self._catalogue.find(contract, _PROFILE)

    def what_is(self, erratum: str) -> str:
        """What an erratum changes, in a sentence."""
        return next(one.what for one in self._catalogue.errata.errata if one.id == erratum)

    def judge(self, message: Shown, contract: str, direction: Direction, *, second: bool = True) -> Verdict:
        """What is wrong with the body of a request or an answer. A SOAP fault is not wrong, nor is an unknown contract.

        Without `second`, xmlschema is not asked: it is slow. Raises MessageUnreadable for what is no XML: whether it
        should be is another rule's business.
        """
        interaction = self.interaction(contract)
        if interaction is None:
            return Verdict()
        read = envelope.read(message.text.encode(), limits=LIMITS)
        first = self._first(self._validator, read, interaction, direction)
        if first or read.payload is None:
            return Verdict(first)
        lines = self._lines_of_second(read, interaction) if second else ()
        return Verdict((), lines, () if lines else self._errata(read, interaction, direction))

    def _first(
        self, validator: Validator, read: envelope.Message, interaction: Interaction, direction: Direction
    ) -> tuple[Violation, ...]:
        if direction == "request":
            return validator.check_request(read)
        return validator.check_response(read, interaction)

    def _errata(self, read: envelope.Message, interaction: Interaction, direction: Direction) -> tuple[str, ...]:
        """The errata without which the message would be refused."""
        if not self._first(self._without[None], read, interaction, direction):
            return ()
        near = [one for one in self._catalogue.errata.errata if any(interaction.folder in f.parents for f in one.files)]
        return tuple(one.id for one in near if self._first(self._without[one.id], read, interaction, direction))

    def _lines_of_second(self, read: envelope.Message, interaction: Interaction) -> tuple[int, ...]:
        payload = read.payload
        assert payload is not None
        if payload.tag not in (interaction.request, interaction.response):
            return ()
        with self._lock:
            schema = self.second_opinion(interaction)
            found = list(schema.iter_errors(cast(Any, payload)))
        return tuple(sorted({getattr(one.elem, "sourceline", None) or payload.sourceline or 1 for one in found}))

    def second_opinion(self, interaction: Interaction) -> xmlschema.XMLSchema:
        """The schema from a corrected copy of the contract's folder: xmlschema reads files, and local ones alone."""
        if interaction.contract not in self._second:
            with tempfile.TemporaryDirectory() as place:
                for path in interaction.folder.rglob("*.xsd"):
                    copy = Path(place, path.relative_to(interaction.folder))
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_bytes(self._catalogue.errata.correct(path, xml.read_file(path)))
                main = interaction.schemas[interaction.contract].relative_to(interaction.folder)
                self._second[interaction.contract] = xmlschema.XMLSchema(str(Path(place, main)), allow="local")
        return self._second[interaction.contract]
