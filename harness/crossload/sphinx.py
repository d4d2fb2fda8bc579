"""The Sphinx extension by its public name: ``extensions = ["crossload.sphinx"]``."""

from __future__ import annotations

from crossload.api.sphinx import CrossloadMatrix, setup

__all__ = ["CrossloadMatrix", "setup"]
