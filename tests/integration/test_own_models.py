"""Users' own models: `check` says what the matrix says, and `bisect`, `blame`, `route`, `upgrade` find what is known."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import crossload
from crossload.errors import DangerousFile, NotTrusted

pytestmark = pytest.mark.integration

NEWEST = "1.9.1"
WRITERS = ["1.0.2", "1.2.2", "1.5.2"]
CASES = [
    "random-forest",
    "gradient-boosting",
    "hist-boosting",
    "neighbours",
    "columns-logistic",
    "text-logistic",
]

SKLEARN = f"""
[matrix]
title = "models of users"
recipes = ["recipes/sklearn_models.py", "recipes/sklearn_pipelines.py"]
formats = ["joblib", "pickle"]
[axis."scikit-learn"]
versions = {json.dumps([*WRITERS, NEWEST])}
with = ["joblib", "pandas"]
"""
ANSWERS = {
    "identical": "SAFE",
    "equivalent": "SAFE",
    "drift": "DRIFT",
    "load-error": "BREAKS",
    "predict-error": "BREAKS",
}
"""What the answer to a verdict begins with."""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """Environments and outcomes of users' models, for this module."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("CROSSLOAD_CACHE")
    os.environ["CROSSLOAD_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["CROSSLOAD_CACHE"]
    else:
        os.environ["CROSSLOAD_CACHE"] = before
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def measured(project):
    """Models written by environments of their time, and what the matrix says of them in the newest release."""
    for name in ("sklearn_models.py", "sklearn_pipelines.py"):
        project.recipe(name)
    project.matrix("own", SKLEARN)
    chosen = [word for case in CASES for word in ("--case", case)]
    project.crossload("run", "own", *chosen, "--reader", f"sklearn-{NEWEST}")
    return project.outcomes("own", part=True)


def artifact(project, row) -> Path:
    (folder,) = (project.root / ".crossload" / "store" / "artifacts").glob(f"{row['artifact']}*")
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def forest(project, measured, tmp_path_factory):
    """A forest of 1.2.2, as a user has it."""
    path = tmp_path_factory.mktemp("models") / "forest.joblib"
    shutil.copy(
        artifact(
            project, measured.loc["random-forest", "joblib", "sklearn-1.2.2", f"sklearn-{NEWEST}"]
        ),
        path,
    )
    return path


def command(*arguments, code=0, cwd=None, seconds=600, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "crossload", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


# --- check says what the matrix says ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("writer", WRITERS)
def test_check_gives_the_verdict_of_the_matrix(project, measured, case, writer):
    row = measured.loc[case, "joblib", f"sklearn-{writer}", f"sklearn-{NEWEST}"]

    found = crossload.check(artifact(project, row), f"scikit-learn=={NEWEST}", trust=True)

    assert str(found.answer).startswith(ANSWERS[row["verdict"]]), (
        row["verdict"],
        row["reason"],
        str(found),
    )
    assert found.writer.packages["scikit-learn"] == writer
    assert found.reader.packages["scikit-learn"] == NEWEST
    assert found.judgement is not None
    if ANSWERS[row["verdict"]] == "BREAKS":
        assert found.verdict == row["verdict"]


def test_the_matrix_has_every_kind_of_verdict_here(measured):
    assert {"identical", "drift", "load-error", "predict-error"} <= set(measured["verdict"])


KERAS = """
[matrix]
title = "networks of users"
recipes = ["recipes/keras_models.py"]
formats = ["h5", "keras", "savedmodel-keras", "savedmodel-signature", "weights-h5"]
[axis.tensorflow]
prefix = "tf"
versions = ["2.8.4", "2.10.1", "2.15.1", "2.21.0"]
requires = ["tensorflow-cpu=={version}; sys_platform == 'linux'", "tensorflow=={version}; sys_platform != 'linux'"]
[limits]
seconds = 120
memory-mb = 6144
"""
NETWORK = """
from types import SimpleNamespace

import keras_models
import numpy as np


def network():
    return keras_models.mlp(SimpleNamespace(x_train=np.zeros((1, 30))))
"""


@pytest.fixture(scope="module")
def networks(project, tmp_path_factory):
    project = type(project)(tmp_path_factory.mktemp("networks"))
    project.recipe("keras_models.py")
    project.matrix("own", KERAS)
    project.crossload("run", "own", "--case", "mlp", "--reader", "tf-2.21.0", seconds=900)
    shutil.copy(project.root / "matrix" / "recipes" / "keras_models.py", project.root)
    (project.root / "network.py").write_text(NETWORK)
    return project, project.outcomes("own", part=True)


@pytest.mark.parametrize(
    ("fmt", "writer"),
    [
        ("h5", "2.10.1"),
        ("keras", "2.15.1"),
        ("savedmodel-keras", "2.8.4"),
        ("savedmodel-signature", "2.15.1"),
        ("weights-h5", "2.10.1"),
        ("weights-h5", "2.15.1"),
    ],
)
def test_check_gives_the_verdict_of_the_matrix_for_keras(networks, fmt, writer):
    project, table = networks
    row = table.loc["mlp", fmt, f"tf-{writer}", "tf-2.21.0"]
    options = {"load_as": fmt} if fmt.startswith("savedmodel") else {}
    if fmt == "weights-h5":
        # weights of Keras 2.12 and later do not record a version
        options = {
            "with_code": [project.root / "network.py"],
            "build": "network",
            "source": f"tensorflow=={writer}",
        }

    found = crossload.check(artifact(project, row), "tensorflow==2.21.0", trust=True, **options)

    assert str(found.answer).startswith(ANSWERS[row["verdict"]]), (
        row["verdict"],
        row["reason"],
        str(found),
    )


def test_a_savedmodel_says_which_other_ways_of_loading_work(networks):
    project, table = networks
    row = table.loc["mlp", "savedmodel-keras", "tf-2.15.1", "tf-2.21.0"]

    found = crossload.check(artifact(project, row), "tensorflow==2.21.0", trust=True)

    assert str(found.answer) == "BREAKS"
    assert "TFSMLayer" in found.advice.remedy
    ways = {each.way: each.answer.safe for each in found.other_ways}
    assert ways == {"savedmodel-signature": True, "savedmodel-tfsm": True}


def test_a_way_through_for_a_folder_that_keras_3_refuses(networks, tmp_path):
    project, table = networks
    row = table.loc["mlp", "savedmodel-keras", "tf-2.15.1", "tf-2.21.0"]
    script = tmp_path / "through.sh"

    done = command(
        "route", artifact(project, row), "--to", "tensorflow==2.21.0", "--trust", "--script", script
    )

    assert "a way through in 1 step" in done.stdout
    assert "save as h5" in done.stdout
    assert "model.save('step1-model.h5')" in script.read_text()


# --- the command ------------------------------------------------------------------------------------------------------


def test_check_answers_in_the_first_line_and_by_its_exit_code(forest):
    done = command("check", forest, "--to", f"scikit-learn=={NEWEST}", "--trust", code=1)

    assert done.stdout.splitlines()[0] == f"BREAKS  {forest}: scikit-learn 1.2.2 -> {NEWEST}"
    assert "missing_go_to_left" in done.stdout
    safe = command("check", forest, "--to", "scikit-learn==1.2.1", "--trust", "--json")
    (line,) = safe.stdout.splitlines()
    assert json.loads(line)["answer"] == "SAFE, WARNING ONLY"
    assert json.loads(line)["verdict"] == "identical"


def test_where_there_is_no_fork_a_new_process_does_each_load(forest):
    done = command(
        "check", forest, "--to", "scikit-learn==1.2.1", "--trust", "--no-fork", "--fresh"
    )

    assert done.stdout.startswith("SAFE, WARNING ONLY")


def test_one_file_does_not_spoil_the_others(forest, tmp_path):
    (tmp_path / "junk.pkl").write_text("junk")

    done = command(
        "check", tmp_path / "junk.pkl", forest, "--to", "scikit-learn==1.2.1", "--trust", code=3
    )

    assert f"CANNOT TELL  {tmp_path}/junk.pkl" in done.stdout
    assert f"SAFE, WARNING ONLY  {forest}" in done.stdout
    assert "2 models: 1 CANNOT TELL, 1 SAFE, WARNING ONLY" in done.stdout


def test_lost_idf_weights_are_told_with_the_line_that_gives_them_back(project, measured):
    row = measured.loc["text-logistic", "joblib", "sklearn-1.2.2", f"sklearn-{NEWEST}"]
    found = crossload.check(artifact(project, row), f"scikit-learn=={NEWEST}", trust=True)

    assert str(found.answer) == "DRIFT"
    assert "_idf_diag" in found.advice.remedy


def test_who_upgrades_numpy_alone_learns_that_the_rest_was_compiled_for_another(forest):
    done = command("check", forest, "--to", "numpy==2.3.1", "--trust", code=1)

    assert "numpy.dtype size changed" in done.stdout
    assert "together with NumPy" in done.stdout


def test_labels_give_metrics_before_and_after(project, measured, tmp_path):
    from sklearn.datasets import load_breast_cancer

    row = measured.loc["random-forest", "joblib", "sklearn-1.5.2", f"sklearn-{NEWEST}"]
    table = load_breast_cancer(as_frame=True).frame
    found = crossload.check(
        artifact(project, row), f"scikit-learn=={NEWEST}", data=table, target="target", trust=True
    )

    assert found.safe
    assert found.labels
    assert found.judgement.before["accuracy"] > 0.9
    assert found.judgement.before.keys() >= {
        "precision",
        "recall",
        "f1",
        "log_loss",
        "tp",
        "fp",
        "fn",
        "tn",
    }


def test_rows_that_do_not_fit_are_bad_input(forest, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")

    done = command(
        "check",
        forest,
        "--to",
        "scikit-learn==1.2.1",
        "--trust",
        "--data",
        tmp_path / "rows.csv",
        code=2,
    )

    assert "features" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("scikit-learn==1.2.99", "nearest: 1.2.2"),
        ("scikit-learn==1.9.1 numpy==1.20.0", "no Python of"),
        ("numpy=2", "not a requirement"),
    ],
)
def test_versions_that_cannot_be_are_bad_input(forest, to, told):
    done = command("check", forest, "--to", to, "--trust", code=2)

    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_loaded_without_consent(forest):
    done = command("check", forest, "--to", "scikit-learn==1.2.1", code=2)

    assert "--trust" in done.stderr
    with pytest.raises(NotTrusted):
        crossload.check(forest, "scikit-learn==1.2.1")


def test_a_second_answer_needs_no_process(forest):
    command("check", forest, "--to", "scikit-learn==1.2.1", "--trust")
    started = time.perf_counter()
    from crossload.inspection import inspect_file
    from crossload.models.check import Checker, Question
    from crossload.models.targets import parse
    from crossload.models.workspace import Workspace

    with Workspace() as workspace:
        found = Checker(workspace, inspect_file(forest), Question(), None).check(
            parse("scikit-learn==1.2.1", option="--to")
        )
        assert (workspace.measured, workspace.reused) == (0, 2)
    assert found.safe
    assert found.seconds <= time.perf_counter() - started


# --- files that nobody should load ------------------------------------------------------------------------------------


class Calls:
    """Pickles as a call."""

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
    make = "import sys, pickle; sys.path.insert(0, '.'); import mine; pickle.dump(mine.Model(sys.argv[1]), open('m.pkl', 'wb'))"
    subprocess.run([sys.executable, "-c", make, how], cwd=tmp_path, check=True)
    limits = ["--seconds", "3", "--memory", "700"] if how in ("hang", "grow") else []

    done = command(
        "check",
        "m.pkl",
        "--from",
        "numpy==1.26.4",
        "--to",
        "numpy==2.3.1",
        "--with-code",
        "mine.py",
        "--trust",
        *limits,
        code=3,
        cwd=tmp_path,
    )

    assert done.stdout.startswith("CANNOT TELL")
    assert told in done.stdout


# --- searching --------------------------------------------------------------------------------------------------------


def test_bisect_names_the_release_at_which_forests_stop_to_load(forest):
    done = command("bisect", "scikit-learn", forest, "--from", "1.2.2", "--to", NEWEST, "--trust")

    assert "BREAKS since scikit-learn 1.3.0; 1.2.2 is the last release that is safe" in done.stdout
    assert "a single boundary" in done.stdout


@pytest.fixture(scope="module")
def numpy_2(project, measured, tmp_path_factory):
    """A forest of 1.5.2, pickled with NumPy 2."""
    path = tmp_path_factory.mktemp("models") / "forest.pkl"
    shutil.copy(
        artifact(
            project, measured.loc["random-forest", "pickle", "sklearn-1.5.2", f"sklearn-{NEWEST}"]
        ),
        path,
    )
    return path


def test_blame_names_numpy(numpy_2):
    done = command("blame", numpy_2, "--to", "numpy==1.24.4", "--trust")

    first = done.stdout.splitlines()[0]
    assert "BREAKS because of numpy 2." in first
    assert "-> 1.24.4" in first
    assert "scikit-learn" not in first


def test_route_finds_a_format_that_gets_through(numpy_2, tmp_path):
    done = command(
        "route", numpy_2, "--to", "numpy==1.24.4", "--trust", "--script", tmp_path / "go.sh"
    )

    assert "save as skops" in done.stdout
    assert "then load as skops: SAFE" in done.stdout


def test_where_there_is_no_way_through_it_is_said_with_what_works(forest):
    done = command("route", forest, "--to", "scikit-learn==1.3.2", "--trust", code=1)

    assert "no way through" in done.stdout
    assert "closest miss" in done.stdout
    assert "instead: retrain" in done.stdout


def test_blame_of_a_safe_upgrade_has_nothing_to_say(forest):
    done = command("blame", forest, "--to", "scikit-learn==1.2.1", "--trust", code=3)

    assert "the upgrade is safe" in done.stderr


# --- from lock to lock ------------------------------------------------------------------------------------------------

OLD = "flask==3.0.0\nscikit-learn==1.2.2\nnumpy==1.24.3\nscipy==1.10.1\njoblib==1.2.0\nthreadpoolctl==3.1.0\npandas==2.0.1\n"
NEW = "flask==3.1.0\nscikit-learn==1.3.2\nnumpy==1.26.4\nscipy==1.11.4\njoblib==1.3.2\nthreadpoolctl==3.2.0\npandas==2.1.4\n"


@pytest.fixture(scope="module")
def repository(project, measured, forest, tmp_path_factory):
    """A project with two models, whose lock was changed and not committed."""
    root = tmp_path_factory.mktemp("repository")
    (root / "models").mkdir()
    shutil.copy(forest, root / "models")
    row = measured.loc["columns-logistic", "joblib", "sklearn-1.2.2", f"sklearn-{NEWEST}"]
    shutil.copy(artifact(project, row), root / "models" / "columns.joblib")
    (root / "requirements.txt").write_text(OLD)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    (root / "requirements.txt").write_text(NEW)
    return root


def test_upgrade_answers_for_every_model_of_a_changed_lock(repository):
    done = command(
        "upgrade", "requirements.txt", "--models", "models/*.joblib", "--trust", "--newest-safe",
        "--markdown", "out.md", "--junit", "out.xml", "--json", "out.json",
        code=1, cwd=repository, GITHUB_ACTIONS="true",
    )  # fmt: skip

    answers = {
        Path(each["path"]).name: each["answer"]
        for each in json.loads((repository / "out.json").read_text())
    }
    assert answers["forest.joblib"] == "BREAKS"
    assert answers["columns.joblib"].startswith("SAFE")
    assert "::error file=models/forest.joblib,title=BREAKS::" in done.stdout
    assert "upgrade all but" in done.stdout
    assert "scikit-learn==1.2.2   (not 1.3.2)" in done.stdout
    assert "Not every saved model survives" in (repository / "out.md").read_text()
    (suite,) = ET.parse(repository / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_a_lock_that_did_not_change_needs_no_load(repository):
    done = command(
        "upgrade",
        "--from",
        "HEAD:requirements.txt",
        "--to",
        "HEAD:requirements.txt",
        "--models",
        "models/*",
        "--trust",
        cwd=repository,
    )

    assert "2 models: 2 SAFE" in done.stdout
    assert "nothing that it needs changes" in done.stdout


def test_the_hook_of_pre_commit_is_the_command_with_the_changed_locks(repository):
    import yaml

    (hook,) = yaml.safe_load(
        (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text()
    )
    words = hook["entry"].split()[1:]

    done = command(
        *words,
        "--models=models/forest.joblib",
        "--trust",
        "requirements.txt",
        code=1,
        cwd=repository,
    )

    assert "BREAKS  models/forest.joblib" in done.stdout


def test_the_action_says_the_answer_in_the_pull_request(repository, tmp_path):
    import yaml

    root = Path(__file__).resolve().parents[2]
    steps = yaml.safe_load((root / "action.yml").read_text())["runs"]["steps"]
    upgrade, comment = (
        next(step for step in steps if text in step.get("run", ""))
        for text in ('crossload" upgrade', "gh api")
    )
    programs = tmp_path / "crossload" / "bin"
    programs.mkdir(parents=True)
    (programs / "crossload").write_text(f'#!/bin/sh\nexec {sys.executable} -m crossload "$@"\n')
    (programs / "gh").write_text('#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/gh.txt"\n')
    for path in programs.iterdir():
        path.chmod(0o755)
    given = {
        "MODELS": "models/*.joblib", "LOCKS": "", "BASE": "HEAD", "ARGUMENTS": "", "TRUST": "true", "NUMBER": "7", "GITHUB_REPOSITORY": "o/r",
        "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_ACTIONS": "true", "PATH": f"{programs}:{os.environ['PATH']}",
    }  # fmt: skip

    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", upgrade["run"]],
        cwd=repository,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    subprocess.run(
        ["bash", "-e", "-c", comment["run"]],
        cwd=repository,
        env={**os.environ, **given},
        check=True,
        timeout=60,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert (tmp_path / "output").read_text() == "answer=1\n"
    assert "Not every saved model survives" in (tmp_path / "summary.md").read_text()
    asked = (tmp_path / "gh.txt").read_text()
    assert (
        f"--method POST repos/o/r/issues/7/comments --field body=@{tmp_path}/crossload.md" in asked
    )


# --- elsewhere --------------------------------------------------------------------------------------------------------


def test_a_test_suite_of_users_has_a_fixture(forest, tmp_path):
    shutil.copy(forest, tmp_path / "forest.joblib")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ncrossload_to = "scikit-learn==1.2.1"\n'
    )
    (tmp_path / "test_models.py").write_text(
        "def test_it(crossload_check):\n    result = crossload_check('forest.joblib', trust=True)\n    assert result.safe, str(result)\n"
        "def test_that(crossload_check):\n"
        f"    result = crossload_check('forest.joblib', to='scikit-learn=={NEWEST}', trust=True)\n    assert result.safe, str(result)\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "crossload.api.pytest_plugin", "-p", "no:cacheprovider"],
        cwd=tmp_path, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert "1 failed, 1 passed" in done.stdout
    assert "BREAKS  " in done.stdout
    assert "missing_go_to_left" in done.stdout


def test_a_wheel_in_an_empty_folder_has_all_it_needs(forest, tmp_path):
    from crossload.environments.uv import uv_program

    root = Path(__file__).resolve().parents[2]
    uv = uv_program()
    subprocess.run(
        [uv, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "dist"), str(root)],
        check=True,
        timeout=300,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    empty = tmp_path / "empty"
    empty.mkdir()

    done = subprocess.run(
        [uv, "tool", "run", "--quiet", "--no-config", "--from", str(wheel), "crossload", "check", str(forest), "--to", f"scikit-learn=={NEWEST}", "--trust"],
        cwd=empty, capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ),
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("BREAKS")
    assert "missing_go_to_left" in " ".join(done.stdout.split()), (
        "causes and remedies come with the wheel"
    )
    assert not list(empty.iterdir())
