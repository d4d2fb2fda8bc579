"""crossload: measured compatibility of saved models across versions."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "grid", "outcomes"]


def __dir__() -> list[str]:
    """What completion offers."""
    return __all__


def __getattr__(name: str) -> Any:
    """`outcomes` and `grid`, imported when they are asked for: the command line starts without pandas."""
    if name in ("outcomes", "grid"):
        from crossload import tables  # noqa: PLC0415

        return getattr(tables, name)
    msg = f"module 'crossload' has no attribute {name!r}"
    raise AttributeError(msg)
