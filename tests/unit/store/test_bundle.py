"""Bundles: whole or refused, and written nowhere else."""

from __future__ import annotations

import pytest
from builders_store import artifact_in, keep, key, read, record, tar_of, write

from crossload.store import bundle
from crossload.store.merge import join
from crossload.store.store import Store


def test_bytes_that_were_saved_under_two_names_travel_under_both(store, tmp_path):
    first, second = artifact_in(store, "model.pkl", "model.joblib")
    other = Store(tmp_path / "other")
    other.make_folders()

    bundle.unpack_artifacts(bundle.pack_artifacts(store.root, [bundle.place_of(first)]), other.root)
    assert (other.blobs.artifacts / bundle.place_of(first)).exists()
    assert not (other.blobs.artifacts / bundle.place_of(second)).exists()
    bundle.unpack_artifacts(
        bundle.pack_artifacts(store.root, [bundle.place_of(second)]), other.root
    )
    assert (other.blobs.artifacts / bundle.place_of(second)).read_bytes() == b"bytes"

    third = Store(tmp_path / "third")
    third.make_folders()
    join(third, store.root)
    assert (third.blobs.artifacts / bundle.place_of(second)).exists()


def test_a_bundle_holds_a_journal_and_what_it_refers_to(store, tmp_path):
    kept = keep(store, predict=[1])
    (artifact,) = artifact_in(store, "model.pkl")
    journal = write(
        store, record("a", kind="save", kept=kept, artifact=artifact), tail=b'{"cut sho'
    )
    data, names, artifacts = bundle.pack(store.root, journal)
    other = Store(tmp_path / "other")
    other.make_folders()

    assert names == {f"outputs/{kept}.npz"}
    assert artifacts == {bundle.place_of(artifact)}
    assert bundle.unpack(data, other.root) == journal.name
    assert key("a") in read(other).saves
    assert other.blobs.arrays(kept)["predict"].tolist() == [1]


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/x",
        "outputs/../../x.npz",
        "artifacts/" + "a" * 64 + "/../../x",
        "artifacts/short/m",
        "outputs/x.npz",
    ],
)
def test_a_bundle_writes_nowhere_else(tmp_path, name):
    store = Store(tmp_path / "store")
    store.make_folders()
    data = tar_of(**{name: b"x"})

    for unpack in (bundle.unpack, bundle.unpack_artifacts):
        with pytest.raises(bundle.NotABundle):
            unpack(data, store.root)
    with pytest.raises(bundle.NotABundle):
        bundle.unpack_files(data, tmp_path / "files")
    assert not list(tmp_path.rglob("x*"))


def test_an_artifact_that_is_not_what_its_name_says_is_refused(tmp_path):
    store = Store(tmp_path / "store")
    store.make_folders()

    with pytest.raises(bundle.NotABundle, match="not what its name says"):
        bundle.unpack_artifacts(tar_of(**{"artifacts/" + "a" * 64 + "/m.pkl": b"x"}), store.root)
    assert not list(store.blobs.artifacts.iterdir())


@pytest.mark.parametrize("cut", [0, 10, 512, 700])
def test_a_truncated_bundle_is_noticed(store, cut):
    journal = write(store, record("a"), record("b"))
    data, _, _ = bundle.pack(store.root, journal)

    with pytest.raises(bundle.NotABundle):
        bundle.unpack(data[:cut], store.root)
