"""Nothing of a hostile file runs without the flag that names it; secrets stay where they are."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys

import pytest
from commands import run_crossload
from hostile_files import calls, streams, write_all
from model_files import command

import crossload
from crossload.errors import CrossloadError
from crossload.inspection import NotAModel, inspect_file
from crossload.models.copies import Copies
from crossload.models.own_code import OwnCode
from crossload.models.trust import Trust, trust_needed

VERSIONS = ["--from", "numpy==1.26.4", "--to", "numpy==2.3.1"]
MARK = "mark-of-a-payload"
NAMES = [*calls("x"), *streams("x"), "zlib", "gzip", "xz", "joblib", "keras"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The files by name, and the file that each of them would make."""
    folder = tmp_path_factory.mktemp("hostile")
    return write_all(folder, str(folder / MARK)), folder / MARK


def run(*arguments):
    """Run a command to its end, whatever that is."""
    environment = {**os.environ, "COLUMNS": "200"}
    return run_crossload([str(each) for each in arguments], seconds=600, environment=environment)


def needed(path):
    """The level of trust that loading a file takes; damaged files are never loaded."""
    try:
        return trust_needed(inspect_file(path), OwnCode())
    except NotAModel:
        return Trust.DANGEROUS


@pytest.mark.parametrize("name", NAMES)
def test_trust_executes_nothing_of_it(hostile, name):
    files, mark = hostile

    done = run("check", files[name], *VERSIONS, "--trust")

    assert not mark.exists()
    assert done.returncode in (1, 2), done.stderr
    assert done.stdout == ""
    assert str(files[name]) in done.stderr


@pytest.mark.parametrize(("flags", "code"), [([], 2), (["--trust"], 3), (["--trust-unknown"], 3)])
def test_no_flag_but_the_one_that_names_it_executes_files_of_a_folder(
    hostile, tmp_path, flags, code
):
    files, mark = hostile
    chosen = [
        path
        for path in files.values()
        if "--trust-unknown" not in flags or needed(path) is Trust.DANGEROUS
    ]
    for path in chosen:
        shutil.copy(path, tmp_path)

    done = run("check", tmp_path / "*", *VERSIONS, *flags)

    assert not mark.exists()
    assert done.returncode == code
    if flags:
        assert f"{len(chosen)} models: {len(chosen)} CANNOT TELL" in done.stdout


@pytest.mark.parametrize("code", ["blame", "route", "bisect", "upgrade"])
def test_no_other_command_executes_anything_either(hostile, tmp_path, code):
    files, mark = hostile
    for name in ("os.system", "before the damage", "builtins.open"):
        arguments = {
            "blame": [files[name], *VERSIONS],
            "route": [files[name], *VERSIONS],
            "bisect": ["numpy", files[name], "--from", "1.26.4", "--to", "2.3.1"],
            "upgrade": ["--models", files[name], "--from", "numpy==1.26.4", "--to", "numpy==2.3.1"],
        }
        assert run(code, *arguments[code], "--trust-unknown").returncode in (1, 2)
    with pytest.raises(CrossloadError):
        crossload.check(files["os.system"], "numpy==2.3.1", trust=True, trust_unknown=True)
    assert not mark.exists()


def test_the_flag_that_names_it_executes_it(hostile):
    # what shows that the other tests can fail
    files, mark = hostile
    command("check", files["os.system"], *VERSIONS, "--trust-dangerous", code=3)

    assert mark.exists()
    mark.unlink()


TELLING = """
import json
import os


class Model:
    n_features_in_ = 2

    def __setstate__(self, state):
        self.__dict__ = state
        parent = os.getppid()
        facts = {"environment": dict(os.environ), "home": os.path.expanduser("~")}
        facts["path"] = self.path if hasattr(self, "path") else ""
        facts["files"] = [os.path.realpath(each.path) for each in os.scandir("/proc/self/fd")]
        with open(self.told, "w") as stream:
            json.dump(facts, stream)

    def predict(self, rows):
        return [0] * len(rows)
"""

SAVE = """
import pickle, sys
sys.path.insert(0, ".")
import mine
model = mine.Model()
model.told = sys.argv[1]
pickle.dump(model, open("m.pkl", "wb"))
"""


@pytest.fixture
def telling(tmp_path):
    """A folder with a model that tells what its process has, and where it tells that."""
    (tmp_path / "mine.py").write_text(TELLING)
    told = tmp_path / "told.json"
    subprocess.run([sys.executable, "-c", SAVE, str(told)], cwd=tmp_path, check=True)
    return tmp_path, told


def test_the_process_that_loads_has_no_secret_and_no_home(telling):
    folder, told = telling
    secrets = {"AWS_SECRET_ACCESS_KEY": "s3cr3t", "GITHUB_TOKEN": "s3cr3t", "MY_OWN": "s3cr3t"}

    command("check", "m.pkl", *VERSIONS, "--with-code", "mine.py", "--trust", cwd=folder, **secrets)

    facts = json.loads(told.read_text())
    assert "s3cr3t" not in json.dumps(facts)
    assert not secrets.keys() & facts["environment"].keys()
    assert facts["home"] == facts["environment"]["HOME"] != os.path.expanduser("~")
    assert not os.path.exists(facts["home"])  # scratch


def test_a_file_that_is_swapped_after_consent_is_not_loaded(telling, monkeypatch):
    folder, _ = telling
    mark = folder / MARK
    copy = Copies.inspect

    def swapping(self, path):
        found = copy(self, path)
        os.replace(folder / "evil.pkl", folder / "m.pkl")
        return found

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    (folder / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    monkeypatch.setattr(Copies, "inspect", swapping)

    found = crossload.check(
        folder / "m.pkl",
        "numpy==2.3.1",
        source="numpy==1.26.4",
        with_code=[folder / "mine.py"],
        trust=True,
        fresh=True,
    )

    assert found.safe, found
    assert found.path == folder / "m.pkl"
    assert not mark.exists()
