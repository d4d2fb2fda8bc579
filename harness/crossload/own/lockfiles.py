"""Reads lock files of the tools that people use: which version of which package they ask for, and what cannot be used."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from packaging.markers import InvalidMarker, Marker, default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crossload.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HINT = (
    "known: requirements.txt, uv.lock, pylock.toml, poetry.lock, Pipfile.lock, environment.yml; or REVISION:PATH of one in git"
)


_NAMES = re.compile(r"(uv\.lock|poetry\.lock|Pipfile\.lock|pylock(\..+)?\.toml|[^/]*\.(txt|in|ya?ml|lock))$")


def is_lock_name(path: str) -> bool:
    """Whether a file is a lock by its name."""
    return _NAMES.fullmatch(PurePosixPath(path).name) is not None


@dataclass(kw_only=True, slots=True)
class Locked:
    """What a lock file says."""

    kind: str
    packages: dict[str, str] = field(default_factory=dict)
    """Specifier by canonical name."""
    python: str | None = None
    unusable: list[str] = field(default_factory=list)
    """What it asks for that the package index does not have, in words."""

    def add(self, name: str, version: str) -> None:
        """Take in an exact version; of several that a universal lock holds, the newest."""
        key = str(canonicalize_name(name))
        before = self.packages.get(key, "").removeprefix("==")
        if before and before != version and _version(before) >= _version(version):
            return
        self.packages[key] = f"=={version}"


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def read_locked(text: str, *, option: str) -> Locked:
    """Read a lock file, or one of a git revision (``main:uv.lock``).  Raises `ConfigError` that says what to do."""
    path = Path(text).expanduser()
    if path.is_file():
        return _parsed(path.name, path.read_bytes(), text, option, path.parent)
    revision, colon, name = text.partition(":")
    if colon and revision and name:
        return _parsed(PurePosixPath(name).name, _from_git(revision, name, option), text, option, None)
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
            [f"{option} {revision}:{name}: {reason}"], hint="git log shows the revisions; fetch what is not here"
        )
    return done.stdout


def _parsed(name: str, content: bytes, shown: str, option: str, folder: Path | None) -> Locked:
    try:
        text = content.decode("utf-8-sig")
        found = _reader_of(name, text)(text, folder)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, json.JSONDecodeError, TypeError, AttributeError, KeyError) as error:
        raise ConfigError([f"{option} {shown}: cannot be read: {type(error).__name__}: {error}"], hint=_HINT) from error
    if not found.packages:
        why = f": cannot use {', '.join(found.unusable[:5])}" if found.unusable else ""
        raise ConfigError([f"{option} {shown}: names no package of the index{why}"], hint=_HINT)
    return found


def _reader_of(name: str, text: str) -> Callable[[str, Path | None], Locked]:
    if name.endswith((".yml", ".yaml")):
        return _environment_yml
    if name == "Pipfile.lock" or (name.endswith((".lock", ".json")) and text.lstrip().startswith("{")):
        return _pipfile_lock
    if name.startswith("pylock") and name.endswith(".toml"):
        return _pylock
    if name == "poetry.lock" or (name.endswith(".lock") and "Poetry" in text[:200]):
        return _poetry_lock
    if name.endswith(".lock") and "[[package]]" in text:
        return _uv_lock
    return _requirements_txt


def _applies(marker: str | None) -> bool:
    """Whether a marker counts on this machine; what cannot be told counts."""
    if not marker:
        return True
    try:
        return Marker(marker).evaluate(dict(default_environment()))  # type: ignore[arg-type]
    except InvalidMarker:
        return True


def _minor(text: Any) -> str | None:
    """The one minor version of Python that a text names; None for a range."""
    found = re.fullmatch(r"\s*(?:==|~=|=)?\s*(3\.\d+)(?:\.\d+|\.\*)?\s*", str(text or ""))
    return found.group(1) if found else None


def _requirements_txt(text: str, folder: Path | None) -> Locked:
    found = Locked(kind="requirements.txt")
    _take_lines(text, folder, found, 0)
    return found


def _take_lines(text: str, folder: Path | None, found: Locked, depth: int) -> None:
    for line in _logical_lines(text):
        if nested := re.match(r"(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)", line):
            path = folder / nested.group(1) if folder is not None else None
            if path is None or depth > 5 or not path.is_file():
                found.unusable.append(line)
            else:
                _take_lines(path.read_text(encoding="utf-8-sig"), path.parent, found, depth + 1)
        elif line.startswith(("-e", "--editable")) or re.match(r"[\w./~-]*/|[a-z+]+://", line):
            found.unusable.append(line)
        elif not line.startswith("-"):
            _take_requirement(re.split(r"\s+--", line)[0].strip(), found)


def _logical_lines(text: str) -> Iterable[str]:
    joined = re.sub(r"\\\r?\n", " ", text)
    for line in joined.splitlines():
        stripped = re.sub(r"(^|\s)#.*$", "", line).strip()
        if stripped:
            yield stripped


def _take_requirement(text: str, found: Locked) -> None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        found.unusable.append(text)
        return
    if requirement.url:
        found.unusable.append(text)
    elif requirement.marker is None or requirement.marker.evaluate():
        found.packages[str(canonicalize_name(requirement.name))] = str(requirement.specifier)


def _uv_lock(text: str, _folder: Path | None) -> Locked:
    table = tomllib.loads(text)
    found = Locked(kind="uv.lock", python=_minor(table.get("requires-python")))
    for package in table.get("package", []):
        source = package.get("source", {})
        if set(source) & {"virtual", "editable"}:
            continue  # the project itself
        markers = package.get("resolution-markers")
        if markers and not any(_applies(each) for each in markers):
            continue
        if "version" not in package or set(source) & {"git", "url", "path", "directory"}:
            found.unusable.append(f"{package.get('name')} ({', '.join(source) or 'no version'})")
            continue
        found.add(package["name"], package["version"])
    return found


def _pylock(text: str, _folder: Path | None) -> Locked:
    table = tomllib.loads(text)
    found = Locked(kind="pylock.toml", python=_minor(table.get("requires-python")))
    for package in table.get("packages", []):
        if not _applies(package.get("marker")):
            continue
        if "version" not in package or set(package) & {"vcs", "directory", "archive"}:
            found.unusable.append(str(package.get("name")))
            continue
        found.add(package["name"], package["version"])
    return found


def _poetry_lock(text: str, _folder: Path | None) -> Locked:
    table = tomllib.loads(text)
    found = Locked(kind="poetry.lock", python=_minor(table.get("metadata", {}).get("python-versions")))
    for package in table.get("package", []):
        kind = package.get("source", {}).get("type", "legacy")
        marker = package.get("markers")
        if isinstance(marker, str) and not _applies(marker):
            continue
        if kind in ("git", "url", "file", "directory"):
            found.unusable.append(f"{package['name']} ({kind})")
            continue
        found.add(package["name"], package["version"])
    return found


def _pipfile_lock(text: str, _folder: Path | None) -> Locked:
    table = json.loads(text)
    if "default" not in table:
        msg = "no section 'default'"
        raise KeyError(msg)
    found = Locked(kind="Pipfile.lock", python=_minor(table.get("_meta", {}).get("requires", {}).get("python_version")))
    for name, package in table["default"].items():
        if not _applies(package.get("markers")):
            continue
        if "version" not in package:
            found.unusable.append(f"{name} ({', '.join(sorted(set(package) & {'git', 'path', 'file'})) or 'no version'})")
            continue
        found.packages[str(canonicalize_name(name))] = package["version"]
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


def _environment_yml(text: str, _folder: Path | None) -> Locked:
    import yaml  # noqa: PLC0415 - for this one format

    try:
        table = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TypeError(" ".join(str(error).split())) from error
    if not isinstance(table, dict) or not isinstance(table.get("dependencies"), list):
        msg = "no list of dependencies"
        raise TypeError(msg)
    found = Locked(kind="environment.yml")
    for each in table["dependencies"]:
        if isinstance(each, dict):
            for line in each.get("pip") or []:
                _take_lines(str(line), None, found, 0)
            continue
        name, _, rest = str(each).replace(" ", "").rpartition("::")[2].partition("=")
        version = rest.lstrip("=").split("=")[0]
        key = str(canonicalize_name(name))
        if key == "python":
            found.python = _minor(version)
        elif key in _ALSO_ON_INDEX and re.fullmatch(r"\d[\w.]*(\.\*)?", version):
            wild = "" if version.count(".") >= 2 or version.endswith("*") else ".*"
            found.packages.setdefault(key, f"=={version}{wild}")
            found.unusable.append(f"conda's build of {key} {version} (the index's is measured)")
        else:
            found.unusable.append(f"conda package {each}")
    return found
