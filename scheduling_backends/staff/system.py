"""What a staff site asks of its scheduling system."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class StaffSystem(Protocol):
    """A scheduling system as its staff's pages know it.

    `name` chooses the look. Sign-in without proof is for demos alone; where it is off nobody can sign in yet.
    """

    @property
    def name(self) -> str: ...

    @property
    def has_emulated_sign_in(self) -> bool: ...

    def now(self) -> datetime:
        """The moment it is for this system, with a zone."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """A session for questions; whatever it changed is undone."""
        ...

    def writing(self) -> AbstractContextManager[Session]:
        """A session for changes: committed when the block ends, undone when it raises."""
        ...
