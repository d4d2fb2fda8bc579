"""Every test sees the same environment, whoever runs it.

Nothing of the terminal, the CI service, the locale or any settings reaches a test.  A test of such
a variable sets it itself, with ``monkeypatch``.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# how long one example takes is told by the load of the machine, not by the code
settings.register_profile("crossload", deadline=None)
settings.load_profile("crossload")

SET = {
    "TERM": "xterm-256color",
    "COLUMNS": "100",
    "LINES": "24",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
}
DROPPED = (
    "AWS_", "BUILDKITE", "CI", "CIRCLECI", "CLICOLOR", "COLORTERM", "CROSSLOAD_", "FORCE_COLOR",
    "GIT_", "GITHUB_", "GITLAB_", "JUPYTER_", "LANGUAGE", "LC_", "NOX", "NO_COLOR", "PIP_",
    "PYTEST_ADDOPTS", "PYTHON", "RUNNER_", "TF_BUILD", "TRAVIS", "TTY_", "UV_", "XDG_",
)  # fmt: skip
"""Beginnings of the names of variables that programs behave differently for."""


def plain(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Give the environment of all tests: what a machine needs to run, and nothing of its user."""
    kept = {name: value for name, value in environ.items() if not name.startswith(DROPPED)}
    return kept | SET | {"HOME": str(home), "USERPROFILE": str(home)}


def replace_environment(wanted: Mapping[str, str]) -> None:
    """Make the environment of this process equal to a mapping; touch nothing that is equal."""
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture(scope="session")
def machine_environment() -> dict[str, str]:
    """Give the environment that pytest was started with.

    It is for variables that say where the network is, not for those that say how to behave.
    """
    return dict(os.environ)


@pytest.fixture(scope="session", autouse=True)
def plain_environment(machine_environment, tmp_path_factory):
    """Give all tests, and all fixtures but the one above, the same environment."""
    replace_environment(plain(machine_environment, tmp_path_factory.mktemp("home")))
    yield
    replace_environment(machine_environment)


@pytest.fixture(autouse=True)
def kept_environment(plain_environment):
    """Undo what a test changed in the environment, so that no other test sees it."""
    before = dict(os.environ)
    yield
    if dict(os.environ) != before:
        replace_environment(before)
