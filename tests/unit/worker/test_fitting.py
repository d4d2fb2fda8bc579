"""A recipe fitted once, and the writer's own outputs before it is saved."""

from __future__ import annotations

import numpy as np
import pytest
from builders_measure import ITEM, asked, fitted

from crossload.worker import contract, fitting
from crossload.worker.record import Record


@pytest.mark.parametrize(
    ("task", "array", "text"),
    [
        ("binary", np.zeros(3), "has the shape (3,), expected one row for each of 4 held-out rows"),
        (
            "regression",
            np.float64(1.0),
            "has the shape (), expected one row for each of 4 held-out rows",
        ),
        ("binary", np.array([0.0, np.nan, 1.0, 1.0]), "has NaN among its labels"),
        ("regression", np.array([0.0, np.nan, 1.0, 1.0]), ""),
        ("transform", np.zeros(3), ""),
        ("binary", np.zeros(4), ""),
    ],
)
def test_outputs_that_cannot_be_judged_are_mistakes_of_the_recipe(task, array, text):
    fields = {
        **dict.fromkeys(("family", "data", "build"), "x"),
        "task": task,
        "outputs": ["predict"],
    }
    recipe = contract.Recipe("mine", fields, "folder/recipes.py")

    class Data:
        y_test = np.zeros(4)

    if not text:
        fitting.check_outputs({"predict": np.asarray(array)}, recipe, Data)
        return
    with pytest.raises(contract.ContractError) as caught:
        fitting.check_outputs({"predict": np.asarray(array)}, recipe, Data)
    assert str(caught.value) == f"recipes.py: RECIPES['mine']: outputs['predict']: {text}"


def test_a_recipe_is_fitted_once_and_its_own_outputs_are_taken(tmp_path):
    case, found = asked(tmp_path, prepare=lambda rows: rows[:, :2])

    assert case.model.theta_.shape == (2, 2)
    with np.load(tmp_path / "outputs" / f"{found.kept}.npz") as held:
        assert held["predict"].shape == (40,)
    assert set(found.seconds) == {"data", "build", "fit", "predict-before"}
    assert set(found.facts) == {"state", "holds", "kept_train"}
    assert found.facts["holds"] == ["sklearn.naive_bayes.GaussianNB"]
    with np.load(tmp_path / "outputs" / f"{found.facts['kept_train']}.npz") as held:
        assert held["predict"].shape == (80,)


def test_answers_that_differ_within_one_process_are_noise(tmp_path):
    count = iter(range(100))

    _, found = asked(
        tmp_path, task="transform", outputs={"n": lambda model, data: np.array([next(count)])}
    )

    with np.load(tmp_path / "outputs" / f"{found.kept}.npz") as held:
        assert held["n"].tolist() == [0]
    with np.load(tmp_path / "outputs" / f"{found.facts['noise']}.npz") as held:
        assert held["n"].tolist() == [1]
    assert "kept_train" not in found.facts


def test_a_recipe_may_fit_in_its_own_way(tmp_path):
    found = fitted(
        tmp_path, fit=lambda model, data: model.fit(data.x_train[:50], data.y_train[:50])
    )

    assert found.model.n_features_in_ == 3


def test_networks_are_fitted_by_a_few_steps(tmp_path):
    class Network:
        weights = ()
        steps = 0

        def train_on_batch(self, x, y):
            self.steps += 1

        def predict(self, x):
            return np.zeros(len(x))

    case, found = asked(tmp_path, kind="keras", outputs=["predict"], build=lambda data: Network())

    assert case.model.steps == 12
    assert found.facts["state"] == ""


@pytest.mark.parametrize(
    ("stage", "error", "status"),
    [
        ("build", ImportError("no such class in /srv/env"), "na"),
        ("fit", ImportError("x"), "error"),
        ("build", ValueError("x"), "error"),
    ],
)
def test_what_is_not_there_is_no_failure_of_the_writer(stage, error, status):
    job = {"op": "save", "scrub": [["/srv/env", "<environment>"]]}
    record = Record(ITEM, job)
    record.fields["stage"] = stage

    found = fitting.fit_failure(ITEM, job, record, error)

    assert found["status"] == status
    if status == "na":
        assert found["reason"] == "no such class in <environment>"
    else:
        assert found["error"]["message"] == "x"
