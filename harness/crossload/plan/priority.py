"""The priority of cells when time is short.

Cells that nobody knows come first, then those that changed, boundaries, and the newest releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crossload.plan.cells import Cell, Plan

CONTROL, NEVER, CHANGED, BOUNDARY = 16.0, 8.0, 4.0, 2.0
"""Priorities. Each is more than all that come after it together, and age counts less than one."""

Place = tuple[str, str, str, str]
"""(recipe, format, writer, reader)."""


def priority_of_cells(
    plan: Plan, passed: Mapping[Place, bool | None], changed: set[Place]
) -> Callable[[Cell], float]:
    """Make a function that gives each cell its priority.

    Parameters
    ----------
    plan
        The plan whose cells are ranked.
    passed
        Verdicts of earlier runs: None for those that neither pass nor fail.
    changed
        Cells whose verdict was another one in the run before.

    Returns
    -------
    callable
        The higher its value, the earlier the cell. Newer writers and readers break ties only.
    """
    order = {environment.id: index for index, environment in enumerate(plan.environments)}
    axes = {environment.id: environment.axis for environment in plan.environments}
    ids = list(order)
    controls = {case.name for case in plan.control_cases}
    scale = 2.0 * max(len(ids), 1)
    priorities: dict[Place, float] = {}

    def neighbours(place: Place) -> list[Place]:
        recipe, fmt, writer, reader = place
        found = []
        for step in (-1, 1):
            for side, env_id in (("writer", writer), ("reader", reader)):
                index = order[env_id] + step
                # the next one may belong to another axis, or stand alone: no neighbour
                if 0 <= index < len(ids) and axes[ids[index]] == axes[env_id]:
                    found.append(
                        (recipe, fmt, ids[index], reader)
                        if side == "writer"
                        else (recipe, fmt, writer, ids[index])
                    )
        return found

    def priority(cell: Cell) -> float:
        place = (cell.case.recipe, cell.case.format, cell.writer, cell.reader)
        found = priorities.get(place)
        if found is None:
            found = (order[cell.writer] + order[cell.reader]) / scale
            if cell.case.name in controls:
                found += CONTROL
            elif passed.get(place) is None:
                found += NEVER
            else:
                found += CHANGED * (place in changed)
                found += BOUNDARY * any(
                    passed.get(each) not in (None, passed[place]) for each in neighbours(place)
                )
            priorities[place] = found
        return found

    return priority
