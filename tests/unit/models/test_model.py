"""The environment in which a model is loaded, and the digest of its code."""

from __future__ import annotations

from builders_models import (
    inspection,
)

from crossload.models.model import Model, environment_of
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
