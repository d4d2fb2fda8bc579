"""Reads what Keras writes beside its arrays in HDF5, in a process of its own: damaged files make the HDF5 library crash."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import NotAModel

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30.0
_HINT = "the file is incomplete or damaged: copy it again, or save it anew"


def described(path: Path) -> dict[str, Any]:
    """``version``, ``config``, ``legacy``, ``places`` of an HDF5 file.  Raises `NotAModel` for a damaged one."""
    command = [sys.executable, "-I", "-c", _CHILD, str(path)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        msg = f"a damaged HDF5 file: reading it does not end within {_SECONDS:g} s"
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
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except (ImportError, ValueError, OSError):
    pass  # no such limits here
import h5py

def text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None if value is None else str(value)

try:
    with h5py.File(sys.argv[1], "r") as file:
        inner = file["model_weights"].attrs if "model_weights" in file else file.attrs
        attributes = file.attrs
        config = attributes["model_config"] if "model_config" in attributes else None
        version = attributes["keras_version"] if "keras_version" in attributes else inner.get("keras_version")
        found = {"version": text(version), "config": text(config), "legacy": "layer_names" in inner, "places": list(file)[:1000]}
except Exception as error:
    found = {"error": str(error)}
print(json.dumps(found))
"""
"""Started with -I: nothing of the folder that the file lies in is imported."""
