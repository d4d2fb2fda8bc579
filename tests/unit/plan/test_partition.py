"""The split of plans into shards."""

from __future__ import annotations

from helpers import plan

from crossload.plan import Costs, partition


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
