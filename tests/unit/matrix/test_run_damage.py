"""The run of one matrix whose store is damaged: outputs are set aside and measured again."""

from __future__ import annotations

import pytest
from builders_engine import A

from crossload.errors import StoreError
from crossload.plan import Selection


def damage(small, store):
    """Damage recorded outputs, and forget what was computed of them."""
    for path in store.blobs.outputs.glob("*.npz"):
        path.write_bytes(b"no archive")
    (small.project.work / "metrics" / "small.json").unlink()
    (small.project.reports / "small" / "README.md").unlink(missing_ok=True)


def test_damaged_outputs_are_measured_again(small, store, machine, capsys):
    small.run(store)
    damage(small, store)
    measured = len(machine.jobs)
    _, errors = small.run(store)

    assert errors == []
    assert small.summary()["counts"]["identical"] == 8
    assert "what refers to it is measured again" in capsys.readouterr().err
    assert len(machine.jobs) > measured
    assert len(store.damage_notes) == 1


def test_damage_that_is_met_while_loads_go_on_does_not_end_the_run(small, store, machine):
    small.run(store, selection=Selection(only=(A,)))
    damage(small, store)
    _, errors = small.run(store)

    assert errors == []
    assert small.summary()["counts"]["identical"] == 8


def test_damage_that_is_met_by_a_frontier_does_not_end_the_run(small, store, machine):
    small.run(store)
    damage(small, store)
    _, errors = small.run(store, frontier=True)

    assert errors == []
    assert small.summary()["counts"]["identical"] == 8


def test_a_disk_that_damages_everything_is_named(small, store, machine):
    small.run(store)
    machine.damages = True
    damage(small, store)

    with pytest.raises(StoreError, match="3 times in a row") as caught:
        small.run(store)
    assert caught.value.hint == "check the disk"
