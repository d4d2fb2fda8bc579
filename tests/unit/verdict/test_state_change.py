"""The fitted state tells rounding from damage, and the optimizer from the model."""

from __future__ import annotations

import pytest
from builders_verdict import proba, with_extras

from crossload.verdict import Verdict


def test_equal_state_and_other_outputs_are_numerics():
    found = with_extras(
        proba(), proba(1e-9), {"s1": {"weights[0]": "a"}, "s2": {"weights[0]": "a"}}
    )

    assert found.verdict is Verdict.EQUIVALENT
    assert found.state == "equal"
    assert found.reason.endswith("state equal: numerics")


def test_equal_state_and_drift_is_another_computation():
    found = with_extras(
        proba(), proba(0.01), {"s1": {"weights[0]": "a"}, "s2": {"weights[0]": "a"}}
    )

    assert found.verdict is Verdict.DRIFT
    assert found.reason.endswith("state equal: the library computes otherwise")


def test_other_state_is_damage_and_counted():
    before = {"weights[0]": "a", "weights[1]": "b", "weights[2]": "c"}
    found = with_extras(proba(), proba(0.01), {"s1": before, "s2": before | {"weights[1]": "x"}})

    assert found.verdict is Verdict.DRIFT
    assert found.state == "differs"
    assert found.reason.endswith("1 of 3 arrays differ (weights[1]): damage")


COMPUTED = "computed[Normalization[0].mean]"


def test_what_a_layer_did_not_compute_anew_is_no_other_computation():
    before = {"weights[0]": "a", COMPUTED: "m"}
    found = with_extras(proba(), proba(0.01), {"s1": before, "s2": before | {COMPUTED: "zero"}})

    assert found.verdict is Verdict.DRIFT
    assert found.state == "differs"
    assert found.reason.endswith(
        f"1 of 2 arrays differ ({COMPUTED}): not computed anew from the weights, which are equal"
    )


def test_weights_that_differ_are_damage_whatever_is_computed_from_them():
    before = {COMPUTED: "m", "weights[0]": "a"}
    after = {COMPUTED: "n", "weights[0]": "b"}
    found = with_extras(proba(), proba(0.01), {"s1": before, "s2": after})

    assert found.reason.endswith(f"2 of 2 arrays differ (weights[0], {COMPUTED}): damage")


@pytest.mark.parametrize(("one", "two"), [({COMPUTED: "m"}, {}), ({}, {COMPUTED: "m"})])
def test_what_only_one_release_computes_is_not_compared(one, two):
    weights = {"weights[0]": "a"}
    found = with_extras(proba(), proba(1e-9), {"s1": weights | one, "s2": weights | two})

    assert found.state == "equal"


def test_arrays_that_moved_are_another_layout():
    found = with_extras(proba(), proba(1e-9), {"s1": {"coef_": "a"}, "s2": {"coefs_": "a"}})

    assert found.state == "layout"
    assert "1 arrays are gone (coef_); 1 arrays are new (coefs_): other layout" in found.reason


def test_a_format_that_shows_no_state_leaves_it_unknown():
    assert with_extras(proba(), proba(1e-9)).state == "unknown"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"optimizer[0]": "m", "optimizer[1]": "v"}, "kept"),
        ({"optimizer[1]": "m", "optimizer[0]": "v"}, "kept"),
        ({"optimizer[0]": "m", "optimizer[1]": "w"}, "changed"),
        ({"optimizer[0]": "m"}, "lost"),
        ({}, "lost"),
    ],
)
def test_the_optimizer_is_told_apart_from_the_model(after, expected):
    before = {"weights[0]": "a", "optimizer[0]": "m", "optimizer[1]": "v"}

    found = with_extras(proba(), proba(), {"s1": before, "s2": {"weights[0]": "a"} | after})

    assert found.verdict is Verdict.IDENTICAL
    assert found.state == "equal"
    assert found.optimizer == expected
