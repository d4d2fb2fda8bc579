"""Models that are zip archives."""

from __future__ import annotations

import json
import zipfile

import pytest
import sklearn
import skops.io
from builders_inspection import inspect_file

from crossload.inspection import NotAModel, archives
from crossload.inspection.facts import Kind


def test_keras_archives(tmp_path):
    layers = [
        {"class_name": "Dense", "config": {"units": 1}},
        {"class_name": "Lambda", "config": {}},
    ]
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        file.writestr(
            "config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        )

    found = inspect_file(tmp_path / "m.keras")

    assert (found.format, found.version("keras")) == ("keras", "3.5.0")
    assert found.classes == {"Sequential": 1, "Dense": 1, "Lambda": 1}
    assert "Lambda" in found.notes[0]


def test_skops_archives(tmp_path, model):
    skops.io.dump(model, tmp_path / "m.skops")

    found = inspect_file(tmp_path / "m.skops")

    assert (found.format, found.version("scikit-learn"), found.features) == (
        "skops",
        sklearn.__version__,
        4,
    )
    assert found.version("skops")


def test_functions_in_old_skops_archives(tmp_path):
    node = {
        "__class__": "function",
        "__module__": "builtins",
        "__loader__": "FunctionNode",
        "content": {"module_path": "os", "function": "system"},
    }
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as file:
        file.writestr("schema.json", json.dumps(node))

    assert [each.text for each in inspect_file(tmp_path / "m.skops").dangerous] == ["os.system"]


def test_archives_that_would_unpack_to_too_much(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", bytes(1000))
    with pytest.raises(NotAModel, match="packed as no model is"):
        inspect_file(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", b" " * (17 << 20))
    with pytest.raises(NotAModel, match="unpacks to more than 16 MB"):
        inspect_file(tmp_path / "m.keras")


def archive(path, members, packing=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", packing) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


KERAS = {
    "metadata.json": json.dumps({"keras_version": "3.5.0"}),
    "config.json": json.dumps({"class_name": "Sequential", "config": {}}),
}


def test_an_archive_without_a_model_is_told(tmp_path):
    with pytest.raises(NotAModel, match="an archive that holds no model") as caught:
        inspect_file(archive(tmp_path / "x.zip", {"photo.txt": "x"}))
    assert "skops" in caught.value.hint


def test_archives_that_unpack_to_too_much_altogether(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_MOST_UNPACKED", 100)

    with pytest.raises(NotAModel, match="it unpacks to more than"):
        inspect_file(archive(tmp_path / "m.keras", {**KERAS, "weights": bytes(200)}))


def test_damaged_weights_of_a_keras_archive_are_named(tmp_path):
    path = archive(tmp_path / "m.keras", {**KERAS, "model.weights.h5": b"WEIGHTS" * 10})
    path.write_bytes(path.read_bytes().replace(b"WEIGHTSWEIGHTS", b"WEIGHTSweights", 1))

    with pytest.raises(NotAModel, match=r"model\.weights\.h5 in it is damaged"):
        inspect_file(path)


def test_a_description_that_is_no_json_is_told(tmp_path):
    with pytest.raises(NotAModel, match=r"its config\.json is no JSON"):
        inspect_file(archive(tmp_path / "m.keras", {**KERAS, "config.json": "{"}))


def test_a_keras_archive_without_a_version_has_none(tmp_path):
    found = inspect_file(archive(tmp_path / "m.keras", {**KERAS, "metadata.json": "[]"}))

    assert found.version("keras") == ""


def sklearn_node(version, **state):
    return {
        "__class__": "SVC",
        "__module__": "sklearn.svm",
        "__loader__": "ObjectNode",
        "content": {"content": {"_sklearn_version": version, **state}},
    }


def test_versions_and_features_in_a_schema_may_be_nodes_of_their_own(tmp_path):
    nodes = [
        sklearn_node({"content": '"1.2.2"'}, n_features_in_={"content": "many"}),
        sklearn_node("1.2.2", n_features_in_={"content": "7"}),
        sklearn_node("1.3.0", n_features_in_={"content": "9"}),
    ]
    schema = {"__class__": "list", "_skops_version": "0.9", "content": nodes}

    found = inspect_file(archive(tmp_path / "m.skops", {"schema.json": json.dumps(schema)}))

    assert found.classes == {"sklearn.SVC": 3}
    assert found.features == 7
    assert [(each.package, each.version) for each in found.written] == [
        ("scikit-learn", "1.2.2"),
        ("scikit-learn", "1.3.0"),
        ("skops", "0.9"),
    ]
    assert found.written[0].how == "_sklearn_version of 2 objects"


def test_weights_that_keras_unpickles_are_code(tmp_path):
    found = inspect_file(archive(tmp_path / "m.keras", {**KERAS, "model.weights.npz": b"x"}))

    assert [(each.kind, each.module) for each in found.dangerous] == [
        (Kind.CODE, "model.weights.npz")
    ]


def test_members_outside_of_an_archive_are_paths(tmp_path):
    found = inspect_file(archive(tmp_path / "m.keras", {**KERAS, "assets/../../x": b"x"}))

    assert [(each.kind, each.name) for each in found.unknown] == [(Kind.PATH, "assets/../../x")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_with_a_member_twice_are_refused(tmp_path):
    archive(tmp_path / "m.keras", KERAS)
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as file:
        file.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {}}))

    with pytest.raises(NotAModel, match="in two ways"):
        inspect_file(tmp_path / "m.keras")
