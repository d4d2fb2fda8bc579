"""Says which calls, objects and states of a pickle are harmless: only those that were looked at.

A name alone tells little: `copyreg._reconstructor` makes an object of whatever it is given, some
constructors call their arguments, and the state of some classes is executed.  So what is known is
a callable together with the kinds of its arguments, a class together with the way in which the
object is made.  ``pickle_names.json`` lists the classes of the libraries that run nothing of their
own when they are unpickled; ``harness/scripts/pickle_names.py`` makes it from the libraries.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Arguments = Callable[[tuple[Any, ...]], bool]

_MOST_VALUES = 500
"""Values within the arguments of one call that are looked at: more is no call of a library's."""

_ARRAYS = frozenset({
    "numpy.ndarray", "numpy.matrix", "numpy.recarray", "numpy.matrixlib.defmatrix.matrix",
    "numpy.ma.core.MaskedArray", "numpy.ma.MaskedArray", "numpy.chararray", "numpy.rec.recarray",
})  # fmt: skip
_PLAIN_TYPES = frozenset({
    "object", "list", "dict", "tuple", "set", "frozenset", "int", "float", "str", "bytes", "bool",
    "complex", "bytearray", "slice", "range",
})  # fmt: skip
_CONTAINERS = frozenset({
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
    "collections.deque", "sklearn.utils.Bunch", "sklearn.utils._bunch.Bunch", "builtins.bytearray",
    "builtins.list", "builtins.dict", "builtins.set", "builtins.tuple", "array.array",
})  # fmt: skip
"""Types whose own methods take the items that a pickle adds."""


MAKERS = frozenset({
    "copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__",
    "copy_reg.__newobj__",
})  # fmt: skip
"""Functions that make an object of the class that they are given, and are that object's rule."""


@dataclass(frozen=True, slots=True)
class _Known:
    made: frozenset[str]
    called: frozenset[str]
    functions: frozenset[str]


@cache
def _known() -> _Known:
    data = json.loads((files(__package__) / "pickle_names.json").read_text(encoding="utf-8"))

    def names(kind: str) -> frozenset[str]:
        return frozenset(
            f"{module}.{name}" for module, listed in data[kind].items() for name in listed
        )

    return _Known(made=names("made"), called=names("called"), functions=names("functions"))


def is_harmless(kind: type[StandIn]) -> bool:
    """Tell whether all that a file does with a name was looked at and found harmless."""
    text = f"{kind.module}.{kind.name}"
    known = _known()
    if kind.odd:
        return False
    if kind.called and not (
        text in _CALLS or text in MAKERS or text in known.called or _made_by_cython(text)
    ):
        return False
    if kind.made and not (text in known.made or text in _MADE):
        return False
    if kind.called or kind.made:
        return True
    return (
        text in known.made
        or text in known.called
        or text in known.functions
        or text in _CALLS
        or text in _MADE
        or text in _ARRAYS
        or _made_by_cython(text)
        or text in _TYPES
    )


def against_call(kind: type[StandIn], args: tuple[Any, ...]) -> str:
    """Say what is wrong with a call; empty where its arguments are those of an honest one.

    Parameters
    ----------
    kind
        The stand-in of the function or class that is called.
    args
        The stand-ins of its arguments.
    """
    text = f"{kind.module}.{kind.name}"
    rule = _CALLS.get(text)
    if rule is None and _made_by_cython(text):
        rule = _cython
    if rule is None and text in _known().called:
        rule = _values
    if rule is None:
        return ""
    return "" if rule(args) else "called with arguments that no model gives it"


def against_state(state: Any) -> str:
    """Say what is wrong with the state that a pickle sets on an object; empty for nothing."""
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
    for part in parts:
        if isinstance(part, dict):
            for name in part:
                # no regular expression: thousands of objects may share a dict of thousands of keys
                if isinstance(name, str) and name[:2] == "__" == name[-2:]:
                    return f"its state sets {name[:40]}"
    return ""


def takes_items(kind: type[StandIn]) -> bool:
    """Tell whether objects of a class take items as plain containers do."""
    return f"{kind.module}.{kind.name}" in _CONTAINERS


def name_of(value: Any) -> str:
    """Give the dotted name that a stand-in of a class or function stands for; empty for others."""
    if isinstance(value, type) and issubclass(value, StandIn):
        return f"{value.module}.{value.name}"
    return ""


def class_name_of(value: Any) -> str:
    """Give the dotted name of the class or function that made a stand-in; empty for others."""
    return f"{type(value).module}.{type(value).name}" if isinstance(value, StandIn) else ""


