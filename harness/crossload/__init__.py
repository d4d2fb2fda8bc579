"""Measured compatibility of saved models across versions.

`check` answers for a model of your own, `outcomes` and `grid` read published reports. The command
line is ``crossload``.
"""

from __future__ import annotations

from typing import Any

from crossload.version import __version__

__all__ = ["__version__", "check", "grid", "outcomes"]


def __dir__() -> list[str]:
    """List the public names, which completion offers."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for first (PEP 562).

    The command line imports this package too, and must start without pandas and scikit-learn.
    """
    if name == "check":
        from crossload.api.models import check  # noqa: PLC0415

        return check
    if name in ("outcomes", "grid"):
        from crossload.api import outcomes  # noqa: PLC0415

        return getattr(outcomes, name)
    msg = f"module 'crossload' has no attribute {name!r}"
    raise AttributeError(msg)
