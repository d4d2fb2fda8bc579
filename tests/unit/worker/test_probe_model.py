"""The answers of models; with the scikit-learn of the driver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders_worker import X, Y, made
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from crossload.worker import probe_model


def test_a_sparse_answer_is_kept_without_being_made_dense():
    model = TfidfVectorizer().fit(["good film", "bad film"])
    found = probe_model.ask(model, "transform", ["good bad", "film"])

    assert sorted(found) == ["transform.data", "transform.indices", "transform.indptr"]
    assert found["transform.indptr"].tolist() == [0, 2, 3]


def test_members_of_a_dict_are_asked_by_name():
    forest = RandomForestClassifier(3, random_state=0).fit(X, Y)
    bundle = {"model": forest, "scaler": StandardScaler().fit(X), "threshold": 0.4}
    parts = dict(probe_model.parts_of(bundle))

    assert sorted(parts) == ["model", "scaler"]
    given = {name: made(part)[0] for name, part in parts.items()}
    answers = probe_model.ask_all(bundle, given, {"model": ["predict"], "scaler": ["transform"]})
    assert sorted(answers) == ["model.predict", "scaler.transform"]


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (LogisticRegression().fit(X, Y), "classifier"),
        (KMeans(2, n_init=1).fit(X), "clusterer"),
        (object(), "other"),
    ],
)
def test_tasks(model, task):
    assert probe_model.task_of(model) == task


def test_members_are_found_wherever_they_are_and_what_is_left_out_is_named():
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    bundle = {
        "a": forest,
        "nest": {"z": forest, "list": [forest, 3.0]},
        1: forest,
        "1": forest,
        "odd": object(),
        "cut": 0.4,
    }

    assert [name for name, _ in probe_model.parts_of(bundle)] == [
        "[1]",
        "1",
        "a",
        "nest.list[0]",
        "nest.z",
    ]
    assert probe_model.skipped_in(bundle) == [
        "odd, a object that has none of " + ", ".join(probe_model.METHODS)
    ]
    many = [forest] * 60
    assert len(probe_model.parts_of(many)) == 50
    assert probe_model.skipped_in(many) == ["10 models beyond the first 50"]


def test_labels_that_are_numbers_are_equal_or_others():
    class Fixed:
        _estimator_type = "classifier"

        def __init__(self, *labels):
            self.labels = labels

        def predict(self, rows):
            return np.resize(np.array(self.labels), len(rows))

    def kinds(*labels):
        (array,) = probe_model.ask(Fixed(*labels), "predict", X).values()
        return array.dtype.kind, set(array.tolist())

    assert kinds(1e6, 1e6 + 1) == ("i", {1000000, 1000001})
    assert kinds(0.0, 1.0) == ("i", {0, 1})
    assert kinds(0.5, 1.0) == ("U", {"0.5", "1.0"})
    assert kinds(float("nan"), 1.0) == ("U", {"nan", "1.0"})


def test_the_names_of_columns_that_a_model_gives_are_an_answer():
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    model = StandardScaler().set_output(transform="pandas").fit(frame)

    assert probe_model.ask(model, "transform", frame)["transform.columns"].tolist() == ["a", "b"]
