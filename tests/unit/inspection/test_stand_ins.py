"""The inert objects that stand for what a pickle would make."""

from __future__ import annotations

from crossload.inspection.stand_ins import SkippedData, StandIn


def named():
    return type("Named", (StandIn,), {"module": "a", "name": "B"})


def test_a_call_is_remembered_and_not_made():
    kind = named()

    made = kind.make((1, 2))

    assert (made.args, made.state, made.items) == ((1, 2), None, [])
    assert not kind.called  # whoever makes it says how
    assert kind.make("no tuple").args == ()


def test_the_base_of_all_stand_ins_is_never_called():
    StandIn.make(())

    assert not StandIn.called


def test_a_stand_in_takes_what_lists_sets_and_dicts_take():
    made = named().make(())
    made.append(1)
    made.extend([2, 3])
    made["key"] = 4

    assert made.items == [1, 2, 3, 4]


def test_skipped_data_has_a_size_and_of_arrays_a_shape():
    assert (SkippedData(8).shape, SkippedData(8, (2,), "i4").dtype) == ((), "i4")
