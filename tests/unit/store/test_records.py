"""Outcomes in memory: lines are read fast and thoroughly alike, equal facts are kept once."""

from __future__ import annotations

import json

from builders_store import key, read, record, write

from crossload.store.records import Reader, Records, Writer


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


def test_a_repeat_keeps_the_first_answer_beside_it(store):
    write(store, record("a", "ok", outputs={"p": "1"}), record("a", "error", confirm=True))

    found = read(store).loads.get(key("a"))

    assert found["status"] == "error"
    assert found["first"] == {"status": "ok", "outputs": {"p": "1"}}


def test_a_line_written_anew_is_the_same_outcome():
    reader, again = Reader(), Reader()
    reader.record(record("a", "error", error={"type": "E", "message": "m"}), "0001-a.jsonl")
    ((name, known),) = reader.by_kind["load"].items()
    again.line(Writer().line(name, known), "0009-merged.jsonl")

    assert list(again.by_kind["load"].items()) == [(name, known)]


def test_nothing_is_known_under_no_key():
    assert Records().get(None) is None
    assert Records().seconds("x") == {}
