"""The ways in which people load a saved model; with the scikit-learn of the driver."""

from __future__ import annotations

import pickle
import sys
from types import SimpleNamespace

import h5py
import pytest
from builders_tensorflow import Calls, Tensor, fake_tensorflow
from builders_worker import X, Y
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from crossload.worker import load_ways


@pytest.fixture
def calls(monkeypatch):
    found = Calls()
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(found))
    return found


def test_a_model_is_made_anew_from_its_parameters_alone():
    model = GridSearchCV(make_pipeline(StandardScaler(), SVC(C=3.0)), {"svc__C": [1.0]}, cv=2).fit(
        X, Y
    )
    model.__dict__["gone_in_this_version"] = 1

    again = load_ways.new_from_parameters(model)

    assert not hasattr(again, "best_estimator_")
    assert again.estimator.steps[1][1].C == 3.0
    assert not hasattr(again, "gone_in_this_version")


def test_lists_of_models_are_made_anew_and_other_values_stay():
    (again, number) = load_ways.new_from_parameters([SVC(C=2.0).fit(X, Y), 3])

    assert again.C == 2.0
    assert not hasattr(again, "support_")
    assert number == 3


@pytest.mark.parametrize(
    ("way", "kind"),
    [("pickle", "object"), ("skops", "object"), ("keras", "keras"), ("h5", "keras")],
)
def test_the_way_of_loading_says_how_the_state_is_read(way, kind):
    assert load_ways.kind_of(way) == kind


def test_networks_may_start_from_another_seed(calls):
    load_ways.seed(0)
    load_ways.seed(7)

    assert [arguments for _, arguments, _ in calls] == [(0,), (0,), (7,)]


def test_the_digest_of_a_file_is_its_sha256(tmp_path):
    (tmp_path / "m.pkl").write_bytes(b"abc")

    assert load_ways.digest(str(tmp_path / "m.pkl"), "pickle").startswith("ba7816bf8f01cfea")


def test_the_digest_of_a_folder_covers_what_it_links_to(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    for each in (outside, folder / "b", folder / "a"):
        each.mkdir(parents=True)
    (folder / "a" / "x").write_text("1")
    (outside / "variables").write_text("1")
    (folder / "linked").symlink_to(outside)
    before = load_ways.digest(str(folder), "savedmodel-keras")

    assert load_ways.digest(str(folder), "savedmodel-keras") == before
    (outside / "variables").write_text("2")
    assert load_ways.digest(str(folder), "savedmodel-keras") != before


def test_the_digest_of_a_checkpoint_covers_the_files_of_its_prefix_alone(tmp_path):
    for name in ("ckpt-1.index", "ckpt-1.data-00000-of-00001", "ckpt-12.index", "notes"):
        (tmp_path / name).write_text("1")

    def digest():
        return load_ways.digest(str(tmp_path / "ckpt-1.index"), "checkpoint")

    before = digest()
    for other in ("ckpt-12.index", "notes"):
        (tmp_path / other).write_text("2")
    assert digest() == before
    (tmp_path / "ckpt-1.data-00000-of-00001").write_text("2")
    assert digest() != before


def code(model=None):
    return SimpleNamespace(custom=lambda: {"Mine": int}, rebuild=lambda data: model)


def test_a_model_is_loaded_in_the_way_of_its_format(tmp_path):
    path = str(tmp_path / "m.joblib")
    load_ways.save("joblib", {"a": 1}, path)

    assert load_ways.load("joblib", path, code(), strict=True) == {"a": 1}


def test_a_model_may_be_saved_without_what_it_learnt(tmp_path):
    path = tmp_path / "m.pkl"
    load_ways.save("unfitted", SVC(C=3.0).fit(X, Y), str(path))

    again = pickle.loads(path.read_bytes())
    assert again.C == 3.0
    assert not hasattr(again, "support_")
    assert path.read_bytes()[1] == 4


@pytest.mark.parametrize("text", ["pass `safe_mode=False`", "deserializing it is unsafe"])
def test_code_in_a_file_is_run_where_keras_asks_for_it(monkeypatch, text):
    calls = Calls()
    tensorflow = fake_tensorflow(calls)

    def load_model(path, **options):
        calls.append(("load_model", (path,), options))
        if "safe_mode" not in options:
            raise ValueError(text)
        return "the model"

    tensorflow.keras.models.load_model = load_model
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)

    with pytest.raises(ValueError, match=text):
        load_ways.load("keras", "m.keras", code(), strict=False)
    assert load_ways.load("keras", "m.keras", code(), strict=False, unsafe=True) == "the model"
    assert calls[-1] == (
        "load_model", ("m.keras",), {"custom_objects": {"Mine": int}, "safe_mode": False}
    )  # fmt: skip
    # HDF5 is refused by later versions alike
    with pytest.raises(ValueError, match="safe"):
        load_ways.load("h5", "m.h5", code(), strict=False)
    assert load_ways.load("h5", "m.h5", code(), strict=False, unsafe=True) == "the model"


def test_other_errors_of_keras_pass(monkeypatch):
    def load_model(path, **options):
        raise ValueError("bad layer")

    tensorflow = fake_tensorflow(Calls())
    tensorflow.keras.models.load_model = load_model
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)

    with pytest.raises(ValueError, match="bad layer"):
        load_ways.load("keras", "m.keras", code(), strict=False)


def test_weights_must_all_arrive_where_they_were_written(tmp_path):
    network = SimpleNamespace(weights=[Tensor([1.0], "lost")], load_weights=lambda path: None)
    h5py.File(tmp_path / "w.h5", "w").close()

    path = str(tmp_path / "w.h5")
    assert load_ways.load("weights-h5", path, code(network), strict=False) is network
    with pytest.raises(AssertionError, match="1 of 1 weights were not restored: lost"):
        load_ways.load("weights-h5", path, code(network), strict=True)


@pytest.mark.parametrize(
    ("variables", "root"),
    [(["model/layer/.ATTRIBUTES", "save_counter"], "model"), (["a/b"], "root")],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_checkpoint_holds_a_model_or_is_one(monkeypatch, variables, root, strict):
    calls = Calls()
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(calls, variables=variables))

    assert load_ways.load("checkpoint", "p/ckpt-1.index", code("network"), strict) == "network"
    assert calls[:2] == [("Checkpoint", (), {root: "network"}), ("read", ("p/ckpt-1",), {})]
    assert ("assert_existing_objects_matched" in calls.names) is strict
