"""What comes from the machine, or from somebody else, is no outcome of a model."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

RECIPES = '''
"""Objects that meet something from outside when they are imported, saved or loaded."""
import os
import signal
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
IMPORTS = ["joblib"]


def times(name):
    """Count how often something was reached, over all processes."""
    path = os.path.join(HERE, name)
    with open(path, "ab") as stream:
        stream.write(b"x")
    return os.path.getsize(path)


def wanted(name):
    # the driver imports this file too, for the names in it
    return "crossload_worker" in sys.modules and os.path.exists(os.path.join(HERE, "want-" + name))


if wanted("import-kill") and times("import-kill") == 1:
    os.kill(os.getpid(), signal.SIGKILL)
if wanted("import-error") and times("import-error") == 1:
    raise ImportError("for once")
if wanted("import-stop") and times("import-stop") == 1:
    os.kill(os.getpid(), signal.SIGSTOP)


class Plain(object):
    def __init__(self, name):
        self.name = name

    def predict(self, rows):
        self.asked = True
        return rows[:, 0] * 2

    def __setstate__(self, state):
        self.__dict__.update(state)
        name = self.name
        if name == "remembers" and "asked" in state:
            raise ValueError("it was saved after it had been asked")
        if wanted(name):
            count = times(name)
            if name == "kill-once" and count == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "kill-thrice" and count <= 3:
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "kill-always":
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "kill-server" and count == 1:
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
            if name == "stop-server" and count == 1:
                os.kill(os.getppid(), signal.SIGSTOP)
            if name == "delete-folder":
                shutil.rmtree(os.path.join(os.environ["HOME"], "job2"), ignore_errors=True)
                shutil.rmtree(os.path.join(os.environ["HOME"], "job1"), ignore_errors=True)
            if name == "daemon":
                for _ in range(20):
                    if os.fork() == 0:
                        os.setsid()
                        if os.fork():
                            os._exit(0)
                        time.sleep(600)
                        os._exit(0)


def recipe(name):
    return dict(
        family="few", task="regression", data="diabetes", outputs=["predict"],
        build=lambda data: Plain(name), fit=lambda model, data: model,
    )


RECIPES = {
    name: recipe(name)
    for name in ("plain", "kill-once", "kill-thrice", "kill-always", "kill-server", "stop-server",
                 "delete-folder", "daemon", "remembers")
}
'''

MATRIX = """
[matrix]
title = "interrupted"
recipes = ["recipes/met.py"]
formats = ["joblib"]
[axis.joblib]
versions = ["1.3.2"]
with = ["numpy"]
[limits]
seconds = 20
"""


@pytest.fixture(scope="module")
def calm(once):
    """A project that was measured without anything from outside."""

    def make(project):
        project.recipe("met.py", RECIPES)
        project.matrix("met", MATRIX)
        project.crossload("run", "met")

    return once("interruptions", make)


def verdicts(project):
    table = (project.root / ".crossload" / "tables" / "met.csv").read_text().splitlines()
    return set(table)


def disturbed(calm, tmp_path, *wanted, code=0):
    """Measure the project anew with something from outside; give it and the finished command."""
    import shutil

    other = type(calm)(tmp_path / "other")
    shutil.copytree(calm.root / "matrix", other.root / "matrix", dirs_exist_ok=True)
    (other.root / ".nox").mkdir()
    for folder in (calm.root / ".nox").glob("env-*"):
        if folder.is_dir():
            (other.root / ".nox" / folder.name).symlink_to(folder)
    for each in wanted:
        (other.root / "matrix" / "recipes" / f"want-{each}").touch()
    return other, other.crossload("run", "met", code=code)


@pytest.mark.parametrize(
    "what",
    ["import-kill", "import-error", "import-stop", "kill-once", "kill-thrice", "kill-server",
     "stop-server", "delete-folder", "daemon"],
)  # fmt: skip
def test_what_comes_once_from_outside_changes_no_verdict(calm, tmp_path, what):
    other, done = disturbed(calm, tmp_path, what)

    assert "Traceback" not in done.stdout + done.stderr
    assert verdicts(other) == verdicts(calm)


def test_a_model_is_saved_before_it_is_asked(calm):
    rows = [row for row in verdicts(calm) if "remembers" in row]

    assert len(rows) == 1
    assert "identical" in rows[0]


def test_a_model_that_ends_its_process_each_time_is_a_crash(calm, tmp_path):
    other, _ = disturbed(calm, tmp_path, "kill-always")

    different = verdicts(other) - verdicts(calm)
    assert len(different) == 1
    assert "crash" in different.pop()


def test_no_process_outlives_the_run(calm, tmp_path):
    other, _ = disturbed(calm, tmp_path, "daemon")

    mark = os.fsencode(other.root)
    left = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                if mark in (place / "environ").read_bytes():
                    left.append(int(place.name))
            except OSError:
                continue
    for each in left:
        os.kill(each, signal.SIGKILL)
    assert left == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MB, where this machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("file systems can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_no_outcome(calm, tmp_path, small_disk):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".crossload").symlink_to(small_disk)
    filling = small_disk / "filling"
    with filling.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(bytes(4096)):
            continue
    other, done = disturbed(calm, tmp_path, code=6)
    assert "Traceback" not in done.stdout + done.stderr
    other.crossload("run", "met", code=6)

    filling.unlink()
    other.crossload("run", "met")

    assert verdicts(other) == verdicts(calm)
