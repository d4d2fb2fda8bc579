"""The loader of matrix files.

It reports every mistake of a file at once, with its path and a hint.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from crossload.config.matrix_schema import MATRIX_FILE
from crossload.config.schema import Problems, did_you_mean, key_path
from crossload.config.spec import AxisSpec, EnvironmentSpec, Limits, MatrixSpec, Rule, Tolerance
from crossload.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE_ALIASES = {"sklearn": "scikit-learn", "tf": "tensorflow"}
"""Short names that people write, and the distribution they mean."""

OWN_VARIABLES = frozenset({
    "CUDA_VISIBLE_DEVICES", "HOME", "KERAS_HOME", "LANG", "LC_ALL", "PATH", "TEMP", "TMP", "TMPDIR",
    "TZ", "USERPROFILE",
})  # fmt: skip
"""Variables that pinned processes have from crossload; no matrix changes them.

Those of threads are not either: with several, forks of a process that has computed hang.
"""

_PREFIXES = {package: alias for alias, package in PACKAGE_ALIASES.items()}


def find_matrices(folder: Path) -> dict[str, Path]:
    """List the matrix files of a folder by name (``sklearn.toml`` is ``sklearn``)."""
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_matrix(path: Path, *, display_name: str | None = None) -> MatrixSpec:
    """Read and check one matrix file.

    Parameters
    ----------
    path
        The TOML file; recipe files that it names are looked for beside it, and not read.
    display_name
        Name of the file to use in messages; by default the last part of its path.

    Raises
    ------
    ConfigError
        The file cannot be read, or has mistakes: one line for each of them.
    """
    problems = Problems(display_name or path.name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        # people name a matrix, not a file: the others are what they may have meant
        others = sorted(find_matrices(path.parent))
        msg = f"no such matrix: {path.stem!r}"
        raise ConfigError([msg], hint=did_you_mean(path.stem, others) if others else None) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{problems.file}: cannot be read: {error}"]) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{problems.file}: not valid TOML: {error}"]) from error
    MATRIX_FILE.check(raw, "", problems)
    # what follows takes values of the right kinds for granted
    if problems.found:
        raise ConfigError(problems.found)
    spec = _build(raw, path, problems)
    if problems.found:
        raise ConfigError(problems.found)
    return spec


def _build(raw: dict[str, Any], path: Path, problems: Problems) -> MatrixSpec:
    axes = tuple(_axis(package, table, problems) for package, table in raw.get("axis", {}).items())
    environments = tuple(
        _environment(table, f"environment[{index}]", problems)
        for index, table in enumerate(raw.get("environment", []))
    )
    if not axes and not environments:
        problems.add("", "no environments", 'add an [axis."package"] table or an [[environment]]')
    _unique_ids(axes, environments, problems)
    select, limits, tolerance = (
        raw.get("select", {}),
        raw.get("limits", {}),
        raw.get("tolerance", {}),
    )
    return MatrixSpec(
        name=path.stem,
        path=path,
        title=raw["matrix"]["title"],
        recipes=_recipe_files(raw, "recipes", path, problems),
        controls=_recipe_files(raw, "controls", path, problems),
        formats=tuple(raw["matrix"]["formats"]),
        build=tuple(raw["matrix"].get("build", ())),
        axes=axes,
        environments=environments,
        include=tuple(Rule(**rule) for rule in select.get("include", [])),
        exclude=tuple(Rule(**rule) for rule in select.get("exclude", [])),
        limits=Limits(**{key.replace("-", "_"): value for key, value in limits.items()}),
        tolerance=_tolerance(tolerance),
        case_tolerance=tuple(
            (pattern, _tolerance(table)) for pattern, table in tolerance.get("case", {}).items()
        ),
    )


def _recipe_files(
    raw: dict[str, Any], key: str, path: Path, problems: Problems
) -> tuple[Path, ...]:
    found = []
    for index, name in enumerate(raw["matrix"].get(key, [])):
        file = path.parent / name
        if not file.is_file():
            existing = sorted(
                str(p.relative_to(path.parent).as_posix()) for p in path.parent.rglob("*.py")
            )
            hint = did_you_mean(name, existing) if existing else ""
            problems.add(f"matrix.{key}[{index}]", f"no such recipe file: {name!r}", hint)
        found.append(file)
    return tuple(found)


def _tolerance(table: dict[str, Any]) -> Tolerance:
    return Tolerance(**{key: table[key] for key in ("metric", "atol", "rtol") if key in table})


def _requirements(texts: list[str], path: str, problems: Problems) -> None:
    for index, text in enumerate(texts):
        try:
            # braces are no part of the grammar of requirements: any version stands for all
            Requirement(text.replace("{version}", "1"))
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]  # packaging draws a line with an arrow below it
            problems.add(
                f"{path}[{index}]",
                f"{text!r} is not a requirement: {reason}",
                'write "name==1.2.3"',
            )


def _axis(package: str, table: dict[str, Any], problems: Problems) -> AxisSpec:
    path = key_path("axis", package)
    for index, version in enumerate(table["versions"]):
        try:
            Version(version)
        except InvalidVersion:
            problems.add(
                f"{path}.versions[{index}]", f"{version!r} is not a version", 'write "1.2.3"'
            )
    requires = table.get("requires", [package + "=={version}"])
    _requirements(requires, f"{path}.requires", problems)
    _requirements(table.get("with", []), f"{path}.with", problems)
    python = table.get("python")
    for version in python if isinstance(python, dict) else ():
        if version not in table["versions"]:
            hint = did_you_mean(version, table["versions"])
            problems.add(key_path(f"{path}.python", version), "no version of this axis", hint)
    default_prefix = _PREFIXES.get(package, re.sub(r"[^a-z0-9.]+", "-", package.lower()))
    return AxisSpec(
        package=package,
        versions=tuple(table["versions"]),
        prefix=table.get("prefix", default_prefix),
        requires=tuple(requires),
        extras=tuple(table.get("with", ())),
        as_of=table.get("as-of", "release+60d"),
        python=python if isinstance(python, str) else None,
        python_of=tuple(python.items()) if isinstance(python, dict) else (),
        variables=_variables(table, path, problems),
    )


def _variables(table: dict[str, Any], path: str, problems: Problems) -> tuple[tuple[str, str], ...]:
    found = table.get("variables", {})
    for name in found:
        where = key_path(f"{path}.variables", name)
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            problems.add(where, f"{name!r} is no name of a variable", "letters, digits and _")
        elif name.upper() in OWN_VARIABLES or name.startswith("PYTHON") or "_THREADS" in name:
            problems.add(where, f"{name} is set by crossload itself", "leave it out")
    return tuple(sorted(found.items()))


def _environment(table: dict[str, Any], path: str, problems: Problems) -> EnvironmentSpec:
    _requirements(table["packages"], f"{path}.packages", problems)
    _requirements(table.get("with", []), f"{path}.with", problems)
    return EnvironmentSpec(
        id=table["id"],
        packages=tuple(table["packages"]),
        extras=tuple(table.get("with", ())),
        as_of=table.get("as-of", "release+60d"),
        python=table.get("python"),
        variables=_variables(table, path, problems),
    )


def _unique_ids(
    axes: tuple[AxisSpec, ...], environments: tuple[EnvironmentSpec, ...], problems: Problems
) -> None:
    seen: dict[str, str] = {}
    named = [
        (f"{axis.prefix}-{version}", key_path("axis", axis.package))
        for axis in axes
        for version in axis.versions
    ] + [
        (environment.id, f"environment[{index}].id")
        for index, environment in enumerate(environments)
    ]
    for env_id, path in named:
        if env_id in seen:
            problems.add(
                path,
                f"duplicate environment id {env_id!r}",
                f"{seen[env_id]} has it already; rename one",
            )
        seen.setdefault(env_id, path)
