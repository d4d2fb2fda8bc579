"""Reads the configuration of a Keras model: layers, code, paths, and what loading would call."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload import limits
from crossload.inspection import keras_names, tensorflow_ops
from crossload.inspection.facts import ImportedName, Inspection, Kind, NotAModel, by_danger

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_NODES = 500_000
_LARGEST = 16 << 20

_NO_LAYERS = ("initializer", "optimizer", "losses", "metrics", "schedules")
"""Parts of the names of modules whose classes are no layers."""

_IDENTIFIERS = re.compile(
    r"(^|_)(activation|initializer|regularizer|constraint|loss|optimizer|metrics|fn)$"
)
"""Keys whose texts stand for functions and classes of Keras."""

_PATHS = re.compile(
    r"(^|_)(vocabulary|vocab|file|filename|filepath|file_path|path|dir|directory|checkpoint"
    r"|paths|files|filenames|asset|assets|url|uri|proto|merges)$"
)
"""Keys whose texts are files that layers open."""

_LISTED = re.compile(r"(^|_)(file|path|file_?name|file_?path)s?\[\]$")
"""Keys of lists of such files; the words of a vocabulary are no files."""

_LIKE_PATHS = re.compile(r"/.|~/|\.{1,2}/|\\\\|[A-Za-z]:\\|[A-Za-z][A-Za-z0-9+.-]*://")
"""Beginnings of paths and addresses."""

_SYMBOLS = ("TFOpLambda", "SlicingOpLambda")
"""Layers that call the function of TensorFlow whose name their configuration has."""


def layers_of(config: Any) -> dict[str, int]:
    """Count the classes of layers in a configuration, the model first."""
    found: Counter[str] = Counter()
    for _, each in _parts_of(config):
        if not isinstance(each, dict) or not isinstance(each.get("class_name"), str):
            continue
        name, module = each["class_name"], str(each.get("module") or "")
        if (
            "config" in each
            and not name.endswith(("Initializer", "DTypePolicy"))
            and not name.startswith("__")
            and not any(part in module for part in _NO_LAYERS)
        ):
            found[name] += 1
    return dict(found)


def _parts_of(config: Any) -> Iterator[tuple[str, Any]]:
    """Go through all dicts and texts of a configuration, each with its key, the outermost first.

    The key of what stands in a list is that of the list, with brackets behind it.
    """
    # without recursion and counted: whoever writes the file nests as deep as they like
    pending: list[tuple[str, Any]] = [("", config)]
    for key, each in pending:
        limits.check()
        more = len(each) if isinstance(each, dict | list) else 0
        if len(pending) + more > _MOST_NODES:
            msg = "its configuration is larger than that of any model"
            raise NotAModel(msg)
        if isinstance(each, dict):
            yield key, each
            pending += [(str(name), value) for name, value in each.items()]
        elif isinstance(each, list):
            # the losses of several outputs are a list; the words of a vocabulary are no path
            pending += [(f"{key.removesuffix('[]')}[]", value) for value in each]
        elif isinstance(each, str):
            yield key, each


def describe_config(found: Inspection, config: Any) -> None:
    """Add to an inspection the layers that a configuration holds, and what it names."""
    found.classes = layers_of(config)
    add_names(found, config)


def add_names(found: Inspection, config: Any) -> None:
    """Add to an inspection what a configuration, or a part of one, names, calls and opens."""
    names = {(each.kind, each.module, each.name): each for each in found.names}
    for key, each in _parts_of(config):
        for rated in _rated(key, each):
            names.setdefault((rated.kind, rated.module, rated.name), rated)
    if any(each.kind is Kind.CODE for each in names.values()):
        note = "it has Lambda layers: loading executes the code in them"
        found.notes += [] if note in found.notes else [note]
    found.names = by_danger(names.values())


def _rated(key: str, each: dict[str, Any] | str) -> Iterator[ImportedName]:
    if isinstance(each, str):
        if each and (_PATHS.search(key) or _LISTED.search(key) or _is_path(key, each)):
            yield keras_names.path(key, each)
        elif each and _IDENTIFIERS.search(key.removesuffix("[]")):
            yield from keras_names.rate_text(key, each)
        return
    yield from _compiled(each)
    if "class_name" not in each:
        return
    name = each["class_name"]
    if not isinstance(name, str):
        # Keras would fail at it, or not, by its release
        what = f"a class that is a {type(name).__name__}"
        yield from keras_names.rate_object("builtins", what, "", function=False)
        return
    module, registered = _text(each.get("module")), _text(each.get("registered_name"))
    config = each.get("config")
    last = name.rsplit(">", maxsplit=1)[-1]
    if name == "function":
        yield from keras_names.rate_object(module, _text(config), registered, function=True)
        return
    # bytecode of Python, which loading unmarshals and runs: the layer of old formats, the same with
    # the package it is registered under, and the function of Keras 3
    if {last, registered.rsplit(">", maxsplit=1)[-1]} & {"Lambda", "__lambda__"}:
        yield keras_names.code("configuration", "Lambda" if last != "__lambda__" else last)
    elif last in ("TypeSpec", "__typespec__"):
        spec = _text(each.get("spec_name") or each.get("type_spec"))
        yield from keras_names.rate_type_spec(module, spec, registered)
    elif last in _SYMBOLS and registered in ("", name):
        # wherever the class lies: its home has moved with the releases, its name has not
        yield from keras_names.rate_home(module, name)
        yield from keras_names.rate_symbol(_text(_inner(config, "function")))
    elif last == "TensorFlowOpLayer" and registered in ("", name):
        yield from keras_names.rate_home(module, name)
        yield from tensorflow_ops.rated_node(_inner(config, "node_def"))
    else:
        yield from keras_names.rate_object(module, name, registered, function=False)


def _is_path(key: str, text: str) -> bool:
    """Tell whether a text is written as paths and addresses are, wherever it stands.

    The words of a vocabulary, which stand in lists, may look like anything.
    """
    return not key.endswith("[]") and key != "name" and bool(_LIKE_PATHS.match(text))


def _compiled(each: dict[str, Any]) -> Iterator[ImportedName]:
    """Rate the names of losses and metrics, whose keys may be the outputs of the model."""
    for key in ("loss", "loss_fn", "metrics", "weighted_metrics"):
        value = each.get(key)
        # all texts below, however lists and outputs are nested
        pending = [value] if isinstance(value, dict | list) else []
        for part in pending:
            if isinstance(part, dict):
                pending += [] if "class_name" in part else part.values()
            elif isinstance(part, list):
                pending += part
            elif isinstance(part, str):
                yield from keras_names.rate_text(key, part)


def _inner(config: Any, key: str) -> Any:
    return config.get(key) if isinstance(config, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)[:300]


def parse_json(text: Any, part: str) -> Any:
    """Read a part of a file that is JSON.

    Raises
    ------
    NotAModel
        It is none; the message calls it by ``part``.
    """
    if isinstance(text, str | bytes) and len(text) > _LARGEST:
        msg = f"its {part} has more than {_LARGEST >> 20} MB"
        raise NotAModel(msg, hint="no model has such a configuration")
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, TypeError, RecursionError) as error:
        msg = f"its {part} is no JSON: {str(error)[:100]}"
        raise NotAModel(msg, hint="the file is damaged") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # the last one counts for Python, and not for every reader; no Keras writes a key twice
        msg = "a key stands there twice, so that it can be read in two ways"
        raise ValueError(msg)
    return found
