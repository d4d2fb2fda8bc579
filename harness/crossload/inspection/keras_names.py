"""Rates what configurations of Keras name: harmless is only what the libraries' own lists hold.

Keras looks up what a configuration names by module and name, and calls it: any function of any
module could be reached in some release, in safe mode too (https://nvd.nist.gov/vuln/detail/CVE-2025-1550,
https://nvd.nist.gov/vuln/detail/CVE-2025-8747).  A list of what is dangerous would never be whole,
so that this is one of what is harmless: the layers, losses, metrics, optimizers, initializers and
activations that the libraries have (``keras_names.json``, made by
``harness/scripts/keras_names.py``).
"""

from __future__ import annotations

import builtins
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

_VALUES = frozenset({
    "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__tuple__", "__slice__",
    "__keras_tensor__", "__complex__", "TensorShape", "InputSpec", "CompositeTensor", "Ellipsis",
})  # fmt: skip
"""Marks of plain values, which stand where a class would."""

_TYPE_SPECS = re.compile(
    r"(tf\.)?(Tensor|SparseTensor|RaggedTensor|IndexedSlices|TensorArray|Variable|BoundedTensor"
    r"|NoneTensor|Optional)Spec|KerasTensor"
)
"""Types of tensors.

Keras before 3.2 takes any attribute of TensorFlow of the name that stands in their place.
"""

_ALIASES = re.compile(
    r"^(tensorflow\.keras|tf_keras(\.api\._v[12]\.keras)?|keras\.api(\._v[12]\.keras"
    r"|\._tf_keras\.keras|\.keras)?|keras\._tf_keras\.keras)(?=\.(?!src\b)|$)"
)
"""Other names of the public modules, under which a part of the releases has them."""

_PUBLIC = re.compile(
    r"^keras\.(layers|losses|metrics|optimizers(\.schedules)?|initializers|regularizers|constraints"
    r"|quantizers|dtype_policies)$"
)
"""Modules that nothing but classes of these kinds is exported from."""

_OWN = ("keras", "tf_keras", "tensorflow", "tensorflow_core", "builtins")
"""Packages of which all that is harmless is on the list."""

_PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")

_SHOWN_OTHERWISE = frozenset({
    "TFSMLayer", "ReloadedLayer", "JaxLayer", "FlaxLayer", "InstanceMethod", "InstanceProperty",
    "_BaseFeaturesLayer", "DenseFeatures", "SequenceFeatures", "LinearModel", "Cond", "Switch",
    "Map", "Scan", "AssociativeScan", "WhileLoop", "ForiLoop", "VectorizedMap", "CustomGradient",
    "Function",
})  # fmt: skip
"""Classes that execute only what their configuration names, which is rated by itself."""

_IN_PYTHON = frozenset(dir(builtins)) | {"exit", "quit", "execfile", "reload", "file", "apply"}
"""Names of builtins, of those that the module ``site`` adds, and of Python 2."""

_NOT_OF_KERAS = "not of Keras"
_NO_PART = "no layer, loss, metric or other part of a model"


@dataclass(frozen=True, slots=True)
class _Known:
    objects: Mapping[str, frozenset[str]]
    """The names that each module has."""
    names: frozenset[str]
    """All names of classes and functions, as files before Keras 2.13 have them without modules."""
    identifiers: frozenset[str]
    """Texts that stand for one of them, such as ``mse``."""
    helpers: frozenset[str]
    """What the same look-ups find beside them: functions of Keras that are no part of a model."""
    registered: frozenset[str]
    """Names under which Keras registers its own classes, such as ``Custom>Adam``."""
    operations: frozenset[str]
    """Functions of TensorFlow that compute from tensors alone."""
    executing: Mapping[str, str]
    """Classes that execute or open what their configuration says, and why."""


@cache
def _known() -> _Known:
    data = json.loads((files(__package__) / "keras_names.json").read_text(encoding="utf-8"))
    objects = {module: frozenset(names.split()) for module, names in data["objects"].items()}
    names = frozenset[str]().union(*objects.values())
    return _Known(
        objects=objects,
        names=names,
        # "accuracy" and "crossentropy" stand for one of several functions, by the shape of the data
        identifiers=names | set(data["identifiers"].split()) | {"accuracy", "crossentropy", "ce"},
        helpers=frozenset(data["helpers"].split()),
        registered=frozenset(data["registered"].split()),
        operations=frozenset(data["operations"].split()),
        executing=data["executing"],
    )


def made_from() -> list[str]:
    """Give the releases that the list of harmless names was made from."""
    data = json.loads((files(__package__) / "keras_names.json").read_text(encoding="utf-8"))
    return list(data["made_from"])


