"""Why the catalogue says no: one tree of errors, each with a sentence for whoever asked.

Elsewhere: what is held against the values (rules.py), files that cannot be used (exchange.py).
Source: platform.md §20.1, §20.2, §20.7.
"""


class CatalogueRefused(Exception):
    """Something that the catalogue does not take; the message is a sentence that says what and why."""


class EntityRefused(CatalogueRefused):
    """A value that breaks a rule, a natural key that is taken, days that overlap (platform.md §20.1)."""


class EntityMissing(CatalogueRefused):
    """Something named that is not in the catalogue."""


class OwnedByAnother(CatalogueRefused):
    """Somebody else's change of it is pending (platform.md §20.2)."""

    def __init__(self, noun: str, key: str, owner: str) -> None:
        super().__init__(f"A change of the {noun} {key} by {owner} is pending.")
        self.key, self.owner = key, owner


class ChangedMeanwhile(CatalogueRefused):
    """It is not as it was when this editor looked: the optimistic lock (platform.md §20.1)."""


class StillUsed(CatalogueRefused):
    """Something that is not deleted depends on it (platform.md §20.2)."""


class PublicationRefused(CatalogueRefused):
    """There is nothing to publish, or what there is would not be a whole catalogue."""


class PublicationRunning(PublicationRefused):
    """Somebody else publishes just now; the text is the real platform's (platform.md §20.2)."""

    def __init__(self) -> None:
        super().__init__("A publication job is already running")


class OrderRefused(CatalogueRefused):
    """An order that is not carried out, whole: `reasons` are in Swedish, as the real platform tells them (§20.7)."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class CatalogueStoreUnusable(CatalogueRefused):
    """A database that is not a catalogue of this version."""
