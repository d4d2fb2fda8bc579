"""The environment in which a model is loaded, and the digest of its code."""

from __future__ import annotations

import hashlib

import pytest
from builders_measuring import built
from builders_models import (
    inspection,
)

from crossload.models.model import (
    Model,
    code_files,
    describe,
    environment_of,
    names_in,
    versions_of,
)
from crossload.models.needs import Needs
from crossload.models.targets import Target, parse


def test_what_scikit_learn_brings_is_not_asked_for_so_that_models_share_environments():
    needs = Needs(inspection(names=("sklearn.a.B", "scipy.sparse.c")))
    environment = environment_of(parse("scikit-learn==1.9.1", option="--to"), needs)

    assert environment.requires == ("scikit-learn==1.9.1",)
    assert environment.id.startswith("scikit-learn-1.9.1-")


def test_what_the_user_names_is_asked_for():
    environment = environment_of(
        parse("scikit-learn==1.9.1 numpy==2.4 shap", option="--to"), Needs(inspection())
    )

    assert environment.requires == ("numpy==2.4", "scikit-learn==1.9.1", "shap")


def test_of_a_lock_only_what_the_model_needs_is_installed_and_the_rest_constrains():
    lock = Target(
        packages={"scikit-learn": "==1.2.2", "numpy": "==1.24.3", "flask": "==3.0"}, complete=True
    )
    environment = environment_of(lock, Needs(inspection()))

    assert environment.requires == ("scikit-learn==1.2.2",)
    assert environment.constraints == ("flask==3.0", "numpy==1.24.3")


def test_pandas_comes_along_where_columns_have_names():
    needs = Needs(inspection(feature_names=("age", "city")))

    assert environment_of(parse("scikit-learn==1.2.2", option="--to"), needs).extras == ("pandas",)


def test_other_versions_make_another_environment():
    ids = {
        environment_of(
            parse(f"scikit-learn==1.2.2 numpy{each}", option="--to"), Needs(inspection())
        ).id
        for each in ("==1.24", "<2")
    }
    assert len(ids) == 2


def test_code_counts_with_all_that_it_may_import(tmp_path):
    (tmp_path / "mine.py").write_text("import helper\n")
    (tmp_path / "helper.py").write_text("K = 2\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    digests = set()
    for name, text in (
        ("helper.py", "K = 2\n"),
        ("helper.py", "K = 3\n"),
        ("pack/inner.py", "A = 1\n"),
        ("pack/inner.py", "A = 2\n"),
    ):
        (tmp_path / name).write_text(text)
        digests.add(Model(Needs(inspection()), "joblib", (tmp_path / "mine.py",)).code_digest)
    assert len(digests) == 4


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(b"a model")
    return Model(Needs(inspection("pickle", path=path)), "pickle", build="network")


def test_another_way_is_the_same_file_with_the_same_digest(model):
    other = model.with_way("joblib")

    assert (other.way, other.path, other.build) == ("joblib", model.path, "network")
    assert other.sha256 == model.sha256
    assert model.sha256 == hashlib.sha256(b"a model").hexdigest()


def test_a_checkpoint_is_a_prefix_with_a_digest_of_its_own(tmp_path):
    for name in ("saved.index", "saved.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"x")
    found = Model(Needs(inspection("checkpoint", path=tmp_path / "saved.index")), "pickle")

    assert found.with_way("checkpoint").sha256 != found.sha256


def test_without_code_there_is_no_digest_of_code(model):
    assert model.code_digest == ""


def test_a_folder_of_code_counts_with_all_modules_below_it(tmp_path):
    (tmp_path / "mine" / "inner").mkdir(parents=True)
    (tmp_path / "mine" / "inner" / "a.py").write_text("A = 1")
    (tmp_path / "other.py").write_text("")

    assert code_files(tmp_path / "mine") == [tmp_path / "mine" / "inner" / "a.py"]


def test_the_light_tensorflow_is_taken_where_there_is_one_and_named_as_the_library(monkeypatch):
    needs = Needs(inspection("h5", names=(), written=[]))
    wanted = parse("tensorflow==2.12.0", option="--to")
    monkeypatch.setattr("sys.platform", "linux")

    found = {}
    for machine in ("x86_64", "aarch64"):
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        found[machine] = environment_of(wanted, needs).requires
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    beside = environment_of(parse("tensorflow==2.12.0 tensorflow-text", option="--to"), needs)

    assert found["x86_64"][-1] == "tensorflow-cpu==2.12.0"
    assert found["aarch64"][-1] == "tensorflow==2.12.0"
    assert "tensorflow==2.12.0" in beside.requires


def test_an_environment_is_described_by_what_it_holds():
    light = built(tensorflow_cpu="2.12.0", numpy="1.23.5")

    assert versions_of(light) == {"tensorflow": "2.12.0", "numpy": "1.23.5"}
    assert describe(light, ["tensorflow", "keras"]) == "Python 3.10.7, tensorflow 2.12.0"
    assert names_in(["numpy==1.2", "pandas"]) == ["numpy", "pandas"]
