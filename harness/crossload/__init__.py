"""crossload: measured compatibility of saved models across versions."""

from __future__ import annotations

from typing import Any

from crossload.version import __version__

__all__ = ["__version__", "check", "grid", "outcomes"]


def __dir__() -> list[str]:
    """What completion offers."""
    return __all__


def __getattr__(name: str) -> Any:
    """What `__all__` names, imported when it is asked for: the command line starts without pandas."""
    if name == "check":
        from crossload.api.models import check  # noqa: PLC0415

        return check
    if name in ("outcomes", "grid"):
        from crossload.api import outcomes  # noqa: PLC0415

        return getattr(outcomes, name)
    msg = f"module 'crossload' has no attribute {name!r}"
    raise AttributeError(msg)
