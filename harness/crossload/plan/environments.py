"""Environments as a matrix file names them, before anything is resolved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from crossload.config import MatrixSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A Python and pins under an id; a lock makes it complete."""

    id: str
    requires: tuple[str, ...]
    extras: tuple[str, ...]
    as_of: str
    python: str | None
    axis: str | None = None
    """Package of the axis it came from; None where it was spelled out."""
    constraints: tuple[str, ...] = ()
    """Requirements that hold for what is brought along, without bringing it."""
    wheels_only: bool = False
    """Whether nothing may be compiled."""

    @property
    def pins(self) -> dict[str, str]:
        """Packages pinned exactly (``==``) on this platform, by canonical name."""
        found = {}
        for text in self.requires:
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate():
                continue
            for specifier in requirement.specifier:
                if specifier.operator == "==" and not specifier.version.endswith(".*"):
                    found[str(canonicalize_name(requirement.name))] = specifier.version
        return found

    @property
    def inputs_digest(self) -> str:
        """Digest of all that a lock of this environment depends on."""
        inputs: list[object] = [self.requires, self.extras, self.as_of, self.python]
        inputs += [self.constraints] if self.constraints else []
        inputs += ["wheels only"] if self.wheels_only else []
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]


def environments_of(spec: MatrixSpec) -> tuple[Environment, ...]:
    """All environments of a matrix: axes in the order of the file, then those spelled out."""
    found = [
        Environment(
            id=f"{axis.prefix}-{version}",
            requires=tuple(text.replace("{version}", version) for text in axis.requires),
            extras=axis.extras,
            as_of=axis.as_of,
            python=axis.python,
            axis=axis.package,
        )
        for axis in spec.axes
        for version in axis.versions
    ]
    found += [
        Environment(
            id=each.id,
            requires=each.packages,
            extras=each.extras,
            as_of=each.as_of,
            python=each.python,
        )
        for each in spec.environments
    ]
    return tuple(found)
