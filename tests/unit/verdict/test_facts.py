"""Facts beside the outputs: the state on both sides, and the gap of the writer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from builders_judgement import TRAIN, TRUTH, judged, same
from builders_verdict import TRUTH as HELD_OUT
from builders_verdict import with_extras
from helpers import plan

from crossload.verdict import Judgement, Verdict
from crossload.verdict.facts import Facts


def test_the_gap_is_the_training_score_minus_the_held_out_score():
    arrays = same({"predict": np.array([0, 1, 0, 0])}) | {"train": {"predict": TRAIN}}

    assert judged(arrays, {"kept_train": "train"}).gap == pytest.approx(0.25)
    assert np.isnan(judged(arrays).gap)
    regression = same({"predict": np.array([0.0, 1.0, 0.0, 0.0])}) | {
        "train": {"predict": TRAIN.astype(float)}
    }
    assert judged(regression, {"kept_train": "train"}, task="regression").gap == pytest.approx(1.0)
    assert np.isnan(
        judged(same({"predict": TRUTH}), {"kept_train": "before"}, task="clustering").gap
    )


def test_a_state_on_one_side_only_is_unknown():
    states = {"s": {"weights[0]": "a"}}

    assert judged(same({"predict": TRUTH}), {"state": "s"}, states=states).state == "unknown"
    assert judged(same({"predict": TRUTH}), {}, {"state": "s"}, states=states).state == "unknown"
    assert (
        judged(same({"predict": TRUTH}), {"state": "s"}, {"state": "s"}, states=states).state
        == "equal"
    )


def test_the_gap_between_training_and_held_out_rows_is_recorded():
    perfect, other = {"predict": HELD_OUT}, {"predict": np.array([1, 1, 1, 1, 0, 0, 0, 0])}

    found = with_extras(
        {"predict": 1 - HELD_OUT}, {"predict": 1 - HELD_OUT}, kept_train="train", train=other
    )

    assert found.gap == 1.0
    assert np.isnan(with_extras(perfect, perfect).gap)


def test_a_judgement_that_is_gone_lends_its_facts_to_no_other():
    # two threads may judge the same outputs at once, and the judgement of one is dropped; the next
    # one made often gets its place in memory
    facts = Facts(None, lambda _: {}, lambda _: {})
    saved = loaded = {}
    cell = plan().cells[0]

    def added(verdict, **more):
        judgement = Judgement(verdict=verdict, **more)
        return facts.add(cell, judgement, saved, loaded, ())

    assert added(Verdict.IDENTICAL).verdict is Verdict.IDENTICAL
    found = [added(Verdict.DRIFT, reason=f"drift {number}") for number in range(200)]

    assert {each.verdict for each in found} == {Verdict.DRIFT}
    assert [each.reason for each in found] == [f"drift {number}" for number in range(200)]


def test_threads_that_judge_the_same_at_once_get_one_object():
    def asked(judge, cell, save, load):
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: judge.judge(cell, save, load), range(64)))
        return len({id(each) for each in found})

    assert judged(same({"predict": TRUTH}), asked=asked) == 1
