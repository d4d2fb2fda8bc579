"""The reader of causes: why kinds of cells fail, and what to do about it.

They stand in ``causes/<library>.toml``, in this package and in the ``matrix`` folder of a project.
The grammar is stated once, with the kinds of `schema`, as that of matrix files is.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crossload.config.schema import Key, ListOf, Problems, Table, Text
from crossload.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FAILURES = (
    "drift",
    "predict-error",
    "load-error",
    "crash",
    "timeout",
    "memory",
    "save-error",
    "unstable",
)
"""Verdicts that have causes."""

_ALIASES = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}
"""Packages that people call by the name that they import."""

_BUILDS = {"tensorflow": ("tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tf-nightly")}
"""Packages that are another one, built for some machine."""

PACKAGE = Path(__file__).resolve().parent.parent
"""Folder of the package `crossload`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """The cause of a kind of failure: what it says, the releases on both sides, what to do."""

    id: str
    """Its name, such as ``sklearn-tree-nodes``; no other cause has it."""
    verdicts: tuple[str, ...]
    """Failing verdicts, e.g. ``load-error``."""
    says: tuple[str, ...]
    """Texts, one of which the reason of the verdict contains."""
    why: str
    """The change in the library."""
    do: str
    """What was seen to help; empty where nothing was."""
    writer: tuple[Requirement, ...] = ()
    """What the environment that saved fulfils, such as ``scikit-learn<1.3``; all of them."""
    reader: tuple[Requirement, ...] = ()
    """What the environment that loads fulfils."""
    differs: tuple[str, ...] = ()
    """Packages of which both sides have different versions; ``python`` counts as one."""
    holds: frozenset[str] = field(default_factory=frozenset)
    """Names of classes, one of which the model is made of; empty for any model."""
    format: tuple[str, ...] = ()
    """Formats, patterns allowed; empty for all."""
    link: str = ""
    """Where the change is documented or discussed."""
    since: date | None = None
    """Day from which it is known."""
    elsewhere: str = ""
    """Where it was seen, if no matrix meets it: then none need."""

    def is_between(self, writer: Mapping[str, str], reader: Mapping[str, str]) -> bool:
        """Tell if it is about a pair of environments.

        Parameters
        ----------
        writer, reader
            Version by package of each side; Python counts as a package.
        """
        return (
            all(_fulfils(writer, each) for each in self.writer)
            and all(_fulfils(reader, each) for each in self.reader)
            and all(_version(writer, each) != _version(reader, each) for each in self.differs)
        )

    def is_of(self, classes: Iterable[str]) -> bool:
        """Tell if it is about a model that is made of these classes, with or without modules."""
        return not self.holds or any(each.rpartition(".")[2] in self.holds for each in classes)

    def is_told_by(self, verdict: str, reason: str) -> bool:
        """Tell if a verdict, with its reason, is what this cause leads to."""
        return verdict in self.verdicts and any(each in reason for each in self.says)


def _version(versions: Mapping[str, str], name: str) -> str | None:
    found = versions.get(name)
    for build in _BUILDS.get(name, ()) if found is None else ():
        found = found or versions.get(build)
    return found


def _fulfils(versions: Mapping[str, str], requirement: Requirement) -> bool:
    found = _version(versions, requirement.name)
    # what is installed counts, pre-releases too: packaging's own default for them depends on the
    # specifier (https://packaging.pypa.io/en/stable/specifiers.html)
    return found is not None and requirement.specifier.contains(found, prereleases=True)


