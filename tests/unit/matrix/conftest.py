"""Makes the builders of this folder importable; gives a clock, a machine and a small project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, *(HERE.parent / name for name in ("engine", "environments", "store"))):
    sys.path.insert(0, str(folder))

from builders_matrix import UV, Machine, SmallProject  # noqa: E402 - tests stand in no package
from builders_progress import Clock  # noqa: E402 - as above

from crossload.engine import jobs  # noqa: E402 - as above
from crossload.environments import is_built  # noqa: E402 - as above
from crossload.matrix import run as matrix_run  # noqa: E402 - as above


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def machine(monkeypatch):
    """Give the machine that answers in place of processes."""
    made = Machine()
    monkeypatch.setattr(matrix_run, "LocalExecutor", made)
    # the sample of loads that are repeated is drawn by keys, which change with the worker's code
    monkeypatch.setattr(jobs, "SAMPLE", 2**33)
    return made


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Give the small project, with both environments built."""
    # the package has a function of the module's name
    building = sys.modules[is_built.__module__]
    monkeypatch.setattr(building, "uv_version", lambda: UV)
    return SmallProject(tmp_path).build()


@pytest.fixture
def store(small):
    """Give the open store of the small project."""
    found = small.opened()
    yield found
    found.close()
