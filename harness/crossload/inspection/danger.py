"""Tells which of the names that a file would import are dangerous.

picklescan, whose lists are kept up to date, says what is known to be dangerous.  Such a list is
never complete (https://github.com/mmaitre314/picklescan/issues/66), so that what it does not know
is known to be harmless only if real models hold it: classes of their libraries, and the few
functions by which those classes are put together again (collected from some 4,500 artifacts of
scikit-learn 0.22 to 1.9 and joblib 0.11 to 1.6).  Everything else is unknown.
"""

from __future__ import annotations

import io
import logging
import pickle
import sys
from typing import TYPE_CHECKING

from crossload.inspection import pickle_rules
from crossload.inspection.facts import Danger, ImportedName, by_danger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossload.inspection.stand_ins import StandIn

_PLACES = (
    "sklearn", "scipy.sparse", "scipy.interpolate", "scipy.stats", "scipy.spatial",
    "scipy.special", "numpy.random", "numpy.ma", "numpy.core", "numpy._core", "numpy.matrixlib",
    "numpy.polynomial", "pandas.core", "pandas._libs", "joblib.numpy_pickle", "collections",
    "datetime", "decimal", "xgboost", "lightgbm", "catboost", "imblearn",
    # the compiled losses of some releases of scikit-learn name their module without its package
    "_loss",
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
        "_codecs.encode", "collections.defaultdict", "collections.deque", "datetime.datetime",
        "datetime.date", "datetime.timedelta", "numpy.matrix", "numpy.recarray", "numpy.record",
        "numpy.datetime64", "numpy.timedelta64", "numpy.object_", "numpy.bytes_", "numpy.void",
        "numpy.dtype", "numpy.ndarray", "numpy.random._pickle.__bit_generator_ctor",
        "numpy.random._pickle.__generator_ctor", "numpy.random._pickle.__randomstate_ctor",
        "numpy.ma.core._mareconstruct", "pandas.core.indexes.base._new_Index",
        "pandas._libs.internals._unpickle_block", "copyreg._reconstructor",
        "copy_reg._reconstructor", "copyreg.__newobj__",
    }
    # numpy.core is numpy._core since NumPy 2 (https://github.com/numpy/numpy/pull/24634)
    | {
        f"numpy.{core}.multiarray.{name}"
        for core in ("core", "_core") for name in ("_reconstruct", "scalar")
    }
    | {
        f"numpy.{kind}{bits}"
        for kind in ("int", "uint", "float", "complex") for bits in (8, 16, 32, 64, 128)
    }
    | {"numpy.bool_", "numpy.bool", "numpy.str_"}
    | {f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")}
    # Python 2 called the module __builtin__; pickles of protocol 2 and below name that one
    | {f"{module}.{name}" for module in ("builtins", "__builtin__") for name in (
        "set", "frozenset", "object", "list", "dict", "tuple", "slice", "complex", "int", "float",
        "str", "bytes", "bool", "range", "bytearray", "type", "Ellipsis", "NotImplemented")}
)  # fmt: skip
"""Functions and plain types that loading a model calls."""

_CALLS = (
    "eval", "exec", "execfile", "compile", "open", "file", "__import__", "getattr", "setattr",
    "delattr", "globals", "locals", "vars", "input", "breakpoint", "apply", "map", "filter",
    "reload",
)  # fmt: skip
"""Builtins of Python 2 and 3 that execute code, or reach objects that do."""

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


def rated_names(found: Mapping[tuple[str, str], type[StandIn]]) -> list[ImportedName]:
    """Rate the danger of names; the dangerous come first, then the unknown.

    Parameters
    ----------
    found
        The stand-in of each name, by module and name, which knows whether the file calls it.
    """
    names = [_rated(module, name, kind) for (module, name), kind in found.items()]
    return by_danger(names)


