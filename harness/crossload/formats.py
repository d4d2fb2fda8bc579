"""The public name of the base class of formats: ``from crossload.formats import Format``."""

from __future__ import annotations

from crossload.worker.formats import Format

__all__ = ["Format"]
