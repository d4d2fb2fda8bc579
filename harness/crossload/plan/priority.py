"""What a cell is worth when time is short: what nobody knows, what changed, boundaries, and the newest releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crossload.plan.cells import Cell, Plan

CONTROL, NEVER, CHANGED, BOUNDARY = 16.0, 8.0, 4.0, 2.0

Place = tuple[str, str, str, str]
"""(recipe, format, writer, reader)."""


def priority_of_cells(
    plan: Plan, passed: Mapping[Place, bool | None], changed: set[Place]
) -> Callable[[Cell], float]:
    """A function that gives each cell its worth.

    ``passed`` holds what earlier runs found, None for what could not be told; ``changed`` the cells whose verdict was
    another one in the run before.  Newer writers and readers break ties, and no more.
    """
    order = {environment.id: index for index, environment in enumerate(plan.environments)}
    axes = {environment.id: environment.axis for environment in plan.environments}
    ids = list(order)
    controls = {case.name for case in plan.control_cases}
    newest = 2.0 * max(len(ids), 1)
    worth: dict[Place, float] = {}

    def neighbours(place: Place) -> list[Place]:
        recipe, fmt, writer, reader = place
        found = []
        for step in (-1, 1):
            for which, env_id in ((0, writer), (1, reader)):
                index = order[env_id] + step
                if 0 <= index < len(ids) and axes[ids[index]] == axes[env_id]:
                    found.append(
                        (recipe, fmt, ids[index], reader)
                        if which == 0
                        else (recipe, fmt, writer, ids[index])
                    )
        return found

    def value(cell: Cell) -> float:
        place = (cell.case.recipe, cell.case.format, cell.writer, cell.reader)
        found = worth.get(place)
        if found is None:
            found = (order[cell.writer] + order[cell.reader]) / newest
            if cell.case.name in controls:
                found += CONTROL
            elif passed.get(place) is None:
                found += NEVER
            else:
                found += CHANGED * (place in changed)
                found += BOUNDARY * any(
                    passed.get(each) not in (None, passed[place]) for each in neighbours(place)
                )
            worth[place] = found
        return found

    return value
