"""A saved model with what belongs to it, and the environment in which it is loaded."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from crossload.models.needs import python_files
from crossload.plan import Environment
from crossload.worker.load_ways import digest as digest_of
from crossload.worker.outputs import sha256_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crossload.environments import Built
    from crossload.models.needs import Needs
    from crossload.models.targets import Target

_BROUGHT = ("numpy", "scipy", "joblib")
"""What scikit-learn brings along."""


@dataclass(frozen=True)
class Model:
    """A saved model and the user's code that goes with it."""

    needs: Needs
    way: str
    code: tuple[Path, ...] = ()
    build: str = ""

    @property
    def path(self) -> Path:
        return self.needs.found.path

    @cached_property
    def sha256(self) -> str:
        return digest_of(str(self.path), self.way)

    @cached_property
    def code_digest(self) -> str:
        """Digest of the user's code: it decides on outcomes as much as the file."""
        if not self.code:
            return ""
        state = hashlib.sha256()
        for path in self.code:
            state.update(f"{path}\n".encode())
            for each in code_files(path):
                state.update(f"{each} {sha256_of(str(each))}\n".encode())
        return state.hexdigest()[:32]

    def loaded_by(self, way: str) -> Model:
        """The same model, loaded in another way."""
        found = Model(self.needs, way, self.code, self.build)
        if "checkpoint" not in (way, self.way):
            found.__dict__["sha256"] = self.sha256
        return found


def code_files(path: Path) -> list[Path]:
    """Modules that importing the user's code may import: below a folder, or beside a file and in packages there."""
    if path.is_dir():
        return python_files(path)
    folder = path.resolve().parent
    packages = [each.parent for each in folder.glob("*/__init__.py")]
    inner = [each for package in packages for each in python_files(package)]
    return sorted({path.resolve(), *folder.glob("*.py"), *inner})


def environment_of(wanted: Target, needs: Needs) -> Environment:
    """The environment in which one model is loaded: what it needs, at the versions that are wanted.

    Of a whole lock only what the model needs is installed; the rest of the lock constrains what that brings along.
    """
    lone_tensorflow = not any(
        name.startswith(("tensorflow-", "tf-")) for name in (*wanted.packages, *needs.packages)
    )
    chosen = needs.packages if wanted.complete else (*needs.packages, *wanted.packages)
    if (
        "scikit-learn" in chosen
    ):  # brings these along; one environment for many models instead of one for each set
        chosen = tuple(
            name
            for name in chosen
            if name not in _BROUGHT or (wanted.packages.get(name) and not wanted.complete)
        )
    requires = []
    for name in sorted(set(chosen)):
        specifier = wanted.packages.get(name, "")
        # the same library without the code for GPUs, a fifth of the size
        light = (
            name == "tensorflow"
            and lone_tensorflow
            and sys.platform == "linux"
            and platform.machine() == "x86_64"
        )
        requires.append(f"{'tensorflow-cpu' if light else name}{specifier}")
    constraints = [
        f"{name}{spec}"
        for name, spec in sorted(wanted.packages.items())
        if wanted.complete and name not in chosen and spec
    ]
    optional = (*needs.optional, *(["pandas"] if needs.wants_frame else []))
    extras = tuple(name for name in optional if name not in chosen)
    first = next((text for text in requires if "==" in text), requires[0])
    inputs = json.dumps(
        [requires, constraints, extras, wanted.as_of, wanted.python, wanted.wheels_only]
    )
    return Environment(
        id=f"{first.replace('==', '-').replace('*', 'x')}-{hashlib.sha256(inputs.encode()).hexdigest()[:10]}",
        requires=tuple(requires),
        extras=tuple(f"{name}{wanted.packages.get(name, '')}" for name in extras),
        as_of=wanted.as_of or "release+60d",
        python=wanted.python,
        constraints=tuple(constraints),
        wheels_only=wanted.wheels_only,
    )


def described(built: Built, packages: Sequence[str]) -> str:
    """``Python 3.11, scikit-learn 1.2.2, numpy 1.24.3`` of an environment."""
    versions = versions_of(built)
    shown = [f"{name} {versions[name]}" for name in packages if name in versions]
    return ", ".join([f"Python {built.python_version}", *shown])


def versions_of(built: Built) -> dict[str, str]:
    """Locked versions by package; ``tensorflow-cpu`` counts as tensorflow."""
    versions = built.lock.versions()
    if "tensorflow-cpu" in versions:
        versions["tensorflow"] = versions.pop("tensorflow-cpu")
    return versions


def names_in(requires: Sequence[str]) -> list[str]:
    """Package names of requirements."""
    return [Requirement(text).name for text in requires]
