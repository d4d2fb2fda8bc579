"""Reads lock files of the tools that people use: which version of which package they ask for, and what cannot be used."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from packaging.markers import (
    InvalidMarker,
    Marker,
    UndefinedComparison,
    UndefinedEnvironmentName,
    default_environment,
)
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from crossload.errors import ConfigError
from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HINT = "known: requirements.txt, uv.lock, pylock.toml, poetry.lock, Pipfile.lock, environment.yml; or REVISION:PATH of one in git"


_NAMES = re.compile(
    r"(uv\.lock|poetry\.lock|Pipfile\.lock|pylock(\..+)?\.toml|[^/]*\.(txt|in|ya?ml|lock))$"
)


def is_lock_name(path: str) -> bool:
    """Whether a file is a lock by its name."""
    return _NAMES.fullmatch(PurePosixPath(path).name) is not None


@dataclass(kw_only=True, slots=True)
class Locked:
    """What a lock file says.  Names and versions are checked: whoever writes a lock must not write options of uv with it."""

    kind: str
    packages: dict[str, str] = field(default_factory=dict)
    """Specifier by canonical name."""
    python: str | None = None
    unusable: list[str] = field(default_factory=list)
    """What it asks for that the package index does not have, in words."""
    minor: str = ""
    """Version of Python that markers are evaluated for."""
    by_python: bool = False
    """Whether something depends on it."""
    pythons: str = ""
    """Versions of Python that the lock is for, as a specifier."""

    def add(self, name: object, version: object) -> None:
        """Take in an exact version; of several that a universal lock holds, the newest."""
        try:
            key, found = str(canonicalize_name(str(name), validate=True)), Version(str(version))
        except (InvalidName, InvalidVersion):
            self.refuse(f"{name} {version}")
            return
        before = self.packages.get(key, "").removeprefix("==")
        if before and before != str(found):
            self.unusable.append(
                f"{key} {min(_version(before), found)} beside {max(_version(before), found)}"
            )
            if _version(before) >= found:
                return
        self.packages[key] = f"=={version}"

    def require(self, name: str, specifier: SpecifierSet) -> None:
        """Take in a specifier; all that are given for a package hold."""
        key = str(canonicalize_name(name))
        self.packages[key] = str(SpecifierSet(self.packages.get(key, "")) & specifier)

    def refuse(self, text: str) -> None:
        """Remember what cannot be used; a URL may hold a password, and a line anything."""
        self.unusable.append(
            printable(text if "://" not in text else text.split("://", maxsplit=1)[0] + "://...")[
                :80
            ]
        )


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def read_locked(text: str, *, option: str, minor: str = "") -> Locked:
    """Read a lock file, or one of a git revision (``main:uv.lock``), as it is for a version of Python (default: this one).

    Raises `ConfigError` that says what to do.
    """
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # a home that nobody has
        path = Path(text)
    if path.is_file():
        return _parsed(path.name, path.read_bytes(), text, option, path.parent, minor)
    revision, colon, name = text.partition(":")
    if colon and revision and name:
        return _parsed(
            PurePosixPath(name).name, _from_git(revision, name, option), text, option, None, minor
        )
    raise ConfigError([f"{option} {text}: there is no such file"], hint=_HINT)


def _from_git(revision: str, name: str, option: str) -> bytes:
    if revision.startswith("-"):
        raise ConfigError([f"{option} {revision}:{name}: not a revision"], hint=_HINT)
    # ./ makes git look from the current folder, as people expect, instead of the top of the repository
    path = name if name.startswith(("./", "../", "/")) else f"./{name}"
    command = ["git", "show", f"{revision}:{path}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError([f"{option} {revision}:{name}: git cannot be run: {error}"]) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()[:300]
        raise ConfigError(
            [f"{option} {revision}:{name}: {reason}"],
            hint="git log shows the revisions; fetch what is not here",
        )
    return done.stdout


def _parsed(
    name: str, content: bytes, shown: str, option: str, folder: Path | None, minor: str
) -> Locked:
    try:
        text = content.decode("utf-8-sig")
        found = _reader_of(name, text)(text, folder, minor)
    except (
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        json.JSONDecodeError,
        TypeError,
        AttributeError,
        KeyError,
    ) as error:
        raise ConfigError(
            [f"{option} {shown}: cannot be read: {type(error).__name__}: {error}"], hint=_HINT
        ) from error
    if not found.packages:
        why = f": cannot use {', '.join(found.unusable[:5])}" if found.unusable else ""
        raise ConfigError([f"{option} {shown}: names no package of the index{why}"], hint=_HINT)
    return found


def _reader_of(name: str, text: str) -> Callable[[str, Path | None, str], Locked]:
    if name.endswith((".yml", ".yaml")):
        return _environment_yml
    if name == "Pipfile.lock" or (
        name.endswith((".lock", ".json")) and text.lstrip().startswith("{")
    ):
        return _pipfile_lock
    if name.startswith("pylock") and name.endswith(".toml"):
        return _pylock
    if name == "poetry.lock" or (name.endswith(".lock") and "Poetry" in text[:200]):
        return _poetry_lock
    if name.endswith(".lock") and "[[package]]" in text:
        return _uv_lock
    return _requirements_txt


def _applies(marker: object, found: Locked) -> bool:
    """Whether a marker counts on this machine and Python; what cannot be told counts."""
    if not isinstance(marker, str) or not marker:
        return True
    found.by_python = found.by_python or re.search(r"python_(full_)?version", marker) is not None
    try:
        here: dict[str, Any] = {
            **default_environment(),
            "extras": set(),
            "dependency_groups": set(),
            "extra": "",
        }
        if found.minor:
            here |= {
                "python_version": found.minor,
                "python_full_version": f"{found.minor}.99",
                "implementation_version": f"{found.minor}.99",
            }
        return Marker(marker).evaluate(here, context="lock_file")
    except (InvalidMarker, UndefinedEnvironmentName, UndefinedComparison):
        return True


def _minor(text: Any) -> str | None:
    """The one minor version of Python that a text names; None for a range."""
    found = re.fullmatch(r"\s*(?:==|~=|=)?\s*(3\.\d+)(?:\.\d+|\.\*)?\s*", str(text or ""))
    return found.group(1) if found else None


def _requirements_txt(text: str, folder: Path | None, minor: str) -> Locked:
    found = Locked(kind="requirements.txt", minor=minor)
    constraints: list[Requirement] = []
    _take_lines(text, folder, folder, found, constraints, 0)
    for (
        requirement
    ) in constraints:  # they hold for what is required, and require nothing themselves
        found.require(requirement.name, requirement.specifier)
    return found


_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)[\s=]*[\"']?([^\"'\s]+)")


def _take_lines(
    text: str,
    folder: Path | None,
    top: Path | None,
    found: Locked,
    constraints: list[Requirement],
    depth: int,
    *,
    constrains: bool = False,
) -> None:
    for line in _logical_lines(text):
        if nested := _INCLUDE.match(line):
            path = _included(nested.group(2), folder, top) if depth <= 5 else None
            if path is None:
                found.refuse(line)
            else:
                inner = constrains or nested.group(1) in ("-c", "--constraint")
                content = path.read_text(encoding="utf-8-sig")
                _take_lines(
                    content, path.parent, top, found, constraints, depth + 1, constrains=inner
                )
        elif line.startswith(("-e", "--editable")) or re.match(r"[\w./~-]*/|[a-z+]+://", line):
            found.refuse(line)
        elif line.startswith("-"):
            option = re.split(r"[\s=]", line)[0]
            if option in _NOT_OURS:
                found.unusable.append(
                    f"the option {option}: packages come from the index that uv and pip are set to"
                )
        else:
            _take_requirement(
                re.split(r"\s+--", line)[0].strip(), found, constraints if constrains else None
            )


_NOT_OURS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--pre", "--no-index")


def _included(name: str, folder: Path | None, top: Path | None) -> Path | None:
    """A file that a lock includes: below the folder of the lock, because whoever writes the lock must not read others."""
    if folder is None or top is None:
        return None
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(top.resolve()) and path.is_file() else None
    except (ValueError, OSError):  # a name that no file can have
        return None


def _logical_lines(text: str) -> Iterable[str]:
    # comments first, as pip has it: a comment that ends in a backslash does not go on
    bare = "\n".join(re.sub(r"(^|\s)#.*$", "", line) for line in text.splitlines())
    for line in re.sub(r"\\[ \t]*\n", " ", bare).splitlines():
        if stripped := line.strip():
            yield stripped


def _take_requirement(text: str, found: Locked, constraints: list[Requirement] | None) -> None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        found.refuse(text)
        return
    if requirement.url:
        found.refuse(text)
    elif _applies(str(requirement.marker or ""), found):
        if constraints is None:
            found.require(requirement.name, requirement.specifier)
        else:
            constraints.append(requirement)


def _uv_lock(text: str, _folder: Path | None, minor: str) -> Locked:
    table = tomllib.loads(text)
    found = Locked(
        kind="uv.lock",
        minor=minor,
        python=_minor(table.get("requires-python")),
        pythons=str(table.get("requires-python", "")),
    )
    for package in table.get("package", []):
        source = package.get("source", {})
        if set(source) & {"virtual", "editable"}:
            continue  # the project itself
        markers = package.get("resolution-markers")
        if markers and not any(_applies(each, found) for each in markers):
            continue
        if "version" not in package or set(source) & {"git", "url", "path", "directory"}:
            found.refuse(f"{package.get('name')} ({', '.join(source) or 'no version'})")
            continue
        found.add(package["name"], package["version"])
    return found


def _pylock(text: str, _folder: Path | None, minor: str) -> Locked:
    table = tomllib.loads(text)
    found = Locked(
        kind="pylock.toml",
        minor=minor,
        python=_minor(table.get("requires-python")),
        pythons=str(table.get("requires-python", "")),
    )
    for package in table.get("packages", []):
        if not _applies(package.get("marker"), found):
            continue
        if "version" not in package or set(package) & {"vcs", "directory", "archive"}:
            found.refuse(str(package.get("name")))
            continue
        found.add(package["name"], package["version"])
    return found


def _poetry_lock(text: str, _folder: Path | None, minor: str) -> Locked:
    table = tomllib.loads(text)
    wanted = str(table.get("metadata", {}).get("python-versions", ""))
    found = Locked(kind="poetry.lock", minor=minor, python=_minor(wanted), pythons=wanted)
    for package in table.get("package", []):
        kind = package.get("source", {}).get("type", "legacy")
        marker = package.get("markers")
        if not _applies(marker.get("main") if isinstance(marker, dict) else marker, found):
            continue
        if kind in ("git", "url", "file", "directory"):
            found.refuse(f"{package['name']} ({kind})")
            continue
        found.add(package["name"], package["version"])
    return found


def _pipfile_lock(text: str, _folder: Path | None, minor: str) -> Locked:
    table = json.loads(text)
    if "default" not in table:
        msg = "no section 'default'"
        raise KeyError(msg)
    found = Locked(
        kind="Pipfile.lock",
        minor=minor,
        python=_minor(table.get("_meta", {}).get("requires", {}).get("python_version")),
    )
    for name, package in table["default"].items():
        if not _applies(package.get("markers"), found):
            continue
        if "version" not in package:
            found.unusable.append(
                f"{name} ({', '.join(sorted(set(package) & {'git', 'path', 'file'})) or 'no version'})"
            )
            continue
        try:
            found.require(
                str(canonicalize_name(name, validate=True)),
                SpecifierSet(str(package["version"]).replace("*", "")),
            )
        except (InvalidName, InvalidSpecifier):
            found.refuse(f"{name} {package['version']}")
    return found


_ALSO_ON_INDEX = (
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "joblib",
    "tensorflow",
    "keras",
    "xgboost",
    "lightgbm",
    "catboost",
    "imbalanced-learn",
    "skops",
    "cloudpickle",
)
"""Packages that conda and the index both call so; conda's builds of them are other binaries, which is said."""


