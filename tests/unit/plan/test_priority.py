"""The priority of cells when time is short."""

from __future__ import annotations

from dataclasses import replace

from builders_plan import SIX, cell_of, place
from helpers import RECIPE, catalog, plan, spec

from crossload.plan import make_plan
from crossload.plan.priority import CONTROL, priority_of_cells
from crossload.worker.contract import Recipe


def test_what_nobody_knows_is_worth_most_then_changes_then_boundaries_then_the_newest():
    whole = plan(SIX)
    passed = {place(cell): cell.reader < "sklearn-1.3" for cell in whole.cells}
    new, changed = (
        cell_of(whole, "ridge/pickle", "1.0", "1.0"),
        cell_of(whole, "forest/pickle", "1.0", "1.1"),
    )
    boundary, newest = (
        cell_of(whole, "forest/pickle", "1.0", "1.3"),
        cell_of(whole, "forest/pickle", "1.5", "1.5"),
    )
    plain = cell_of(whole, "forest/pickle", "1.0", "1.0")
    del passed[place(new)]

    value = priority_of_cells(whole, passed, {place(changed)})

    ranked = sorted([plain, newest, boundary, changed, new], key=value, reverse=True)
    assert ranked == [new, changed, boundary, newest, plain]


def test_neighbours_of_another_axis_are_no_boundary():
    whole = plan(("1.0", "1.1"))
    spelled = tuple(replace(each, axis=each.id) for each in whole.environments)
    whole = replace(whole, environments=spelled)
    passed = {place(cell): cell.reader == "sklearn-1.0" for cell in whole.cells}

    value = priority_of_cells(whole, passed, set())

    assert all(value(cell) < 1 for cell in whole.cells)


def test_controls_go_before_all_that_nobody_knows():
    known = catalog("forest")
    control = Recipe("broken", {**RECIPE, "expect": "drift"}, "r.py")
    whole = make_plan(spec(), replace(known, controls={"broken": control}))

    value = priority_of_cells(whole, {}, set())

    assert len(whole.controls) == 2 * len(whole.control_cases) > 0
    assert all(value(cell) >= CONTROL for cell in whole.controls)
    assert min(map(value, whole.controls)) > max(map(value, whole.cells))
    assert value(whole.controls[0]) == value(whole.controls[0])
