"""Reads the attributes that Keras writes beside its arrays in HDF5, in a process of its own.

Damaged files make the HDF5 library crash (https://github.com/h5py/h5py/issues/1183, a model of
Keras that was made to) or never end (https://github.com/HDFGroup/hdf5/issues/1707), and no handler
of exceptions catches that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from crossload import limits
from crossload.inspection.facts import NotAModel

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30.0
_HINT = "the file is incomplete or damaged: copy it again, or save it anew"


def read_attributes(path: Path, member: str = "") -> dict[str, Any]:
    """Read the attributes of a file of Keras.

    Parameters
    ----------
    path
        The file, or the archive that has it.
    member
        The name of the file in the archive.

    Returns
    -------
    dict
        ``version`` of Keras and ``config`` of the model, each a text or None; ``training``, how it
        was compiled, likewise; ``legacy``, whether the weights lie as Keras before 2.12 wrote them;
        ``places``, the names of the top groups; ``elsewhere``, the files that parts of it lie in.

    Raises
    ------
    NotAModel
        The file is damaged.
    """
    # -I: neither the folder of the file nor PYTHON* variables decide what the process imports
    command = [sys.executable, "-I", "-c", _CHILD, str(path), member]
    seconds = limits.seconds_left(_SECONDS)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            # its threads would take address space, which is bounded
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        limits.check()
        msg = f"a damaged HDF5 file: reading it does not end within {seconds:.3g} s"
        raise NotAModel(msg, hint=_HINT) from error
    if done.returncode < 0:
        msg = f"a damaged HDF5 file: reading it ends in signal {-done.returncode}"
        raise NotAModel(msg, hint=_HINT)
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        msg = f"a damaged HDF5 file: {last[:200]}"
        raise NotAModel(msg, hint=_HINT) from error
    if not isinstance(found, dict) or "error" in found:
        msg = f"a damaged HDF5 file: {' '.join(str(found.get('error')).split())[:200]}"
        raise NotAModel(msg, hint=_HINT)
    return found


_CHILD = """
import json, sys
try:
    import resource
    # a crash leaves no core file behind, and a size that a damaged file announces fills no memory
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
except (ImportError, ValueError, OSError):
    pass  # Windows has no such limits, and a container may forbid to change them
import h5py

def text(value):
    # h5py gives bytes for texts that old releases wrote with a fixed length
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)

def elsewhere(file):
    # parts that lie in other files: links, raw data, virtual data sets
    found, pending, seen, groups = [], [file], 0, set()
    while pending and len(found) < 100:
        group = pending.pop()
        # hard links may lead in circles
        place = h5py.h5o.get_info(group.id)
        if (place.fileno, place.addr) in groups:
            continue
        groups.add((place.fileno, place.addr))
        for name in group:
            seen += 1
            if seen > 500_000:
                raise ValueError("it has more parts than any model")
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                found.append(text(link.filename))
                continue
            if isinstance(link, h5py.SoftLink):
                continue  # what it leads to is met by its own name
            item = group[name]
            if isinstance(item, h5py.Group):
                pending.append(item)
            elif isinstance(item, h5py.Dataset):
                found += [text(each[0]) for each in item.external or []]
                if item.is_virtual:
                    found += [
                        text(each.file_name)
                        for each in item.virtual_sources()
                        if each.file_name != "."
                    ]
    return found

def opened(path, member):
    if not member:
        return path
    import zipfile
    return zipfile.ZipFile(path).open(member)

try:
    with h5py.File(opened(*sys.argv[1:3]), "r") as file:
        # first: what is looked up by its name below is opened, wherever it lies
        others = elsewhere(file)
        link = file.get("model_weights", getlink=True)
        if not isinstance(link, (h5py.HardLink, type(None))):
            raise ValueError("model_weights in it is a link")
        # a whole model of the old layout keeps its weights in a group, weights alone at the top
        inner = file["model_weights"].attrs if "model_weights" in file else file.attrs
        own = file.attrs
        config = own["model_config"] if "model_config" in own else None
        training = own["training_config"] if "training_config" in own else None
        version = own["keras_version"] if "keras_version" in own else inner.get("keras_version")
        found = {
            "version": text(version),
            "config": text(config),
            "training": text(training),
            "elsewhere": others,
            "legacy": "layer_names" in inner,
            "places": list(file)[:1000],
        }
except Exception as error:
    found = {"error": str(error)}
text_of_all = json.dumps(found)
if len(text_of_all) > 64 << 20:
    text_of_all = json.dumps({"error": "its configuration is larger than that of any model"})
print(text_of_all)
"""
"""The program of the process; it prints one line of JSON."""
