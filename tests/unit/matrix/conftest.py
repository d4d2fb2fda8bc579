"""Makes the builders of this folder importable, and gives a clock."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from builders_progress import Clock


@pytest.fixture
def clock():
    return Clock()
