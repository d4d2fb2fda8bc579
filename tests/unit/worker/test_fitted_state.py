"""The fitted state of a model: a digest of every array, by its place in the model."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from builders_tensorflow import Tensor
from builders_worker import X, Y
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crossload.worker import fitted_state


class Holder:
    """An object with the given attributes."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def places(**attributes):
    return sorted(fitted_state.describe(Holder(**attributes), "object"))


def test_arrays_are_named_by_their_place_in_the_model():
    model = make_pipeline(StandardScaler(), RandomForestClassifier(2, random_state=0)).fit(X, Y)

    found = fitted_state.describe(model, "object")

    assert {
        "steps[0][1].mean_",
        "steps[1][1].estimators_[0].tree_.nodes.threshold",
        "steps[1][1].estimators_[1].tree_.values",
        "steps[1][1].classes_",
    } <= set(found)
    assert not any("random_state" in place for place in found)


def test_models_fitted_alike_have_an_equal_state_and_others_do_not():
    def fitted(rows):
        return fitted_state.describe(LogisticRegression().fit(X[:rows], Y[:rows]), "object")

    assert fitted(100) == fitted(100)
    assert fitted(100)["coef_"] != fitted(110)["coef_"]


def test_numbers_are_learnt_if_their_attribute_ends_in_an_underscore():
    assert places(offset_=1.5, tol=0.1, rate_=np.float32(2)) == ["offset_", "rate_"]


def test_lists_dicts_and_arrays_of_objects_are_walked_through():
    inner = np.empty(2, dtype=object)
    inner[:] = [np.zeros(2), Holder(coef_=np.ones(1))]

    assert places(parts={"b": [np.zeros(1)], 3: (np.ones(2),)}, inner=inner, word="x") == [
        "inner[0]",
        "inner[1].coef_",
        "parts.3[0]",
        "parts.b[0]",
    ]


def test_of_a_sparse_matrix_the_three_arrays_count():
    assert places(matrix=sparse.coo_matrix(np.eye(2))) == [
        "matrix.data",
        "matrix.indices",
        "matrix.indptr",
    ]


def test_a_model_that_holds_itself_is_described_once():
    model = Holder(coef_=np.ones(2))
    model.me = [model]

    assert list(fitted_state.describe(model, "object")) == ["coef_"]


def test_endless_nesting_and_many_arrays_have_bounds(monkeypatch):
    class Endless:
        __slots__ = ()

        def __getstate__(self):
            return {"inner": Endless()}

    assert fitted_state.describe(Endless(), "object") == {}
    monkeypatch.setattr(fitted_state, "MOST", 3)
    assert len(places(parts=[np.zeros(1)] * 10)) == 3


def test_an_object_that_does_not_tell_its_state_has_none():
    class Closed:
        __slots__ = ()

        def __getstate__(self):
            raise TypeError("no")

    assert places(closed=Closed(), coef_=np.ones(1)) == ["coef_"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (np.array([1, 2], dtype="int32"), np.array([1, 2], dtype="int64")),
        (np.array([1.5], dtype="<f8"), np.array([1.5], dtype=">f8")),
    ],
)
def test_the_platforms_way_to_hold_a_value_makes_no_difference(left, right):
    assert fitted_state.describe([left], "object") == fitted_state.describe([right], "object")


def test_shape_and_value_make_a_difference():
    arrays = [np.zeros(4), np.zeros((2, 2)), np.array([0.0, 0.0, 0.0, 1.0]), np.zeros(4, "int64")]

    assert len({fitted_state.describe([each], "object")["[0]"] for each in arrays}) == 4


def test_labels_are_told_apart_by_their_text():
    first, second, other = (
        fitted_state.describe([np.array(labels)], "object")
        for labels in (["no", "yes"], ["no", "yes"], ["no", "YES"])
    )

    assert first == second
    assert first != other


def network(**more):
    return SimpleNamespace(weights=[Tensor([1.0]), Tensor([2.0])], **more)


def test_networks_have_weights_and_the_variables_of_their_optimizer():
    before = SimpleNamespace(variables=lambda: [Tensor([3.0])])  # a method before Keras 2.11
    after = SimpleNamespace(variables=[np.array([3.0])])

    first = fitted_state.describe(network(optimizer=before), "keras")
    second = fitted_state.describe(network(optimizer=after), "keras")

    assert list(first) == ["weights[0]", "weights[1]", "optimizer[0]"]
    assert first == second
    assert list(fitted_state.describe(network(), "keras")) == ["weights[0]", "weights[1]"]


def test_what_layers_compute_from_their_weights_is_a_state_of_its_own():
    class Normalization:
        def __init__(self, mean):
            self.mean, self.name = Tensor([mean]), "normalization_3"
            self.limits = np.array([mean])
            self.adapt_mean = Tensor([mean])
            self.adapt_mean.assign = lambda value: None  # a variable, which is a weight

    class Graph:
        def numpy(self):
            raise NotImplementedError("a tensor of a graph has no value")

    first, second = Normalization(1.0), Normalization(2.0)
    second.graph = Graph()

    nested = fitted_state.describe(network(_flatten_layers=lambda: iter([first, second])), "keras")
    flat = fitted_state.describe(network(layers=[second]), "keras")

    assert [place for place in nested if place.startswith("computed")] == [
        "computed[Normalization[0].limits]",
        "computed[Normalization[0].mean]",
        "computed[Normalization[1].limits]",
        "computed[Normalization[1].mean]",
    ]
    assert flat["computed[Normalization[0].mean]"] == nested["computed[Normalization[1].mean]"]
    assert flat["computed[Normalization[0].mean]"] != nested["computed[Normalization[0].mean]"]


def test_modules_have_variables_and_loaded_functions_nothing():
    module = SimpleNamespace(variables=(Tensor([1.0]),))

    assert list(fitted_state.describe(module, "tf-module")) == ["weights[0]"]
    assert fitted_state.describe(lambda x: x, "keras") == {}


def test_a_state_is_written_once_by_its_digest(tmp_path):
    model = Holder(coef_=np.ones(2))

    first = fitted_state.keep(model, "object", str(tmp_path))
    second = fitted_state.keep(model, "object", str(tmp_path))

    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == [f"{first}.json"]
    assert list(json.loads((tmp_path / f"{first}.json").read_text())) == ["coef_"]


def test_without_a_state_nothing_is_written(tmp_path):
    assert fitted_state.keep(object(), "keras", str(tmp_path)) == ""
    assert list(tmp_path.iterdir()) == []
