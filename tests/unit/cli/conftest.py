"""Gives the command line: it is called in this process, and signals are as before afterwards."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
for folder in (HERE.parent / name for name in ("engine", "matrix", "store")):
    sys.path.insert(0, str(folder))

from builders_matrix import SmallProject  # noqa: E402 - tests stand in no package

from crossload.cli.main import main  # noqa: E402 - as above


class Done(NamedTuple):
    """What became of a command line."""

    code: int
    out: str
    err: str


@pytest.fixture
def small(tmp_path):
    """Give the small project, in which nothing is built."""
    return SmallProject(tmp_path)


@pytest.fixture
def crossload(capsys, tmp_path):
    """Give a function that runs a command line in the project ``tmp_path``."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments):
        try:
            code = main(["--root", str(tmp_path), *arguments])
        except SystemExit as end:  # argparse
            code = end.code
        return Done(code, *capsys.readouterr())

    yield call
    for number, handler in before.items():
        signal.signal(number, handler)