def _environment_yml(text: str, _folder: Path | None, minor: str) -> Locked:
    import yaml  # noqa: PLC0415 - for this one format

    try:
        table = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TypeError(" ".join(str(error).split())) from error
    if not isinstance(table, dict) or not isinstance(table.get("dependencies"), list):
        msg = "no list of dependencies"
        raise TypeError(msg)
    found = Locked(kind="environment.yml", minor=minor)
    for each in table["dependencies"]:
        if isinstance(each, dict):
            lines = each.get("pip") or []
            for line in [lines] if isinstance(lines, str) else lines:
                _take_lines(str(line), None, None, found, [], 0)
            continue
        _take_conda(str(each), found)
    return found


_CONDA = re.compile(r"^(?:[\w./-]+::)?([A-Za-z0-9._-]+)\s*(.*)$")


def _take_conda(text: str, found: Locked) -> None:
    """``numpy=1.26``, ``scipy==1.11.4``, ``python >=3.10,<3.12``, ``pandas 2.2.3 py311_0``."""
    parts = _CONDA.match(text.strip())
    name, rest = (parts.group(1), parts.group(2).strip()) if parts else (text, "")
    key = str(canonicalize_name(name))
    if key == "python":
        found.python = _minor(
            rest.split()[0].split("=")[-1 if rest.startswith("==") else 1]
            if rest.startswith("=")
            else rest
        )
        return
    version = rest.lstrip("=").split("=")[0].split(" ")[0]
    exact = rest.startswith("==") or version.count(".") >= 2 or version.endswith("*")
    specifier = (
        rest.replace(" ", "")
        if rest[:1] in "<>!~"
        else f"=={version}{'' if exact else '.*'}"
        if version
        else ""
    )
    try:
        usable = key in _ALSO_ON_INDEX and SpecifierSet(specifier) is not None and bool(specifier)
    except InvalidSpecifier:
        usable = False
    if usable:
        found.packages.setdefault(key, str(SpecifierSet(specifier)))
        found.unusable.append(
            f"conda's build of {key} {rest.strip('=').split('=')[0]} (the index's is measured)"
        )
    else:
        found.refuse(f"conda package {text}")
