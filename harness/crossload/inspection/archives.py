"""Reads models that are zip archives: ``.keras`` and skops."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload import limits
from crossload.inspection import keras_names, pickle_rules
from crossload.inspection.danger import rated_names
from crossload.inspection.facts import Inspection, NotAModel, by_danger, recorded_version
from crossload.inspection.hdf5 import read_attributes
from crossload.inspection.keras_config import describe_config, parse_json
from crossload.inspection.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST = 16 << 20
"""Bytes of one description that are read: a model's architecture is smaller."""

_LARGEST_DIRECTORY = 8 << 20
"""Bytes of the list of members: a hundred thousand of them."""

_DIRECTORY_SIZE = 5
"""Index of its size in what zipfile reads from the end of an archive."""

_BLOCK = 1 << 20

_MOST_UNPACKED = 64 << 30
"""Bytes that all members may unpack to together."""


def inspect_archive(path: Path) -> Inspection:
    """Read a zip archive: ``.keras`` or skops.

    Raises
    ------
    NotAModel
        The archive is damaged, unpacks to too much, or holds no model.
    """
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
            _check_packing(file)
            if "config.json" in names and "metadata.json" in names:
                return _keras(path, file)
            if "schema.json" in names:
                return _skops(path, parse_json(_member(file, "schema.json"), "schema.json"))
    # NotImplementedError: unknown methods of packing; RuntimeError: encrypted members; the others
    # are of damaged directories and data, for which zipfile has no common class
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        msg = f"a damaged archive: {str(error)[:200]}"
        raise NotAModel(msg, hint="copy the file again, or save it anew") from error
    msg = "an archive that holds no model"
    raise NotAModel(msg, hint="archives that are models: .keras, skops")


def _check_directory(path: Path) -> None:
    # zipfile makes an object of each entry before anything can be asked of it
    with path.open("rb") as file:
        # the function that zipfile itself asks, so that both read the same end of the file
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined] # noqa: SLF001
    if end and end[_DIRECTORY_SIZE] > _LARGEST_DIRECTORY:
        msg = f"its directory has more than {_LARGEST_DIRECTORY >> 20} MB"
        raise NotAModel(msg, hint="no model has that many parts")


def _damaged(file: zipfile.ZipFile) -> str:
    """Give the name of the first member whose checksum is wrong; empty where there is none."""
    # ZipFile.testzip() does the same, and cannot be bounded
    for each in file.infolist():
        try:
            with file.open(each) as member:
                while member.read(_BLOCK):
                    limits.check()
        except zipfile.BadZipFile:
            return each.filename
    return ""


def _check_packing(file: zipfile.ZipFile) -> None:
    # bzip2 and LZMA unpack far more from each byte than DEFLATE, and Keras and skops do not write
    # them unless they are told to
    if any(
        each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        for each in file.infolist()
    ):
        msg = "an archive that is packed as no model is"
        raise NotAModel(msg)
    names = [each.filename for each in file.infolist()]
    if len(set(names)) < len(names):
        # the last one counts for Python, the first for others
        msg = "an archive that has a member twice, so that it can be read in two ways"
        raise NotAModel(msg)
    if sum(each.file_size for each in file.infolist()) > _MOST_UNPACKED:
        msg = f"it unpacks to more than {_MOST_UNPACKED >> 30} GiB"
        raise NotAModel(msg)


def _member(file: zipfile.ZipFile, name: str) -> bytes:
    # zipfile unpacks no more than the size that the directory states, so that it is a bound
    if file.getinfo(name).file_size > _LARGEST:
        msg = f"{name} in it unpacks to more than {_LARGEST >> 20} MB"
        raise NotAModel(msg)
    return file.read(name)


