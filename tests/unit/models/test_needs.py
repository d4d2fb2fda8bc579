"""The needs of a model, read from its file and from the user's code."""

from __future__ import annotations

import pytest
from builders_models import (
    inspection,
    name_of,
    written,
)

from crossload.errors import ConfigError
from crossload.inspection.facts import Certainty, Danger, ImportedName, Kind
from crossload.models.needs import Needs, imported_by, provided_by, python_files


def test_packages_come_from_the_names_that_loading_imports():
    needs = Needs(
        inspection(
            names=("sklearn.a.B", "xgboost.sklearn.C", "numpy.core.multiarray.d", "builtins.object")
        )
    )

    assert needs.packages == ("joblib", "numpy", "scikit-learn", "xgboost")
    assert needs.own_modules == ()


def test_a_package_is_never_installed_because_an_unknown_module_is_named():
    needs = Needs(inspection(names=("sklearn.a.B", "company_models.churn.Thing")))

    assert needs.own_modules == ("company_models",)
    assert "company-models" not in needs.packages


@pytest.mark.parametrize(
    ("fmt", "facts", "packages"),
    [
        ("joblib", [written()], {"scikit-learn": "==1.2.2"}),
        ("joblib", [written(), written(version="1.3.0")], {"scikit-learn": "==1.3.0"}),
        (
            "pickle",
            [written(), written("numpy", ">=2", Certainty.BOUND)],
            {"scikit-learn": "==1.2.2", "numpy": ">=2"},
        ),
        ("h5", [written("keras", "2.10.0")], {"tensorflow": "==2.10.0"}),
        ("h5", [written("keras", "2.4.3-tf")], {"tensorflow": "==2.4.3"}),
        ("keras", [written("keras", "3.5.0")], {"keras": "==3.5.0", "tensorflow": ""}),
        ("savedmodel", [written("tensorflow", "2.8.4")], {"tensorflow": "==2.8.4"}),
    ],
)
def test_the_versions_that_wrote_a_file(fmt, facts, packages):
    assert Needs(inspection(fmt, written=facts)).writer().packages == packages


@pytest.mark.parametrize("facts", [[], [written("numpy", ">=2", Certainty.BOUND)]])
def test_a_file_that_records_no_version_has_no_writer(facts):
    assert Needs(inspection(written=facts)).writer() is None


def test_imports_of_code_are_read_without_executing_it(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import lightgbm.sklearn\nfrom sklearn import base\nfrom . import x\nraise SystemExit\n"
    )
    (tmp_path / "broken.py").write_text("def (:")

    assert imported_by([tmp_path]) == {"lightgbm", "sklearn"}
    assert provided_by([tmp_path / "mine.py"]) == {"mine"}
    assert "lightgbm" in Needs(inspection(), code=(tmp_path,)).packages


def test_virtual_environments_and_hidden_folders_are_nobodys_code(tmp_path):
    for name in ("mine.py", ".hidden/a.py", "venv/lib/b.py", "node_modules/c.py", "pack/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("import lightgbm\n")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")

    assert [each.name for each in python_files(tmp_path)] == ["mine.py", "d.py"]


def test_too_much_code_is_said_instead_of_read(tmp_path, monkeypatch):
    monkeypatch.setattr("crossload.models.needs.MOST_FILES", 3)
    for index in range(5):
        (tmp_path / f"m{index}.py").write_text("")
    with pytest.raises(ConfigError, match="more than 3 modules"):
        python_files(tmp_path)


def test_a_folder_provides_its_modules_and_a_package_itself(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "one.py").write_text("")

    assert provided_by([tmp_path]) == {"one", "pack"}
    assert provided_by([tmp_path / "pack"]) == {"pack"}


def test_a_folder_of_keras_is_loaded_as_such_before_other_ways(tmp_path):
    plain = Needs(inspection("savedmodel", path=tmp_path)).ways
    (tmp_path / "keras_metadata.pb").write_bytes(b"x")

    assert plain == ("savedmodel-signature", "savedmodel-tfsm")
    assert Needs(inspection("savedmodel", path=tmp_path)).ways == ("savedmodel-keras", *plain)


@pytest.mark.parametrize(
    ("fmt", "names", "more", "imports"),
    [
        ("pickle", ("sklearn.a.B", "mine.C"), {}, ("sklearn.a",)),
        ("joblib", ("sklearn.a.B",), {"feature_names": ("x",)}, ("joblib", "pandas", "sklearn.a")),
        ("skops", (), {}, ("skops.io",)),
        ("h5", (), {}, ("tensorflow",)),
    ],
)
def test_known_packages_are_imported_before_the_first_load(fmt, names, more, imports):
    assert Needs(inspection(fmt, names=names, **more)).imports == imports


def test_names_that_are_dangerous_or_unknown_wait_for_the_load():
    found = inspection("pickle", names=("sklearn.a.B",))
    found.names.append(name_of("numpy.evil", Danger.UNKNOWN))

    assert Needs(found).imports == ("sklearn.a",)


def test_weights_that_record_no_version_of_keras_have_no_writer():
    assert Needs(inspection("h5", names=(), written=[written("h5py", "3.8.0")])).writer() is None


def test_the_bound_of_a_package_that_nobody_knows_is_no_requirement():
    facts = [written(), written("mystery", ">=2", Certainty.BOUND)]

    assert Needs(inspection(written=facts)).writer().packages == {"scikit-learn": "==1.2.2"}


def test_names_of_keras_are_no_modules_that_the_user_must_bring():
    names = ["keras.layers.Dense", "tf.math.add", "registered as.pack>Own", "builtins.Sequential"]
    needs = Needs(inspection("keras", names=names, written=[written("tensorflow", "2.12.0")]))

    assert needs.own_modules == ()
    assert needs.packages == ("numpy", "tensorflow")
    assert needs.imports == ("tensorflow",)


def test_code_paths_and_operations_are_no_modules():
    found = inspection()
    found.names += [
        ImportedName(module="mine.pb", name="x", danger=Danger.UNKNOWN, kind=kind)
        for kind in (Kind.CODE, Kind.PATH, Kind.OPERATION)
    ]
    assert Needs(found).own_modules == ()
