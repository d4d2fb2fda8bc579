"""The split of plans into shards."""

from __future__ import annotations

from dataclasses import replace

from helpers import RECIPE, catalog, plan, spec

from crossload.config.spec import Rule
from crossload.plan import Costs, make_plan, partition
from crossload.worker.contract import Recipe


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


def test_no_machine_is_idle_where_there_are_fewer_writers_than_shards():
    whole = plan(("1.0",))

    shards = partition([whole], 2, {})

    assert all(shard.units for shard in shards)
    assert [shard.name for shard in shards] == ["1/2", "2/2"]
    assert {shard.matrices for shard in shards} == {("m",)}
    assert set().union(*(shard.units for shard in shards)) == {
        ("m", "sklearn-1.0", "forest"),
        ("m", "sklearn-1.0", "ridge"),
    }


def test_shards_together_run_each_cell_once_and_each_control_somewhere():
    control = Recipe("broken", {**RECIPE, "expect": "drift"}, "r.py")
    known = replace(catalog("forest", "ridge"), controls={"broken": control})
    rules = (Rule(writer="sklearn-1.2"),)
    whole = make_plan(spec(("1.0", "1.1", "1.2"), exclude=rules), known)

    parts = [replace(whole, shard=shard) for shard in partition([whole], 2, {})]

    assert not whole.is_part
    assert all(part.is_part for part in parts)
    assert sorted(str(cell) for part in parts for cell in part.selected) == sorted(
        map(str, whole.cells)
    )
    assert {cell for part in parts for cell in part.controls} == set(whole.controls)
    assert "sklearn-1.2" in {cell.writer for cell in parts[0].controls}


def test_a_writer_that_costs_a_fair_share_stays_whole():
    whole = plan(("1.0", "1.1"))
    recipes = {"forest": 1.0, "ridge": 1.0}
    costs = {"m": Costs(writers={"sklearn-1.0": 1.0, "sklearn-1.1": 1.0}, recipes=recipes)}
    shards = partition([whole], 2, costs)

    assert [len(shard.writers) for shard in shards] == [1, 1]
