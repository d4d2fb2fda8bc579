"""Rates what configurations of Keras and graphs of TensorFlow name: harmless only what is listed.

Keras looks up what a configuration names by module and name, and calls it: any function of any
module could be reached in some release, in safe mode too (https://nvd.nist.gov/vuln/detail/CVE-2025-1550,
https://nvd.nist.gov/vuln/detail/CVE-2025-8747).  A list of what is dangerous would never be whole,
so that this is one of what is harmless: the layers, losses, metrics, optimizers, initializers and
activations that the libraries have (``keras_names.json``, made by
``harness/scripts/keras_names.py``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crossload.inspection.danger import danger_of
from crossload.inspection.facts import Danger, ImportedName, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXECUTING: Mapping[str, tuple[Danger, str]] = {
    "TorchModuleWrapper": (Danger.DANGEROUS, "unpickles a module of PyTorch"),
    "ClassMethod": (Danger.DANGEROUS, "calls a method that the file names"),
    "InstanceMethod": (Danger.UNKNOWN, "calls a method that the file names"),
    "InstanceProperty": (Danger.UNKNOWN, "reads an attribute that the file names"),
    "TFSMLayer": (Danger.UNKNOWN, "loads another SavedModel"),
    "JaxLayer": (Danger.UNKNOWN, "calls functions that the file names"),
    "FlaxLayer": (Danger.UNKNOWN, "calls functions that the file names"),
    "DenseFeatures": (Danger.UNKNOWN, "feature columns may read files"),
    "SequenceFeatures": (Danger.UNKNOWN, "feature columns may read files"),
    "LinearModel": (Danger.UNKNOWN, "feature columns may read files"),
}
"""Classes of Keras that execute or open what their configuration names."""

_VALUES = frozenset({
    "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__tuple__", "__slice__",
    "__keras_tensor__", "__complex__", "TensorShape", "InputSpec", "CompositeTensor", "Ellipsis",
})  # fmt: skip
"""Marks of plain values, which stand where a class would."""

_TYPE_SPECS = frozenset({
    "TensorSpec", "SparseTensorSpec", "RaggedTensorSpec", "IndexedSlicesSpec", "TensorArraySpec",
    "VariableSpec", "BoundedTensorSpec", "KerasTensor", "NoneTensorSpec", "OptionalSpec",
    "tf.TensorSpec", "tf.SparseTensorSpec", "tf.RaggedTensorSpec", "tf.IndexedSlicesSpec",
})  # fmt: skip
"""Types of tensors.

