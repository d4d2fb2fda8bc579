"""The store: several runs at once, and what needs it alone."""

from __future__ import annotations

import json

import pytest
from builders_store import key, read, record, write
from filelock import ReadWriteLock

from crossload.errors import StoreError
from crossload.store.store import Store


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


def test_a_record_is_written_once_until_it_changes(store):
    environment = {"kind": "environment", "key": "e", "python": "3.11.9"}
    store.append([environment])
    store.append([environment])
    store.append([environment | {"python": "3.11.10"}])

    lines = [line for path in store.journals.iterdir() for line in path.read_text().splitlines()]
    assert len(lines) == 1 + 2


def test_a_store_that_is_being_cleaned_up_is_named(store, monkeypatch):
    store.close()
    cleaner = Store(store.root)
    cleaner.open(alone=True)
    wait = ReadWriteLock.acquire_read

    def at_once(lock, timeout=-1, *, blocking=True):
        return wait(lock, timeout=0 if blocking else -1, blocking=blocking)

    monkeypatch.setattr(ReadWriteLock, "acquire_read", at_once)

    with pytest.raises(StoreError, match="is being cleaned up") as caught:
        Store(store.root).open()
    assert "crossload gc" in caught.value.hint
    cleaner.close()


def test_the_other_side_of_a_remote_store_is_not_taken_for_a_store(tmp_path):
    (tmp_path / "outcomes").mkdir()

    with pytest.raises(StoreError, match="from the other side") as caught:
        Store(tmp_path).open()
    assert caught.value.hint == f"--store file://{tmp_path}"


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "notes.txt").touch()

    with pytest.raises(StoreError, match="is not a folder"):
        Store(tmp_path / "notes.txt").open()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "notes.txt").touch()

    with pytest.raises(StoreError, match="the store cannot be written") as caught:
        Store(tmp_path / "notes.txt" / "store").open()
    assert caught.value.hint == "check the rights of its folder"


def test_what_killed_runs_left_is_swept_at_the_next_start(store):
    (store.scratch / "left").mkdir()
    store.close()
    Store(store.root).open()

    assert list(store.scratch.iterdir()) == []


def test_the_outcomes_of_a_journal_are_given_as_dicts(store):
    path = write(store, record("a"), {"kind": "end", "key": "end"})

    assert store.records_in(path.name) == [record("a")]


def test_records_can_be_dropped_while_the_store_is_held_alone(store):
    write(store, record("a"), record("b"))
    store.close()
    alone = Store(store.root)
    alone.open(alone=True)

    assert alone.rewrite(lambda kind, name: name == key("b")) == 1
    assert alone.read() is alone.reader
    assert [name for name, _ in alone.loads.items()] == [key("b")]
    alone.close()


def test_outcomes_can_be_measured_as_if_for_the_first_time(store):
    write(store, record("a"))
    store.append([{"kind": "environment", "key": "e", "python": "3.11.9"}])
    found = read(store)
    assert len(found.loads) == 1

    found.forget_outcomes()

    assert (len(found.loads), len(found.saves)) == (0, 0)
    assert found.reader.by_kind["environment"].get("e") is not None
    assert len(read(store).loads) == 1  # what is on disk stays


class Elsewhere:
    """A store elsewhere that knows one journal."""

    def __init__(self, *known):
        self.known, self.pushed = known, []

    def open(self):
        return ["from elsewhere"]

    def has(self, journal):
        return journal.name in self.known

    def push(self, journal):
        self.pushed.append(journal.name)


def test_what_was_measured_before_is_given_to_a_store_elsewhere(store):
    known, unknown = write(store, record("a")), write(store, record("b"))
    remote = Elsewhere(known.name)

    assert store.share_with(remote) == 1
    assert remote.pushed == [unknown.name]


def test_a_journal_is_published_only_where_there_is_a_store_elsewhere(store):
    journal = write(store, record("a"))
    store.publish(journal)
    remote = Elsewhere(journal.name)
    store.share_with(remote)
    store.publish(store.journals / "gone.jsonl")
    assert remote.pushed == []

    store.publish(journal)

    assert remote.pushed == [journal.name]
    assert [path.name for path in store.journals.iterdir()] == [journal.name]


def test_a_journal_that_came_by_this_run_is_not_read_twice(store):
    store.mark_known("1-x.jsonl")
    (store.journals / "1-x.jsonl").write_text("")
    write(Store(store.root), record("a"))

    assert store.refresh() == [key("a")]


def forgotten_store(store):
    """A store with two outcomes of an environment, at 100 and 200, and one of another."""
    for name, letter in (("100", "a"), ("200", "b"), ("300", "c")):
        record = {"kind": "load", "key": letter * 32, "status": "ok", "outputs": {}, "kept": None}
        label = "other-e" if letter == "c" else "e-1"
        store.reader.record(record, f"{name.rjust(20, '0')}-abcdef01-0001-{label}.jsonl")


def test_what_was_measured_in_a_span_is_taken_back(store):
    forgotten_store(store)

    assert store.forget("e-1", 150, 10**18) == 1
    assert "a" * 32 in store.loads
    assert "b" * 32 not in store.loads
    assert store.loads.get("b" * 32) is None
    assert "c" * 32 in store.loads
    assert store.forget("e-1", 150, 10**18) == 0


def test_what_was_taken_back_stays_so_for_whoever_reads_or_joins_the_store(store, tmp_path):
    journal = store.new_journal("e-1")
    line = {"kind": "load", "key": "a" * 32, "status": "ok", "outputs": {}, "kept": None}
    with journal.open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    store.reader.record(line, journal.name)
    store.forget("e-1", 0, 10**20)
    store.close()
    again = Store(store.root)
    again.open(alone=True)
    again.read()
    assert "a" * 32 not in again.loads
    again.rewrite(lambda _kind, _key: True)
    again.read()
    assert "a" * 32 not in again.loads

    newer = again.new_journal("e-1")
    again.reader.record(line, newer.name)
    assert "a" * 32 in again.loads
    again.close()
