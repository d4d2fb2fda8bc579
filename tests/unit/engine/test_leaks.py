"""State that leaks between the cells of a batch is a fault of the harness, and is found."""

from __future__ import annotations

import pytest
from builders_engine import A

from crossload.engine.leaks import find_leaks, leak_fault


def repeated(bench, first=None, **more):
    """A bench one cell of which was measured again by itself."""
    found = bench()
    found.identify()
    load = {"first": first} if first else {}
    found.put(found.plan.cells[0], load=load | more)
    return find_leaks(found.ledger, found.plan)


SAME = {"status": "ok", "outputs": {"predict": "d1"}}


@pytest.mark.parametrize(
    "first",
    [None, SAME, {"status": "crash", "outputs": {}}, {"status": "timeout", "outputs": {}}],
    ids=["not repeated", "the same", "crashed first", "too slow first"],
)
def test_a_repeat_that_agrees_or_was_due_to_the_machine_is_no_leak(bench, first):
    assert repeated(bench, first) == []


def test_a_repeat_with_other_outputs_is_a_leak(bench):
    found = repeated(bench, SAME | {"outputs": {"predict": "d2"}})

    assert found == [f"forest/pickle {A} -> {A}: ok, then ok"]


def test_a_repeat_with_another_status_is_a_leak(bench):
    found = repeated(bench, {"status": "error", "outputs": {}})

    assert found == [f"forest/pickle {A} -> {A}: error, then ok"]


def test_the_fault_counts_all_leaks_and_names_ten():
    fault = leak_fault([f"line {number}" for number in range(12)])

    assert str(fault).startswith("12 cells answered differently")
    assert "line 9" in str(fault)
    assert "line 10" not in str(fault)
    assert "leaks" in fault.hint
    assert fault.exit_code == 7