Keras before 3.2 takes any attribute of TensorFlow of the name that stands in their place.
"""

_HARMLESS_SYMBOLS = re.compile(
    r"^(math|linalg|nn|signal|bitwise|strings|image|sparse|ragged|sets|quantization|dtypes"
    r"|random|__operators__)\.[\w.]+$"
)
"""Modules of TensorFlow whose functions compute, and do nothing else."""

_SYMBOLS = frozenset({
        "abs", "acos", "acosh", "add", "add_n", "argmax", "argmin", "argsort", "asin", "asinh",
        "atan", "atan2", "atanh", "batch_to_space", "bitcast", "boolean_mask",
        "broadcast_dynamic_shape", "broadcast_static_shape", "broadcast_to", "cast",
        "clip_by_global_norm", "clip_by_norm", "clip_by_value", "complex", "concat", "constant",
        "convert_to_tensor", "cos", "cosh", "cumsum", "divide", "dynamic_partition",
        "dynamic_stitch", "edit_distance", "einsum", "ensure_shape", "equal", "exp",
        "expand_dims", "extract_volume_patches", "eye", "fill", "fingerprint", "floor", "gather",
        "gather_nd", "greater", "greater_equal", "guarantee_const", "histogram_fixed_width",
        "identity", "identity_n", "less", "less_equal", "linspace", "logical_and", "logical_not",
        "logical_or", "matmul", "matrix_square_root", "maximum", "meshgrid", "minimum",
        "multiply", "negative", "norm", "not_equal", "one_hot", "ones", "ones_like", "pad",
        "parallel_stack", "pow", "range", "rank", "realdiv", "reduce_all", "reduce_any",
        "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod",
        "reduce_sum", "repeat", "reshape", "reverse", "reverse_sequence", "roll", "round",
        "saturate_cast", "scalar_mul", "scatter_nd", "searchsorted", "sequence_mask", "shape",
        "shape_n", "sigmoid", "sign", "sin", "sinh", "size", "slice", "sort", "space_to_batch",
        "space_to_batch_nd", "split", "sqrt", "square", "squeeze", "stack", "stop_gradient",
        "strided_slice", "subtract", "tan", "tanh", "tensor_scatter_nd_add",
        "tensor_scatter_nd_max", "tensor_scatter_nd_min", "tensor_scatter_nd_sub",
        "tensor_scatter_nd_update", "tensordot", "tile", "transpose", "truediv", "truncatediv",
        "truncatemod", "unique", "unique_with_counts", "unstack", "where", "zeros", "zeros_like",
})  # fmt: skip
"""Functions at the top of TensorFlow that compute, and do nothing else."""

_FUNCTION_MODULES = re.compile(
    r"^(builtins|(keras|tf_keras|tensorflow(\.python)?\.keras|tensorflow\.keras|keras\._tf_keras\.keras"
    r"|keras\.api(\._v[12]\.keras|\._tf_keras\.keras)?)(\.src)?"
    r"\.(activations|losses|metrics|initializers|regularizers|constraints)(\.\w+)*)$"
)
"""Modules that functions of Keras are looked up in; ``builtins`` stands for all of them."""

_OWN = ("keras", "tf_keras", "keras_core", "tensorflow", "tensorflow_core", "builtins")
"""Packages of which all that is harmless is on the list."""


@dataclass(frozen=True, slots=True)
class _Known:
    modules: frozenset[str]
    places: Mapping[str, frozenset[str]]
    """The modules that have a class, by its name."""
    functions: frozenset[str]
    identifiers: frozenset[str]
    """Names of classes and functions as texts stand for them, in lower case without underscores."""


@cache
def _known() -> _Known:
    data = json.loads((files(__package__) / "keras_names.json").read_text(encoding="utf-8"))
    modules = data["modules"]
    places: dict[str, set[str]] = {}
    for names in data["classes"].values():
        for name, numbers in names.items():
            places.setdefault(name, set()).update(modules[number] for number in numbers)
    functions = {name for names in data["functions"].values() for name in names}
    # "accuracy" and "crossentropy" stand for one of several functions, by the shape of the data
    texts = {*places, *functions, "accuracy", "acc", "crossentropy", "ce"}
    return _Known(
        modules=frozenset(modules),
        places={name: frozenset(found) for name, found in places.items()},
        functions=frozenset(functions),
        identifiers=frozenset(_identifier(each) for each in texts),
    )


def _identifier(text: str) -> str:
    return text.lower().replace("_", "")


def rate_class(module: str, name: str, registered: str) -> ImportedName | None:
    """Rate a class by the words with which a configuration names it.

    Parameters
    ----------
    module
        The module that stands there; empty where there is none, as in files before Keras 2.13.
    name
        The name of the class.
    registered
        The name that it is registered by; empty where there is none.

    Returns
    -------
    ImportedName or None
        None for the mark of a plain value.
    """
    if name in _VALUES and module in ("", "builtins"):
        return None
    found = _known().places.get(name)
    top = module.split(".", maxsplit=1)[0]
    # "package>Name" is a class that the program that loads the file has to register before
    own = next((each for each in (name, registered) if ">" in each), "")
    # Keras 2.11 and 2.12 register their optimizers so, in the package that is there by default
    is_optimizer = own.startswith("Custom>") and own.removeprefix("Custom>") in _known().places
    if is_optimizer and not module:
        return _named("keras", own, (Danger.KNOWN, ""))
    if own and not own.startswith(("keras>", "Keras>")) and top != "builtins":
        return _named(
            module or "registered as", own if not module else name, _foreign(module, name)
        )
    if name in _EXECUTING and top in ("", *_OWN):
        return _named(module or "keras", name, _EXECUTING[name])
    if found and (not module or module in found):
        return _named(module or "keras", name, (Danger.KNOWN, ""))
    if found and top in ("keras", "tf_keras", "tensorflow"):
        # it moved in a release that the list was not made from, or something else has its name
        why = "a class of Keras of this name is elsewhere"
        return _named(module, name, (Danger.UNKNOWN, why))
    if not module:
        return _named("a class without a module", name, (Danger.UNKNOWN, "not of Keras"))
    if top in _OWN:
        why = "no layer, loss, metric or other part of a model"
        return _named(module, name, (Danger.DANGEROUS, why))
    return _named(module, name, _foreign(module, name))


def rate_function(module: str, name: str, registered: str = "") -> ImportedName:
    """Rate a function by the words with which a configuration names it."""
    top = module.split(".", maxsplit=1)[0]
    if name in _known().functions and (not module or _FUNCTION_MODULES.match(module)):
        return _named(module or "keras", name, (Danger.KNOWN, ""))
    if not module or ">" in registered or ">" in name:
        why = "a function that is not of Keras"
        return _function(module or "a function without a module", name, (Danger.UNKNOWN, why))
    if top in _OWN:
        why = "no activation, loss or other part of a model"
        return _named(module, name, (Danger.DANGEROUS, why))
    return _function(module, name, _foreign(module, name))


def rate_text(key: str, text: str) -> ImportedName | None:
    """Rate a text that stands for a function or class of Keras; None if it is one of the list."""
    if _identifier(text) in _known().identifiers:
        return None
    return _function(f"a text of {key}", text, (Danger.UNKNOWN, "not of Keras"))


def rate_type_spec(module: str, name: str) -> ImportedName | None:
    """Rate the type of a tensor; None if it is one."""
    top = module.split(".", maxsplit=1)[0]
    if name in _TYPE_SPECS and top in ("", "tensorflow", "keras", "tf_keras", "builtins"):
        return None
    why = "in place of the type of a tensor"
    return _named(module or "tensorflow", name, (Danger.DANGEROUS, why))


def rate_symbol(name: str) -> ImportedName:
    """Rate a function of TensorFlow that a layer calls (``TFOpLambda``)."""
    last = name.rsplit(".", maxsplit=1)[-1]
    harmless = name in _SYMBOLS or (
        _HARMLESS_SYMBOLS.match(name) and not last.startswith(("from_", "map_"))
    )
    rated = (Danger.KNOWN, "") if harmless else (Danger.DANGEROUS, "not known to compute only")
    return _named("tf", name, rated)


def code(part: str, what: str) -> ImportedName:
    """Rate code that a file carries itself."""
    why = "code of Python in the file: loading runs it"
    return ImportedName(
        module=part, name=what, danger=Danger.DANGEROUS, called=True, kind=Kind.CODE, why=why
    )


def path(part: str, text: str) -> ImportedName:
    """Rate a path that loading would open."""
    why = "loading opens what is there"
    return ImportedName(
        module=part[:300], name=text[:300], danger=Danger.UNKNOWN, kind=Kind.PATH, why=why
    )


def _foreign(module: str, name: str) -> tuple[Danger, str]:
    # never known: what another library has in place of a layer is not on any list
    if module and danger_of(module, name, called=True) is Danger.DANGEROUS:
        return Danger.DANGEROUS, "no part of a model"
    return Danger.UNKNOWN, "not of Keras"


def _function(module: str, name: str, rated: tuple[Danger, str]) -> ImportedName:
    """Give the name of a function, which loading looks up and does not call."""
    return replace(_named(module, name, rated), called=False)


def _named(module: str, name: str, rated: tuple[Danger, str]) -> ImportedName:
    danger, why = rated
    return ImportedName(module=module[:300], name=name[:300], danger=danger, called=True, why=why)
