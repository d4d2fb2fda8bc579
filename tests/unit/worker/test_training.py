"""Seeds, a few steps of training, and going on with it."""

from __future__ import annotations

import errno
import random
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from builders_tensorflow import Calls, fake_tensorflow
from builders_worker import X, Y
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import IncrementalPCA
from sklearn.linear_model import SGDClassifier

from crossload.worker import errors, training

DATA = SimpleNamespace(x_train=X, y_train=Y, x_test=X[:5], y_test=Y[:5])
UNLABELLED = SimpleNamespace(x_train=X, y_train=None, x_test=X[:5], y_test=None)


class Network:
    """A Keras model that remembers the batches that it was trained on."""

    def __init__(self):
        self.batches, self.eagerly, self.run_eagerly, self.resets = [], [], None, 0

    def train_on_batch(self, x, y):
        self.batches.append((x, y))
        self.eagerly.append(self.run_eagerly)
        return [float(len(self.batches)), 0.5]

    def reset_metrics(self):
        self.resets += 1


def resumed(model, tmp_path, data=DATA, resume=True, kind="object"):
    recipe = SimpleNamespace(resume=resume, kind=kind)
    return training.resume(model, recipe, data, {"outputs": str(tmp_path)})


def test_seeding_makes_random_numbers_the_same_again():
    def numbers():
        training.seed()
        return random.random(), np.random.random()  # noqa: NPY002 - this generator is seeded

    assert numbers() == numbers()


def test_tensorflow_is_seeded_if_it_is_imported(monkeypatch):
    calls = Calls()
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(calls))

    training.seed()

    assert calls == [("set_seed", (0,), {})]


def test_keras_forgets_the_names_that_it_gave(monkeypatch):
    calls = Calls()
    tensorflow = fake_tensorflow(calls)
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)

    training.clear_session()
    # Keras 2 has no argument
    tensorflow.keras.backend.clear_session = lambda: calls.append("of Keras 2")
    training.clear_session()

    assert calls == [("clear_session", (), {"free_memory": False}), "of Keras 2"]


def test_without_tensorflow_no_names_are_forgotten_and_none_is_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)

    training.clear_session()

    assert "tensorflow" not in sys.modules


class Generator:
    """The variable of a random generator of Keras 3, or another variable."""

    shape = (2,)

    def __init__(self, name):
        self.name, self.value = name, [3, 7]

    def assign(self, value):
        self.value = value.tolist()


def test_random_generators_of_layers_start_alike_and_weights_stay():
    model = Network()
    model.variables = [
        Generator("seed_generator_state"), Generator("drop/seed_generator_state"), Generator("bias")
    ]  # fmt: skip

    training.seed_layers(model)
    training.seed_layers(object())
    training.seed_layers(SimpleNamespace(variables=lambda: model.variables))

    assert [each.value for each in model.variables] == [[0, 0], [0, 0], [3, 7]]


@pytest.mark.parametrize(("kind", "state"), [("keras", [0, 0]), ("tf-module", [3, 7])])
def test_networks_go_on_with_the_same_random_numbers_on_both_sides(tmp_path, kind, state):
    model = Network()
    model.variables = [Generator("seed_generator_state")]

    resumed(model, tmp_path, kind=kind, resume=lambda model, data: np.array([1.0]))

    assert model.variables[0].value == state


def test_models_are_fitted_with_labels_where_there_are_some():
    calls = Calls()
    model = SimpleNamespace(fit=calls.giving("fit", "fitted"))

    assert training.fit_default(model, DATA) == "fitted"
    assert training.fit_default(model, UNLABELLED) == "fitted"
    assert [len(arguments) for _, arguments, _ in calls] == [2, 1]


def test_networks_are_trained_eagerly_and_start_again_with_the_first_rows():
    model = Network()
    data = SimpleNamespace(x_train=np.arange(5), y_train=np.arange(5) * 10)

    assert training.fit_keras(model, data, steps=2, batch=3) is model
    assert [x.tolist() for x, _ in model.batches] == [[0, 1, 2], [3, 4, 0]]
    assert [y.tolist() for _, y in model.batches] == [[0, 10, 20], [30, 40, 0]]
    assert model.eagerly == [True, True]
    assert model.run_eagerly is False


def test_networks_with_several_inputs_get_the_same_rows_of_each():
    model = Network()
    data = SimpleNamespace(x_train={"a": np.arange(4), "b": np.arange(4) * 2}, y_train=np.arange(4))

    training.fit_keras(model, data, steps=1, batch=2)
    training.resume_keras(model, data, batch=2)

    assert [{name: column.tolist() for name, column in x.items()} for x, _ in model.batches] == [
        {"a": [0, 1], "b": [0, 2]},
        {"a": [0, 1], "b": [0, 2]},
        {"a": [2, 3], "b": [4, 6]},
    ]


def test_two_more_steps_of_a_network_give_two_losses(tmp_path):
    model = Network()

    found = resumed(model, tmp_path, kind="keras")

    with np.load(tmp_path / f"{found['resumed']}.npz") as held:
        assert held["resumed"].tolist() == [1.0, 2.0]
    assert model.resets == 2


@pytest.mark.parametrize(
    ("model", "data", "shape"),
    [
        (SGDClassifier(random_state=0).fit(X, Y), DATA, (5,)),
        (MiniBatchKMeans(2, n_init=1, random_state=0).fit(X), UNLABELLED, (5,)),
        (IncrementalPCA(2).fit(X), DATA, (5, 2)),
    ],
)
def test_training_goes_on_in_a_copy_of_the_model(tmp_path, model, data, shape):
    before = model.__dict__.copy()

    found = resumed(model, tmp_path, data)

    with np.load(tmp_path / f"{found['resumed']}.npz") as held:
        assert held["resumed"].shape == shape
    assert all(model.__dict__[name] is value for name, value in before.items())


def test_a_recipe_may_say_how_training_goes_on(tmp_path):
    def resume(model, data):
        warnings.warn("not the loading's", UserWarning, stacklevel=1)
        return np.array([len(data.x_test), model])

    found = resumed(7, tmp_path, resume=resume)

    with np.load(tmp_path / f"{found['resumed']}.npz") as held:
        assert held["resumed"].tolist() == [5, 7]


def test_a_model_that_cannot_go_on_is_a_fact(tmp_path):
    def resume(model, data):
        raise ValueError("no optimizer at /srv/env" + "x" * 500)

    recipe = SimpleNamespace(resume=resume, kind="keras")
    job = {"outputs": str(tmp_path), "scrub": [["/srv/env", "<environment>"]]}

    found = training.resume(None, recipe, DATA, job)

    assert found["resume_error"].startswith("ValueError: no optimizer at <environment>")
    assert len(found["resume_error"]) == 300
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_the_going_on(tmp_path):
    def resume(model, data):
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(errors.Stopped):
        resumed(None, tmp_path, resume=resume)
