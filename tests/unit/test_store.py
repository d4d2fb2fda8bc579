"""The store: nothing lost to a kill, nothing believed that is damaged, several runs at once."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import numpy as np
import pytest

from crossload.errors import SelectionError, StoreError
from crossload.store import bundle
from crossload.store.blobs import Damaged
from crossload.store.layout import SCHEMA
from crossload.store.merge import join, store_in
from crossload.store.records import Reader, Records, Writer
from crossload.store.store import Store
from crossload.worker import outputs


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "store")
    found.open()
    yield found
    found.close()


def write(store, *records, tail=b""):
    path = store.new_journal("x")
    with path.open("ab") as stream:
        stream.write(
            b"".join(json.dumps(record, sort_keys=True).encode() + b"\n" for record in records)
            + tail
        )
    return path


def key(letter):
    return letter * 32


def record(letter, status="ok", kind="load", **more):
    return {
        "kind": kind,
        "key": key(letter),
        "status": status,
        "seconds": {"load": 0.5},
        "stage": "done",
        **more,
    }


def read(store):
    """What a process that comes anew would know."""
    other = Store(store.root)
    other.read()
    return other


def test_saves_and_loads_are_read_back_by_key(store):
    write(store, record("a"), record("b", kind="save"), {"kind": "end", "key": "end"})

    found = read(store)

    assert key("b") in found.saves
    assert key("a") in found.loads
    assert (len(found.saves), len(found.loads)) == (1, 1)
    assert found.loads.get(key("a")) == {"kind": "load", "status": "ok", "stage": "done"}
    assert found.loads.seconds(key("a")) == {"load": 0.5}
    assert found.aside == []


def test_equal_facts_are_kept_once(store):
    write(store, record("a"), record("b"), record("c", "error"))

    found = read(store).loads

    assert found.get(key("a")) is found.get(key("b"))
    assert found.get(key("c"))["status"] == "error"


def test_the_fast_and_the_thorough_reading_of_a_line_agree():
    lines = [
        record("a", warnings=[{"text": 'a "key": "x", "seconds": {1}, text'}]),
        record("b", outputs={"predict": "d"}, seconds={}),
        record("c", "error", kind="save", at="0001-x.jsonl", error={"message": "}{", "type": "E"}),
    ]
    for each in lines:
        fast, thorough = Reader(), Reader()
        assert fast._fast(json.dumps(each, sort_keys=True).encode(), "0002-y.jsonl") == each["key"]
        thorough.record(each, "0002-y.jsonl")
        for kind in ("save", "load"):
            assert list(fast.by_kind[kind].items()) == list(thorough.by_kind[kind].items())


def test_a_line_cut_short_by_a_kill_is_passed_over(store):
    write(store, record("a"), tail=b'{"kind": "load", "key": "b", "st')

    found = read(store)

    assert len(found.loads) == 1
    assert found.aside == []


def test_a_damaged_journal_is_set_aside_and_its_good_lines_stay(store):
    path = write(
        store, record("a"), tail=b"\x00\xff not ours\n" + json.dumps(record("b")).encode() + b"\n"
    )

    found = read(store)

    assert (key("a") in found.loads, key("b") in found.loads) == (True, True)
    assert path.name in found.aside[0]
    assert len(list((store.root / "aside").iterdir())) == 1
    again = read(store)
    assert again.aside == []
    assert len(again.loads) == 2


def test_a_foreign_file_is_set_aside_and_named(store):
    (store.journals / "notes.jsonl").write_text('{"hello": 1}\n')

    found = read(store)

    assert "notes.jsonl: not a journal of crossload" in found.aside[0]
    assert not (store.journals / "notes.jsonl").exists()


def test_later_journals_win(store):
    write(store, record("a", "crash"))
    write(store, record("a", "ok"))

    assert read(store).loads.get(key("a"))["status"] == "ok"


def test_a_repeat_keeps_the_first_answer_beside_it(store):
    write(store, record("a", "ok", outputs={"p": "1"}), record("a", "error", confirm=True))

    found = read(store).loads.get(key("a"))

    assert found["status"] == "error"
    assert found["first"] == {"status": "ok", "outputs": {"p": "1"}}


def facts(records):
    return {name: (known.facts, known.at) for name, known in records.items()}


def test_many_journals_become_one_with_the_same_content(store):
    for number in range(70):
        write(store, record("0123456789abcdef"[number % 16], "ok", round=number))
    before = read(store)
    store.close()

    again = Store(store.root)
    again.open()
    again.read()
    again.close()

    assert facts(again.loads) == facts(before.loads)
    assert len(list(store.journals.glob("*.jsonl"))) == 1


def test_a_line_written_anew_is_the_same_outcome():
    reader, again = Reader(), Reader()
    reader.record(record("a", "error", error={"type": "E", "message": "m"}), "0001-a.jsonl")
    ((name, known),) = reader.by_kind["load"].items()
    again.line(Writer().line(name, known), "0009-merged.jsonl")

    assert list(again.by_kind["load"].items()) == [(name, known)]


def test_two_runs_share_a_store_and_see_what_the_other_measured(store):
    second = Store(store.root)
    second.open()
    second.read()
    write(store, record("a"))

    assert second.refresh() == [key("a")]
    assert second.refresh() == []
    assert key("a") in second.loads
    second.close()


def test_an_environment_is_worked_on_by_one_run_at_a_time(store):
    second = Store(store.root)
    held = store.claim("sklearn-1.0")

    assert held is not None
    assert second.claim("sklearn-1.0") is None
    assert second.claim("sklearn-1.1") is not None
    held.release()
    assert second.claim("sklearn-1.0") is not None


def test_cleaning_up_needs_the_store_alone(store):
    second = Store(store.root)

    with pytest.raises(StoreError, match="another run"):
        second.open(alone=True)


def test_a_store_of_a_newer_crossload_is_refused(tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps({"schema": SCHEMA + 1}))

    with pytest.raises(StoreError, match="newer"):
        Store(tmp_path).open()


def test_a_store_of_the_first_schema_is_upgraded_and_says_so(tmp_path):
    (tmp_path / "journals").mkdir()
    (tmp_path / "journals" / "1.jsonl").write_text(json.dumps(record("a")) + "\n")
    store = Store(tmp_path)
    store.open()
    store.read()
    store.close()

    assert "1 journals of schema 1" in store.aside[0]
    assert (tmp_path / "aside" / "schema-1" / "1.jsonl").exists()
    assert json.loads((tmp_path / "schema.json").read_text()) == {"schema": SCHEMA}


def keep(store, **arrays):
    found = {name: np.asarray(value) for name, value in arrays.items()}
    return outputs.keep(found, outputs.digests(found), str(store.blobs.outputs))


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
    assert len(store.aside) == (0 if damage == "gone" else 1)


def test_an_artifact_that_is_gone_is_noticed(store):
    saved = record("e", kind="save", artifact={"sha256": "ab", "name": "m.pkl"}, kept="out")
    assert not store.blobs.has_artifact(saved)
    (store.blobs.artifacts / "ab").mkdir()
    assert not store.blobs.has_artifact(saved)
    (store.blobs.artifacts / "ab" / "m.pkl").touch()
    (store.blobs.outputs / "out.npz").touch()

    assert store.blobs.has_artifact(saved)
    assert store.blobs.has_artifact(record("d", "na", kind="save"))


def test_a_record_is_written_once_until_it_changes(store):
    environment = {"kind": "environment", "key": "e", "python": "3.11.9"}
    store.append([environment])
    store.append([environment])
    store.append([environment | {"python": "3.11.10"}])

    lines = [line for path in store.journals.iterdir() for line in path.read_text().splitlines()]
    assert len(lines) == 1 + 2


def test_joining_takes_journals_and_what_they_refer_to(store, tmp_path):
    other = Store(tmp_path / "x" / "store")
    other.open()
    kept = keep(other, predict=[1])
    write(other, record("a", kept=kept))
    other.close()

    assert join(store, store_in(tmp_path / "x")) == (1, 1)
    assert join(store, store_in(tmp_path / "x" / "store")) == (0, 0)
    assert store.blobs.arrays(read(store).loads.get(key("a"))["kept"])["predict"].tolist() == [1]


def test_a_folder_without_a_store_is_named(tmp_path):
    with pytest.raises(SelectionError, match="no store here"):
        store_in(tmp_path)


def test_nothing_is_known_under_no_key():
    assert Records().get(None) is None
    assert Records().seconds("x") == {}


def artifact_in(store, *names, data=b"bytes"):
    """An artifact that was saved under these names."""
    sha = hashlib.sha256(data).hexdigest()
    for name in names:
        path = store.blobs.artifacts / sha / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return [{"sha256": sha, "name": name} for name in names]


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


def tar_of(**members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in members.items():
            bundle._add(tar, name, data)
    return stream.getvalue()


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
