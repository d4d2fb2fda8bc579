"""The version of crossload: below everything, so that whatever records it imports nothing else."""

from __future__ import annotations

__version__ = "0.1.0"
