"""Reads the requirement lists and lock files of the tools that people use, one module a format."""

from __future__ import annotations

from crossload.requirements.locked import InvalidLock, Locked
from crossload.requirements.read import is_lock_name, read_locked

__all__ = ["InvalidLock", "Locked", "is_lock_name", "read_locked"]
