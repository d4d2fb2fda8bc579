"""Which of the names that a file would import are dangerous: asked of picklescan, whose lists are kept up to date."""

from __future__ import annotations

import io
import logging
import pickle
from typing import TYPE_CHECKING

from crossload.artifact.facts import Danger, Name

if TYPE_CHECKING:
    from collections.abc import Iterable

LIBRARIES = (
    "sklearn", "numpy", "scipy", "pandas", "joblib", "copyreg", "copy_reg", "collections", "datetime", "xgboost", "lightgbm", "catboost",
    "imblearn", "tensorflow", "keras", "skops", "pathlib",
)  # fmt: skip
"""Libraries whose classes a model may hold; picklescan knows which of their functions must not be called."""

_BUILTINS = ("set", "frozenset", "object", "list", "dict", "tuple", "slice", "complex", "int", "float", "str", "bytes", "bool", "range",
             "bytearray", "type", "property", "Ellipsis", "NotImplemented")  # fmt: skip


def judged(found: Iterable[tuple[str, str]]) -> list[Name]:
    """The names with their danger, the dangerous first, then the unknown."""
    names = [Name(module=module, name=name, danger=_danger(module, name)) for module, name in found]
    order = (Danger.DANGEROUS, Danger.UNKNOWN, Danger.KNOWN)
    return sorted(names, key=lambda each: (order.index(each.danger), each.text))


def _danger(module: str, name: str) -> Danger:
    if _scanner_says(module, name) == "dangerous":
        return Danger.DANGEROUS
    top = module.split(".", maxsplit=1)[0]
    plain = all(part.isidentifier() for part in (*module.split("."), *name.split(".")))
    if top in ("builtins", "__builtin__"):
        return Danger.KNOWN if name in _BUILTINS else Danger.DANGEROUS if name in _CALLS else Danger.UNKNOWN
    # a name with dots reaches through an object, and may reach out of its library: sklearn.x "os.system"
    return Danger.KNOWN if plain and top in LIBRARIES and "." not in name else Danger.UNKNOWN


_CALLS = (
    "eval",
    "exec",
    "compile",
    "open",
    "__import__",
    "getattr",
    "setattr",
    "delattr",
    "globals",
    "locals",
    "vars",
    "input",
    "breakpoint",
)


def _scanner_says(module: str, name: str) -> str:
    """Safety level of picklescan for one name, of a pickle that does nothing but name it."""
    from picklescan.scanner import scan_pickle_bytes  # noqa: PLC0415 - the other commands do without it

    if "\n" in module or "\n" in name or not module or not name:
        return "dangerous"
    text = pickle.GLOBAL + f"{module}\n{name}\n".encode("utf-8", "replace") + pickle.STOP
    logger = logging.getLogger("picklescan")
    before, logger.disabled = logger.disabled, True  # what it finds is told here
    try:
        found = scan_pickle_bytes(io.BytesIO(text), "name", multiple_pickles=False).globals
    finally:
        logger.disabled = before
    return next((str(each.safety.value) for each in found), "dangerous")
