"""Says what arguments the functions and constructors may be given that unpickling a model calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.inspection import dtypes
from crossload.inspection.pickle_names import ARRAYS, PLAIN_TYPES, class_name_of, known, name_of
from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Arguments = Callable[[tuple[Any, ...]], bool]

_MOST_VALUES = 500
"""Values within the arguments of one call that are looked at: more is no call of a library's."""


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
    return bool(args) and name_of(args[0]) in known().called and _values(args[1:])


def _new_object(args: tuple[Any, ...]) -> bool:
    return len(args) == 1 and name_of(args[0]) in known().called


def _encode(args: tuple[Any, ...]) -> bool:
    # another codec is a module of `encodings` that is imported by this name
    known = ("latin1", "latin-1", "ascii", "utf-8")
    return len(args) == 2 and isinstance(args[0], str | SkippedData) and args[1] in known


def _default_dict(args: tuple[Any, ...]) -> bool:
    plain = {f"builtins.{name}" for name in PLAIN_TYPES}
    first = args[:1]
    return (not first or first[0] is None or name_of(first[0]) in plain) and _values(args[1:])


def _array(args: tuple[Any, ...]) -> bool:
    return bool(args) and name_of(args[0]) in ARRAYS and _plain(args[1:])


def _scalar(args: tuple[Any, ...]) -> bool:
    # releases of NumPy took the bytes of a value with objects in it for pointers
    first = dtypes.text_of(args[0]) if args else ""
    fields = bool(first) and not first.startswith("O") and dtypes.has_objects(args[0])
    return bool(first) and not fields and _values(args[1:])


def _masked(args: tuple[Any, ...]) -> bool:
    return len(args) == 4 and all(name_of(each) in ARRAYS for each in args[:2]) and _plain(args[2:])


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
    own = (isinstance(each, StandIn) and class_name_of(each) not in _BYTES for each in args)
    return not any(own) and _values(args)


INDEXES = frozenset(
    f"pandas{place}.{name}"
    for place in (
        # pandas 3 has its classes at the top
        "",
        ".core.indexes.base", ".core.indexes.numeric", ".core.indexes.range", ".core.indexes.multi",
        ".core.indexes.category", ".core.indexes.datetimes", ".core.indexes.timedeltas",
        ".core.indexes.period", ".core.indexes.interval", ".core.index",
    )
    for name in (
        "Index", "Int64Index", "UInt64Index", "Float64Index", "NumericIndex", "RangeIndex",
        "MultiIndex", "CategoricalIndex", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex",
        "IntervalIndex",
    )
)  # fmt: skip
"""Classes of indexes of pandas, which a function makes."""


def _new_index(args: tuple[Any, ...]) -> bool:
    # the class and a dict: its values are given to the class by name
    return len(args) == 2 and name_of(args[0]) in INDEXES and _values(args[1:])


CALLS: Mapping[str, Arguments] = {
    "_codecs.encode": _encode,
    "numpy.dtype": _plain,
    **{
        f"numpy.{core}.{name}": rule
        # numpy.core is numpy._core since NumPy 2 (https://github.com/numpy/numpy/pull/24634)
        for core in ("core", "_core")
        for name, rule in (
            ("multiarray._reconstruct", _array),
            ("multiarray.scalar", _scalar),
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
    **{
        f"pandas.{name}": _values
        for name in (
            "core.internals.managers.BlockManager", "core.internals.managers.SingleBlockManager",
            "StringDtype", "core.arrays.string_.StringDtype",
        )
    },
    "pyarrow.lib._restore_array": _values,
    "pyarrow.lib.py_buffer": _values,
    "pyarrow.lib.type_for_alias": _plain,
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


def made_by_cython(text: str) -> bool:
    """Tell whether a function is one that Cython writes to unpickle a compiled class."""
    module, _, name = text.rpartition(".")
    return name.startswith("__pyx_unpickle_") and module.split(".")[0] in (
        "sklearn", "pandas", "scipy", "numpy", "_loss", "lightgbm", "xgboost",
    )  # fmt: skip


def rule_of(text: str) -> Arguments | None:
    """Give the rule for the arguments of a call, by the dotted name of what is called."""
    rule = CALLS.get(text)
    if rule is None and made_by_cython(text):
        return _cython
    if rule is None and text in known().called:
        return _values
    return rule
