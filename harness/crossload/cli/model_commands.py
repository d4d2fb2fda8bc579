"""The commands about saved models: from parsed options to calls.

What a command needs is imported when it is called, so that ``--help`` starts fast.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossload import limits
from crossload.cli.matrix_commands import say
from crossload.errors import CrossloadError, DangerousFile, HarnessFault

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def _inspect(chosen: argparse.Namespace) -> None:
    from crossload.inspection import NotAModel, inspect_file  # noqa: PLC0415 - see above
    from crossload.inspection.render import to_dict, to_text  # noqa: PLC0415 - see above
    from crossload.safe import printable  # noqa: PLC0415 - see above
    from crossload.system import terminal_width  # noqa: PLC0415 - see above

    refused: list[NotAModel] = []
    dangerous: list[str] = []
    for path in chosen.files:
        try:
            found = inspect_file(path)
        except NotAModel as error:
            refused.append(error)
            if error.dangerous:
                dangerous.append(f"{path} ({', '.join(error.dangerous[:5])})")
            continue
        say(json.dumps(to_dict(found)) if chosen.json else to_text(found, width=terminal_width()))
        if found.dangerous:
            dangerous.append(str(path))
    if dangerous:  # counts more than that another file is no model
        # file names are untrusted too: one may hold escape codes
        listed = ", ".join(printable(each) for each in dangerous[:20])
        listed += f" and {len(dangerous) - 20} more" if len(dangerous) > 20 else ""
        others = "".join(f"{error}\n" for error in refused)
        msg = f"{others}loading executes dangerous code: {listed}"
        raise DangerousFile(msg, hint="do not load it; ask where it comes from")
    if refused:
        raise NotAModel("\n".join(map(str, refused)), hint=refused[0].hint)


def _model_command(name: str) -> Callable[[argparse.Namespace], int]:
    """Make the function of a command that loads models."""

    def call(chosen: argparse.Namespace) -> int:
        from crossload.models.commands import COMMANDS  # noqa: PLC0415 - see above

        try:
            return COMMANDS[name](chosen, out=say)
        except (CrossloadError, OSError):
            raise
        except Exception as error:
            # exit code 1 means that a model breaks, and it is Python's code for a traceback too:
            # a fault of ours must not look like an answer
            msg = f"crossload itself failed: {type(error).__name__}: {error}"
            raise HarnessFault(msg, hint="--debug shows where; please report it") from error

    return call


def _within_limits(
    call: Callable[[argparse.Namespace], int | None],
) -> Callable[[argparse.Namespace], int | None]:
    """Let a command look at each file as long, and in as much memory, as its options say."""

    def bounded(chosen: argparse.Namespace) -> int | None:
        with limits.allowed(chosen.inspect_seconds, chosen.inspect_memory << 20):
            return call(chosen)

    return bounded


CALLS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "inspect": _within_limits(_inspect),
    "check": _within_limits(_model_command("check")),
    "upgrade": _within_limits(_model_command("upgrade")),
    "blame": _within_limits(_model_command("blame")),
    "bisect": _within_limits(_model_command("bisect")),
    "route": _within_limits(_model_command("route")),
}
"""Functions of the commands by name; they give an exit code, None for 0, or raise."""
