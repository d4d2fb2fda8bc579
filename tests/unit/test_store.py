"""The store and the keys: nothing lost to a kill, nothing reused that depends on something that changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import plan

from crossload.config.model import Limits
from crossload.engine import keys
from crossload.engine.store import Store, merge
from crossload.errors import StoreError


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "store")
    found.open()
    yield found
    found.close()


def write(store, *records, tail=b""):
    path = store.new_journal("x")
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records) + tail)
    return path


def record(key, status="ok", kind="load", **more):
    return {"kind": kind, "key": key, "status": status, **more}


def test_saves_and_loads_are_read_back_by_key(store):
    write(store, record("a"), record("b", kind="save"), {"kind": "end", "key": "end"})

    saves, loads = store.read()

    assert (list(saves), list(loads)) == (["b"], ["a"])
    assert store.damaged == []


def test_a_line_cut_short_by_a_kill_is_passed_over(store):
    write(store, record("a"), tail=b'{"kind": "load", "key": "b", "st')

    assert list(store.read()[1]) == ["a"]
    assert store.damaged == []


def test_a_damaged_line_is_named(store):
    path = write(store, record("a"), tail=b"\x00\xff not ours\n")

    assert list(store.read()[1]) == ["a"]
    assert store.damaged == [path.name]


def test_later_journals_win(store):
    write(store, record("a", "crash"))
    write(store, record("a", "ok"))

    assert store.read()[1]["a"]["status"] == "ok"


def test_a_repeat_keeps_the_first_answer_beside_it():
    records = {}
    merge(records, record("a", "ok", outputs={"p": "1"}))
    merge(records, record("a", "error", confirm=True))

    assert records["a"]["status"] == "error"
    assert records["a"]["first"] == {"status": "ok", "outputs": {"p": "1"}}


def test_many_journals_become_one_with_the_same_content(store):
    for number in range(70):
        write(store, record(f"k{number % 50}", "ok", round=number))
    before = store.read()

    store.compact()

    assert store.read() == before
    assert len(list(store.journals.glob("*.jsonl"))) == 1


def test_one_run_at_a_time(store):
    second = Store(store.root)

    with pytest.raises(StoreError, match="another run"):
        second.open()


def test_an_artifact_that_is_gone_is_noticed(store):
    saved = record("s", kind="save", artifact={"sha256": "ab", "name": "m.pkl"}, kept="out")
    assert not store.has_artifact(saved)
    (store.artifacts / "ab").mkdir()
    (store.artifacts / "ab" / "m.pkl").touch()
    (store.outputs / "out.npz").touch()

    assert store.has_artifact(saved)
    assert store.has_artifact(record("s", "na", kind="save"))


@pytest.fixture
def recipe_file(tmp_path):
    path = tmp_path / "r.py"
    path.write_text("1")
    return path


def built(fingerprint):
    return SimpleNamespace(fingerprint=fingerprint)


def test_every_part_of_a_key_changes_it(recipe_file, tmp_path):
    case = plan().cases[0]
    other_file = tmp_path / "other.py"
    other_file.write_text("2")
    base = (built("e1"), case, "artifact", str(recipe_file), "data", Limits())
    changes = [
        (built("e2"), *base[1:]),
        (base[0], replace(case, recipe="other"), *base[2:]),
        (base[0], replace(case, format="other"), *base[2:]),
        (*base[:2], "another", *base[3:]),
        (*base[:3], str(other_file), *base[4:]),
        (*base[:4], "other data", base[5]),
        (*base[:5], Limits(seconds=1)),
        (*base[:5], Limits(memory_mb=1)),
    ]

    found = [keys.load_key(*each) for each in [base, *changes]]

    assert len(set(found)) == len(found)
    assert keys.load_key(*base) == found[0]


def test_formats_that_share_a_saver_share_the_save(recipe_file):
    cases = {case.format: case for case in plan().cases if case.recipe == "forest"}

    def key(name):
        return keys.save_key(built("e"), cases[name], str(recipe_file), "data", Limits())

    assert key("joblib") == key("joblib-mmap") != key("pickle")


def test_the_inside_digest_is_that_of_the_inside_files():
    assert len(keys.inside_digest()) == 32
    assert Path(keys.inside.__path__[0]).name == "inside"
