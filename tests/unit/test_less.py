"""Measuring less: the worth of cells, the frontier, the split into shards, what is remembered."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helpers import plan

from crossload.environments import Project
from crossload.errors import ConfigError
from crossload.matrix.known_verdicts import KnownVerdicts
from crossload.matrix.shards import costs_of, describe_shards, parse_shard, shards_of
from crossload.plan import Cell, Costs, partition
from crossload.plan.frontier import SHORTEST, Frontier, is_drawn
from crossload.plan.priority import priority_of_cells
from crossload.report.view import make_view
from crossload.report.view_types import Row, RunFacts
from crossload.verdict import Judgement, Verdict

RUN = RunFacts(
    date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
)
SIX = tuple(f"1.{n}" for n in range(6))


def cell_of(whole, case, writer, reader):
    return next(
        c
        for c in whole.cells
        if (c.case.name, c.writer, c.reader) == (case, f"sklearn-{writer}", f"sklearn-{reader}")
    )


def place(cell):
    return cell.case.recipe, cell.case.format, cell.writer, cell.reader


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
    assert all(is_drawn(cell) for cell in drawn)

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


def test_shards_are_about_equal_and_keep_writers_together():
    whole = plan(tuple(f"1.{n}" for n in range(8)))
    shards = partition([whole], 4, {})

    assert [len(shard.writers) for shard in shards] == [2, 2, 2, 2]
    assert len({shard.seconds for shard in shards}) == 1


def test_a_dear_writer_is_spread():
    whole = plan(("1.0", "1.1"))
    costs = {
        "m": Costs(
            writers={"sklearn-1.0": 1000.0, "sklearn-1.1": 1.0},
            recipes={"forest": 1.0, "ridge": 1.0},
        )
    }
    shards = partition([whole], 2, costs)

    assert all("sklearn-1.0" in shard.writers for shard in shards)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""])
def test_a_shard_that_is_not_one_is_refused(text):
    with pytest.raises(ConfigError, match="NUMBER/COUNT"):
        parse_shard(text)


def test_recorded_costs_come_from_the_published_report(tmp_path):
    whole, project = plan(), Project(tmp_path)
    assert costs_of(project, [whole]) == {}
    (tmp_path / "reports" / "m").mkdir(parents=True)
    known = {"costs": {"writers": {"sklearn-1.0": 5.0}, "recipes": {"forest": 2.0}}}
    (tmp_path / "reports" / "m" / "summary.json").write_text(json.dumps(known))

    assert costs_of(project, [whole])["m"].of("sklearn-1.0", "forest", 10) == 5.0
    assert costs_of(project, [whole])["m"].of("sklearn-1.1", "forest", 10) == pytest.approx(0.2)
    shards = shards_of(project, [whole], 3)
    assert json.loads(describe_shards(shards, "github"))["include"][0]["shard"] == "1/3"
    assert "1/3" in describe_shards(shards, "text")
    units = [
        tuple(unit) for row in json.loads(describe_shards(shards, "json")) for unit in row["of"]
    ]
    assert len(units) == len(set(units)) == 4


def view_of(whole, verdicts):
    rows = [
        Row(cell=cell, judgement=Judgement(verdict=verdict), seconds={})
        for cell, verdict in zip(whole.cells, verdicts, strict=True)
    ]
    return make_view(name="m", title="t", environments=[], rows=rows, run=RUN)


def test_what_was_found_is_remembered_and_what_changed(tmp_path):
    whole, memory = plan(), KnownVerdicts(Project(tmp_path), "m")
    assert memory.recall() == ({}, set())
    memory.remember(view_of(whole, [Verdict.IDENTICAL] * len(whole.cells)))
    assert memory.recall()[1] == set()

    second = [Verdict.DRIFT, Verdict.NOT_RUN, *[Verdict.IDENTICAL] * (len(whole.cells) - 2)]
    memory.remember(view_of(whole, second))

    passed, changed = memory.recall()
    assert changed == {place(whole.cells[0])}
    assert passed[place(whole.cells[0])] is False
    assert passed[place(whole.cells[1])] is True  # not measured now: the older verdict stays
    assert len(passed) == len(whole.cells)


def test_cells_are_their_own_identity():
    whole = plan()
    first = whole.cells[0]

    assert Cell(first.case, first.writer, first.reader) == first
