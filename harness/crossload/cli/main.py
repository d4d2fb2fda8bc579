"""The entry point of the command line: it parses, calls, and prints errors in one place."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from crossload.cli import matrix_commands, model_commands
from crossload.cli.options import build_parser, options_of
from crossload.config.schema import did_you_mean
from crossload.errors import INTERRUPTED_EXIT_CODE, CrossloadError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import FrameType


_PIPE_EXIT_CODE = 141
"""Exit code when nobody reads the output any more, as shells have it (128 + SIGPIPE)."""


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line; the manual is made from it too."""
    return build_parser(matrix_commands.CALLS | model_commands.CALLS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, as the console script ``crossload`` does.

    Parameters
    ----------
    arguments
        Arguments without the name of the program; by default those of this process.

    Returns
    -------
    int
        The exit code. Errors that the user can act on were printed on standard error, with what to
        do; with ``--debug`` they are raised.
    """
    parser = make_parser()
    # parse_args would report what it does not know with the usage of the whole program, whatever
    # the command (https://bugs.python.org/issue34479), and could not say what was perhaps meant
    chosen, unknown = parser.parse_known_args(arguments)
    if unknown:
        _refuse(parser, chosen.command, unknown[0].split("=")[0])
    if chosen.call is None:
        parser.print_help()
        return 2
    # SIGTERM as well: nox, CI services and schedulers end a run by it, and children must end too
    signal.signal(signal.SIGTERM, _interrupt_once)
    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        call: Callable[[argparse.Namespace], int | None] = chosen.call
        return call(chosen) or 0
    except CrossloadError as error:
        if chosen.debug:
            raise
        _complain(f"ERROR {error}")
        if error.hint:
            _complain(f"TIP {error.hint}")
        return error.exit_code
    except KeyboardInterrupt:
        # --fresh again would measure anew what this run has measured
        how = (
            "The same command without --fresh"
            if getattr(chosen, "fresh", False)
            else "The same command"
        )
        _complain(
            "\nstopped; children are ended, everything measured so far is kept."
            f" {how} goes on from there."
        )
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:  # whoever read has seen enough (| head)
        # the interpreter flushes standard output once more when it ends, and would complain:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_EXIT_CODE
    except OSError as error:
        # a full disk, or a limit of the machine, may be met anywhere
        from crossload.store.layout import system_error  # noqa: PLC0415 - for this only

        if chosen.debug:
            raise
        refused = system_error(error)
        _complain(f"ERROR {refused}\nTIP {refused.hint}")
        return refused.exit_code


def _refuse(parser: argparse.ArgumentParser, command: str | None, name: str) -> None:
    """End with a message about an argument that a command does not have."""
    options = options_of(parser)
    known = options.get(command or "", set()) | options[""]
    owners = sorted(each for each, names in options.items() if name in names)
    hint = (
        f"it is an option of {', '.join(owners)}" if owners else did_you_mean(name, sorted(known))
    )
    parser.error(f"{command or 'crossload'} has no argument {name!r} - {hint}")


def _complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the command line talks by printing


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    """Let the first signal end the run.

    Those that an impatient user adds must not disturb the ending of children.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
