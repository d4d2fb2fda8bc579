"""The values of options: texts of a command line as numbers and times."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Calls = Mapping[str, Callable[[argparse.Namespace], int | None]]
    """Functions of the commands by name."""
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no public name


def positive_int(text: str) -> int:
    """Parse a whole number of at least 1; argparse reports what is none."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"expected a whole number of at least 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def seconds(text: str) -> float:
    """Parse a time such as ``90s`` or ``1h30m`` into seconds; argparse reports what is none.

    A number without a unit is seconds.
    """
    found = re.fullmatch(r"(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s?)?", text.strip())
    # the pattern lets "1.2.3" through, and an empty text, which is no time either
    try:
        parts = [float(part) if part else 0.0 for part in found.groups()] if found else []
    except ValueError:
        parts = []
    total = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if total <= 0:
        msg = f"expected a time such as 90s, 10m or 1h30m, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return total
