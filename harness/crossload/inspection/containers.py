"""Formats that are containers: HDF5, zip archives (.keras, skops), SavedModel folders, checkpoints."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload.inspection.danger import judged
from crossload.inspection.facts import Certainty, Inspection, NotAModel, WriterVersion
from crossload.inspection.hdf5 import described
from crossload.inspection.pickle_reader import StandIn
from crossload.inspection.protobuf import texts_of
from crossload.inspection.streams import check_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST = 16 << 20
"""Bytes of one description that are read: a model's architecture is smaller."""

_LARGEST_GRAPH = 1 << 30
"""Bytes of a saved_model.pb that is read; protocol buffers end at twice that."""

_MOST_UNPACKED = 64 << 30
_MOST_NODES = 500_000
_SSTABLE = bytes.fromhex("57fb808b247547db")
"""The last bytes of the index of a checkpoint."""

_VERSION = re.compile(r"^\d+(\.\d+){0,3}[\w.+-]{0,16}$")


def _recorded(package: str, version: object, how: str) -> list[WriterVersion]:
    text = version.decode("utf-8", "replace") if isinstance(version, bytes) else str(version or "")
    return (
        [WriterVersion(package=package, version=text, sure=Certainty.RECORDED, how=how)]
        if _VERSION.match(text)
        else []
    )


_OURS = (
    "keras",
    "tf_keras",
    "keras_core",
    "keras_nlp",
    "keras_hub",
    "keras_cv",
    "tensorflow",
    "builtins",
)


def layers_of(config: Any) -> dict[str, int]:
    """Classes of layers in a Keras configuration, the model first."""
    found: Counter[str] = Counter()
    for each in _configs(config):
        name, module = each["class_name"], str(each.get("module") or "")
        aside = ("initializer", "optimizer", "losses", "metrics", "schedules")
        if (
            "config" in each
            and not name.endswith(("Initializer", "DTypePolicy"))
            and not any(part in module for part in aside)
        ):
            found[name] += 1
    return dict(found)


def _configs(config: Any) -> Iterator[dict[str, Any]]:
    """All named objects of a Keras configuration, the outermost first."""
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


def told_of(found: Inspection, config: Any) -> None:
    """Add to an inspection what a Keras configuration holds: layers, code, and names that loading would import."""
    found.classes = layers_of(config)
    names: dict[tuple[str, str], type[StandIn]] = {}
    code = False
    for each in _configs(config):
        name, module = each["class_name"], str(each.get("module") or "")
        code = code or name in ("Lambda", "__lambda__") or name.endswith(">Lambda")
        if name == "function" and isinstance(each.get("config"), str):
            name = each["config"]
        if module and module.split(".", maxsplit=1)[0] not in _OURS:
            names[module[:300], name[:300]] = type(
                "Named", (StandIn,), {"called": each["class_name"] != "function"}
            )
    found.names = judged(names)
    if code:
        found.notes.append("it has Lambda layers: loading executes the code in them")


def hdf5(path: Path) -> Inspection:
    """A Keras model or weights in HDF5: ``.h5``, ``.weights.h5``."""
    known = described(path)
    config, legacy = known["config"], known["legacy"]
    is_weights = config is None
    if (
        is_weights
        and not legacy
        and not {"layers", "_layer_checkpoint_dependencies", "optimizer", "vars"}
        & set(known["places"])
    ):
        msg = "an HDF5 file without a Keras model or weights"
        raise NotAModel(msg)
    found = Inspection(
        path=path, format="weights-h5" if is_weights else "h5", size=path.stat().st_size
    )
    found.written = _recorded("keras", known["version"], "keras_version")
    if not is_weights:
        told_of(found, _json(config, "model_config"))
    else:
        layout = "of Keras before 2.12" if legacy else "of Keras 2.12 and later"
        found.notes.append(
            f"weights alone, in the layout {layout}: loading needs the code of the model"
        )
    return found


