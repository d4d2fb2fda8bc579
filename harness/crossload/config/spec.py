"""The content of a matrix file as values. Reading and checking are done by `load`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisSpec:
    """One package that is moved over versions: one environment a version."""

    package: str
    versions: tuple[str, ...]
    prefix: str
    requires: tuple[str, ...]
    """Requirement templates, ``{version}`` being the version of the row."""
    extras: tuple[str, ...] = ()
    """The ``with`` key: packages wanted beside it, left out where they did not exist yet."""
    as_of: str = "release+60d"
    """Date at which dependencies are resolved: a date, ``today``, or days after the release."""
    python: str | None = None
    """Minor version; chosen among those of that date where it is None."""
    python_of: tuple[tuple[str, str], ...] = ()
    """(version, minor version of Python) of the rows that have one of their own."""
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables of its processes, sorted by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSpec:
    """One environment that is spelled out; its fields mean the same as those of `AxisSpec`."""

    id: str
    packages: tuple[str, ...]
    extras: tuple[str, ...] = ()
    as_of: str = "release+60d"
    python: str | None = None
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A selector over cells, of which every given key must match.

    Values are shell patterns; writer and reader may be specifiers such as ``sklearn<1.3``.
    """

    writer: str | None = None
    reader: str | None = None
    case: str | None = None
    recipe: str | None = None
    format: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Limits of one save or load: wall time, and MB of memory."""

    seconds: float = 60.0
    memory_mb: int = 4096


DEFAULT_ATOL, DEFAULT_RTOL = 1e-6, 1e-5
"""Tolerances of numeric outputs where neither case nor matrix gives one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """The distance that outputs and metrics may move.

    None leaves a value to the matrix; what is not given there either is `DEFAULT_ATOL`,
    `DEFAULT_RTOL`, and for metrics the ``metric_tolerance`` of the format.
    """

    metric: float | None = None
    atol: float | None = None
    rtol: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixSpec:
    """A whole matrix file."""

    name: str
    path: Path
    title: str
    recipes: tuple[Path, ...]
    formats: tuple[str, ...]
    controls: tuple[Path, ...] = ()
    """Recipe files of artifacts that are damaged on purpose and must be caught."""
    build: tuple[str, ...] = ()
    """Packages that may be built from source in its environments, where they have no wheels."""
    axes: tuple[AxisSpec, ...] = ()
    environments: tuple[EnvironmentSpec, ...] = ()
    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    tolerance: Tolerance = field(default_factory=Tolerance)
    case_tolerance: tuple[tuple[str, Tolerance], ...] = ()
    """(shell pattern over ``recipe/format``, tolerance) in the order of the file.

    The first that matches counts.
    """

    @property
    def display_name(self) -> str:
        """Name of the file in messages, such as ``matrix/sklearn.toml``."""
        return f"{self.path.parent.name}/{self.path.name}"
