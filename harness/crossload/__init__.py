"""crossload: measured compatibility of saved models across versions."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
