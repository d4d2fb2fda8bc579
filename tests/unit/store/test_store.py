"""The store: several runs at once, and what needs it alone."""

from __future__ import annotations

import pytest
from builders_store import key, record, write

from crossload.errors import StoreError
from crossload.store.store import Store


def test_two_runs_share_a_store_and_see_what_the_other_measured(store):
    second = Store(store.root)
    second.open()
    second.read()
    write(store, record("a"))

    assert second.refresh() == [key("a")]
    assert second.refresh() == []
    assert key("a") in second.loads
    second.close()


def test_an_environment_is_worked_on_by_one_run_at_a_time(store):
    second = Store(store.root)
    held = store.claim("sklearn-1.0")

    assert held is not None
    assert second.claim("sklearn-1.0") is None
    assert second.claim("sklearn-1.1") is not None
    held.release()
    assert second.claim("sklearn-1.0") is not None


def test_cleaning_up_needs_the_store_alone(store):
    second = Store(store.root)

    with pytest.raises(StoreError, match="another run"):
        second.open(alone=True)


def test_a_record_is_written_once_until_it_changes(store):
    environment = {"kind": "environment", "key": "e", "python": "3.11.9"}
    store.append([environment])
    store.append([environment])
    store.append([environment | {"python": "3.11.10"}])

    lines = [line for path in store.journals.iterdir() for line in path.read_text().splitlines()]
    assert len(lines) == 1 + 2
