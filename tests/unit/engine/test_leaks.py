"""State that leaks between the cells of a batch is a fault of the harness, and is found."""

from __future__ import annotations

import pytest
from builders_engine import A

from crossload.engine.leaks import find_leaks, leak_fault


def repeated(bench, *answers, **more):
    """A bench one cell of which was measured again by itself, with the answers before the last."""
    found = bench()
    found.identify()
    earlier = {name: each for name, each in zip(("first", "second"), answers, strict=False) if each}
    found.put(found.plan.cells[0], load=earlier | more)
    return find_leaks(found.ledger, found.plan)


SAME = {"status": "ok", "outputs": {"predict": "d1"}}


@pytest.mark.parametrize(
    "first",
    [None, SAME],
    ids=["not repeated", "the same"],
)
def test_a_repeat_that_agrees_or_was_due_to_the_machine_is_no_leak(bench, first):
    assert repeated(bench, first) == []


OTHER = SAME | {"outputs": {"predict": "d2"}}


def test_two_answers_alone_say_nothing_and_the_third_settles_it(bench):
    assert repeated(bench, OTHER) == []  # no two agree yet
    assert repeated(bench, SAME, OTHER) == []  # the batch was right
    assert repeated(bench, OTHER, {"status": "crash", "outputs": {}}) == []  # none agree


def test_repeats_that_agree_on_other_outputs_are_a_leak(bench):
    found = repeated(bench, OTHER, SAME)

    assert found == [f"forest/pickle {A} -> {A}: ok, then ok"]


def test_repeats_that_agree_on_another_status_are_a_leak(bench):
    found = repeated(bench, {"status": "error", "outputs": {}}, SAME)

    assert found == [f"forest/pickle {A} -> {A}: error, then ok"]


def test_the_fault_counts_all_leaks_and_names_ten():
    fault = leak_fault([f"line {number}" for number in range(12)])

    assert str(fault).startswith("12 cells answered differently")
    assert "line 9" in str(fault)
    assert "line 10" not in str(fault)
    assert "leaks" in fault.hint
    assert fault.exit_code == 7
