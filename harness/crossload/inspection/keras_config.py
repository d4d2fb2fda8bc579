"""Reads the configuration of a Keras model: layers, code, paths, and what loading would call."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload.inspection import keras_names, tensorflow_ops
from crossload.inspection.facts import ImportedName, Inspection, Kind, NotAModel, by_danger

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_NODES = 500_000

_NO_LAYERS = ("initializer", "optimizer", "losses", "metrics", "schedules")
"""Parts of the names of modules whose classes are no layers."""

_IDENTIFIERS = re.compile(
    r"(^|_)(activation|initializer|regularizer|constraint|loss|optimizer|metrics)$"
)
"""Keys whose texts stand for functions and classes of Keras."""

_PATHS = re.compile(
    r"(^|_)(vocabulary|vocab|file|filename|filepath|file_path|path|dir|directory|checkpoint"
    r"|asset|assets|url|uri)$"
)
"""Keys whose texts are files that layers open."""


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
        if len(pending) > _MOST_NODES:
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
        if _PATHS.search(key) and each:
            yield keras_names.path(key, each)
        elif _IDENTIFIERS.search(key.removesuffix("[]")):
            rated = keras_names.rate_text(key, each)
            if rated is not None:
                yield rated
        return
    yield from _compiled(each)
    name = each.get("class_name")
    if "class_name" not in each:
        return
    if not isinstance(name, str):
        # Keras would fail at it, or not, by its release
        yield keras_names.rate_function("builtins", f"a class that is a {type(name).__name__}")
        return
    module = _text(each.get("module")).strip()
    registered = _text(each.get("registered_name"))
    config = each.get("config")
    last = name.rsplit(">", maxsplit=1)[-1]
    if name == "function":
        yield keras_names.rate_function(module, _text(config), registered)
    # bytecode of Python, which loading unmarshals and runs: the layer of old formats, the same with
    # the package it is registered under, and the function of Keras 3
    elif last in ("Lambda", "__lambda__"):
        yield keras_names.code("configuration", last)
    elif last in ("TypeSpec", "__typespec__"):
        spec = _text(each.get("spec_name") or each.get("type_spec"))
        rated = keras_names.rate_type_spec(module, spec)
        if rated is not None:
            yield rated
    elif last in ("TFOpLambda", "SlicingOpLambda"):
        yield keras_names.rate_symbol(_text(_inner(config, "function")))
    elif last == "TensorFlowOpLayer":
        yield from tensorflow_ops.rated_node(_inner(config, "node_def"))
    else:
        rated = keras_names.rate_class(module, name, registered)
        if rated is not None:
            yield rated
        if last == "ClassMethod":
            yield keras_names.rate_symbol(
                f"{_text(_inner(config, 'cls_symbol'))}.{_text(_inner(config, 'method_name'))}"
            )


def _compiled(each: dict[str, Any]) -> Iterator[ImportedName]:
    """Rate the names of losses and metrics, whose keys may be the outputs of the model."""
    for key in ("loss", "metrics", "weighted_metrics"):
        value = each.get(key)
        if isinstance(value, dict) and "class_name" not in value:
            for text in value.values():
                for item in text if isinstance(text, list) else [text]:
                    rated = keras_names.rate_text(key, item) if isinstance(item, str) else None
                    if rated is not None:
                        yield rated


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
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        msg = f"its {part} is no JSON: {str(error)[:100]}"
        raise NotAModel(msg, hint="the file is damaged") from error
