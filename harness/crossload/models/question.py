"""The question that a command asks of its models, and the answer that there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.config import Tolerance
from crossload.models.trust import Trust

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.models.rows import UserRows


@dataclass(frozen=True, kw_only=True)
class Question:
    """The options that hold for all models of one call."""

    code: tuple[Path, ...] = ()
    """Files and folders of the user's own modules, as absolute paths."""
    packages: tuple[str, ...] = ()
    """Packages that the models need and do not name."""
    build: str = ""
    """Name of a function in the code that gives a network without weights."""
    to_build: tuple[str, ...] = ()
    """Packages that may be built from source where they have no wheels."""
    way: str = ""
    """The way of loading, where there are several; empty for the usual one."""
    data: UserRows | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    trust: Trust = Trust.NOTHING
    """What the user agreed to, in the end."""


class CannotTell(Exception):
    """Nothing can be measured; the text says why, the hint what the user can do.

    `Checker.check` turns it into an answer: it is a fact about the model, not a fault.
    """

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.hint = hint
