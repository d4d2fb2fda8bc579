"""Files that are an archive and an HDF5 file at once."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from crossload.inspection import NotAModel, inspect_file
from crossload.inspection.two_formats import HDF5, check_folder, check_single


def archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        config = {"module": "keras", "class_name": "Sequential", "config": {"layers": []}}
        made.writestr("config.json", json.dumps(config))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["m.keras", "m.KERAS"])
def test_an_archive_behind_an_hdf5_file_is_refused_where_keras_would_look_into_it(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(HDF5 + b"\0" * 600 + archive())

    with pytest.raises(NotAModel, match="both an archive and an HDF5 file") as caught:
        inspect_file(path)
    assert "two ways" in caught.value.hint


@pytest.mark.parametrize("place", [512, 1024, 1 << 16])
@pytest.mark.parametrize("name", ["m.h5", "m.keras", "m"])
def test_an_hdf5_file_behind_an_archive_is_refused(tmp_path, name, place):
    content = archive()
    path = tmp_path / name
    path.write_bytes(content.ljust(place, b"\0") + HDF5 + b"\0" * 100 + content)

    with pytest.raises(NotAModel, match="both an archive and an HDF5 file"):
        inspect_file(path)


def test_a_file_of_one_format_passes(tmp_path):
    (tmp_path / "m.keras").write_bytes(archive())
    assert inspect_file(tmp_path / "m.keras").format == "keras"
    # not a place where the library looks, and a name that Keras takes for no archive
    (tmp_path / "n.keras").write_bytes(archive().ljust(700, b"\0") + HDF5 + archive())
    check_single(tmp_path / "n.keras", b"PK")
    (tmp_path / "m.h5").write_bytes(HDF5 + archive())
    check_single(tmp_path / "m.h5", HDF5)


CONFIGS = {
    '{"class_name": "Functional", "module": "keras", "config": {}}': True,
    '{"architectures": ["Bert"]}': False,
    "[1]": False,
    "no json": False,
    "[" * 100_000: False,
}


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("graph", ["saved_model.pb", "saved_model.pbtxt"])
def test_a_folder_that_keras_takes_for_an_archive_is_no_saved_model(tmp_path, graph, config):
    (tmp_path / graph).write_bytes(b"")
    (tmp_path / "config.json").write_text(config)

    if CONFIGS[config]:
        with pytest.raises(NotAModel, match="both a SavedModel and an unpacked archive"):
            inspect_file(tmp_path)
    else:
        check_folder(tmp_path)


def test_a_configuration_without_end_is_not_read(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with (tmp_path / "config.json").open("wb") as stream:
        stream.truncate(1 << 40)

    with pytest.raises(NotAModel, match="both a SavedModel and"):
        check_folder(tmp_path)
