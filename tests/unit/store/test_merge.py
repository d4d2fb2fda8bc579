"""Joining stores: journals, and what they refer to."""

from __future__ import annotations

import pytest
from builders_store import keep, key, read, record, write

from crossload.errors import SelectionError
from crossload.store.merge import join, store_in
from crossload.store.store import Store


def test_joining_takes_journals_and_what_they_refer_to(store, tmp_path):
    other = Store(tmp_path / "x" / "store")
    other.open()
    kept = keep(other, predict=[1])
    write(other, record("a", kept=kept))
    other.close()

    assert join(store, store_in(tmp_path / "x")) == (1, 1)
    assert join(store, store_in(tmp_path / "x" / "store")) == (0, 0)
    assert store.blobs.arrays(read(store).loads.get(key("a"))["kept"])["predict"].tolist() == [1]


def test_a_folder_without_a_store_is_named(tmp_path):
    with pytest.raises(SelectionError, match="no store here"):
        store_in(tmp_path)
