"""The Sphinx extension by the public name that ``conf.py`` files have: ``extensions = ["crossload.sphinx"]``."""

from __future__ import annotations

from crossload.api.sphinx import CrossloadMatrix, setup

__all__ = ["CrossloadMatrix", "setup"]
