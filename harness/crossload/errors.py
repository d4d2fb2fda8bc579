"""The one tree of errors a user can meet: each class has its exit code and may carry a hint.

Only faults of the harness or of its input are raised.  A model that does not load is a result, not an error.
"""

from __future__ import annotations


class CrossloadError(Exception):
    """Something the user can act on; ``hint`` says what to do, ``exit_code`` tells scripts which kind it was."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class StrictFailure(CrossloadError):
    """``--strict`` was given and at least one cell failed or was not measured."""

    exit_code = 1


class DangerousFile(CrossloadError):
    """A saved model that would call something dangerous while it is loaded."""

    exit_code = 1


class NotTrusted(CrossloadError):
    """Loading a model executes what is in it, and nobody said that it may."""

    exit_code = 2


class CannotMeasure(CrossloadError):
    """Nothing can be told, because a question has no answer that measuring could give."""

    exit_code = 3


class ConfigError(CrossloadError):
    """A matrix file is not valid; holds every mistake found, one a line."""

    exit_code = 2

    def __init__(self, problems: list[str], *, hint: str | None = None) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.hint = hint


class SelectionError(CrossloadError):
    """A selector names nothing, or all selectors together leave no cell."""

    exit_code = 3


class RecipeError(CrossloadError):
    """A recipe file is missing, raises when it is imported, or breaks the contract."""

    exit_code = 4


class EnvironmentPinsError(CrossloadError):
    """The pins of an environment can never be resolved: a version that does not exist, or pins that exclude each other."""

    exit_code = 5


class StoreError(CrossloadError):
    """Outcomes cannot be written or read: full disk, missing rights, a store in use."""

    exit_code = 6


class HarnessFault(CrossloadError):
    """The harness itself misbehaved; its measurements of this run must not be believed."""

    exit_code = 7


class EnvironmentUnavailable(CrossloadError):
    """An environment cannot be built on this machine (no interpreter, no network, a failed build); the matrix goes on."""

    exit_code = 8


class NoWheels(EnvironmentUnavailable):
    """No Python of that time has wheels of all pins for this platform."""


class ClusterLost(CrossloadError):
    """The scheduler or all of its workers are gone."""

    exit_code = 8


class IndexUnavailable(CrossloadError):
    """The package index did not answer."""

    exit_code = 8


INTERRUPTED_EXIT_CODE = 130
"""Exit code after Ctrl-C, as shells have it (128 + SIGINT)."""
