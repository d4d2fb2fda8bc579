"""Gives the names of classes and functions that models hold, and what stand-ins are called.

``pickle_names.json`` lists the classes of the libraries that run nothing of their own when they are
unpickled; ``harness/scripts/pickle_names.py`` makes it from the libraries.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from crossload.inspection.stand_ins import StandIn

ARRAYS = frozenset({
    "numpy.ndarray", "numpy.matrix", "numpy.recarray", "numpy.matrixlib.defmatrix.matrix",
    "numpy.ma.core.MaskedArray", "numpy.ma.MaskedArray", "numpy.chararray", "numpy.rec.recarray",
})  # fmt: skip
"""Arrays of NumPy, which `_reconstruct` makes."""
PLAIN_TYPES = frozenset({
    "object", "list", "dict", "tuple", "set", "frozenset", "int", "float", "str", "bytes", "bool",
    "complex", "bytearray", "slice", "range",
})  # fmt: skip
"""Plain types of Python."""


@dataclass(frozen=True, slots=True)
class Known:
    """Dotted names, by what a file may do with them."""

    made: frozenset[str]
    called: frozenset[str]
    functions: frozenset[str]


@cache
def known() -> Known:
    """Read the list of names, once."""
    data = json.loads((files(__package__) / "pickle_names.json").read_text(encoding="utf-8"))

    def names(kind: str) -> frozenset[str]:
        return frozenset(
            f"{module}.{name}" for module, listed in data[kind].items() for name in listed
        )

    return Known(made=names("made"), called=names("called"), functions=names("functions"))


def name_of(value: Any) -> str:
    """Give the dotted name that a stand-in of a class or function stands for; empty for others."""
    if isinstance(value, type) and issubclass(value, StandIn):
        return f"{value.module}.{value.name}"
    return ""


def class_name_of(value: Any) -> str:
    """Give the dotted name of the class or function that made a stand-in; empty for others."""
    return f"{type(value).module}.{type(value).name}" if isinstance(value, StandIn) else ""
