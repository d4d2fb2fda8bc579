"""What a matrix file says, as values.  No reading, no checking: `load` does that."""

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
    python: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSpec:
    """One environment spelled out."""

    id: str
    packages: tuple[str, ...]
    extras: tuple[str, ...] = ()
    as_of: str = "release+60d"
    python: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A selector over cells: every given key must match (shell patterns; ``package<specifier`` for writer and reader)."""

    writer: str | None = None
    reader: str | None = None
    case: str | None = None
    recipe: str | None = None
    format: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Limits of one save or load."""

    seconds: float = 60.0
    memory_mb: int = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far outputs and metrics may move; None leaves a value to the default of the format."""

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
    axes: tuple[AxisSpec, ...] = ()
    environments: tuple[EnvironmentSpec, ...] = ()
    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    tolerance: Tolerance = field(default_factory=Tolerance)
    case_tolerance: tuple[tuple[str, Tolerance], ...] = ()
    """(shell pattern over ``recipe/format``, tolerance), in the order of the file; the first that matches counts."""

    @property
    def shown(self) -> str:
        """The file as messages name it, e.g. ``matrix/sklearn.toml``."""
        return f"{self.path.parent.name}/{self.path.name}"
