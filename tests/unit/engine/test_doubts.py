"""What is taken back of environments in doubt, by the spans in their stamps."""

from __future__ import annotations

import sys

import pytest
from builders_engine import A, plan_in

from crossload.engine import doubts
from crossload.engine.doubts import forget_doubted
from crossload.store.store import Store


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "store")
    found.open()
    for at, letter in ((100, "a"), (200, "b"), (300, "c")):
        record = {"kind": "load", "key": letter * 32, "status": "ok", "outputs": {}, "kept": None}
        found.reader.record(record, f"{at:020d}-abcdef01-0001-{A}.jsonl")
    yield found
    found.close()


@pytest.fixture
def environments(tmp_path):
    return [each for each in plan_in(tmp_path).environments if each.id == A]


def forget(monkeypatch, store, environments, spans, **more):
    monkeypatch.setattr(sys.modules[doubts.__name__], "doubts_of", lambda *_: spans)
    said = []
    found = forget_doubted(environments, None, store, said.append, **more)
    return [each.id for each in found], sorted(store.loads._known), said


@pytest.mark.parametrize(
    ("spans", "built_anew", "kept"),
    [
        ((), [], "abc"),
        (((0, 150),), [], "bc"),
        (((150, 250),), [], "ac"),
        (((150, 0),), [A], "a"),
        (((0, 50), (250, 0)), [A], "ab"),
    ],
)
def test_spans_take_back_what_was_begun_within(
    monkeypatch, store, environments, spans, built_anew, kept
):
    found, left, said = forget(monkeypatch, store, environments, spans)

    assert found == built_anew
    assert left == [letter * 32 for letter in kept]
    assert len(said) == (left != ["a" * 32, "b" * 32, "c" * 32])


def test_a_run_that_goes_on_trusts_nothing_of_after_a_span_within_it(
    monkeypatch, store, environments
):
    spans = ((150, 160),)

    assert forget(monkeypatch, store, environments, spans, since={A: 170})[1] == [
        letter * 32 for letter in "abc"
    ]
    assert forget(monkeypatch, store, environments, spans, since={A: 155})[1] == ["a" * 32]
