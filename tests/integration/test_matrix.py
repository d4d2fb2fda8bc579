"""Small real matrices: public facts are found, runs resume, bad input is told apart."""

from __future__ import annotations

import json
import resource
import signal
import time
from collections import Counter

import pytest
from small_matrix import FEW, SMALL, copy_of, wait_for_outcomes


@pytest.fixture(scope="module")
def measured(project):
    project.recipe("few.py", FEW)
    project.matrix("small", SMALL)
    return project.crossload("run", "small")


def test_forests_of_1_2_do_not_load_in_1_3(project, measured):
    found = project.outcomes("small")

    for fmt in ("pickle", "joblib"):
        row = found.loc[("forest", fmt, "sklearn-1.2.2", "sklearn-1.3.2")]
        assert row["verdict"] == "load-error"
        assert "node array from the pickle has an incompatible dtype" in row["reason"]
        assert found.loc[("logistic", fmt, "sklearn-1.2.2", "sklearn-1.3.2"), "passes"]


def test_the_diagonal_is_bit_identical(project, measured):
    summary = project.summary("small")

    assert summary["diagonal"] == {"identical": 12, "measured": 12}


def test_warnings_are_recorded(project, measured):
    found = project.outcomes("small")

    warned = found.loc[("logistic", "pickle", "sklearn-1.2.2"), "warned"]
    assert warned["sklearn-1.3.2"] == "InconsistentVersionWarning"
    assert warned["sklearn-1.2.2"] == ""


def test_metrics_are_recorded_before_and_after(project, measured):
    row = project.outcomes("small").loc[("logistic", "joblib", "sklearn-1.2.2", "sklearn-1.3.2")]

    assert row["accuracy_before"] == row["accuracy_after"] > 0.8
    assert row["log_loss_drift"] == pytest.approx(0.0, abs=1e-9)


def test_the_tables_are_printed_and_written(project, measured):
    assert "few (6 cases)" in measured.stdout
    assert "24 cells" in measured.stdout
    assert "wall" in measured.stdout
    assert "| **sklearn-1.2.2** |" in (project.root / "reports" / "small" / "README.md").read_text()
    assert (project.root / "reports" / "small" / "index.html").exists()


def test_an_unchanged_run_measures_nothing_and_says_so(project, measured):
    before = project.journal()

    again = project.crossload("run", "small")

    assert "nothing to measure" in again.stdout
    assert "few (6 cases)" in again.stdout
    assert project.journal() == before


def test_no_machine_path_is_in_the_report(project, measured):
    for path in (project.root / "reports" / "small").glob("*.*"):
        if path.suffix != ".parquet":
            assert str(project.root) not in path.read_text()
    assert not any(str(project.root) in reason for reason in project.outcomes("small")["reason"])


def test_strict_accepts_failures_that_have_a_cause(project, measured):
    done = project.crossload("run", "small", "--strict", code=0)
    # all failures of this matrix have causes that crossload carries
    assert "causes: " in done.stdout
    assert ", 0 unexplained" in done.stdout


def test_a_selection_measures_its_cells_only(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)

    done = other.crossload(
        "run", "small", "--writer", "sklearn<1.3", "--case", "forest", "--format", "joblib"
    )

    summary = other.summary("small", part=True)
    assert summary["planned"] == 2
    assert summary["counts"]["identical"] == summary["counts"]["load-error"] == 1
    assert "small: 2 cells: 1 passed, 1 failed" in done.stdout
    assert not (other.root / "reports").exists()


def test_a_part_does_not_take_the_place_of_the_published_whole(project, measured):
    before = {path: path.read_bytes() for path in project.report("small").rglob("*.*")}

    done = project.crossload("run", "small", "--case", "forest")

    assert "report: .crossload/reports/small/" in done.stdout
    assert {path: path.read_bytes() for path in project.report("small").rglob("*.*")} == before


def wait_for_silence(project, seconds=15):
    end = time.monotonic() + seconds
    while project.processes():
        assert time.monotonic() < end, f"processes are left: {project.processes()}"
        time.sleep(0.05)


def test_a_killed_run_goes_on_where_it_was(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory, FEW.replace("PAUSE = 0.0", "PAUSE = 1.0"))
    running = other.start("run", "small", "--jobs", "1")
    wait_for_outcomes(other, 3)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    wait_for_silence(other)
    kept = [record["key"] for record in other.journal()]

    other.crossload("run", "small", "--jobs", "1")

    after = Counter(record["key"] for record in other.journal() if not record.get("confirm"))
    assert len(kept) >= 3
    assert set(kept) <= set(after)
    assert set(after.values()) == {1}
    assert other.summary("small")["complete"]


def test_ctrl_c_ends_the_children_and_says_how_to_go_on(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory, FEW.replace("PAUSE = 0.0", "PAUSE = 20.0"))
    running = other.start("run", "small")
    wait_for_outcomes(other, 4)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)

    assert running.returncode == 130
    assert "The same command goes on from there" in errors
    wait_for_silence(other)
    assert len(other.journal()) >= 4


