"""The answers of models; with the scikit-learn of the driver."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders_tensorflow import Calls
from builders_worker import X, Y, made
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from crossload.worker import probe_model
from crossload.worker.input_rows import Rows


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


class Kept:
    """A model whose predictions are given, and of which each may be a classifier's."""

    def __init__(self, answer, **more):
        self.answer = answer
        self.__dict__.update(more)

    def predict(self, rows):
        return self.answer


def test_what_is_nested_without_end_is_named():
    endless = []
    endless.append({"again": endless})

    assert probe_model.parts_of(endless) == []
    assert probe_model.skipped_in(endless)[0].endswith("which is nested too deeply")


def test_a_property_that_raises_offers_no_method():
    class Moody(Kept):
        @property
        def transform(self):
            raise RuntimeError("renamed")

    assert probe_model.methods_of(Moody(1)) == ["predict"]


@pytest.mark.parametrize(
    ("more", "task"),
    [
        ({"__sklearn_tags__": lambda: SimpleNamespace(estimator_type="regressor")}, "regressor"),
        ({"__sklearn_tags__": lambda: 1 / 0, "classes_": [0, 1]}, "classifier"),
        ({"predict_proba": len}, "classifier"),
        ({"transform": len}, "transformer"),
    ],
)
def test_tasks_are_told_in_the_way_of_each_version(more, task):
    assert probe_model.task_of(Kept(1, **more)) == task


def network(answer, kind="Sequential", module="keras.models"):
    calls = Calls()
    model = type(kind, (), {"__module__": module, "__call__": lambda self, *a, **o: given(*a, **o)})
    given = calls.giving("call", answer)
    return model(), calls


def test_networks_are_called_for_inference():
    model, calls = network(np.array([1.0]))

    assert probe_model.methods_of(model) == ["call"]
    assert probe_model.ask(model, "call", "rows")["call"].tolist() == [1.0]
    assert calls == [("call", ("rows",), {"training": False})]


def test_signatures_have_no_such_argument_and_may_name_their_outputs():
    model, calls = network({"b": [2.0], "a": [1.0]}, "Signature", "anywhere")

    assert list(probe_model.ask(model, "call", "rows")) == ["call.a", "call.b"]
    assert calls == [("call", ("rows",), {})]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([np.zeros((2, 2)), np.ones((2, 1))], [[0, 0, 1], [0, 0, 1]]),
        (np.array([1, 2.5], dtype=object), [1.0, 2.5]),
        (np.array([1, "1"], dtype=object), ["int 1", "str '1'"]),
        (pd.Series([1, 2]), [1, 2]),
    ],
)
def test_answers_become_arrays_that_can_be_compared(answer, expected):
    assert probe_model.ask(Kept(answer), "predict", X)["predict"].tolist() == expected


def test_parts_of_which_nothing_is_wanted_are_not_asked():
    given = {"a": Rows("array", ["x"], [np.zeros(2)], "t")}
    bundle = {"a": Kept(np.ones(2)), "b": Kept(np.zeros(2))}

    assert list(probe_model.ask_all(bundle, given, {"a": ["predict"]})) == ["a.predict"]
