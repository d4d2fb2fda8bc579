"""The small project that chaos trials disturb: its matrix, its models, its environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MATRIX = """
[matrix]
title = "disturbed"
recipes = ["recipes/models.py"]
formats = ["joblib", "pickle"]
[axis.joblib]
versions = ["1.2.0", "1.3.2", "1.4.2"]
with = ["numpy"]
[limits]
seconds = 20
"""

RECIPES = '''
"""Models that pass, drift, do not load, end their process; each load leaves a byte in a log."""

import os
import sys
import time


def log_folder():
    """Find the folder of the trial, above this file wherever a cluster has put it."""
    place = os.path.dirname(os.path.abspath(__file__))
    while place != os.path.dirname(place):
        if os.path.isdir(os.path.join(place, "loads")):
            return os.path.join(place, "loads")
        place = os.path.dirname(place)
    raise RuntimeError("no folder for the log")


IMPORTS = ["joblib"]


def version():
    import joblib

    return joblib.__version__


class Model(object):
    def __init__(self, name):
        self.name = name

    def __getstate__(self):
        return dict(self.__dict__, writer=version())

    def __setstate__(self, state):
        time.sleep(0.02)
        # behind what takes long: a load that is cut off was not measured
        path = os.path.join(log_folder(), "-".join([state["name"], state["writer"], version()]))
        with open(path, "ab") as stream:
            stream.write(b"x")
        other = state["writer"] != version()
        if state["name"].startswith("raises") and other:
            raise ValueError("written by another release")
        if state["name"].startswith("aborts") and state["writer"] < version():
            os.abort()
        self.__dict__.update(state)

    def predict(self, rows):
        drifts = self.name.startswith("drifts") and getattr(self, "writer", version()) > version()
        return rows[:, 0] * (3 if drifts else 2)


def recipe(name):
    return dict(
        family="some", task="regression", data="diabetes", outputs=["predict"],
        build=lambda data: Model(name), fit=lambda model, data: model,
    )


RECIPES = {
    kind + str(number): recipe(kind + str(number))
    for kind, count in (("passes", 6), ("drifts", 2), ("raises", 2), ("aborts", 1))
    for number in range(count)
}
'''

SECONDS = 150
"""A run of the project takes a few seconds; one that takes that long does not end."""


@dataclass
class Ended:
    """How a command ended."""

    code: int | None
    """None where it had to be killed, because it did not end."""
    output: str


class Project:
    """A folder with a matrix, and commands that run in it.

    Parameters
    ----------
    root
        The folder.
    environ
        Variables of the commands.
    """

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self.environ = dict(environ)
        self.log = root / "loads"
        self.log.mkdir(parents=True)
        (root / "matrix" / "recipes").mkdir(parents=True)
        (root / "matrix" / "some.toml").write_text(MATRIX)
        (root / "matrix" / "recipes" / "models.py").write_text(RECIPES)

    def borrow(self, other: Project, *, own: bool = False) -> None:
        """Take the environments and locks of another project: as links, or as copies."""
        shutil.copytree(other.root / "matrix" / "locks", self.root / "matrix" / "locks")
        (self.root / ".nox").mkdir()
        for folder in (other.root / ".nox").iterdir():
            place = self.root / ".nox" / folder.name
            if folder.name.startswith("env-") and folder.is_dir() and own:
                shutil.copytree(folder, place, symlinks=True, copy_function=shutil.copy2)
            elif folder.name.startswith("env-") and folder.is_dir():
                place.symlink_to(folder)
        # bytecode that is compiled once serves all
        (self.root / ".nox" / "bytecode").symlink_to(other.root / ".nox" / "bytecode")

    def start(self, *words: str, output: Path) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own; its words go to a file."""
        command = [sys.executable, "-m", "crossload", "--root", str(self.root), *words]
        with output.open("ab") as stream:
            return subprocess.Popen(
                command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environ,
                cwd=self.root,
                start_new_session=True,
            )

    def finish(self, process: subprocess.Popen[bytes], output: Path) -> Ended:
        """Wait for a command; kill it where it does not end."""
        try:
            code: int | None = process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        return Ended(code, output.read_text(errors="replace"))

    def run(self, *words: str) -> Ended:
        """Run a command to its end."""
        output = self.root / f"output-{time.monotonic_ns()}.txt"
        return self.finish(self.start(*words, output=output), output)

    def table(self) -> list[str]:
        """Give the rows of the table of verdicts; none where there is no table."""
        path = self.root / ".crossload" / "tables" / "some.csv"
        return path.read_text().splitlines() if path.exists() else []

    def loads(self) -> Counter[str]:
        """Count how often each model was loaded by each pair, isolated repetitions too."""
        return Counter({path.name: path.stat().st_size for path in self.log.iterdir()})

    def processes(self) -> list[int]:
        """Find the processes that name this folder in their command line or variables."""
        mark = os.fsencode(self.root)
        found = []
        for place in Path("/proc").iterdir():
            if not place.name.isdecimal() or int(place.name) == os.getpid():
                continue
            try:
                words = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
                state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue  # it has ended
            if mark in words and state != "Z":
                found.append(int(place.name))
        return found


def environment(scratch: Path) -> dict[str, str]:
    """Give the variables of all commands: those of this process, without colours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CROSSLOAD")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "NO_COLOR": "1", "COLUMNS": "200", "TMPDIR": str(scratch)}
