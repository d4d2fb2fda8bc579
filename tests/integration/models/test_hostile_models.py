"""Models that nobody should load, and models that die, hang, grow, call home or throw dice."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest
from model_files import NEWEST, command

import crossload
from crossload.errors import DangerousFile


class Calls:
    """An object that is pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_hostile_pickle_does_not_run_even_where_models_are_trusted(tmp_path):
    mark = tmp_path / "ran"
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Calls(os.system, f"touch {mark}")))

    with pytest.raises(DangerousFile, match="system"):
        crossload.check(tmp_path / "evil.pkl", f"scikit-learn=={NEWEST}", trust=True)
    command("check", tmp_path / "evil.pkl", "--to", f"scikit-learn=={NEWEST}", "--trust", code=1)
    assert not mark.exists()


MISBEHAVING = """
import os
import socket
import time

import numpy as np


class Model:
    n_features_in_ = 2

    def __init__(self, how):
        self.how = how

    def __setstate__(self, state):
        self.__dict__ = state
        how = self.how if os.environ.get("OPENBLAS_NUM_THREADS") else "load"
        if how == "die":
            os._exit(5)
        if how == "hang":
            time.sleep(600)
        if how == "grow":
            kept = []
            while True:
                kept.append(np.ones(4_000_000))
        if how == "throw dice":
            self.seen = int.from_bytes(os.urandom(2), "big")
        if how == "call home":
            socket.create_connection(("192.0.2.1", 80), timeout=20)

    def predict(self, rows):
        return np.full(len(rows), getattr(self, "seen", 0.0))
"""


SAVE = """
import pickle
import sys

sys.path.insert(0, ".")
import mine

pickle.dump(mine.Model(sys.argv[1]), open("m.pkl", "wb"))
"""


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("die", "exit code 5"),
        ("hang", "no end after 3 s"),
        ("grow", "more than 700 MB"),
        ("call home", "unreachable"),
        ("throw dice", "differ from process to process"),
    ],
)
def test_what_loads_badly_costs_its_own_process_only(tmp_path, how, told):
    (tmp_path / "mine.py").write_text(MISBEHAVING)
    subprocess.run([sys.executable, "-c", SAVE, how], cwd=tmp_path, check=True)
    # on a busy machine it takes seconds to fill that memory
    limits = {"hang": ["--seconds", "3"], "grow": ["--memory", "700"]}.get(how, [])

    versions = ["--from", "numpy==1.26.4", "--to", "numpy==2.3.1"]
    code = ["--with-code", "mine.py", "--trust"]
    done = command("check", "m.pkl", *versions, *code, *limits, code=3, cwd=tmp_path)

    assert done.stdout.startswith("CANNOT TELL")
    assert told in done.stdout
