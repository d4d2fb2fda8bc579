"""The levels of trust, and the one that loading a file takes.

Decided by the rated names of an inspection alone (`crossload.inspection.facts.ImportedName`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from crossload.inspection.facts import Danger

if TYPE_CHECKING:
    from crossload.inspection import ImportedName, Inspection
    from crossload.models.own_code import OwnCode

DATA_FORMATS = ("h5", "keras", "weights-h5", "checkpoint")
"""Formats that hold arrays and configurations: what they name decides if loading runs anything."""


class Trust(IntEnum):
    """Levels of trust: what a user gives, or loading a file takes; each includes those below."""

    NOTHING = 0
    """Nothing that executes: arrays, and layers on the list of known harmless ones."""
    KNOWN = 1
    """Files of which all names are known (``--trust``)."""
    UNKNOWN = 2
    """Names that nobody has looked at (``--trust-unknown``, or the question at the terminal)."""
    DANGEROUS = 3
    """Names that are known to be dangerous (``--trust-dangerous`` only)."""

    @property
    def option(self) -> str:
        """The option that says it; empty for nothing."""
        return ("", "--trust", "--trust-unknown", "--trust-dangerous")[self]


def trust_of(*, known: bool = False, unknown: bool = False, dangerous: bool = False) -> Trust:
    """Give the level of the options that were given: the highest of them."""
    if dangerous:
        return Trust.DANGEROUS
    if unknown:
        return Trust.UNKNOWN
    return Trust.KNOWN if known else Trust.NOTHING


def unknown_names(found: Inspection, own: OwnCode) -> list[ImportedName]:
    """List the names that are not known to be harmless, but for those of the user's own code."""
    return [each for each in found.unknown if not own.agrees(each)]


def trust_needed(found: Inspection, own: OwnCode) -> Trust:
    """Give the level of trust that loading a file takes.

    Parameters
    ----------
    found
        What is in the file.
    own
        The code that the user named: its classes are agreed to, by naming it.
    """
    if found.dangerous:
        return Trust.DANGEROUS
    if unknown_names(found, own):
        return Trust.UNKNOWN
    harmless = all(each.danger is Danger.KNOWN for each in found.names)
    # the user's own class runs with what the file gives it: that is asked for, whatever the format
    return Trust.NOTHING if found.format in DATA_FORMATS and harmless else Trust.KNOWN
