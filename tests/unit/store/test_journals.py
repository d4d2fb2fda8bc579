"""Journals: nothing is lost to a kill, and nothing believed that is damaged."""

from __future__ import annotations

import json

from builders_store import facts, key, read, record, write

from crossload.store.store import Store


def test_saves_and_loads_are_read_back_by_key(store):
    write(store, record("a"), record("b", kind="save"), {"kind": "end", "key": "end"})

    found = read(store)

    assert key("b") in found.saves
    assert key("a") in found.loads
    assert (len(found.saves), len(found.loads)) == (1, 1)
    assert found.loads.get(key("a")) == {"kind": "load", "status": "ok", "stage": "done"}
    assert found.loads.seconds(key("a")) == {"load": 0.5}
    assert found.damage_notes == []


def test_a_line_cut_short_by_a_kill_is_passed_over(store):
    write(store, record("a"), tail=b'{"kind": "load", "key": "b", "st')

    found = read(store)

    assert len(found.loads) == 1
    assert found.damage_notes == []


def test_a_damaged_journal_is_set_aside_and_its_good_lines_stay(store):
    path = write(
        store, record("a"), tail=b"\x00\xff not ours\n" + json.dumps(record("b")).encode() + b"\n"
    )

    found = read(store)

    assert (key("a") in found.loads, key("b") in found.loads) == (True, True)
    assert path.name in found.damage_notes[0]
    assert len(list((store.root / "aside").iterdir())) == 1
    again = read(store)
    assert again.damage_notes == []
    assert len(again.loads) == 2


def test_a_foreign_file_is_set_aside_and_named(store):
    (store.journals / "notes.jsonl").write_text('{"hello": 1}\n')

    found = read(store)

    assert "notes.jsonl: not a journal of crossload" in found.damage_notes[0]
    assert not (store.journals / "notes.jsonl").exists()


def test_later_journals_win(store):
    write(store, record("a", "crash"))
    write(store, record("a", "ok"))

    assert read(store).loads.get(key("a"))["status"] == "ok"


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


def test_a_line_that_is_json_and_no_outcome_is_dropped_once(store):
    write(store, record("a"), tail=b"[1]\n")

    assert len(read(store).damage_notes) == 1
    again = read(store)

    assert again.damage_notes == []
    assert key("a") in again.loads
