"""What loading hostile streams executes is what inspect flags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / "fuzz" / "run_fuzz.py"


@pytest.mark.integration
def test_nothing_that_hostile_streams_execute_is_missed(tmp_path: Path) -> None:
    # 500 streams take some 15 s; a busy machine tries as many as it can in a minute
    options = ("--streams", "500", "--seed", "0", "--seconds", "60", "--keep", str(tmp_path))
    tried = subprocess.run(
        [sys.executable, RUN, *options], capture_output=True, text=True, check=False, timeout=300
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    rows = [line.split("|") for line in tried.stdout.splitlines()]
    total = next(row for row in rows if row[0].strip() == "all")
    assert int(total[1]) >= 100
    assert int(total[3]) > 0, "no stream executed anything: the hooks do not work"
