"""A route: the steps by which a model gets through an upgrade that breaks it, in words.

`crossload.models.route_search` finds it, `crossload.models.route_script` goes it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossload.models.model import versions_of
from crossload.models.render import reason_of

if TYPE_CHECKING:
    from crossload.environments import Built
    from crossload.models.model import Model
    from crossload.models.result import Answer, Result

OBJECT_FILES = {"joblib": "model.joblib", "pickle": "model.pkl", "skops": "model.skops"}
KERAS_FILES = {"h5": "model.h5", "keras": "model.keras", "savedmodel-keras": "model"}
"""Name of the file by the format that a step saves.

Keras chooses the format by the ending of the name; a name without one is a folder.
"""

LIBRARIES = ("tensorflow", "scikit-learn")
"""Packages whose releases a route goes through."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file on the way, and the steps that made it."""

    model: Model
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: load in an environment, save again."""

    built: Built
    loads: str
    """The way of loading."""
    saves: str
    """The format of the file that is made."""

    @property
    def description(self) -> str:
        """The step in words."""
        return f"load as {self.loads} with {environment_name(self.built)}, save as {self.saves}"


@dataclass(kw_only=True)
class Route:
    """A way through, or the closest miss."""

    direct: Result
    """The result of loading the file as it is."""
    steps: tuple[Step, ...] = ()
    final: File | None = None
    """The file of the last step; None where there is no way or none is needed."""
    answer: Answer | None = None
    """The answer for the file of the last step at the end."""
    miss: str = ""
    """The file that came closest, and what became of it; empty where there is a way."""
    alternative: str = ""
    """Another remedy that works, with how that was seen."""
    tried: int = 0
    """Loads that were tried."""
    environments: int = 0
    """Environments in which they were tried."""


def environment_name(built: Built) -> str:
    """Name an environment by its library, NumPy and Python."""
    versions = versions_of(built)
    main = next((name for name in LIBRARIES if name in versions), "numpy")
    return (
        f"{main} {versions[main]}, numpy {versions.get('numpy', '')}, Python {built.python_version}"
    )


def to_text(route: Route) -> str:
    """Give the way through in words, or the closest miss and what to do instead."""
    path = route.direct.path
    if route.direct.safe:
        return f"{path}: no detour is needed: {route.direct.answer}"
    if route.final is None:
        instead = route.alternative or "keep an environment of the old version for it"
        lines = [
            f"{path}: no way through among {route.tried} loads "
            f"in {route.environments} environments",
            f"  loaded as it is: {route.direct.answer}: {reason_of(route.direct)}",
            f"  closest miss: {route.miss}",
            f"  instead: {instead}",
        ]
        if route.direct.cause is not None:
            lines.append(f"  cause: {route.direct.cause.why}")
        return "\n".join(lines)
    steps = f"{len(route.steps)} step{'s' if len(route.steps) > 1 else ''}"
    lines = [f"{path}: a way through in {steps}, each executed and compared"]
    lines += [f"  {number}. {step.description}" for number, step in enumerate(route.steps, 1)]
    lines.append(f"  then load as {route.final.model.way}: {route.answer}")
    return "\n".join(lines)