def _keras(path: Path, file: zipfile.ZipFile) -> Inspection:
    metadata = parse_json(_member(file, "metadata.json"), "metadata.json")
    found = Inspection(path=path, format="keras", size=path.stat().st_size)
    describe_config(found, parse_json(_member(file, "config.json"), "config.json"))
    version = isinstance(metadata, dict) and metadata.get("keras_version")
    found.written = recorded_version("keras", version, "metadata.json")
    # the weights are most of the file, and only their checksums tell whether they are whole
    if bad := _damaged(file):
        msg = f"{bad} in it is damaged"
        raise NotAModel(msg, hint="copy the file again, or save it anew")
    for member in sorted(file.namelist()):
        if member.startswith(("/", "\\")) or ".." in member or ":" in member:
            found.names.append(keras_names.path("member of the archive", member))
        if member.endswith((".npz", ".npy", ".pkl")) and "/" not in member:
            # Keras 2.13 to 3.8 unpickles them: https://github.com/keras-team/keras/blob/v3.8.0/keras/src/saving/saving_lib.py#L1076
            found.names.append(keras_names.code(member, "pickled weights"))
    for member in sorted(each for each in file.namelist() if each.endswith(".h5")):
        found.names += [
            keras_names.path(f"HDF5 in {member}", each)
            for each in dict.fromkeys(read_attributes(path, member)["elsewhere"])
        ]
    found.names = by_danger(found.names)
    return found


def _skops(path: Path, schema: Any) -> Inspection:
    found = Inspection(path=path, format="skops", size=path.stat().st_size)
    names: dict[tuple[str, str], type[StandIn]] = {}
    classes: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    for node in _nodes(schema):
        module, name = str(node.get("__module__", "")), str(node.get("__class__", ""))
        # each kind of node makes its object in a way of its own; what a new kind does is not known
        loader = str(node.get("__loader__", ""))
        known = names.setdefault((module, name), _named(module, name))
        odd = "" if loader in _SKOPS_NODES else f"loaded as {loader[:40]}"
        if loader in _SKOPS_CONTAINERS and not pickle_rules.takes_items(known):
            # the class is called with the items
            odd = f"loaded as {loader}"
        known.odd = known.odd or odd
        content = node.get("content")
        if (
            isinstance(content, dict)
            and isinstance(content.get("module_path"), str)
            and isinstance(content.get("function"), str)
        ):
            # as old releases wrote functions: the node itself only says builtins.function
            named = content["module_path"], content["function"]
            names.setdefault(named, _named(*named))
        inner = content.get("content") if isinstance(content, dict) else None
        state: dict[str, Any] = inner if isinstance(inner, dict) else {}
        if (
            node.get("__loader__") == "ObjectNode"
            and name[:1].isupper()
            and "_sklearn_version" in state
        ):
            classes[f"{module.split('.', maxsplit=1)[0]}.{name}"] += 1
            text = state["_sklearn_version"]
            # a text is a node of its own, whose content is JSON within JSON
            if isinstance(text, dict):
                text = str(text.get("content", "")).strip('"')
            versions[str(text)] += 1
            features = state.get("n_features_in_")
            if (
                found.features is None
                and isinstance(features, dict)
                and str(features.get("content", "")).isdecimal()
            ):
                found.features = int(features["content"])
    for version, count in versions.most_common():
        how = f"_sklearn_version of {count} object{'s' if count > 1 else ''}"
        found.written += recorded_version("scikit-learn", version, how)
    own = isinstance(schema, dict) and schema.get("_skops_version")
    found.written += recorded_version("skops", own, "schema.json")
    found.classes = dict(classes)
    found.names = rated_names(names)
    return found


_SKOPS_NODES = frozenset({
    "ObjectNode", "FunctionNode", "TypeNode", "MethodNode", "DictNode", "DefaultDictNode",
    "OrderedDictNode", "ListNode", "SetNode", "TupleNode", "SliceNode", "BytesNode",
    "BytearrayNode", "JsonNode", "StrNode", "NdArrayNode", "MaskedArrayNode", "RandomStateNode",
    "RandomGeneratorNode", "DTypeNode", "SparseMatrixNode", "TreeNode", "SGDNode", "LossNode",
    "CachedNode",
})  # fmt: skip
"""Kinds of nodes that make values, or objects by setting their attributes, and call nothing else
(https://github.com/skops-dev/skops/tree/main/skops/io)."""


_SKOPS_CONTAINERS = frozenset({"DictNode", "ListNode", "SetNode", "TupleNode"})


def _named(module: str, name: str) -> type[StandIn]:
    return type("Named", (StandIn,), {"module": module, "name": name})


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Go through the nodes of a schema, the outermost first, without recursion."""
    pending = [schema]
    for each in pending:
        limits.check()
        if isinstance(each, dict):
            if "__class__" in each:
                yield each
            pending += each.values()
        elif isinstance(each, list):
            pending += each