def test_a_full_disk_is_told_and_what_was_measured_stays(project, measured, tmp_path_factory):
    big = FEW.replace("n_estimators=5", "n_estimators=400")
    other = copy_of(project, tmp_path_factory, big)

    def small_files():
        # no file above 120 kB can be written: the forest's artifact cannot, everything else can
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))

    done = other.crossload("run", "small", "--jobs", "1", code=6, before_start=small_files)

    assert "the disk is full" in done.stderr
    assert "what was measured is kept" in done.stderr
    other.crossload("run", "small")
    assert other.summary("small")["complete"]
    counts = Counter(record["key"] for record in other.journal() if not record.get("confirm"))
    assert set(counts.values()) == {1}


def test_a_corrupted_artifact_is_not_loaded(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)
    chosen = ["run", "small", "--case", "logistic/pickle", "--writer", "sklearn-1.2.2"]
    other.crossload(*chosen, "--reader", "sklearn-1.2.2")
    (path,) = (other.root / ".crossload" / "store" / "artifacts").glob("*/model.pkl")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    # damage on this machine is no outcome of the model: its writer saves it again, and that is said
    done = other.crossload(*chosen, "--reader", "sklearn-1.3.2")

    assert "is not what was saved" in done.stdout + done.stderr
    table = other.outcomes("small", part=True)
    row = table.loc[("logistic", "pickle", "sklearn-1.2.2", "sklearn-1.3.2")]
    assert row["verdict"] in ("identical", "equivalent")
    other.crossload("run", "small", "--only", "sklearn*", "--case", "logistic/pickle")
    verdicts = set(other.outcomes("small", part=True).loc[("logistic", "pickle"), "verdict"])
    assert verdicts <= {"identical", "equivalent"}


MISTAKES = {
    "type": (
        "seconds = 30",
        'seconds = "30"',
        "small.toml: limits.seconds: expected a number, got '30'",
    ),
    "key": ("[limits]", "[limit]", "unknown key - did you mean 'limits'?"),
    "duplicate": ('"1.2.2", "1.3.2"', '"1.2.2", "1.2.2"', "'1.2.2' stands already at [0]"),
    "recipe": (
        "recipes/few.py",
        "recipes/fev.py",
        "no such recipe file: 'recipes/fev.py' - did you mean 'recipes/few.py'?",
    ),
    "format": (
        '"pickle", "joblib"',
        '"pickle", "joblob"',
        "no such format 'joblob' - did you mean 'joblib'?",
    ),
}
"""Of a matrix file: what stands there, what takes its place, what is said about it."""


