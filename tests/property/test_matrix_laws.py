"""Laws of matrices that hold for all inputs.

Plans are complete, counts sum up, joining and judging know no order, shards partition, the frontier
infers nothing wrong.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from helpers import plan

from crossload.config.spec import Rule
from crossload.plan import Costs, Selection, partition
from crossload.plan.frontier import Frontier
from crossload.report.view import make_view
from crossload.report.view_types import EnvironmentFacts, JudgedCell, RunFacts, Square
from crossload.store.merge import join
from crossload.store.records import Reader
from crossload.store.store import Store
from crossload.verdict import GAPS, Judgement, Verdict, compare
from crossload.verdict.proposals import Failure, propose

versions = st.lists(
    st.sampled_from([f"1.{n}" for n in range(8)]), min_size=1, max_size=5, unique=True
)


@given(versions)
def test_a_plan_holds_every_pair_of_every_case_once(chosen):
    made = plan(tuple(chosen))

    assert len(made.cells) == len(set(made.cells)) == len(chosen) ** 2 * len(made.cases)


@given(
    versions,
    st.sampled_from(["sklearn>=1.3", "sklearn-1.2", "sklearn-*"]),
    st.sampled_from(["pickle", "joblib*", "*"]),
)
def test_excluding_and_including_are_complements(chosen, writer, fmt):
    rule = Rule(writer=writer, format=fmt)
    everything = set(plan(tuple(chosen)).cells)
    try:
        left = set(plan(tuple(chosen), exclude=(rule,)).cells)
    except Exception as error:  # nothing is left: the plan says so
        assert "nothing is selected" in str(error)
        left = set()

    assert left <= everything
    assert all(cell.case.format != "pickle" for cell in everything - left) or fmt in ("pickle", "*")


@given(versions, st.integers(0, 4), st.integers(0, 4))
def test_a_selection_is_the_product_of_its_writers_and_readers(chosen, i, j):
    writer, reader = (f"sklearn-{chosen[n % len(chosen)]}" for n in (i, j))

    made = plan(tuple(chosen), selection=Selection(writers=(writer,), readers=(reader,)))

    assert {(cell.writer, cell.reader) for cell in made.selected} == {(writer, reader)}
    assert len(made.selected) == len(made.cases)


@given(st.dictionaries(st.sampled_from(list(Verdict)), st.integers(1, 50), min_size=1))
def test_a_square_passes_only_if_nothing_failed_and_nothing_is_missing(counts):
    square = Square(counts=counts)

    failed = any(verdict.passes is False for verdict in counts)
    missing = any(verdict in counts for verdict in GAPS)
    assert bool(square.worst.passes) == (not failed and not missing and square.passed > 0)
    assert square.passed + square.failed <= square.planned == sum(counts.values())


floats = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(st.lists(floats, max_size=20))
def test_an_array_is_always_within_tolerance_of_itself(values):
    array = np.array(values, dtype="float64")

    found = compare(array, array.copy(), atol=0.0, rtol=0.0)

    assert found.within
    assert found.max_abs == 0


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=20))
def test_a_difference_beyond_any_tolerance_is_always_seen(pairs):
    before, after = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    same = (before == after) | (np.isnan(before) & np.isnan(after))

    assert compare(before, after, atol=0.0, rtol=0.0).changed == int((~same).sum())


records = st.fixed_dictionaries(
    {
        "kind": st.just("load"),
        "key": st.sampled_from(["a" * 32, "b" * 32, "c" * 32]),
        "status": st.sampled_from(["ok", "crash", "error"]),
        "seconds": st.just({"load": 0.5}),
    },
    optional={"confirm": st.just(True), "outputs": st.just({"p": "d"})},
)


@settings(max_examples=50)
@given(st.lists(records, max_size=12))
def test_the_last_record_of_a_key_counts(chosen):
    reader = Reader()
    for record in chosen:
        reader.line(json.dumps(record, sort_keys=True).encode(), "1.jsonl")

    for key in {record["key"] for record in chosen}:
        last = [record for record in chosen if record["key"] == key][-1]
        assert reader.by_kind["load"].get(key)["status"] == last["status"]


def _store(folder, chosen):
    """Write a store with these records, a few to each journal; many are merged into one journal."""
    store = Store(folder)
    store.open()
    for start in range(0, len(chosen), 3):
        with store.new_journal("x").open("a") as stream:
            stream.writelines(
                json.dumps(record, sort_keys=True) + "\n" for record in chosen[start : start + 3]
            )
    store.close()
    if len(chosen) > 4:
        store.open(alone=True)
        store.rewrite(lambda _kind, _key: True)
        store.close()
    return folder


def _joined(target, folders):
    store = Store(target)
    store.open()
    for folder in folders:
        join(store, folder)
    store.close()
    return target


def _known(folder):
    reader = Store(folder).read()
    return {key: (known.facts, known.at) for key, known in reader.by_kind["load"].items()}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(records, max_size=8), min_size=3, max_size=3), st.permutations([0, 1, 2]))
def test_joining_is_associative_commutative_and_idempotent(chosen, order):
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        a, b, c = (_store(root / f"s{n}", each) for n, each in enumerate(chosen))
        left = _joined(root / "left", [_joined(root / "ab", [a, b]), c])
        right = _joined(root / "right", [a, _joined(root / "bc", [b, c])])
        shuffled = _joined(root / "shuffled", [[a, b, c][n] for n in order])
        twice = _joined(root / "twice", [a, b, a, c, left, c])

        assert _known(left) == _known(right) == _known(shuffled) == _known(twice)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([f"1.{n}" for n in range(8)]), min_size=1, max_size=6, unique=True),
    st.integers(1, 20),
    st.dictionaries(st.sampled_from([f"sklearn-1.{n}" for n in range(8)]), st.floats(0, 1000)),
    st.floats(0, 50),
)
def test_shards_partition_the_plan_for_any_count(chosen, count, writers, forest):
    whole = plan(tuple(chosen))
    costs = {"m": Costs(writers=writers, recipes={"forest": forest, "ridge": 1.0})}

    shards = partition([whole], count, costs)

    assert len(shards) == count
    parts = [replace(whole, shard=shard).selected for shard in shards]
    together = [cell for part in parts for cell in part]
    assert len(together) == len(set(together)) == len(whole.cells)
    controls = [cell for shard in shards for cell in replace(whole, shard=shard).controls]
    assert set(controls) == set(whole.controls)
    for part in parts:  # a save and all loads of what it gave stay together
        mine = {(cell.writer, cell.case.recipe) for cell in part}
        assert all(
            (cell in part) == ((cell.writer, cell.case.recipe) in mine) for cell in whole.cells
        )
    assert partition([whole], count, costs) == shards


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 24), st.lists(st.integers(0, 23), max_size=3))
def test_where_verdicts_change_rarely_the_frontier_is_the_truth(length, boundaries):
    whole = plan(tuple(f"1.{n}" for n in range(length)))
    place = {each.id: index for index, each in enumerate(whole.environments)}

    def truth(cell):
        return (str(sum(place[cell.reader] >= boundary for boundary in boundaries)), cell.case.name)

    frontier = Frontier(whole)
    while cells := frontier.next_cells():
        frontier.learn({cell: truth(cell) for cell in cells})
    drawn = frontier.sample()
    frontier.learn({cell: truth(cell) for cell in drawn})
    accuracy = frontier.check()
    inferred = frontier.still_inferred()

    # with boundaries that only ever rise, equal ends mean an equal middle
    assert accuracy.wrong == 0
    for cell, inference in inferred.items():
        assert inference.verdict == truth(cell)[0]
        low, high = (place[each] for each in inference.witnesses)
        assert low < place[cell.reader] < high
    again = Frontier(whole)
    measured = [cell for cell in whole.cells if cell not in inferred]
    again.learn({cell: truth(cell) for cell in measured})
    asked = []
    while cells := again.next_cells():
        asked += cells
    assert set(asked) | set(again.sample()) <= set(measured)


@settings(max_examples=30)
@given(st.data())
def test_every_roll_up_sums_to_the_planned_cells_and_knows_no_order(data):
    cells = list(plan(("1.0", "1.1")).cells)
    verdicts = data.draw(
        st.lists(st.sampled_from(list(Verdict)), min_size=len(cells), max_size=len(cells))
    )
    rows = [
        JudgedCell(cell=c, judgement=Judgement(verdict=v), seconds={})
        for c, v in zip(cells, verdicts, strict=True)
    ]
    shuffled = data.draw(st.permutations(rows))
    run = RunFacts(
        date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
    )
    facts = [EnvironmentFacts(id="sklearn-1.0"), EnvironmentFacts(id="sklearn-1.1")]

    one, two = (
        make_view(name="m", title="t", environments=facts, rows=each, run=run)
        for each in (rows, shuffled)
    )

    assert one.counts == two.counts
    assert one.by_case == two.by_case
    assert one.by_format == two.by_format
    assert one.grids[0] == two.grids[0]
    for squares in (one.by_case, one.by_format, one.grids[0].squares):
        assert sum(square.planned for square in squares.values()) == len(cells)
    missing = set(GAPS) & set(verdicts)
    assert one.complete is (not missing)
    for square in one.by_case.values():
        if set(GAPS) & set(square.counts):
            assert not square.worst.passes


ENVIRONMENTS = {
    f"e{number}": {"one": f"1.{number}", "two": f"{number // 2}.0", "python": "3.11"}
    for number in range(6)
}
pairs = st.tuples(st.sampled_from(list(ENVIRONMENTS)), st.sampled_from(list(ENVIRONMENTS)))
failing = st.builds(
    Failure,
    st.sampled_from(["drift", "load-error"]),
    st.sampled_from(["KeyError:", "ValueError:"]),
    st.sampled_from(["a/pickle", "b/pickle", "c/joblib"]),
    pairs,
)


@given(
    st.sets(failing, max_size=40),
    st.dictionaries(st.sampled_from(["a/pickle", "c/joblib"]), st.sets(pairs, max_size=9)),
)
def test_a_proposed_boundary_holds_every_failure_and_no_pass(chosen, passing):
    found = propose(chosen, passing, ENVIRONMENTS, ["two"])

    assert sum(each.cells for each in found) == len(chosen)
    for each in found:
        mine = [one for one in chosen if (one.verdict, one.says) == (each.verdict, each.says)]
        assert each.cells == len(mine)
        assert {one.case for one in mine} == set(each.cases)
        assert each.nearest in {one.pair for one in mine}
        if not (each.writer or each.reader):
            continue
        sides = [Requirement(text) if text else None for text in (each.writer, each.reader)]

        def inside(pair, sides=sides):
            return all(
                side is None or side.specifier.contains(ENVIRONMENTS[env][side.name])
                for side, env in zip(sides, pair, strict=True)
            )

        assert all(inside(one.pair) for one in mine)
        fine = set().union(*(passing.get(case, set()) for case in each.cases))
        assert not any(inside(pair) for pair in fine)
