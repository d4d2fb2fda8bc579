"""What one file does is never noted where another would inherit it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from builders_inspection import inspect_file

from crossload.inspection import NotAModel
from crossload.inspection.facts import Danger
from crossload.inspection.stand_ins import StandIn, nameless

POLLUTERS = {
    "an item of a persistent object": b"\x80\x03NNQX\x09\x00\x00\x00__class__C\x03abcs.",
    "a state of a persistent object": b"\x80\x02NQ}X\x01\x00\x00\x00aK\x01sb.",
    "a state of the result of a result": b"cos\nsystem\n(tR(tR}X\x01\x00\x00\x00aK\x01sb.",
    "items of the result of a result": b"cos\nsystem\n(tR(tR(K\x01e.",
}


@pytest.mark.parametrize("data", POLLUTERS.values(), ids=POLLUTERS)
def test_a_hostile_file_changes_nothing_for_the_next_one(tmp_path, data):
    (tmp_path / "hostile").write_bytes(data)
    try:
        inspect_file(tmp_path / "hostile")
    except NotAModel as refused:
        assert refused.args

    (tmp_path / "model").write_bytes(pickle.dumps({"a": np.arange(3.0)}))
    names = inspect_file(tmp_path / "model").names

    assert {each.danger for each in names} == {Danger.KNOWN}
    assert not StandIn.odd
    assert not StandIn.called


def test_nothing_can_be_noted_for_all_files():
    with pytest.raises(AttributeError, match="belongs to all files"):
        StandIn.odd = "x"
    own = nameless()
    own.odd = "x"
    assert (own.odd, nameless().odd) == ("x", "")