class _Texts:
    """A string, or an array of strings: alternatives."""

    _list = ListOf(Text(), nonempty=True)

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        (self._list if isinstance(value, list) else Text()).check(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        return {"anyOf": [Text().schema(), self._list.schema()]}


class _Verdicts(_Texts):
    """One or more failing verdicts."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        super().check(value, path, problems)
        for text in _texts(value):
            if isinstance(text, str) and text not in FAILURES:
                problems.add(path, f"{text!r} is no failure", "one of " + ", ".join(FAILURES))


class _Requirements(_Texts):
    """One or more requirements, such as ``scikit-learn>=1.3``."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        super().check(value, path, problems)
        for text in _texts(value):
            if isinstance(text, str) and _requirement(text) is None:
                hint = 'write "scikit-learn>=1.3" or "numpy>=1.26,<2"'
                problems.add(path, f"{text!r} is no requirement", hint)


class _Day:
    """A TOML date."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        # a TOML date with a time is a kind of date in Python, and compares with none
        if not isinstance(value, date) or isinstance(value, datetime):
            hint = "write 2027-01-31, without quotes"
            problems.add(path, f"expected a date, got {value!r}", hint)

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        return {"type": "string", "format": "date"}


CAUSE_FILE = Table(
    {
        "cause": Key(
            ListOf(
                Table(
                    {
                        "id": Key(
                            Text("[a-z0-9]+(-[a-z0-9]+)*", "small letters, digits, hyphens"),
                            "its name, which no other cause has",
                            required=True,
                        ),
                        "verdict": Key(_Verdicts(), "how cells fail", required=True),
                        "says": Key(
                            _Texts(), "text that the reason contains; alternatives", required=True
                        ),
                        "writer": Key(_Requirements(), "what the environment that saved fulfils"),
                        "reader": Key(_Requirements(), "what the environment that loads fulfils"),
                        "differs": Key(
                            _Texts(), "packages of which both sides have different versions"
                        ),
                        "holds": Key(_Texts(), "classes, one of which the model is made of"),
                        "format": Key(_Texts(), "formats, patterns allowed"),
                        "why": Key(Text(), "the change in the library", required=True),
                        "do": Key(Text(), "what was seen to help"),
                        "link": Key(
                            Text("https?://.+", "an address"), "where it is documented or discussed"
                        ),
                        "since": Key(_Day(), "day from which it is known"),
                        "elsewhere": Key(Text(), "where it was seen, if no matrix meets it"),
                    }
                ),
                unique=False,
            ),
            "a cause of failures",
            required=True,
        )
    }
)


def shipped_causes(package: Path = PACKAGE) -> Path:
    """Find the folder of the causes that crossload carries."""
    # a wheel carries them as crossload/causes (force-include in pyproject.toml); an editable
    # install and a checkout have the folder of the matrices alone
    carried = package / "causes"
    return carried if carried.is_dir() else package.parent.parent / "matrix" / "causes"


def load_causes(*folders: Path) -> tuple[Cause, ...]:
    """Read all causes of some folders.

    Parameters
    ----------
    folders
        Folders of files ``<library>.toml``; those that do not exist have none, and one that is
        given twice counts once.

    Returns
    -------
    tuple of Cause
        Files by name, and causes in the order of their file: special ones stand before general
        ones, because the first that fits counts.

    Raises
    ------
    ConfigError
        A file cannot be read or has mistakes, or two causes have one name: a line for each.
    """
    found: dict[str, Cause] = {}
    mistakes: list[str] = []
    for folder in dict.fromkeys(each.resolve() for each in folders):
        for path in sorted(folder.glob("*.toml")):
            problems = Problems(f"{folder.parent.name}/{folder.name}/{path.name}")
            try:
                raw = tomllib.loads(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                problems.add("", f"cannot be read: {error}")
                raw = {}
            else:
                CAUSE_FILE.check(raw, "", problems)
            for index, table in enumerate([] if problems.found else raw["cause"]):
                if table["id"] in found:
                    problems.add(f"cause[{index}].id", f"another cause is called {table['id']!r}")
                else:
                    found[table["id"]] = _build(table)
            mistakes += problems.found
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(found.values())


def _texts(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else () if value is None else (value,)


def _requirement(text: str) -> Requirement | None:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    if not found.specifier:
        return None  # a version alone is the name of a package, too
    name = canonicalize_name(found.name)
    found.name = _ALIASES.get(name, name)
    return found


def _build(table: dict[str, Any]) -> Cause:
    return Cause(
        id=table["id"],
        verdicts=_texts(table["verdict"]),
        says=_texts(table["says"]),
        why=table["why"],
        do=table.get("do", ""),
        writer=tuple(filter(None, map(_requirement, _texts(table.get("writer"))))),
        reader=tuple(filter(None, map(_requirement, _texts(table.get("reader"))))),
        differs=_texts(table.get("differs")),
        holds=frozenset(_texts(table.get("holds"))),
        format=_texts(table.get("format")),
        link=table.get("link", ""),
        since=table.get("since"),
        elsewhere=table.get("elsewhere", ""),
    )
