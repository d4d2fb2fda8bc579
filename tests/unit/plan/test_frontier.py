"""The search for boundaries, and the inference of what lies between."""

from __future__ import annotations

from builders_plan import SIX, place
from helpers import plan

from crossload.plan.frontier import SHORTEST, Frontier, is_sampled


def rounds(whole, truth):
    """(cells measured, frontier) with verdicts that a function gives."""
    frontier, measured = Frontier(whole), []
    while cells := frontier.next_cells():
        measured += cells
        frontier.learn({cell: truth(cell) for cell in cells})
    return measured, frontier


def test_a_line_that_never_changes_costs_its_ends_and_its_diagonal():
    whole = plan(tuple(f"1.{n:02d}" for n in range(20)))
    measured, frontier = rounds(whole, lambda _cell: ("identical", ""))

    assert len(measured) < len(whole.cells) / 6
    assert len(measured) + len(frontier.inferred()) == len(whole.cells)


def test_the_boundary_is_found_to_the_cell():
    whole = plan(tuple(f"1.{n:02d}" for n in range(20)))
    measured, frontier = rounds(
        whole, lambda cell: ("identical",) if cell.reader < "sklearn-1.13" else ("load-error",)
    )

    line = {
        c.reader for c in measured if c.writer == "sklearn-1.00" and c.case.name == "forest/pickle"
    }
    assert {"sklearn-1.00", "sklearn-1.12", "sklearn-1.13", "sklearn-1.19"} <= line
    assert len(line) < 10
    inferred = frontier.inferred()
    assert all(
        found.verdict == ("identical" if c.reader < "sklearn-1.13" else "load-error")
        for c, found in inferred.items()
    )


def test_short_lines_are_measured_as_a_whole():
    whole = plan(SIX[: SHORTEST - 1])
    measured, frontier = rounds(whole, lambda _cell: ("identical",))

    assert sorted(map(place, measured)) == sorted(map(place, whole.cells))
    assert frontier.inferred() == {}


def test_a_wrong_inference_is_counted_and_its_stretch_measured():
    whole = plan(tuple(f"1.{n:02d}" for n in range(20)))
    _, frontier = rounds(whole, lambda _cell: ("identical",))
    drawn = frontier.sample()
    assert drawn
    assert all(is_sampled(cell) for cell in drawn)

    frontier.learn({cell: ("drift",) if cell == drawn[0] else ("identical",) for cell in drawn})
    accuracy = frontier.check()

    assert (accuracy.checked, accuracy.wrong) == (len(drawn), 1)
    assert f"{accuracy.wrong} were wrong ({100 / len(drawn):.1f} %)" in accuracy.text
    opened = frontier.next_cells()
    assert {(cell.case.name, cell.writer) for cell in opened} == {
        (drawn[0].case.name, drawn[0].writer)
    }
    assert drawn[0] not in opened  # it is measured already
    assert opened


def test_a_cell_that_could_not_be_measured_infers_nothing():
    whole = plan(SIX)
    frontier = Frontier(whole)
    first = frontier.next_cells()
    frontier.learn({cell: ("identical",) for cell in first if cell.reader != "sklearn-1.5"})

    assert frontier.next_cells() == []
    assert not any(cell.reader == "sklearn-1.5" for cell in frontier.inferred())
    assert all("sklearn-1.5" not in found.witnesses for found in frontier.inferred().values())