def is_plain_base(name: str) -> bool:
    """Tell whether a class is a plain type of Python that others are derived from."""
    return name.removeprefix("builtins.") in _PLAIN_TYPES


# --- kinds of arguments ------------------------------------------------------------------------


def _all(args: Any, *, objects: bool) -> bool:
    """Tell whether arguments are plain values, and perhaps objects that the pickle has made."""
    pending = [args]
    for each in pending:
        if len(pending) > _MOST_VALUES:
            return False
        if isinstance(each, tuple | list | set | frozenset):
            if len(each) > _MOST_VALUES:
                return False
            pending += each
        elif isinstance(each, dict):
            if len(each) > _MOST_VALUES:
                return False
            pending += [*each.keys(), *each.values()]
        elif isinstance(each, StandIn):
            if not objects and class_name_of(each) not in _BYTES:
                return False
        elif isinstance(each, type):
            # a class or function, which whoever is called could call in turn
            return False
    return True


_BYTES = frozenset({"_codecs.encode", "builtins.bytes", "builtins.bytearray"})
"""Calls that stand for bytes in pickles before protocol 3, whose arguments have rules as well."""


def _plain(args: tuple[Any, ...]) -> bool:
    return _all(args, objects=False)


def _values(args: tuple[Any, ...]) -> bool:
    return _all(args, objects=True)


def _type(names: frozenset[str]) -> Arguments:
    """Accept a class of these names first, and values behind it."""

    def accepts(args: tuple[Any, ...]) -> bool:
        return bool(args) and name_of(args[0]) in names and _values(args[1:])

    return accepts


def _cython(args: tuple[Any, ...]) -> bool:
    # __pyx_unpickle_NAME(type, checksum, state): of a compiled class, which takes the state apart
    return bool(args) and name_of(args[0]) in _known().called and _values(args[1:])


def _new_object(args: tuple[Any, ...]) -> bool:
    return len(args) == 1 and name_of(args[0]) in _known().called


def _encode(args: tuple[Any, ...]) -> bool:
    # another codec is a module of `encodings` that is imported by this name
    known = ("latin1", "latin-1", "ascii", "utf-8")
    return len(args) == 2 and isinstance(args[0], str | SkippedData) and args[1] in known


def _default_dict(args: tuple[Any, ...]) -> bool:
    plain = {f"builtins.{name}" for name in _PLAIN_TYPES}
    first = args[:1]
    return (not first or first[0] is None or name_of(first[0]) in plain) and _values(args[1:])


def _array(args: tuple[Any, ...]) -> bool:
    return bool(args) and name_of(args[0]) in _ARRAYS and _plain(args[1:])


def _masked(args: tuple[Any, ...]) -> bool:
    return (
        len(args) == 4 and all(name_of(each) in _ARRAYS for each in args[:2]) and _plain(args[2:])
    )


_BIT_GENERATORS = frozenset(
    f"numpy.random.{module}.{name}"
    for module, name in (
        ("_mt19937", "MT19937"), ("_pcg64", "PCG64"), ("_pcg64", "PCG64DXSM"),
        ("_philox", "Philox"), ("_sfc64", "SFC64"),
    )
)  # fmt: skip


def _random(args: tuple[Any, ...]) -> bool:
    # the generator by its name, by its class, or as an object; NumPy 1.24 adds the function that
    # makes it, and calls whatever stands there
    maker = "numpy.random._pickle.__bit_generator_ctor"
    return all(
        _plain((each,))
        or name_of(each) in _BIT_GENERATORS
        or (index == 1 and name_of(each) == maker)
        or (index == 0 and class_name_of(each) in {maker, *_BIT_GENERATORS})
        for index, each in enumerate(args)
    )


def _contained(args: tuple[Any, ...]) -> bool:
    # not an object itself, whose own iteration would run
    return not any(isinstance(each, StandIn) for each in args) and _values(args)


_INDEXES = frozenset(
    f"pandas.{place}.{name}"
    for place in (
        "core.indexes.base", "core.indexes.numeric", "core.indexes.range", "core.indexes.multi",
        "core.indexes.category", "core.indexes.datetimes", "core.indexes.timedeltas",
        "core.indexes.period", "core.indexes.interval", "core.index",
    )
    for name in (
        "Index", "Int64Index", "UInt64Index", "Float64Index", "NumericIndex", "RangeIndex",
        "MultiIndex", "CategoricalIndex", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex",
        "IntervalIndex",
    )
)  # fmt: skip


