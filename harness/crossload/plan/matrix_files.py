"""The matrix files of a project, read together.

An environment id means the same environment in all of them.
"""

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
    """Read the matrix files of a folder.

    Parameters
    ----------
    folder
        The folder with ``*.toml``.
    names
        Matrices to read, in this order; paths such as ``matrix/sklearn.toml`` will do. All files
        of the folder if there are none.

    Raises
    ------
    ConfigError
        There is no matrix file, one that was named does not exist, files have mistakes (all of
        them are listed), or an environment id means two things, even in files not named.
    """
    known = find_matrices(folder)
    if not known:
        raise ConfigError(
            [f"no matrix files in {folder.name}/"], hint="run in a folder that has matrix/*.toml"
        )
    # people let the shell complete file names
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
            label = f"{folder.name}/{name}.toml"
            specs.append(load_matrix(folder / f"{name}.toml", display_name=label))
        except ConfigError as error:
            problems += error.problems
            hint = hint or error.hint
    # all mistakes of all files at once: whoever mends one should not find the next by another run
    if problems:
        raise ConfigError(problems, hint=hint)
    # those that were not named count too: an id that means two things would overwrite the lock of
    # the other
    others = [spec for spec in load_valid_specs(folder)[0] if spec.name not in chosen]
    if conflicts := find_id_conflicts([*others, *specs]):
        raise ConfigError(
            conflicts, hint="give the axis another prefix, or the environment another id"
        )
    return specs


def load_valid_specs(folder: Path) -> tuple[list[MatrixSpec], list[str]]:
    """Read all matrix files of a folder that have no mistakes; never raise.

    Returns
    -------
    tuple
        The matrices that can be used, and the mistakes of the others, a line each, with ids that
        mean two things among them.
    """
    specs: list[MatrixSpec] = []
    problems: list[str] = []
    for name, path in find_matrices(folder).items():
        try:
            specs.append(load_matrix(path, display_name=f"{folder.name}/{name}.toml"))
        except ConfigError as error:
            problems += error.problems
    return specs, problems + find_id_conflicts(specs)


def find_id_conflicts(specs: Sequence[MatrixSpec]) -> list[str]:
    """Find ids that mean two different environments, with a message for each.

    Ids are names of sessions, locks and folders, which all matrices share.
    """
    seen: dict[str, tuple[str, str]] = {}
    problems = []
    for spec in specs:
        for environment in environments_of(spec):
            here = (environment.inputs_digest, spec.display_name)
            digest, owner = seen.setdefault(environment.id, here)
            if digest != environment.inputs_digest:
                what = f"environment {environment.id!r} means something else in {owner}"
                problems.append(f"{spec.display_name}: {what}")
    return problems
