"""A saved model with what belongs to it, and the environment in which it is loaded."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from dataclasses import dataclass, replace
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

_SKLEARN_DEPENDENCIES = ("numpy", "scipy", "joblib")
"""Packages that installing scikit-learn installs too."""


@dataclass(frozen=True)
class Model:
    """A saved model, the way in which it is loaded, and the user's code that goes with it."""

    needs: Needs
    way: str
    code: tuple[Path, ...] = ()
    build: str = ""
    """Name of a function in the code that gives a network without weights (``--build``)."""
    unsafe: bool = False
    """The user agreed to code that the file carries, which the safe mode of Keras refuses."""

    @property
    def path(self) -> Path:
        """The file or folder that is loaded: the copy that was inspected, where there is one."""
        return self.needs.inspection.place or self.needs.inspection.path

    @cached_property
    def sha256(self) -> str:
        """The digest of the file, or of all files that this way of loading reads."""
        return self.needs.inspection.sha256 or digest_of(str(self.path), self.way)

    @cached_property
    def code_digest(self) -> str:
        """The digest of the user's code, which decides on outcomes as much as the file."""
        return digest_of_code(self.code)

    def code_has_changed(self) -> bool:
        """Say if the user's code is another one by now than when its digest was taken."""
        return digest_of_code(self.code) != self.code_digest

    def with_way(self, way: str) -> Model:
        """Give this model, loaded in another way."""
        found = replace(self, way=way)
        # a cached property keeps its value in __dict__, which a frozen dataclass does not guard:
        # large files are read once for all ways. A checkpoint is named by a prefix, so that its
        # digest is one of other files.
        if "checkpoint" not in (way, self.way):
            found.__dict__["sha256"] = self.sha256
        found.__dict__["code_digest"] = self.code_digest
        return found


def digest_of_code(paths: Sequence[Path]) -> str:
    """Give the digest of the user's code; empty where there is none."""
    if not paths:
        return ""
    # paths too: moving a file changes what it can import
    state = hashlib.sha256()
    for path in paths:
        state.update(f"{path}\n".encode())
        for each in code_files(path):
            state.update(f"{each} {sha256_of(str(each))}\n".encode())
    return state.hexdigest()[:32]


def code_files(path: Path) -> list[Path]:
    """List the modules that importing the user's code may import.

    Of a folder these are all modules below it; of a file those beside it, and in packages there.
    """
    if path.is_dir():
        return python_files(path)
    # the worker puts the folder of a file on sys.path, so that its neighbours can be imported
    folder = path.resolve().parent
    packages = [each.parent for each in folder.glob("*/__init__.py")]
    inner = [each for package in packages for each in python_files(package)]
    return sorted({path.resolve(), *folder.glob("*.py"), *inner})


def environment_of(wanted: Target, needs: Needs) -> Environment:
    """Describe the environment in which one model is loaded at the versions that are wanted.

    Of a whole lock only what the model needs is installed; the rest of the lock constrains the
    dependencies of that.
    """
    lone_tensorflow = not any(
        name.startswith(("tensorflow-", "tf-")) for name in (*wanted.packages, *needs.packages)
    )
    chosen = needs.packages if wanted.complete else (*needs.packages, *wanted.packages)
    # one environment for many models, instead of one for each set of these that a pickle names
    if "scikit-learn" in chosen:
        chosen = tuple(
            name
            for name in chosen
            if name not in _SKLEARN_DEPENDENCIES
            or (wanted.packages.get(name) and not wanted.complete)
        )
    requires = []
    for name in sorted(set(chosen)):
        specifier = wanted.packages.get(name, "")
        # tensorflow-cpu is the same library without the code for GPUs, a much smaller download,
        # and for this platform alone: https://github.com/tensorflow/tensorflow/issues/47564.
        # Beside another package that wants tensorflow itself, both would be installed over each
        # other, because they hold the same files.
        light = (
            name == "tensorflow"
            and lone_tensorflow
            and sys.platform == "linux"
            and platform.machine() == "x86_64"
        )
        requires.append(f"{'tensorflow-cpu' if light else name}{specifier}")
    # a model needs a few packages of a whole lock: installing the others would take time, and may
    # fail for reasons that are none of the model's
    constraints = [
        f"{name}{spec}"
        for name, spec in sorted(wanted.packages.items())
        if wanted.complete and name not in chosen and spec
    ]
    optional = (*needs.optional, *(["pandas"] if needs.wants_frame else []))
    extras = tuple(name for name in optional if name not in chosen)
    # the name is for people, who look for a version; the digest keeps environments apart
    first = next((text for text in requires if "==" in text), requires[0])
    name = first.replace("==", "-").replace("*", "x")
    inputs = json.dumps(
        [requires, constraints, extras, wanted.as_of, wanted.python, wanted.wheels_only]
    )
    return Environment(
        id=f"{name}-{hashlib.sha256(inputs.encode()).hexdigest()[:10]}",
        requires=tuple(requires),
        extras=tuple(f"{name}{wanted.packages.get(name, '')}" for name in extras),
        # dependencies of the time: newer ones than the release was made with may not even import
        as_of=wanted.as_of or "release+60d",
        python=wanted.python,
        constraints=tuple(constraints),
        wheels_only=wanted.wheels_only,
    )


def describe(built: Built, packages: Sequence[str]) -> str:
    """Name the versions of an environment: ``Python 3.11, scikit-learn 1.2.2, numpy 1.24.3``."""
    versions = versions_of(built)
    named = [f"{name} {versions[name]}" for name in packages if name in versions]
    return ", ".join([f"Python {built.python_version}", *named])


def versions_of(built: Built) -> dict[str, str]:
    """Give the locked versions by package; ``tensorflow-cpu`` counts as tensorflow."""
    versions = built.lock.versions()
    if "tensorflow-cpu" in versions:
        versions["tensorflow"] = versions.pop("tensorflow-cpu")
    return versions


def names_in(requires: Sequence[str]) -> list[str]:
    """Give the package names of requirements."""
    return [Requirement(text).name for text in requires]