def rate_object(module: str, name: str, registered: str, *, function: bool) -> list[ImportedName]:
    """Rate a class or function by the words with which a configuration names it.

    Parameters
    ----------
    module
        The module that stands there; empty where there is none, as in files before Keras 2.13.
    name
        The name of the class or function.
    registered
        The name that it is registered by; empty where there is none.
    function
        The configuration says that it is a function.

    Returns
    -------
    list of ImportedName
        All that some release of Keras could take it for, without what is known to be harmless.
    """
    is_value = name in _VALUES and module in ("", "builtins") and registered in ("", name)
    if is_value and not function:
        return []
    # Keras looks for the registered name first, among what the program that loads the file has
    # registered, and takes it for an attribute of the module where that lacks the name
    words = [name]
    # "function" is what stands there for any function that is not registered
    if registered not in ("", name, "function" if function else ""):
        words.append(registered)
    rated = [_rated(module, word, function=function) for word in words]
    return [
        # a function of the user's own is looked up, and not called before the model is
        replace(each, called=False) if function and each.danger is Danger.UNKNOWN else each
        for each in rated
        if each.danger is not Danger.KNOWN
    ]


def _rated(module: str, name: str, *, function: bool) -> ImportedName:
    known = _known()
    top = module.split(".", maxsplit=1)[0]
    last = name.rsplit(">", maxsplit=1)[-1]
    package = name[: -len(last)]
    if last in known.executing and top in ("", *_OWN):
        danger = Danger.UNKNOWN if last in _SHOWN_OTHERWISE else Danger.DANGEROUS
        return _named(module or "keras", last, (danger, known.executing[last]))
    if package:
        # a class or function that the program that loads the file has to register before
        if name in known.registered:
            return _named(module, name, (Danger.KNOWN, ""))
        danger, why = _looked_up(module, last, function=function) if module else (Danger.KNOWN, "")
        if danger is Danger.DANGEROUS:
            return _named(module, last, (danger, why))
        return _named(module, name, (Danger.UNKNOWN, _NOT_OF_KERAS))
    return _named(module, name, _looked_up(module, name, function=function))


def _looked_up(module: str, name: str, *, function: bool) -> tuple[Danger, str]:
    """Rate what Keras finds by a module and a name."""
    known = _known()
    if not module:
        if name in known.identifiers:
            return Danger.KNOWN, ""
        if name in known.helpers:
            return Danger.DANGEROUS, "a function of Keras that is no part of a model"
        return Danger.UNKNOWN, _NOT_OF_KERAS
    if not _PLAIN.fullmatch(module) or not _PLAIN.fullmatch(name) or "." in name:
        return Danger.DANGEROUS, "no name of a module, class or function"
    for alias in (module, _ALIASES.sub("keras", module)):
        if name in known.objects.get(alias, ()):
            return Danger.KNOWN, ""
    top = module.split(".", maxsplit=1)[0]
    if module == "builtins" and name not in _IN_PYTHON:
        # Keras writes this module for all functions: its own, and those of the user
        if function and name in known.identifiers:
            return Danger.KNOWN, ""
        return Danger.UNKNOWN, _NOT_OF_KERAS
    if _PUBLIC.match(module) and not function and name[:1].isupper():
        return Danger.UNKNOWN, "a class of Keras that the list does not have"
    if top in ("keras", "tf_keras") and not function and name in known.names and name[0].isupper():
        return Danger.UNKNOWN, "a class of Keras of this name is elsewhere"
    if top in _OWN:
        return Danger.DANGEROUS, _NO_PART
    # never known: what another library has in place of a layer is not on any list
    if danger_of(module, name, called=True) is Danger.DANGEROUS:
        return Danger.DANGEROUS, "no part of a model"
    return Danger.UNKNOWN, _NOT_OF_KERAS


def rate_text(key: str, text: str) -> list[ImportedName]:
    """Rate a text that stands for a function or class of Keras."""
    danger, why = _looked_up("", text, function=True)
    # a text goes through the look-ups of all releases, those of optimizers in lower case
    if danger is not Danger.KNOWN and text.lower() in _known().identifiers:
        return []
    rated = replace(_named(f"a text of {key}", text, (danger, why)), called=False)
    return [] if danger is Danger.KNOWN else [rated]


def rate_type_spec(module: str, name: str, registered: str) -> list[ImportedName]:
    """Rate the type of a tensor."""
    top = module.split(".", maxsplit=1)[0]
    if (
        _TYPE_SPECS.fullmatch(name)
        and top in ("", "tensorflow", "keras", "tf_keras", "builtins")
        and registered in ("", name)
    ):
        return []
    why = "in place of the type of a tensor"
    wrong = registered if _TYPE_SPECS.fullmatch(name) and registered else name
    return [_named(module or "tensorflow", wrong, (Danger.DANGEROUS, why))]


def rate_home(module: str, name: str) -> list[ImportedName]:
    """Rate the module of a class that is looked at more closely: it must be one of Keras."""
    top = module.split(".", maxsplit=1)[0]
    if not module or (top in _OWN and top != "builtins" and _PLAIN.fullmatch(module)):
        return []
    return [_named(module, name, (Danger.UNKNOWN, _NOT_OF_KERAS))]


def rate_symbol(name: str) -> list[ImportedName]:
    """Rate a function of TensorFlow that a layer calls (``TFOpLambda``)."""
    if name in _known().operations:
        return []
    return [_named("tensorflow", name, (Danger.DANGEROUS, "not known to compute only"))]


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


def _named(module: str, name: str, rated: tuple[Danger, str]) -> ImportedName:
    danger, why = rated
    place = module or ("registered as" if ">" in name else "a name without a module")
    return ImportedName(module=place[:300], name=name[:300], danger=danger, called=True, why=why)
