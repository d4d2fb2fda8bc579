"""Interpreters, the release index, locks, and the building of environments as their locks say."""

from __future__ import annotations

from crossload.environments.build import Built, build, doubt, doubts_of, is_built
from crossload.environments.interpreters import Interpreter, Interpreters
from crossload.environments.lock_file import Lock, read_lock
from crossload.environments.locks import Locker
from crossload.environments.project import Project

__all__ = [
    "Built",
    "Interpreter",
    "Interpreters",
    "Lock",
    "Locker",
    "Project",
    "build",
    "doubt",
    "doubts_of",
    "is_built",
    "read_lock",
]
