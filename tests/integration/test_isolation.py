"""A process that loads users' models, seen from inside: other processes, network, environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import crossload.worker

LOOKS = """
import importlib.util, json, os, socket, subprocess, sys

spec = importlib.util.spec_from_file_location("isolation", sys.argv[1])
isolation = importlib.util.module_from_spec(spec)
spec.loader.exec_module(isolation)
found = {"given up": [isolation.leave_network(), isolation.leave_processes()]}


def attempt(name, action):
    try:
        found[name] = repr(action())
    except OSError as error:
        found[name] = type(error).__name__


parent = os.getppid()
for part in ("environ", "mem", "maps"):
    attempt(part, lambda: open("/proc/%d/%s" % (parent, part), "rb").read(10))
attempt("signal", lambda: os.kill(parent, 0))
attempt("own environ", lambda: len(open("/proc/self/environ", "rb").read()) >= 0)
attempt("network", lambda: socket.create_connection(("192.0.2.1", 80), timeout=5))
# what it starts has no more rights than it, root or not
look = "import os; open('/proc/%d/environ', 'rb').read(10)" % parent
found["of a program"] = subprocess.run([sys.executable, "-c", look], stderr=-3).returncode
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
child.kill()
found["own child"] = child.wait()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def looked():
    """What such a process finds, whose parent has a secret in its environment."""
    place = Path(crossload.worker.__path__[0]) / "isolation.py"
    done = subprocess.run(
        [sys.executable, "-c", LOOKS, str(place)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TOKEN": "secret"},
    )
    found = json.loads(done.stdout)
    if any(found["given up"]):
        pytest.skip(f"this system does not allow it: {found['given up']}")
    return found


@pytest.mark.parametrize("name", ["environ", "mem", "maps", "signal"])
def test_other_processes_are_out_of_reach(looked, name):
    assert looked[name] == "PermissionError"


def test_programs_that_it_starts_reach_no_further(looked):
    assert looked["of a program"] == 1


def test_there_is_no_network(looked):
    assert looked["network"] == "OSError"


def test_its_own_children_are_its_own(looked):
    assert looked["own environ"] == "True"
    assert looked["own child"] == -9
