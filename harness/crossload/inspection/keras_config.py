"""Reads the configuration of a Keras model: layers, code, and names that loading would import."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload.inspection.danger import rated_names
from crossload.inspection.facts import Inspection, NotAModel
from crossload.inspection.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_NODES = 500_000

_KERAS_MODULES = (
    "keras",
    "tf_keras",
    "keras_core",
    "keras_nlp",
    "keras_hub",
    "keras_cv",
    "tensorflow",
    "builtins",
)
"""Packages whose classes a configuration may name without that being told."""

_NO_LAYERS = ("initializer", "optimizer", "losses", "metrics", "schedules")
"""Parts of the names of modules whose classes are no layers."""


def layers_of(config: Any) -> dict[str, int]:
    """Count the classes of layers in a configuration, the model first."""
    found: Counter[str] = Counter()
    for each in _objects_of(config):
        name, module = each["class_name"], str(each.get("module") or "")
        if (
            "config" in each
            and not name.endswith(("Initializer", "DTypePolicy"))
            and not any(part in module for part in _NO_LAYERS)
        ):
            found[name] += 1
    return dict(found)


def _objects_of(config: Any) -> Iterator[dict[str, Any]]:
    """Go through all named objects of a configuration, the outermost first."""
    # without recursion and counted: whoever writes the file nests as deep as they like
    pending = [config]
    for each in pending:
        if len(pending) > _MOST_NODES:
            msg = "its configuration is larger than that of any model"
            raise NotAModel(msg)
        if isinstance(each, dict):
            if isinstance(each.get("class_name"), str):
                yield each
            pending += each.values()
        elif isinstance(each, list):
            pending += each


def describe_config(found: Inspection, config: Any) -> None:
    """Add to an inspection the layers, code and names that a configuration holds."""
    found.classes = layers_of(config)
    names: dict[tuple[str, str], type[StandIn]] = {}
    code = False
    for each in _objects_of(config):
        name, module = each["class_name"], str(each.get("module") or "")
        # a lambda is bytecode in the file, which loading unmarshals and runs: the layer of old
        # formats, the same with the package it is registered under, and the function of Keras 3
        code = code or name in ("Lambda", "__lambda__") or name.endswith(">Lambda")
        if name == "function" and isinstance(each.get("config"), str):
            # A function is named by its module and its "config".  Keras imported any module that a
            # file named, even in safe mode (https://nvd.nist.gov/vuln/detail/CVE-2025-1550).
            name = each["config"]
        if module and module.split(".", maxsplit=1)[0] not in _KERAS_MODULES:
            names[module[:300], name[:300]] = type(
                "Named", (StandIn,), {"called": each["class_name"] != "function"}
            )
    found.names = rated_names(names)
    if code:
        found.notes.append("it has Lambda layers: loading executes the code in them")


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
