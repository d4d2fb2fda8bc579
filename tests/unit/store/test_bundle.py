"""Bundles: whole or refused, and written nowhere else."""

from __future__ import annotations

import io
import tarfile

import pytest
from builders_store import artifact_in, keep, key, read, record, tar_of, write

from crossload.store import bundle
from crossload.store.merge import join
from crossload.store.store import Store
from crossload.worker import outputs


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


def test_a_bundle_holds_all_that_an_outcome_names_and_what_it_was_before(store, tmp_path):
    names = [keep(store, predict=[number]) for number in range(5)]
    fields = dict(zip(("kept", "noise", "kept_train", "resumed"), names, strict=False))
    (store.blobs.states / f"{'5' * 32}.json").write_text("{}")
    journal = write(
        store,
        record("a", kept=names[4], outputs={}),
        record("a", confirm=True, state="5" * 32, **fields),
    )
    _, found, artifacts = bundle.pack(store.root, journal)

    assert {f"outputs/{name}.npz" for name in names[:4]} <= found
    assert f"states/{'5' * 32}.json" in found
    assert artifacts == set()


def test_a_repeat_brings_the_outputs_of_what_it_repeated(store):
    first = keep(store, predict=[1])
    journal = write(store, record("a", confirm=True, first={"status": "ok", "kept": first}))

    assert bundle.pack(store.root, journal)[1] == {f"outputs/{first}.npz"}


def test_what_the_receiver_has_is_left_out(store):
    kept = keep(store, predict=[1])
    journal = write(store, record("a", kept=kept))

    assert bundle.pack(store.root, journal, without=frozenset({f"outputs/{kept}.npz"}))[1] == set()


def test_links_in_a_bundle_are_refused(store):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        member = tarfile.TarInfo("journals/1-a.jsonl")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)

    with pytest.raises(bundle.NotABundle, match="not a whole file"):
        bundle.unpack(stream.getvalue(), store.root)


@pytest.mark.parametrize("line", [b"not a record", b"[1]", b'{"kind": ["save"]}', b"7", b'"x"'])
def test_damaged_lines_of_a_journal_are_passed_over(store, line):
    kept = keep(store, predict=[1])
    journal = write(store, record("a", kept=kept), tail=line + b"\n")

    assert bundle.pack(store.root, journal)[1] == {f"outputs/{kept}.npz"}


def test_outputs_that_are_here_are_not_written_again(store):
    name = f"outputs/{'1' * 32}.npz"
    (store.root / name).write_bytes(b"here")
    bundle.unpack(tar_of(**{name: b"there", "journals/1-a.jsonl": b"{}\n"}), store.root)

    assert (store.root / name).read_bytes() == b"here"


def folder_artifact(store):
    """An artifact that is a folder, as TensorFlow writes them."""
    made = store.root / "made" / "model.tf"
    (made / "variables").mkdir(parents=True)
    (made / "graph.pb").write_bytes(b"graph")
    (made / "variables" / "data").write_bytes(b"data")
    sha = outputs.sha256_of(str(made))
    (store.blobs.artifacts / sha).mkdir()
    made.rename(store.blobs.artifacts / sha / "model.tf")
    return f"{sha}/model.tf"


def test_artifacts_that_are_folders_travel_whole(store, tmp_path):
    place = folder_artifact(store)
    data = bundle.pack_artifacts(store.root, [place])
    other = Store(tmp_path / "other")
    other.make_folders()

    assert bundle.unpack_artifacts(data, other.root) == [place]
    assert bundle.unpack_artifacts(data, other.root) == [place]  # it is there: nothing is written
    found = other.blobs.artifacts / place
    assert (found / "variables" / "data").read_bytes() == b"data"
    assert [path.name for path in other.blobs.artifacts.iterdir()] == [place.split("/")[0]]


def test_an_artifact_that_another_thread_brought_meanwhile_is_no_error(
    store, tmp_path, monkeypatch
):
    place = folder_artifact(store)
    data = bundle.pack_artifacts(store.root, [place])
    other = Store(tmp_path / "other")
    other.make_folders()
    digest, seen = bundle.outputs.sha256_of, []

    def digest_late(path):
        if not seen:
            seen.append(path)
            bundle.unpack_artifacts(data, other.root)
        return digest(path)

    monkeypatch.setattr(bundle.outputs, "sha256_of", digest_late)

    assert bundle.unpack_artifacts(data, other.root) == [place]
    assert (other.blobs.artifacts / place / "graph.pb").read_bytes() == b"graph"


def test_an_artifact_that_cannot_be_written_is_an_error(store, tmp_path, monkeypatch):
    data = bundle.pack_artifacts(store.root, [folder_artifact(store)])
    other = Store(tmp_path / "other")
    other.make_folders()

    def refuse(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle.outputs, "sha256_of", refuse)

    with pytest.raises(OSError, match="No space left"):
        bundle.unpack_artifacts(data, other.root)
    assert list(other.blobs.artifacts.iterdir()) == []


def test_plain_files_travel_in_a_tar(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.npy").write_bytes(b"x")
    (tmp_path / "data" / "digest.json").write_bytes(b"{}")
    bundle.unpack_files(bundle.pack_files(tmp_path / "data"), tmp_path / "a" / "b")

    found = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert found == {"x.npy": b"x", "digest.json": b"{}"}
