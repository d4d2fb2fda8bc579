"""Files that execute when they are loaded, each with a payload that makes one empty file."""

from __future__ import annotations

import builtins
import bz2
import gzip
import io
import json
import logging
import lzma
import os
import pathlib
import pickle
import shutil
import sqlite3
import subprocess
import zipfile
import zlib
from typing import TYPE_CHECKING

import joblib
import joblib.numpy_pickle
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


class Calls:
    """An object that is pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def calls(mark: str) -> dict[str, Calls]:
    """Calls of functions and classes that make a file, most of which nobody lists by name."""
    writing = {
        "os.system": (os.system, f"touch {mark}"),
        "os.popen": (os.popen, f"touch {mark}"),
        "os.open": (os.open, mark, os.O_CREAT | os.O_WRONLY),
        "os.mkdir": (os.mkdir, mark),
        "os.symlink": (os.symlink, "x", mark),
        "subprocess.Popen": (subprocess.Popen, ["touch", mark]),
        "subprocess.check_output": (subprocess.check_output, ["touch", mark]),
        "builtins.open": (builtins.open, mark, "w"),
        "io.FileIO": (io.FileIO, mark, "w"),
        "builtins.eval": (builtins.eval, f"open({mark!r}, 'w')"),
        "builtins.exec": (builtins.exec, f"open({mark!r}, 'w')"),
        "pathlib.Path.touch": (pathlib.Path.touch, pathlib.Path(mark)),
        "pathlib.Path.mkdir": (pathlib.Path.mkdir, pathlib.Path(mark)),
        "shutil.copyfile": (shutil.copyfile, os.devnull, mark),
        "logging.FileHandler": (logging.FileHandler, mark),
        "zipfile.ZipFile": (zipfile.ZipFile, mark, "w"),
        "gzip.GzipFile": (gzip.GzipFile, mark, "wb"),
        "bz2.BZ2File": (bz2.BZ2File, mark, "wb"),
        "lzma.LZMAFile": (lzma.LZMAFile, mark, "wb"),
        "sqlite3.connect": (sqlite3.connect, mark),
        "numpy.save": (np.save, mark, 1),
        "numpy.savetxt": (np.savetxt, mark, [1]),
        "numpy.memmap": (np.memmap, mark, "uint8", "w+", 0, (1,)),
        "joblib.dump": (joblib.dump, 1, mark),
        "joblib.BinaryZlibFile": (joblib.numpy_pickle.BinaryZlibFile, mark, "wb"),
        "pickle.loads": (pickle.loads, pickle.dumps(Calls(os.system, f"touch {mark}"))),
        "map": (list, Calls(map, os.system, [f"touch {mark}"])),
    }
    return {name: Calls(*call) for name, call in writing.items()}


def streams(mark: str) -> dict[str, bytes]:
    """Pickles whose instructions no pickler writes."""
    call = f"(S'touch {mark}'\n"
    return {
        "python 2": f"c__builtin__\neval\n(S'open(\"{mark}\", \"w\")'\ntR.".encode(),
        "python 2, mapped": f"cdumbdbm\nopen\n(S'{mark}'\nS'c'\ntR.".encode(),
        "inst": f"{call}iposix\nsystem\n.".encode(),
        "obj": f"(cposix\nsystem\nS'touch {mark}'\no.".encode(),
        "nested": f"(lp0\ncposix\nsystem\n{call}tRa.".encode(),
        "dotted": b"\x80\x04\x8c\x07logging\x8c\x09os.system\x93"
         b"\x8c" + bytes([len(mark) + 6]) + f"touch {mark}".encode() + b"\x85R.",
        "getattr": (
            "cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'system'\ntR"
            f"{call}tR."
        ).encode(),
        "state of a class": f"cbuiltins\nexec\n(S'open(\"{mark}\", \"w\")'\ntR}}b.".encode(),
        "generator": (
            f"cnumpy.random._pickle\n__generator_ctor\n(S'touch {mark}'\ncposix\nsystem\ntR."
        ).encode(),
        "before the damage": f"cposix\nsystem\n{call}tR0garbage".encode(),
    }  # fmt: skip


def keras_config(mark: str) -> dict[str, object]:
    """A network whose first layer is a function of Python, called with text of the file."""
    source = f"open({mark!r}, 'w')"
    function = {"module": "builtins", "class_name": "function", "config": "exec", "name": "x"}
    nodes = [{"args": [source], "kwargs": {}}]
    layers = [{**function, "registered_name": None, "inbound_nodes": nodes}]
    config = {"name": "m", "layers": layers, "input_layers": [], "output_layers": []}
    return {"module": "keras", "class_name": "Functional", "config": config}


def write_all(folder: Path, mark: str) -> dict[str, Path]:
    """Write all hostile files, and give them by name."""
    found: dict[str, bytes] = {name: pickle.dumps(call) for name, call in calls(mark).items()}
    found |= streams(mark)
    plain = found["os.system"]
    found |= {
        "zlib": zlib.compress(plain),
        "gzip": gzip.compress(plain),
        "xz": lzma.compress(plain),
    }
    paths = {}
    for number, (name, content) in enumerate(found.items()):
        paths[name] = folder / f"{number}.pkl"
        paths[name].write_bytes(content)
    joblib.dump([np.ones(3), Calls(os.system, f"touch {mark}")], folder / "arrays.joblib")
    paths["joblib"] = folder / "arrays.joblib"
    paths["keras"] = folder / "net.keras"
    with zipfile.ZipFile(paths["keras"], "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr("config.json", json.dumps(keras_config(mark)))
        archive.writestr("model.weights.h5", b"")
    return paths
