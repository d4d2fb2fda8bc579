"""What can be known of a saved model without loading it.  Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from crossload.errors import CrossloadError

if TYPE_CHECKING:
    from pathlib import Path


class NotAModel(CrossloadError):
    """A file that is empty, cut off, damaged, or nothing that holds a model."""

    exit_code = 2
    dangerous: tuple[str, ...] = ()
    """What loading would have called before it came to the place that is wrong."""


class Certainty(StrEnum):
    """How sure a version is."""

    RECORDED = "recorded in the file"
    BOUND = "follows from how the file is written"


class Danger(StrEnum):
    """What is known of a name that loading would import and call."""

    DANGEROUS = "dangerous"
    KNOWN = "what models hold"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class WriterVersion:
    """A package that had a part in writing the file."""

    package: str
    version: str
    """A version where it is recorded, else a specifier such as ``>=2``."""
    sure: Certainty
    how: str
    """What in the file says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedName:
    """Something that loading would import."""

    module: str
    name: str
    danger: Danger
    called: bool = False
    """Whether loading calls it (or makes an object of it), rather than naming it only."""

    @property
    def text(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(kw_only=True, slots=True)
class Inspection:
    """What one file or folder tells."""

    path: Path
    format: str
    """Such as ``pickle``, ``joblib``, ``skops``, ``keras``, ``h5``, ``savedmodel``, ``checkpoint``, ``weights-h5``."""
    size: int
    """Bytes on disk."""
    protocol: int | None = None
    """Of a pickle."""
    compression: str = ""
    written: list[WriterVersion] = field(default_factory=list)
    classes: dict[str, int] = field(default_factory=dict)
    """Estimators or layers inside, the outermost first, with how many there are of each."""
    features: int | None = None
    feature_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Classes that a classifier knows."""
    names: list[ImportedName] = field(default_factory=list)
    """Everything that loading would import, the dangerous ones first."""
    notes: list[str] = field(default_factory=list)

    @property
    def dangerous(self) -> list[ImportedName]:
        return [each for each in self.names if each.danger is Danger.DANGEROUS]

    def version(self, package: str) -> str:
        """The recorded version of a package; empty where none is recorded."""
        return next(
            (
                each.version
                for each in self.written
                if each.package == package and each.sure is Certainty.RECORDED
            ),
            "",
        )
