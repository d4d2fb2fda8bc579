"""A store of each test's own; makes the builders of this folder importable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crossload.store.store import Store

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "store")
    found.open()
    yield found
    found.close()
