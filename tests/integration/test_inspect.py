"""``crossload inspect`` on what real environments saved, and on HDF5.

HDF5 is read by a process of its own, because a damaged file can end the process that reads it.
"""

from __future__ import annotations

import json
import random

import h5py
import pytest

from crossload.inspection import NotAModel, inspect_file
from crossload.inspection.facts import Danger

pytestmark = pytest.mark.integration


def test_the_version_in_a_file_is_that_of_its_writer(small_measured):
    project = small_measured
    table = project.outcomes("small").reset_index()
    table = table[table["reader"] == "sklearn-1.3.2"]
    store = project.root / ".crossload" / "store" / "artifacts"
    checked = set()
    for row in table.itertuples():
        (folder,) = store.glob(f"{row.artifact}*")
        (path,) = folder.iterdir()
        found = inspect_file(path)
        assert found.version("scikit-learn") == row.writer.removeprefix("sklearn-")
        assert found.format == row.format
        assert found.features == 4
        assert {each.danger for each in found.names} == {Danger.KNOWN}
        checked.add((row.writer, row.format))
    assert len(checked) == 4
    artifacts = table[table["format"] == "pickle"]["artifact"][:2]
    paths = [str(next(store.glob(f"{each}*")) / "model.pkl") for each in artifacts]
    done = project.crossload("inspect", "--json", *paths)
    assert [json.loads(line)["format"] for line in done.stdout.splitlines()] == ["pickle"] * 2


@pytest.fixture
def keras_file(tmp_path):
    config = {
        "class_name": "Sequential",
        "config": {"layers": [{"class_name": "Dense", "config": {"units": 1}}]},
    }
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = "2.10.0", json.dumps(config)
        file.create_group("model_weights").create_dataset("w", data=list(range(100)))
    return tmp_path / "m.h5"


def test_hdf5_tells_who_wrote_it(keras_file, tmp_path):
    with h5py.File(tmp_path / "new.weights.h5", "w") as file:
        file.create_group("layers")
    with h5py.File(tmp_path / "old.weights.h5", "w") as file:
        file.attrs["layer_names"], file.attrs["keras_version"] = ["dense"], b"2.4.0"
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file.create_group("measurements")

    whole, new, old = (
        inspect_file(tmp_path / name) for name in ("m.h5", "new.weights.h5", "old.weights.h5")
    )

    assert (whole.format, whole.version("keras")) == ("h5", "2.10.0")
    assert whole.classes == {"Sequential": 1, "Dense": 1}
    assert (new.format, new.written) == ("weights-h5", [])
    assert (old.format, old.version("keras")) == ("weights-h5", "2.4.0")
    assert "of Keras before 2.12" in old.notes[0]
    with pytest.raises(NotAModel, match="without a Keras model"):
        inspect_file(tmp_path / "data.h5")


def test_damaged_hdf5_ends_no_process_of_ours(keras_file):
    data, rng = keras_file.read_bytes(), random.Random(0)
    answers = 0
    for _ in range(40):
        broken = bytearray(data)
        for _ in range(rng.choice([1, 5, 50])):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        cut = rng.random() < 0.5
        keras_file.write_bytes(broken[: rng.randrange(1, len(broken))] if cut else broken)
        try:
            inspect_file(keras_file)
            answers += 1
        except NotAModel as error:
            assert "\n" not in str(error)
    assert answers < 40


def test_a_folder_of_the_file_is_not_imported_from(keras_file):
    (keras_file.parent / "h5py.py").write_text("raise SystemExit('imported')")

    assert inspect_file(keras_file).format == "h5"


def test_dangerous_and_bad_files_have_codes_of_their_own(project):
    (project.root / "evil.pkl").write_bytes(b"cposix\nsystem\n(S'touch hacked'\ntR.")
    (project.root / "text.pkl").write_bytes(b"no model")

    done = project.crossload("inspect", "evil.pkl", code=1, cwd=project.root)
    assert "DANGEROUS: loading would call posix.system" in done.stdout
    done = project.crossload("inspect", "text.pkl", code=2, cwd=project.root)
    assert "ERROR text.pkl" in done.stderr
    done = project.crossload("inspect", "evil.pkl", "text.pkl", code=1, cwd=project.root)
    assert "ERROR text.pkl" in done.stderr
    assert not (project.root / "hacked").exists()
