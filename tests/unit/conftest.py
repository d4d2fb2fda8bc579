"""Makes the helpers importable, and forbids processes: unit tests start none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def no_processes(monkeypatch):
    def refuse(*arguments, **options):
        msg = f"a unit test starts a process: {arguments}"
        raise AssertionError(msg)

    monkeypatch.setattr(subprocess, "Popen", refuse)