@pytest.mark.parametrize(("old", "new", "text"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_of_a_matrix_file(project, measured, tmp_path_factory, old, new, text):
    other = copy_of(project, tmp_path_factory)
    other.matrix("small", SMALL.replace(old, new))

    done = other.crossload("run", "small", code=2)

    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recipe_that_raises_has_an_exit_code_of_its_own(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory, "import no_such_library\n")

    done = other.crossload("run", "small", code=4)

    assert "few.py:1: raises when it is imported: ModuleNotFoundError" in done.stderr
    assert "import libraries inside functions" in done.stderr


def test_an_empty_selection_has_an_exit_code_of_its_own(project, measured):
    nothing = project.crossload("run", "small", "--case", "forrest", code=3)
    assert "did you mean 'forest'?" in nothing.stderr
    assert "did you mean 'small'?" in project.crossload("run", "smal", code=2).stderr


IMPOSSIBLE = """
[[environment]]
id = "impossible"
python = "3.9"
packages = ["scikit-learn==1.2.2", "numpy==1.10.0"]
"""
FUTURE = """
[[environment]]
id = "future"
python = "3.99"
packages = ["scikit-learn==1.3.2"]
"""


def test_pins_that_cannot_be_cost_their_environment_only(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)
    other.matrix("small", SMALL.replace('"1.3.2"]', '"1.3.2", "1.3.9"]') + IMPOSSIBLE)

    done = other.crossload("run", "small", code=5)

    assert "scikit-learn==1.3.9: no such release" in done.stderr + done.stdout
    assert "nearest: 1.3." in done.stdout
    summary = other.summary("small")
    failures = {each["id"]: each["failure"] for each in summary["environments"] if each["failure"]}
    assert set(failures) == {"sklearn-1.3.9", "impossible"}
    said = failures["impossible"]
    assert "No solution found" in said or "unsatisfiable" in said
    assert summary["counts"]["identical"] + summary["counts"]["equivalent"] == 20
    assert not summary["complete"]


def test_a_missing_interpreter_leaves_the_rest(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)
    other.matrix("small", SMALL + FUTURE)

    done = other.crossload("run", "small", environ={"UV_PYTHON_DOWNLOADS": "never"})

    assert "NOT MEASURED future: needs Python 3.99, which is not installed here" in done.stdout
    assert other.summary("small")["counts"]["no-env"] == 5 * 6


def test_one_environment_can_be_built_and_used_by_hand(project, measured):
    done = project.crossload("env", "sklearn-1.3.2")

    assert done.stdout.strip().endswith(("bin/python", "python.exe"))
    assert "did you mean" in project.crossload("env", "sklearn-1.3.9", code=3).stderr


def test_a_dry_run_measures_nothing(project, measured):
    done = project.crossload("run", "small", "--dry-run", "--case", "forest")

    assert "8 of 24 cells, 0 controls; cases: 2, writers: 2, readers: 2" in done.stdout


def test_a_run_that_could_measure_nothing_fails(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)
    other.matrix("small", SMALL + FUTURE)

    done = other.crossload("run", "small", "--only", "future", code=8)

    assert "not one of 6 cells could be measured" in done.stderr


def test_one_id_is_one_environment_in_all_matrix_files(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)
    other.matrix("mine", SMALL.replace('with = ["joblib"]', ""))

    done = other.crossload("run", "small", code=2)

    assert "environment 'sklearn-1.2.2' means something else in matrix/mine.toml" in done.stderr
    assert "give the axis another prefix" in done.stderr


CONTROLS = FEW.replace(
    "PAUSE = 0.0",
    """PAUSE = 0.0


def halve(path, model):
    import os

    with open(path, "r+b") as stream:
        stream.truncate(os.path.getsize(path) // 2)


def leave(path, model):
    pass
""",
)


def test_damaged_artifacts_must_be_caught(project, measured, tmp_path_factory):
    other = copy_of(project, tmp_path_factory)
    text = CONTROLS.split("RECIPES =")[0]
    control = 'RECIPES = {{"{}": dict(recipe(logistic), expect="load-error", damage={})}}\n'
    good, missed = control.format("control-half", "halve"), control.format("control-none", "leave")
    controls = 'controls = ["recipes/controls.py"]\nformats ='
    other.matrix("small", SMALL.replace("formats =", controls))
    other.recipe("controls.py", text + good)

    caught = other.crossload("run", "small", "--case", "logistic")
    other.recipe("controls.py", text + missed)
    failed = other.crossload("run", "small", "--case", "logistic", code=7)

    assert "controls: 4 of 4 caught (1 kinds of damage in 2 environments)" in caught.stdout
    assert "controls: 0 of 4 caught" in failed.stdout
    missed_control = "MISSED CONTROL control-none/pickle in sklearn-1.2.2: "
    assert f"{missed_control}expected load-error, got identical" in failed.stdout
    assert "4 controls were missed" in failed.stderr


def test_two_processes_do_not_build_one_environment_at_once(project, measured, tmp_path_factory):
    other = type(project)(tmp_path_factory.mktemp("twice"))
    other.recipe("few.py", FEW)
    other.matrix("small", SMALL)
    (other.root / "matrix" / "locks").symlink_to(project.root / "matrix" / "locks")

    running = [other.start("env", "sklearn-1.3.2") for _ in range(2)]

    for each in running:
        out, errors = each.communicate(timeout=300)
        assert each.returncode == 0, errors
        assert "env-sklearn-1.3.2" in out


def test_an_environment_that_is_not_what_its_stamp_says_is_built_anew(
    project, measured, tmp_path_factory
):
    other = type(project)(tmp_path_factory.mktemp("stamp"))
    other.recipe("few.py", FEW)
    other.matrix("small", SMALL)
    (other.root / "matrix" / "locks").symlink_to(project.root / "matrix" / "locks")
    other.crossload("env", "sklearn-1.2.2")
    folder = other.root / ".nox" / "env-sklearn-1.2.2"
    stamp = folder / "crossload-stamp.json"
    right = stamp.read_text()
    made = (folder / "pyvenv.cfg").stat().st_mtime_ns

    other.crossload("env", "sklearn-1.2.2")
    assert (folder / "pyvenv.cfg").stat().st_mtime_ns == made
    stamp.write_text(right.replace('"lock": "', '"lock": "0'))
    other.crossload("env", "sklearn-1.2.2")

    assert (folder / "pyvenv.cfg").stat().st_mtime_ns != made
    assert json.loads(stamp.read_text())["lock"] == json.loads(right)["lock"]


def test_outputs_that_cannot_be_judged_are_told_and_cost_their_recipe_only(
    project, measured, tmp_path_factory
):
    short = FEW.replace(
        '"slow": recipe(slow)',
        '"slow": dict(recipe(slow), outputs={"predict": lambda m, d: m.predict(d.x_test)[:5]})',
    )
    other = copy_of(project, tmp_path_factory, short)

    done = other.crossload("run", "small", code=4)

    said = "outputs['predict']: has the shape (5,), expected one row for each of"
    assert f"few.py: RECIPES['slow']: {said}" in done.stderr
    counts = other.summary("small")["counts"]
    assert counts["save-error"] == 8
    assert counts["identical"] + counts["equivalent"] + counts["load-error"] == 16
