"""`check` says what the matrix says, in words, codes and JSON, and refuses what cannot be."""

from __future__ import annotations

import json
import time

import pytest
from model_files import ANSWERS, CASES, NEWEST, WRITERS, artifact, command

import crossload
from crossload.errors import NotTrusted


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("writer", WRITERS)
def test_check_gives_the_verdict_of_the_matrix(written, measured, case, writer):
    row = measured.loc[case, "joblib", f"sklearn-{writer}", f"sklearn-{NEWEST}"]

    found = crossload.check(artifact(written, row), f"scikit-learn=={NEWEST}", trust=True)

    told = (row["verdict"], row["reason"], str(found))
    assert str(found.answer).startswith(ANSWERS[row["verdict"]]), told
    assert found.writer.packages["scikit-learn"] == writer
    assert found.reader.packages["scikit-learn"] == NEWEST
    assert found.judgement is not None
    if ANSWERS[row["verdict"]] == "BREAKS":
        assert found.verdict == row["verdict"]


def test_the_matrix_has_every_kind_of_verdict_here(measured):
    assert {"identical", "drift", "load-error", "predict-error"} <= set(measured["verdict"])


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


def test_lost_idf_weights_are_told_with_the_line_that_gives_them_back(written, measured):
    row = measured.loc["text-logistic", "joblib", "sklearn-1.2.2", f"sklearn-{NEWEST}"]
    found = crossload.check(artifact(written, row), f"scikit-learn=={NEWEST}", trust=True)

    assert str(found.answer) == "DRIFT"
    assert "_idf_diag" in found.cause.do


def test_who_upgrades_numpy_alone_learns_that_the_rest_was_compiled_for_another(forest):
    done = command("check", forest, "--to", "numpy==2.3.1", "--trust", code=1)

    assert "numpy.dtype size changed" in done.stdout
    assert "together with NumPy" in done.stdout


def test_labels_give_metrics_before_and_after(written, measured, tmp_path):
    from sklearn.datasets import load_breast_cancer

    row = measured.loc["random-forest", "joblib", "sklearn-1.5.2", f"sklearn-{NEWEST}"]
    table = load_breast_cancer(as_frame=True).frame
    found = crossload.check(
        artifact(written, row), f"scikit-learn=={NEWEST}", data=table, target="target", trust=True
    )

    assert found.safe
    assert found.labels
    assert found.judgement.before["accuracy"] > 0.9
    metrics = {"precision", "recall", "f1", "log_loss", "tp", "fp", "fn", "tn"}
    assert found.judgement.before.keys() >= metrics


def test_rows_that_do_not_fit_are_bad_input(forest, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")

    rows = ["--data", tmp_path / "rows.csv"]
    done = command("check", forest, "--to", "scikit-learn==1.2.1", "--trust", *rows, code=2)

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
    from crossload.models.check import Checker
    from crossload.models.question import Question
    from crossload.models.targets import parse
    from crossload.models.workspace import Workspace

    with Workspace() as workspace:
        found = Checker(workspace, inspect_file(forest), Question(), None).check(
            parse("scikit-learn==1.2.1", option="--to")
        )
        assert (workspace.measured, workspace.reused) == (0, 2)
    assert found.safe
    assert found.seconds <= time.perf_counter() - started
