"""A bench to measure small plans on; makes the builders of this folder importable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crossload.engine import jobs

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def no_sample(monkeypatch):
    """Repeat no sample of loads: it is drawn by keys, which change with the worker's code."""
    monkeypatch.setattr(jobs, "SAMPLE", 2**33)


@pytest.fixture
def bench(tmp_path):
    """Give a function that makes benches; their stores are closed at the end."""
    from builders_engine import Bench

    made = []

    def make(**more):
        made.append(Bench(tmp_path, **more))
        return made[-1]

    yield make
    for each in made:
        each.store.close()
