"""Outputs as plain arrays: their types, their digests, the files they are kept in."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import numpy as np
import pytest
from builders_tensorflow import Tensor
from scipy import sparse

from crossload.worker import outputs
from crossload.worker.errors import Stopped


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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Tensor([1, 2]), [1, 2]),
        (sparse.csr_matrix([[0, 1]]), [[0, 1]]),
        ([Tensor([[1.0], [2.0]]), Tensor([3.0, 4.0])], [[1, 3], [2, 4]]),
        (3.5, [3.5]),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_tensors_sparse_matrices_and_several_outputs_become_one_array(value, expected):
    assert outputs.as_array(value, "x").tolist() == expected


DATA = SimpleNamespace(x_test=np.arange(3))


class Model:
    def __call__(self, x):
        return x + 1

    def predict(self, x):
        return x * 2


def test_a_model_is_asked_for_the_outputs_of_its_recipe():
    recipe = SimpleNamespace(
        outputs={"predict": None, "call": None, "own": lambda model, data: data.x_test - 1}
    )

    found = outputs.ask(Model(), recipe, DATA)

    assert {name: array.tolist() for name, array in found.items()} == {
        "call": [1, 2, 3],
        "own": [-1, 0, 1],
        "predict": [0, 2, 4],
    }
    assert list(outputs.ask(Model(), recipe, DATA, "function")) == ["call"]


def test_each_output_is_asked_also_behind_one_that_fails():
    def lost(model, data):
        raise AttributeError("no var_")

    recipe = SimpleNamespace(outputs={"a": lost, "predict": None})

    found, failed = outputs.ask_each(Model(), recipe, DATA)

    assert found["predict"].tolist() == [0, 2, 4]
    assert {name: str(error) for name, error in failed.items()} == {"a": "no var_"}
    with pytest.raises(AttributeError, match="no var_"):
        outputs.ask(Model(), recipe, DATA)


def test_a_full_disk_is_no_output_that_fails():
    def full(model, data):
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(Stopped):
        outputs.ask_each(Model(), SimpleNamespace(outputs={"a": full}), DATA)


def test_the_sha_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")

    assert outputs.sha256_of(str(tmp_path / "f")).startswith("ba7816bf8f01cfea414140de5dae2223")
    assert outputs.size_of(str(tmp_path / "f")) == 3
