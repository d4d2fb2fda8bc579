"""The classes that a model is made of."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from crossload.worker.parts import MOST, classes_of


def short(model, kind="object"):
    return {each.rpartition(".")[2] for each in classes_of(model, kind)}


def test_parts_of_parts_are_named():
    rows = np.arange(24.0).reshape(12, 2)
    model = make_pipeline(StandardScaler(), RandomForestClassifier(3)).fit(rows, rows[:, 0] > 9)

    assert {
        "Pipeline",
        "StandardScaler",
        "RandomForestClassifier",
        "DecisionTreeClassifier",
        "Tree",
    } <= short(model)
    assert "sklearn.pipeline.Pipeline" in classes_of(model, "object")
    assert "TfidfTransformer" in short(TfidfVectorizer().fit(["a word", "a word more"]))


def test_functions_and_plain_values_are_no_parts():
    assert short(FunctionTransformer(np.log1p)) == {"FunctionTransformer", "ufunc"}
    assert short({"a": [1, "b", None, np.float64(2)]}) == set()


def test_a_model_that_holds_itself_and_one_of_many_parts_end():
    class Node:
        pass

    first = Node()
    first.me, first.more = first, [type(f"Kind{n}", (), {})() for n in range(40)]
    first.table = np.array([Node(), None], dtype=object)
    assert {"Node", "Kind0", "Kind39"} <= short(first)
    many = [
        [type(f"K{n}", (), {})() for n in range(start, start + 40)] for start in range(0, 400, 40)
    ]
    assert len(classes_of(many, "object")) == MOST


def test_of_networks_layers_optimizer_and_loss_count():
    class Part:
        def __init__(self, **parts):
            self.__dict__.update(parts)

        def get_config(self):
            return {}

    class Dense(Part):
        pass

    class Adam(Part):
        pass

    class Wrapper(Part):
        pass

    model = Part(layers=[Dense(), Wrapper(layer=Dense())], optimizer=Adam(), loss="mse")

    assert short(model, "keras") == {"Part", "Dense", "Wrapper", "Adam"}
    assert short(SimpleNamespace(loss=len), "keras") == {"SimpleNamespace"}
    half = SimpleNamespace(dtype_policy=SimpleNamespace(name="mixed_float16"))
    assert short(half, "keras") == {"SimpleNamespace", "mixed_float16"}
    whole = SimpleNamespace(dtype_policy=SimpleNamespace(name="float32"))
    assert short(whole, "keras") == {"SimpleNamespace"}
