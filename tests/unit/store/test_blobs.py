"""Outputs and artifacts: what is not what its name says is noticed."""

from __future__ import annotations

import pytest
from builders_store import keep, record

from crossload.store.blobs import Damaged


def test_outputs_are_read_back_and_checked(store):
    kept = keep(store, predict=[1, 0])

    assert store.blobs.arrays(kept)["predict"].tolist() == [1, 0]


@pytest.mark.parametrize("damage", ["truncated", "foreign", "gone"])
def test_damaged_outputs_are_set_aside_and_named(store, damage):
    kept, other = keep(store, predict=[1, 0]), keep(store, predict=[0, 0])
    path = store.blobs.outputs / f"{kept}.npz"
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:40])
    elif damage == "foreign":
        path.write_bytes((store.blobs.outputs / f"{other}.npz").read_bytes())
    else:
        path.unlink()

    with pytest.raises(Damaged, match=kept):
        store.blobs.arrays(kept)
    assert not path.exists()
    assert not store.blobs.has_outputs({"kept": kept})
    assert len(store.damage_notes) == (0 if damage == "gone" else 1)


def test_an_artifact_that_is_gone_is_noticed(store):
    saved = record("e", kind="save", artifact={"sha256": "ab", "name": "m.pkl"}, kept="out")
    assert not store.blobs.has_artifact(saved)
    (store.blobs.artifacts / "ab").mkdir()
    assert not store.blobs.has_artifact(saved)
    (store.blobs.artifacts / "ab" / "m.pkl").touch()
    (store.blobs.outputs / "out.npz").touch()

    assert store.blobs.has_artifact(saved)
    assert store.blobs.has_artifact(record("d", "na", kind="save"))
