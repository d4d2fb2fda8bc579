"""Says which calls, objects and states of a pickle are harmless: only those that were looked at.

A name alone tells little: `copyreg._reconstructor` makes an object of whatever it is given, some
constructors call their arguments, and the state of some classes is executed.  So what is known is
a callable together with the kinds of its arguments, a class together with the way in which the
object is made.  ``pickle_names.json`` lists the classes of the libraries that run nothing of their
own when they are unpickled; ``harness/scripts/pickle_names.py`` makes it from the libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.inspection.pickle_calls import CALLS, INDEXES, made_by_cython, rule_of
from crossload.inspection.pickle_names import ARRAYS, PLAIN_TYPES, known

if TYPE_CHECKING:
    from crossload.inspection.stand_ins import StandIn

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


def is_harmless(kind: type[StandIn]) -> bool:
    """Tell whether all that a file does with a name was looked at and found harmless."""
    text = f"{kind.module}.{kind.name}"
    listed = known()
    if kind.odd:
        return False
    if kind.called and not (
        text in CALLS or text in MAKERS or text in listed.called or made_by_cython(text)
    ):
        return False
    if kind.made and not (text in listed.made or text in _MADE):
        return False
    if kind.called or kind.made:
        return True
    return (
        text in listed.made
        or text in listed.called
        or text in listed.functions
        or text in CALLS
        or text in _MADE
        or text in ARRAYS
        or text in INDEXES
        or made_by_cython(text)
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
    rule = rule_of(text)
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


def is_plain_base(name: str) -> bool:
    """Tell whether a class is a plain type of Python that others are derived from."""
    return name.removeprefix("builtins.") in PLAIN_TYPES


_MADE = frozenset({
    "uuid.UUID", "numpy.ndarray", "numpy.void", "collections.OrderedDict", "collections.Counter",
    "joblib.numpy_pickle.NumpyArrayWrapper", "joblib.numpy_pickle.NDArrayWrapper",
    # their own methods were read: they take attributes, and no more
    "sklearn.utils.Bunch", "sklearn.utils._bunch.Bunch", "sklearn.isotonic.IsotonicRegression",
    "sklearn.utils._metadata_requests.MetadataRequest",
    *(
        f"pandas.{name}"
        for name in ("DataFrame", "Series", "CategoricalDtype", "Categorical", "StringDtype",
                     "arrays.ArrowStringArray", "core.arrays.string_arrow.ArrowStringArray",
                     "arrays.StringArray", "core.internals.managers.BlockManager",
                     "core.internals.managers.SingleBlockManager")
    ),
    "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle.NDArrayWrapper",
    *(f"builtins.{name}" for name in PLAIN_TYPES),
})  # fmt: skip
"""Classes beside those of the list, objects of which models hold."""

_TYPES = frozenset({
    *(f"builtins.{name}" for name in (*PLAIN_TYPES, "Ellipsis", "NotImplemented", "type")),
    "numpy.memmap",
})  # fmt: skip
"""Names that models refer to, without anything being made of them."""
