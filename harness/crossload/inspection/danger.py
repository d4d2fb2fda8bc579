"""Which of the names that a file would import are dangerous.

picklescan, whose lists are kept up to date, says what is known to be dangerous.  What it does not know is known to be harmless
only if real models hold it: classes of their libraries, and the few functions by which those classes are put together again
(collected from some 4,500 artifacts of scikit-learn 0.22 to 1.9 and joblib 0.11 to 1.6).  Everything else is unknown.
"""

from __future__ import annotations

import io
import logging
import pickle
import sys
from typing import TYPE_CHECKING

from crossload.inspection.facts import Danger, ImportedName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossload.inspection.pickle_reader import StandIn

_PLACES = (
    "sklearn", "scipy.sparse", "scipy.interpolate", "scipy.stats", "scipy.spatial", "scipy.special", "numpy.random", "numpy.ma", "numpy.core",
    "numpy._core", "numpy.matrixlib", "numpy.polynomial", "pandas.core", "pandas._libs", "joblib.numpy_pickle", "collections", "datetime", "decimal",
    "xgboost", "lightgbm", "catboost", "imblearn", "_loss",
)  # fmt: skip
"""Packages and modules whose classes models hold."""

_NOT_PLACES = (
    "datasets",
    "tests",
    "testing",
    "_testing",
    "conftest",
    "externals",
    "distutils",
    "f2py",
    "discovery",
    "importutils",
)
"""Parts of those packages that models hold nothing of, and that hand on what belongs to others."""

_HELPERS = frozenset(
    {
        "_codecs.encode", "collections.defaultdict", "collections.deque", "datetime.datetime", "datetime.date", "datetime.timedelta", "numpy.matrix",
        "numpy.recarray", "numpy.record", "numpy.datetime64", "numpy.timedelta64", "numpy.object_", "numpy.bytes_", "numpy.void", "numpy.dtype", "numpy.ndarray", "numpy.random._pickle.__bit_generator_ctor", "numpy.random._pickle.__generator_ctor",
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
    "eval", "exec", "execfile", "compile", "open", "file", "__import__", "getattr", "setattr", "delattr", "globals", "locals", "vars", "input",
    "breakpoint", "apply", "map", "filter", "reload",
)  # fmt: skip

_PLAIN_MODULES = (
    "collections",
    "datetime",
    "decimal",
    "fractions",
    "uuid",
    "pathlib",
    "enum",
    "copyreg",
    "copy_reg",
    "builtins",
    "__builtin__",
)
"""Modules of the standard library whose classes are plain values."""


def judged(found: Mapping[tuple[str, str], type[StandIn]]) -> list[ImportedName]:
    """The names with their danger, the dangerous first, then the unknown."""
    names = [
        ImportedName(
            module=module,
            name=name,
            called=kind.called,
            danger=_danger(module, name, called=kind.called),
        )
        for (module, name), kind in found.items()
    ]
    order = (Danger.DANGEROUS, Danger.UNKNOWN, Danger.KNOWN)
    return sorted(names, key=lambda each: (order.index(each.danger), each.text))


def _danger(module: str, name: str, *, called: bool) -> Danger:
    if f"{module}.{name}" in _HELPERS:
        return Danger.KNOWN
    if _is_dangerous(module, name, called=called):
        return Danger.DANGEROUS
    parts = module.split(".")
    plain = (
        all(part.isidentifier() for part in parts) and name.isidentifier()
    )  # a name with dots reaches through an object
    at_home = any(
        module == place or module.startswith(f"{place}.") for place in _PLACES
    ) and not set(parts) & set(_NOT_PLACES)
    if not plain or not at_home:
        return Danger.UNKNOWN
    return (
        Danger.KNOWN
        if _is_class(name) or _puts_together(module, name) or not called
        else Danger.UNKNOWN
    )


def _is_dangerous(module: str, name: str, *, called: bool) -> bool:
    """What picklescan knows, and what no model needs: extension codes, calls of the standard library and of public functions.

    The functions by which real models are put together are private, or on the list of helpers.
    """
    top = module.split(".", maxsplit=1)[0]
    if _scanner_says(module, name) == "dangerous" or (
        top in ("builtins", "__builtin__") and name in _CALLS
    ):
        return True
    if top in ("copyreg", "copy_reg"):
        return True  # whatever of it is harmless is among the helpers
    if not called:
        return False
    if top in sys.stdlib_module_names:
        return top not in _PLAIN_MODULES or not _is_class(name)
    last = name.rsplit(".", maxsplit=1)[-1]
    is_library = top in {place.split(".")[0] for place in _PLACES} or top in (
        "pandas",
        "numpy",
        "scipy",
        "joblib",
        "skops",
        "torch",
        "dill",
        "requests",
    )
    return (
        is_library
        and not last.startswith("_")
        and not _is_class(last)
        and not _puts_together(module, name)
    )


def _is_class(name: str) -> bool:
    return name.lstrip("_")[:1].isupper()


def _puts_together(module: str, name: str) -> bool:
    """Whether a function makes the compiled objects of scikit-learn, or a sparse matrix of SciPy."""
    sparse = module.startswith("scipy.sparse") and name.endswith(("_matrix", "_array"))
    return name == "newObj" or name.startswith("__pyx_unpickle_") or sparse


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
