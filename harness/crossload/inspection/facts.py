"""The values that describe a saved model which was not loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from crossload.errors import CrossloadError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class NotAModel(CrossloadError):
    """A file that is empty, cut off, damaged, or nothing that holds a model."""

    exit_code = 2
    dangerous: tuple[str, ...] = ()
    """Names that loading would have called before it came to the place that is wrong."""


class Certainty(StrEnum):
    """The certainty of a version."""

    RECORDED = "recorded in the file"
    BOUND = "follows from how the file is written"


class Danger(StrEnum):
    """The danger of a name that loading would import and call."""

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
    """The place in the file that says so."""


class Kind(StrEnum):
    """The kind of thing that a name in a file stands for."""

    IMPORT = "import"
    """A class or function, by the module that has it."""
    CODE = "code"
    """Code of Python that the file carries itself, as Lambda layers do."""
    OPERATION = "operation"
    """An operation of a TensorFlow graph."""
    PATH = "path"
    """A file or folder that loading would open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedName:
    """Something that loading would import, call, run or open."""

    module: str
    """The module of an import; of anything else, the part of the file that names it."""
    name: str
    danger: Danger
    called: bool = False
    """Whether loading calls it (or makes an object of it), rather than naming it only."""
    kind: Kind = Kind.IMPORT
    why: str = ""
    """The reason why it is not known to be harmless, in a few words."""

    @property
    def text(self) -> str:
        """The module and the name with a dot between them."""
        return f"{self.module}.{self.name}"


def by_danger(names: Iterable[ImportedName]) -> list[ImportedName]:
    """Sort names: the dangerous first, then the unknown."""
    order = (Danger.DANGEROUS, Danger.UNKNOWN, Danger.KNOWN)
    return sorted(names, key=lambda each: (order.index(each.danger), each.text))


@dataclass(kw_only=True, slots=True)
class Inspection:
    """All that one file or folder tells without being loaded."""

    path: Path
    format: str
    """``pickle``, ``joblib``, ``skops``, ``keras``, ``h5``, ``savedmodel``, ``checkpoint`` or
    ``weights-h5``."""
    size: int
    """Bytes on disk."""
    protocol: int | None = None
    """Of a pickle."""
    compression: str = ""
    written: list[WriterVersion] = field(default_factory=list)
    """Packages that wrote it, as far as it tells."""
    classes: dict[str, int] = field(default_factory=dict)
    """Estimators or layers inside, the outermost first, with how many there are of each."""
    features: int | None = None
    """Number of features that the model was fitted on."""
    feature_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Classes that a classifier knows."""
    names: list[ImportedName] = field(default_factory=list)
    """Everything that loading would import, the dangerous ones first."""
    notes: list[str] = field(default_factory=list)
    place: Path | None = None
    """Where the bytes are that were read, if that is a copy of what is at ``path``."""
    sha256: str = ""
    """The digest of that copy."""

    @property
    def dangerous(self) -> list[ImportedName]:
        """The names that are known to be dangerous."""
        return [each for each in self.names if each.danger is Danger.DANGEROUS]

    @property
    def unknown(self) -> list[ImportedName]:
        """The names that are neither known to be harmless nor to be dangerous."""
        return [each for each in self.names if each.danger is Danger.UNKNOWN]

    def version(self, package: str) -> str:
        """Give the recorded version of a package; empty where none is recorded."""
        return next(
            (
                each.version
                for each in self.written
                if each.package == package and each.sure is Certainty.RECORDED
            ),
            "",
        )


_VERSION = re.compile(r"^\d+(\.\d+){0,3}[\w.+-]{0,16}$")


def recorded_version(package: str, version: object, how: str) -> list[WriterVersion]:
    """Take a version that a file records; nothing if it does not look like one."""
    # it is shown to people and compared with releases; the file may hold anything in its place
    text = version.decode("utf-8", "replace") if isinstance(version, bytes) else str(version or "")
    if not _VERSION.match(text):
        return []
    return [WriterVersion(package=package, version=text, sure=Certainty.RECORDED, how=how)]
