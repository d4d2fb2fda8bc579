"""Outputs as plain arrays: their types, their digests, the files they are kept in."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.worker import outputs


def test_arrays_are_recorded_as_plain_types():
    words = outputs.as_array(np.array(["a", "bc"], dtype=object), "x")

    assert words.dtype.kind == "U"
    with pytest.raises(outputs.OutputError, match="Python objects"):
        outputs.as_array(np.array([object()], dtype=object), "x")
    with pytest.raises(outputs.OutputError, match="cannot be compared"):
        outputs.as_array(np.array(["2020-01-01"], dtype="datetime64[D]"), "x")


def test_digests_tell_type_shape_and_bits_apart():
    arrays = [
        np.zeros(4),
        np.zeros(4, dtype="float32"),
        np.zeros((2, 2)),
        np.array([0.0, 0.0, 0.0, -0.0]),
    ]

    assert len({outputs.array_digest(array) for array in arrays}) == 4
    assert outputs.array_digest(np.zeros(4)) == outputs.array_digest(np.zeros(4))


def test_outputs_are_kept_once_by_content(tmp_path):
    arrays = {"a": np.arange(3)}

    first = outputs.keep(arrays, outputs.digests(arrays), str(tmp_path))
    second = outputs.keep(arrays, outputs.digests(arrays), str(tmp_path))

    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == [f"{first}.npz"]


def test_the_sha_of_a_folder_covers_names_and_contents(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a").write_text("1")
    before = outputs.sha256_of(str(tmp_path / "m"))
    (tmp_path / "m" / "a").rename(tmp_path / "m" / "b")

    assert outputs.sha256_of(str(tmp_path / "m")) != before
    assert outputs.size_of(str(tmp_path / "m")) == 1
