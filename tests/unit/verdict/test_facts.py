"""Facts beside the outputs: the state on both sides, and the gap of the writer."""

from __future__ import annotations

import numpy as np
import pytest
from builders_judgement import TRAIN, TRUTH, judged, same
from builders_verdict import TRUTH as HELD_OUT
from builders_verdict import with_extras


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
