"""The environments that a matrix file names, before anything is resolved."""

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
    """Requirements that must be met."""
    extras: tuple[str, ...]
    """Packages that are wanted beside them, as far as they had a release at that date."""
    as_of: str
    """Date at which dependencies are resolved: a date, ``today``, or days after the release."""
    python: str | None
    """Minor version; chosen among those of that date where it is None."""
    axis: str | None = None
    """Package of the axis it came from; None where it was spelled out."""
    constraints: tuple[str, ...] = ()
    """Requirements for packages that others depend on; they install nothing themselves."""
    wheels_only: bool = False
    """True where nothing may be compiled, unless it is named in `build`."""
    build: tuple[str, ...] = ()
    """Packages that may be built from source where they have no wheels."""
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables of its processes, sorted by name."""

    @property
    def variables_text(self) -> str:
        """The variables in one line, for what outcomes depend on; empty where there are none."""
        return json.dumps(self.variables) if self.variables else ""

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
        """Digest of all that a lock of this environment depends on; its header holds it."""
        # fields that came later are added only where they are used, so that the digests in locks
        # made before stay what they are
        inputs: list[object] = [self.requires, self.extras, self.as_of, self.python]
        inputs += [self.constraints] if self.constraints else []
        inputs += ["wheels only"] if self.wheels_only else []
        # what may be built decides whether there is a lock, not what stands in it
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]


def environments_of(spec: MatrixSpec) -> tuple[Environment, ...]:
    """List the environments of a matrix: axes in the order of the file, then those spelled out."""
    found = [
        Environment(
            id=f"{axis.prefix}-{version}",
            # not str.format, which would raise for any other brace
            requires=tuple(text.replace("{version}", version) for text in axis.requires),
            extras=axis.extras,
            as_of=axis.as_of,
            python=dict(axis.python_of).get(version, axis.python),
            axis=axis.package,
            build=spec.build,
            variables=axis.variables,
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
            build=spec.build,
            variables=each.variables,
        )
        for each in spec.environments
    ]
    return tuple(found)
