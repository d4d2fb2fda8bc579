"""The one tree of errors that a user can meet, each class with its exit code and perhaps a hint.

Only faults of the harness or of its input are raised. A model that does not load is a result, not
an error.
"""

from __future__ import annotations


class CrossloadError(Exception):
    """Something that the user can act on.

    Parameters
    ----------
    message
        What is wrong and why; it may have several lines.
    hint
        What to do about it, printed after ``TIP``.

    Notes
    -----
    ``exit_code`` tells scripts which kind it was. Each kind has its own number, so that a script
    need not read texts; `crossload.cli.options` lists them for ``--help``.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class StrictFailure(CrossloadError):
    """``--strict`` was given, and at least one cell failed or was not measured."""

    exit_code = 1


class DangerousFile(CrossloadError):
    """A saved model would call something dangerous while it is loaded."""

    exit_code = 1


class NotTrusted(CrossloadError):
    """Loading a model executes what is in it, and nobody said that it may."""

    exit_code = 2


class CannotMeasure(CrossloadError):
    """A question has no answer that measuring could give."""

    exit_code = 3


class ConfigError(CrossloadError):
    """Input of the user is not valid: a matrix file, a command line, or another file.

    Parameters
    ----------
    problems
        Every mistake that was found, one line each.
    hint
        What to do about them.
    """

    exit_code = 2

    def __init__(self, problems: list[str], *, hint: str | None = None) -> None:
        super().__init__("\n".join(problems), hint=hint)
        self.problems = problems


class SelectionError(CrossloadError):
    """A selector names nothing, or all selectors together leave no cell."""

    exit_code = 3


class RecipeError(CrossloadError):
    """A recipe file is missing, raises when it is imported, or breaks the contract."""

    exit_code = 4


class EnvironmentPinsError(CrossloadError):
    """The pins of an environment can never be resolved.

    One of them names a version that does not exist, or they exclude each other.
    """

    exit_code = 5


class StoreError(CrossloadError):
    """Outcomes cannot be written or read: full disk, missing rights, a store in use."""

    exit_code = 6


class HarnessFault(CrossloadError):
    """The harness itself misbehaved, and its measurements of this run must not be believed."""

    exit_code = 7


class EnvironmentUnavailable(CrossloadError):
    """An environment cannot be built on this machine.

    There is no interpreter or no network, or the build failed. The matrix goes on without it.
    """

    exit_code = 8


class NoWheels(EnvironmentUnavailable):
    """No Python of that time has wheels of all pins for this platform."""


class InterpreterMissing(EnvironmentUnavailable):
    """No interpreter that an environment needs is installed here."""


class MachineFault(EnvironmentUnavailable):
    """An environment was not built for want of something that this machine lacks just now.

    That is room on the disk, memory, a network, time, or rights; or somebody ended the building. It
    says nothing of the packages, and is no outcome.
    """


class Incomplete(CrossloadError):
    """Cells have no outcome because of faults of this machine, and nothing was published."""

    exit_code = 9


class ClusterLost(CrossloadError):
    """The scheduler of a cluster, or all of its workers, are gone."""

    exit_code = 8


class IndexUnavailable(CrossloadError):
    """The package index did not answer."""

    exit_code = 8


INTERRUPTED_EXIT_CODE = 130
"""Exit code after Ctrl-C, as shells have it (128 + SIGINT)."""