def _new_index(args: tuple[Any, ...]) -> bool:
    # the class and a dict: its values are given to the class by name
    return len(args) == 2 and name_of(args[0]) in _INDEXES and _values(args[1:])


_CALLS: Mapping[str, Arguments] = {
    "_codecs.encode": _encode,
    "numpy.dtype": _plain,
    "numpy.ndarray": _plain,
    **{
        f"numpy.{core}.{name}": rule
        # numpy.core is numpy._core since NumPy 2 (https://github.com/numpy/numpy/pull/24634)
        for core in ("core", "_core")
        for name, rule in (
            ("multiarray._reconstruct", _array),
            ("multiarray.scalar", _values),
            ("numeric._frombuffer", _values),
        )
    },
    "numpy.ma.core._mareconstruct": _masked,
    "numpy.random._pickle.__bit_generator_ctor": _random,
    "numpy.random._pickle.__generator_ctor": _random,
    "numpy.random._pickle.__randomstate_ctor": _random,
    "numpy.random.__RandomState_ctor": _plain,
    **{
        f"builtins.{name}": _contained
        for name in ("set", "frozenset", "list", "dict", "tuple", "slice", "complex", "int",
                     "float", "str", "bytes", "bool", "range", "bytearray", "object")
    },
    **{
        f"numpy.{name}": _plain
        for name in (
            "bool_", "bool", "str_", "bytes_", "void", "object_", "datetime64", "timedelta64",
            *(f"{kind}{bits}" for kind in ("int", "uint", "float", "complex")
              for bits in (8, 16, 32, 64, 128, 256)),
        )
    },
    "collections.OrderedDict": _contained,
    "collections.Counter": _contained,
    "collections.deque": _contained,
    "collections.defaultdict": _default_dict,
    **{
        f"datetime.{name}": _values
        for name in ("datetime", "date", "time", "timedelta", "timezone")
    },
    "decimal.Decimal": _plain,
    "fractions.Fraction": _plain,
    "array._array_reconstructor": _type(frozenset({"array.array"})),
    "array.array": _plain,
    **{
        f"pathlib{local}.{name}": _plain
        for local in ("", "._local")
        for name in ("Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath",
                     "PureWindowsPath")
    },
    "pandas.core.indexes.base._new_Index": _new_index,
    "pandas.core.indexes.datetimes._new_DatetimeIndex": _new_index,
    "pandas.core.indexes.period._new_PeriodIndex": _new_index,
    "pandas._libs.internals._unpickle_block": _values,
    "pandas.core.internals.blocks.new_block": _values,
    "pandas._libs.tslibs.timestamps._unpickle_timestamp": _values,
    "pandas._libs.tslibs.timedeltas._timedelta_unpickle": _plain,
    "pandas._libs.tslibs.nattype._nat_unpickle": _plain,
    **{
        f"sklearn.{module}.newObj": _new_object
        for module in (
            "neighbors._kd_tree", "neighbors._ball_tree", "neighbors.kd_tree",
            "neighbors.ball_tree", "neighbors.dist_metrics", "neighbors._dist_metrics",
            "metrics._dist_metrics",
        )
    },
}  # fmt: skip
"""Functions and constructors that unpickling a model calls, and what they may be given."""

_MADE = frozenset({
    "uuid.UUID", "numpy.ndarray", "numpy.void", "collections.OrderedDict", "collections.Counter",
    "joblib.numpy_pickle.NumpyArrayWrapper", "joblib.numpy_pickle.NDArrayWrapper",
    # their own methods were read: they take attributes, and no more
    "sklearn.utils.Bunch", "sklearn.utils._bunch.Bunch", "sklearn.isotonic.IsotonicRegression",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle.NDArrayWrapper",
    *(f"builtins.{name}" for name in _PLAIN_TYPES),
})  # fmt: skip
"""Classes beside those of the list, objects of which models hold."""

_TYPES = frozenset({
    *(f"builtins.{name}" for name in (*_PLAIN_TYPES, "Ellipsis", "NotImplemented", "type")),
    "numpy.memmap",
})  # fmt: skip
"""Names that models refer to, without anything being made of them."""


def _made_by_cython(text: str) -> bool:
    module, _, name = text.rpartition(".")
    return name.startswith("__pyx_unpickle_") and module.split(".")[0] in (
        "sklearn", "pandas", "scipy", "numpy", "_loss", "lightgbm", "xgboost",
    )  # fmt: skip
