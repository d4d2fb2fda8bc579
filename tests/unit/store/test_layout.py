"""The schema of a store: newer ones are refused, older ones upgraded."""

from __future__ import annotations

import json

import pytest
from builders_store import record

from crossload.errors import StoreError
from crossload.store.layout import SCHEMA
from crossload.store.store import Store


def test_a_store_of_a_newer_crossload_is_refused(tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps({"schema": SCHEMA + 1}))

    with pytest.raises(StoreError, match="newer"):
        Store(tmp_path).open()


def test_a_store_of_the_first_schema_is_upgraded_and_says_so(tmp_path):
    (tmp_path / "journals").mkdir()
    (tmp_path / "journals" / "1.jsonl").write_text(json.dumps(record("a")) + "\n")
    store = Store(tmp_path)
    store.open()
    store.read()
    store.close()

    assert "1 journals of schema 1" in store.damage_notes[0]
    assert (tmp_path / "aside" / "schema-1" / "1.jsonl").exists()
    assert json.loads((tmp_path / "schema.json").read_text()) == {"schema": SCHEMA}
