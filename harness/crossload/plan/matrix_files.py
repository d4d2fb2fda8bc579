"""Matrix files of a project, read together: one environment id is one environment in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.config import find_matrices, load_matrix
from crossload.errors import ConfigError
from crossload.plan.environments import environments_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crossload.config import MatrixSpec

_FIRST = ("sklearn", "joblib", "tensorflow")
"""The default matrices, quickest first, so that the first table is on screen early."""


def load_specs(folder: Path, names: Sequence[str] = ()) -> list[MatrixSpec]:
    """Matrix files of a folder by name, all of them if none is named.  Raises `ConfigError` with all mistakes of all files."""
    known = find_matrices(folder)
    if not known:
        raise ConfigError(
            [f"no matrix files in {folder.name}/"], hint="run in a folder that has matrix/*.toml"
        )
    wanted = [
        name.removesuffix(".toml").rsplit("/", 1)[-1] if name.endswith(".toml") else name
        for name in names
    ]
    chosen = list(dict.fromkeys(wanted)) or sorted(
        known, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)
    )
    specs: list[MatrixSpec] = []
    problems: list[str] = []
    hint = None
    for name in chosen:
        try:
            specs.append(load_matrix(folder / f"{name}.toml", shown=f"{folder.name}/{name}.toml"))
        except ConfigError as error:
            problems += error.problems
            hint = hint or error.hint
    if problems:
        raise ConfigError(problems, hint=hint)
    # those that are not asked for count too: an id that means two things would overwrite the lock of the other
    others = [spec for spec in load_what_can_be(folder)[0] if spec.name not in chosen]
    if clashes := id_clashes([*others, *specs]):
        raise ConfigError(
            clashes, hint="give the axis another prefix, or the environment another id"
        )
    return specs


def load_what_can_be(folder: Path) -> tuple[list[MatrixSpec], list[str]]:
    """All matrix files of a folder that have no mistakes, and the mistakes of the others; never raises."""
    specs: list[MatrixSpec] = []
    problems: list[str] = []
    for name, path in find_matrices(folder).items():
        try:
            specs.append(load_matrix(path, shown=f"{folder.name}/{name}.toml"))
        except ConfigError as error:
            problems += error.problems
    return specs, problems + id_clashes(specs)


def id_clashes(specs: Sequence[MatrixSpec]) -> list[str]:
    """Ids that mean two different environments: ids are names of sessions, locks and folders."""
    seen: dict[str, tuple[str, str]] = {}
    problems = []
    for spec in specs:
        for environment in environments_of(spec):
            digest, owner = seen.setdefault(environment.id, (environment.inputs_digest, spec.shown))
            if digest != environment.inputs_digest:
                problems.append(
                    f"{spec.shown}: environment {environment.id!r} means something else in {owner}"
                )
    return problems