def _json(text: Any, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        msg = f"its {what} is no JSON: {str(error)[:100]}"
        raise NotAModel(msg, hint="the file is damaged") from error


def archive(path: Path) -> Inspection:
    """A zip archive: ``.keras`` or skops."""
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
            if any(
                each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                for each in file.infolist()
            ):
                msg = "an archive that is packed as no model is"
                raise NotAModel(msg)
            if sum(each.file_size for each in file.infolist()) > _MOST_UNPACKED:
                msg = f"it unpacks to more than {_MOST_UNPACKED >> 30} GiB"
                raise NotAModel(msg)
            if "config.json" in names and "metadata.json" in names:
                metadata = _json(_member(file, "metadata.json"), "metadata.json")
                found = Inspection(path=path, format="keras", size=path.stat().st_size)
                told_of(found, _json(_member(file, "config.json"), "config.json"))
                found.written = _recorded(
                    "keras",
                    isinstance(metadata, dict) and metadata.get("keras_version"),
                    "metadata.json",
                )
                if bad := file.testzip():
                    msg = f"{bad} in it is damaged"
                    raise NotAModel(msg, hint="copy the file again, or save it anew")
                return found
            if "schema.json" in names:
                return _skops(path, _json(_member(file, "schema.json"), "schema.json"))
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        if isinstance(error, NotAModel):
            raise
        msg = f"a damaged archive: {str(error)[:200]}"
        raise NotAModel(msg, hint="copy the file again, or save it anew") from error
    msg = "an archive that holds no model"
    raise NotAModel(msg, hint="archives that are models: .keras, skops")


def _member(file: zipfile.ZipFile, name: str) -> bytes:
    if file.getinfo(name).file_size > _LARGEST:
        msg = f"{name} in it unpacks to more than {_LARGEST >> 20} MB"
        raise NotAModel(msg)
    return file.read(name)


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    pending = [schema]
    for each in pending:
        if isinstance(each, dict):
            if "__class__" in each:
                yield each
            pending += each.values()
        elif isinstance(each, list):
            pending += each


def _skops(path: Path, schema: Any) -> Inspection:
    found = Inspection(path=path, format="skops", size=path.stat().st_size)
    names: dict[tuple[str, str], type[StandIn]] = {}
    classes: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    for node in _nodes(schema):
        module, name = str(node.get("__module__", "")), str(node.get("__class__", ""))
        # functions and types are values here; everything else is made
        made = node.get("__loader__") not in ("FunctionNode", "TypeNode")
        names[module, name] = type("Named", (StandIn,), {"called": made})
        content = node.get("content")
        if (
            isinstance(content, dict)
            and isinstance(content.get("module_path"), str)
            and isinstance(content.get("function"), str)
        ):
            names[content["module_path"], content["function"]] = type(
                "Named", (StandIn,), {}
            )  # as old releases wrote functions
        inner = content.get("content") if isinstance(content, dict) else None
        state: dict[str, Any] = inner if isinstance(inner, dict) else {}
        if (
            node.get("__loader__") == "ObjectNode"
            and name[:1].isupper()
            and "_sklearn_version" in state
        ):
            classes[f"{module.split('.', maxsplit=1)[0]}.{name}"] += 1
            text = state["_sklearn_version"]
            versions[
                str(text.get("content", "")).strip('"') if isinstance(text, dict) else str(text)
            ] += 1
            features = state.get("n_features_in_")
            if (
                found.features is None
                and isinstance(features, dict)
                and str(features.get("content", "")).isdecimal()
            ):
                found.features = int(features["content"])
    for version, count in versions.most_common():
        found.written += _recorded(
            "scikit-learn", version, f"_sklearn_version of {count} object{'s' if count > 1 else ''}"
        )
    found.written += _recorded(
        "skops", isinstance(schema, dict) and schema.get("_skops_version"), "schema.json"
    )
    found.classes = dict(classes)
    found.names = judged(names)
    return found


def folder(path: Path) -> Inspection:
    """A SavedModel, or the folder of a checkpoint."""
    size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    if (path / "saved_model.pb").exists():
        return _saved_model(path, size)
    indexes = sorted(path.glob("*.index"))
    if indexes:
        return checkpoint(indexes[-1])
    weights = sorted(path.glob("*.weights.h5"))
    if len(weights) == 1:
        return hdf5(weights[0])
    msg = "a folder that holds no model" if any(path.iterdir()) else "an empty folder"
    raise NotAModel(
        msg, hint="folders that are models: SavedModel (saved_model.pb), checkpoints (*.index)"
    )


def _saved_model(path: Path, size: int) -> Inspection:
    found = Inspection(path=path, format="savedmodel", size=size)
    try:
        for graph in texts_of(_read(path / "saved_model.pb"), 2):
            for info in texts_of(graph, 1):
                for version in texts_of(info, 5):
                    found.written = _recorded(
                        "tensorflow", version, "meta information of saved_model.pb"
                    )
        metadata = path / "keras_metadata.pb"
        if metadata.exists():
            classes: Counter[str] = Counter()
            for node in texts_of(_read(metadata), 1):
                for text in texts_of(node, 5):
                    name = json.loads(text).get("class_name")
                    if isinstance(name, str):
                        classes[name] += 1
            found.classes = dict(classes)
            if "Lambda" in classes:
                found.notes.append("it has Lambda layers: loading executes the code in them")
        elif (path / "fingerprint.pb").exists() and not found.written:
            found.notes.append("written by TensorFlow 2.12 or later")
    except (ValueError, AttributeError) as error:
        msg = f"a damaged SavedModel: {str(error)[:200]}"
        raise NotAModel(msg, hint="copy the folder again, or save it anew") from error
    if not found.written:
        msg = "saved_model.pb tells no version of TensorFlow"
        raise NotAModel(msg, hint="it is damaged, or no SavedModel")
    variables = path / "variables"
    if (
        variables.exists()
        and any(variables.iterdir())
        and not (variables / "variables.index").exists()
    ):
        found.notes.append("variables/variables.index is missing: the folder is not whole")
    return found


def _read(path: Path) -> bytes:
    check_regular(path)
    if path.stat().st_size > _LARGEST_GRAPH:
        msg = f"{path.name} has more than {_LARGEST_GRAPH >> 30} GiB"
        raise NotAModel(msg)
    return path.read_bytes()


def is_index(path: Path) -> bool:
    """Whether a file is the index of a checkpoint, by its last bytes."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - len(_SSTABLE)))
        return stream.read() == _SSTABLE


def checkpoint(path: Path) -> Inspection:
    """A TensorFlow checkpoint, by its index file."""
    if not is_index(path):
        msg = f"{path.name} is not the index of a checkpoint"
        raise NotAModel(msg, hint="it is damaged, or something else")
    parts = sorted(path.parent.glob(f"{path.stem}.data-*"))
    if not parts:
        msg = f"a checkpoint without its data: no {path.stem}.data-*"
        raise NotAModel(msg, hint="copy all files of the checkpoint")
    size = path.stat().st_size + sum(each.stat().st_size for each in parts)
    found = Inspection(path=path, format="checkpoint", size=size)
    found.notes.append(
        "weights alone: loading needs the code of the model; a checkpoint does not tell who wrote it"
    )
    return found
