"""Which of the names that a file would import are dangerous.

picklescan, whose lists are kept up to date, says what is known to be dangerous.  What it does not know is known to be harmless
only if real models hold it: classes of their libraries, and the few functions by which those classes are put together again
(collected from some 4,500 artifacts of scikit-learn 0.22 to 1.9 and joblib 0.11 to 1.6).  Everything else is unknown.
"""

from __future__ import annotations

import io
import logging
import pickle
from typing import TYPE_CHECKING

from crossload.artifact.facts import Danger, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossload.artifact.inert import Inert

_PLACES = (
    "sklearn", "scipy", "numpy", "pandas.core", "pandas._libs", "joblib.numpy_pickle", "copyreg", "copy_reg", "collections", "datetime", "decimal",
    "xgboost", "lightgbm", "catboost", "imblearn", "skops", "_loss",
)  # fmt: skip
"""Packages and modules whose classes models hold."""

_HELPERS = frozenset(
    {
        "_codecs.encode", "numpy.dtype", "numpy.ndarray", "numpy.random._pickle.__bit_generator_ctor", "numpy.random._pickle.__generator_ctor",
        "numpy.random._pickle.__randomstate_ctor", "numpy.ma.core._mareconstruct", "pandas.core.indexes.base._new_Index",
        "pandas._libs.internals._unpickle_block", "copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__",
    }
    | {f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")}
    | {f"numpy.{kind}{bits}" for kind in ("int", "uint", "float", "complex") for bits in (8, 16, 32, 64, 128)}
    | {"numpy.bool_", "numpy.bool", "numpy.str_"}
    | {f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")}
    | {f"{module}.{name}" for module in ("builtins", "__builtin__") for name in (
        "set", "frozenset", "object", "list", "dict", "tuple", "slice", "complex", "int", "float", "str", "bytes", "bool", "range", "bytearray", "type",
        "Ellipsis", "NotImplemented")}
)  # fmt: skip
"""Functions and plain types that loading a model calls."""

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
_WRITERS = ("DataSource", "NpzFile", "Memory", "HDFStore", "ExcelWriter", "ExcelFile")
"""Classes of these packages that open files when they are made."""


def judged(found: Mapping[tuple[str, str], type[Inert]]) -> list[Name]:
    """The names with their danger, the dangerous first, then the unknown."""
    names = [
        Name(module=module, name=name, called=kind.called, danger=_danger(module, name, called=kind.called))
        for (module, name), kind in found.items()
    ]
    order = (Danger.DANGEROUS, Danger.UNKNOWN, Danger.KNOWN)
    return sorted(names, key=lambda each: (order.index(each.danger), each.text))


def _danger(module: str, name: str, *, called: bool) -> Danger:
    full = f"{module}.{name}"
    if full in _HELPERS:
        return Danger.KNOWN
    if _scanner_says(module, name) == "dangerous" or (module in ("builtins", "__builtin__") and name in _CALLS):
        return Danger.DANGEROUS
    plain = all(part.isidentifier() for part in module.split(".")) and name.isidentifier()
    at_home = any(module == place or module.startswith(f"{place}.") for place in _PLACES)
    if not plain or not at_home or name in _WRITERS:
        return Danger.UNKNOWN  # a name with dots reaches through an object, and perhaps out of its library
    is_class = name.lstrip("_")[:1].isupper()
    puts_together = (
        name == "newObj"
        or name.startswith("__pyx_unpickle_")
        or (module.startswith("scipy.sparse") and name.endswith(("_matrix", "_array")))
    )
    return Danger.KNOWN if is_class or puts_together or not called else Danger.UNKNOWN


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
