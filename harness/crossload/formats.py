"""The base class of formats, by the public name that recipe files import it by: ``from crossload.formats import Format``."""

from __future__ import annotations

from crossload.worker.formats import Format

__all__ = ["Format"]
