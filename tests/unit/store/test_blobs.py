"""Outputs and artifacts: what is not what its name says is noticed."""

from __future__ import annotations

import hashlib

import pytest
from builders_store import artifact_in, keep, record

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


def state_in(store, text='{"coef_": "d"}'):
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    (store.blobs.states / f"{name}.json").write_text(text)
    return name


def test_states_are_read_back_and_checked(store):
    assert store.blobs.state(state_in(store)) == {"coef_": "d"}


@pytest.mark.parametrize("damage", ["changed", "no text", "gone"])
def test_damaged_states_are_set_aside_and_named(store, damage):
    name = state_in(store)
    path = store.blobs.states / f"{name}.json"
    if damage == "changed":
        path.write_text('{"coef_": "e"}')
    elif damage == "no text":
        path.write_bytes(b"\xff\xfe\xff")
    else:
        path.unlink()

    with pytest.raises(Damaged, match=name):
        store.blobs.state(name)
    assert not path.exists()
    assert not store.blobs.has_outputs({"state": name})


def test_all_that_a_record_names_has_to_be_there(store):
    names = [keep(store, predict=[number]) for number in range(4)]
    found = dict(zip(("kept", "noise", "kept_train", "resumed"), names, strict=True))
    found["state"] = state_in(store)
    assert store.blobs.has_outputs(found)

    for name, value in found.items():
        assert not store.blobs.has_outputs({**found, name: value[::-1]}), name


def test_all_outputs_and_states_are_checked(store):
    kept, name = keep(store, predict=[1]), state_in(store)
    keep(store, predict=[2])
    assert store.blobs.check() == 0

    (store.blobs.outputs / f"{kept}.npz").write_bytes(b"")
    (store.blobs.states / f"{name}.json").write_bytes(b"")

    assert store.blobs.check() == 2
    assert store.blobs.check() == 0
    assert len(store.damage_notes) == 2


def test_files_that_were_listed_once_are_not_asked_for_again(store):
    kept = keep(store, predict=[1])
    (artifact,) = artifact_in(store, "model.pkl")
    store.blobs.list_present()
    (store.blobs.outputs / f"{kept}.npz").unlink()

    assert store.blobs.has_artifact(record("a", kind="save", kept=kept, artifact=artifact))


def test_an_artifact_that_is_not_what_was_saved_is_set_aside(store):
    (artifact,) = artifact_in(store, "model.pkl")
    saved = record("a", kind="save", artifact=artifact)
    assert store.blobs.has_artifact(saved)

    store.blobs.drop_artifact(artifact)
    store.blobs.drop_artifact(artifact)  # another thread may have been first

    assert not store.blobs.has_artifact(saved)
    assert len(store.damage_notes) == 1
    assert f"artifact {artifact['sha256'][:16]} is not what was saved" in store.damage_notes[0]


class Elsewhere:
    """A store elsewhere that has one artifact."""

    def __init__(self, artifact):
        self.artifact, self.fetched = artifact, []

    def has_artifact(self, artifact):
        return artifact == self.artifact

    def fetch_artifact(self, artifact):
        self.fetched.append(artifact)


def test_an_artifact_is_fetched_only_where_it_is_not_here(store):
    (here,) = artifact_in(store, "model.pkl")
    there = {"sha256": "b" * 64, "name": "model.pkl"}
    store.blobs.ensure_artifact(there)  # nobody to ask
    store.blobs.remote = Elsewhere(there)

    store.blobs.ensure_artifact(here)
    store.blobs.ensure_artifact(there)

    assert store.blobs.remote.fetched == [there]
    assert store.blobs.has_artifact(record("a", kind="save", artifact=there))
    assert not store.blobs.has_artifact(
        record("a", kind="save", artifact={**there, "sha256": "c" * 64})
    )
