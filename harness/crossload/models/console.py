"""Output of the commands: answers, progress, and files that the user named.

Names of files and versions, and messages of models, are not trusted: none of them reaches the
terminal as a control code, or a CI service as a command.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.safe import no_commands, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def print_progress(text: str) -> None:
    """Print how far a command is on standard error, apart from its answers."""
    print(no_commands(printable(text, keep="\n")), file=sys.stderr, flush=True)  # noqa: T201 - its job


def safe_output(out: Callable[[str], None]) -> Callable[[str], None]:
    """Give a function that prints as ``out`` does, but texts that are not trusted too."""
    return lambda text: out(no_commands(printable(text, keep="\n")))


def write_output(path: Path, text: str) -> None:
    """Write a file that the user named.

    Raises
    ------
    ConfigError
        It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [f"{path}: {error.strerror}"], hint="name a file in a folder that exists"
        ) from error