def _rated(module: str, name: str, kind: type[StandIn]) -> ImportedName:
    called = kind.called or kind.made
    if pickle_rules.is_harmless(kind):
        danger, why = Danger.KNOWN, ""
    else:
        danger = danger_of(module, name, called=called)
        if danger is Danger.KNOWN:
            # of a library that models come from, but not among what was looked at
            danger = Danger.UNKNOWN
        if kind.odd and module.split(".", maxsplit=1)[0] in _RULED:
            danger = Danger.DANGEROUS
        why = kind.odd or ("" if danger is Danger.DANGEROUS else "not among what models hold")
    return ImportedName(module=module, name=name, called=called, danger=danger, why=why)


_RULED = ("copyreg", "copy_reg", "builtins", "__builtin__", "numpy", "scipy", "joblib", "_codecs")
"""Packages of which a name that is used in another way than models do is an attack."""


def danger_of(module: str, name: str, *, called: bool) -> Danger:
    """Rate the danger of one name, as pickles and other files name it."""
    # the helpers go first: all that is not among them of copyreg, and any call of a public function
    # of NumPy, is dangerous below
    if f"{module}.{name}" in _HELPERS:
        return Danger.KNOWN
    if _is_dangerous(module, name, called=called):
        return Danger.DANGEROUS
    parts = module.split(".")
    # Since protocol 4 a name may have dots, and reaches through the objects of a module: sklearn's
    # "os.system" is that of the module os, which some module of sklearn has imported.
    plain = all(part.isidentifier() for part in parts) and name.isidentifier()
    at_home = any(
        module == place or module.startswith(f"{place}.") for place in _PLACES
    ) and not set(parts) & set(_NOT_PLACES)
    if not plain or not at_home:
        return Danger.UNKNOWN
    is_harmless = _is_class(name) or _puts_together(module, name) or not called
    return Danger.KNOWN if is_harmless else Danger.UNKNOWN


def _is_dangerous(module: str, name: str, *, called: bool) -> bool:
    """Tell what picklescan knows to be dangerous, and what no model needs.

    The latter are extension codes, and calls of the standard library and of public functions.  The
    functions by which real models are put together are private, or on the list of helpers.
    """
    top = module.split(".", maxsplit=1)[0]
    if _scanner_says(module, name) == "dangerous" or (
        top in ("builtins", "__builtin__") and name in _CALLS
    ):
        return True
    if top in ("copyreg", "copy_reg"):
        # whatever of it is harmless is among the helpers; an extension code is a number for which
        # only the program that loads the file knows the name
        return True
    if not called:
        return False
    if top in sys.stdlib_module_names:
        return top not in _PLAIN_MODULES or not _is_class(name)
    # a name with dots reaches through modules and classes: its last part is what is called
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
    # by its spelling (PEP 8), because nothing may be imported to look
    return name.lstrip("_")[:1].isupper()


def _puts_together(module: str, name: str) -> bool:
    """Tell whether a function makes a compiled object of scikit-learn, or a sparse matrix."""
    # Cython gives the classes that it pickles a function __pyx_unpickle_NAME; the trees of
    # neighbours have one that is written by hand
    sparse = module.startswith("scipy.sparse") and name.endswith(("_matrix", "_array"))
    return name == "newObj" or name.startswith("__pyx_unpickle_") or sparse


def _scanner_says(module: str, name: str) -> str:
    """Ask picklescan for the safety level of one name."""
    from picklescan.scanner import scan_pickle_bytes  # noqa: PLC0415 - others do without it

    # the pickle below has a line for each, and both would say something else with another line
    if "\n" in module or "\n" in name or not module or not name:
        return "dangerous"
    # not the file itself, which it reads by other rules than joblib does, but a pickle that only
    # names this one
    text = pickle.GLOBAL + f"{module}\n{name}\n".encode("utf-8", "replace") + pickle.STOP
    logger = logging.getLogger("picklescan")
    before, logger.disabled = logger.disabled, True  # it logs what is reported here in our words
    try:
        found = scan_pickle_bytes(io.BytesIO(text), "name", multiple_pickles=False).globals
    finally:
        logger.disabled = before
    return next((str(each.safety.value) for each in found), "dangerous")
