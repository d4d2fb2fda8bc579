"""The selectors of rules and command lines: patterns over environments, recipes and formats."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from crossload.config.load import PACKAGE_ALIASES
from crossload.config.schema import did_you_mean
from crossload.errors import ConfigError, SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.config import Rule
    from crossload.plan.environments import Environment

_SPECIFIER = re.compile(r"^([A-Za-z0-9._-]+?)\s*([<>=!~].*)$")


def matches_environment(pattern: str, environment: Environment) -> bool:
    """Tell whether a pattern means an environment.

    Parameters
    ----------
    pattern
        An id such as ``sklearn-1.5.2``, a shell pattern such as ``sklearn-1.*``, or a specifier
        such as ``sklearn>=1.8``.
    environment
        The environment; specifiers are compared with its exact pins.

    Raises
    ------
    ConfigError
        The pattern looks like a specifier and is none.
    """
    found = _SPECIFIER.match(pattern.strip())
    if found is None:
        return fnmatch.fnmatchcase(environment.id, pattern)
    name, specifier = found.groups()
    package = canonicalize_name(PACKAGE_ALIASES.get(name.lower(), name))
    pins = environment.pins
    # tensorflow-cpu is the same code as tensorflow: `tf>=2.15` means both
    version = pins.get(package, pins.get(canonicalize_name(package + "-cpu")))
    try:
        # Pre-releases count like any other version. The default of packaging has changed, and
        # depended on the specifier: https://github.com/pypa/packaging/pull/897
        return version is not None and SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier as error:
        msg = f"{pattern!r} is not a specifier: {error}"
        raise ConfigError([msg], hint='write "sklearn>=1.8" or "sklearn>=1.0,<1.3"') from error


def matches_rule(
    rule: Rule, writer: Environment, reader: Environment, recipe: str, fmt: str
) -> bool:
    """Tell whether every key of a rule matches a cell."""
    return (
        (rule.writer is None or matches_environment(rule.writer, writer))
        and (rule.reader is None or matches_environment(rule.reader, reader))
        and (rule.recipe is None or fnmatch.fnmatchcase(recipe, rule.recipe))
        and (rule.format is None or fnmatch.fnmatchcase(fmt, rule.format))
        and (rule.case is None or fnmatch.fnmatchcase(f"{recipe}/{fmt}", rule.case))
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Selectors of a command line.

    Patterns of one kind are alternatives, kinds must all match, and a kind without patterns
    matches everything.
    """

    only: tuple[str, ...] = ()
    """Environments that both save and load."""
    writers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    """Recipes or cases (``recipe/format``)."""
    formats: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.only, self.writers, self.readers, self.cases, self.formats))

    def saves(self, environment: Environment) -> bool:
        """Tell whether an environment is selected as a writer."""
        return _any_environment(self.only, environment) and _any_environment(
            self.writers, environment
        )

    def loads(self, environment: Environment) -> bool:
        """Tell whether an environment is selected as a reader."""
        return _any_environment(self.only, environment) and _any_environment(
            self.readers, environment
        )

    def takes(self, recipe: str, fmt: str) -> bool:
        """Tell whether a recipe in a format is selected."""
        return _any_case(self.cases, recipe, fmt) and (
            not self.formats or any(fnmatch.fnmatchcase(fmt, pattern) for pattern in self.formats)
        )


def _any_environment(patterns: tuple[str, ...], environment: Environment) -> bool:
    return not patterns or any(matches_environment(pattern, environment) for pattern in patterns)


def _any_case(patterns: tuple[str, ...], recipe: str, fmt: str) -> bool:
    return not patterns or any(
        fnmatch.fnmatchcase(f"{recipe}/{fmt}" if "/" in pattern else recipe, pattern)
        for pattern in patterns
    )


def check_selection(
    selection: Selection,
    environments: Iterable[Environment],
    recipes: Iterable[str],
    formats: Iterable[str],
) -> None:
    """Check that every selector means something.

    Parameters
    ----------
    selection
        The selectors of a command line.
    environments, recipes, formats
        Everything that they could mean; recipes and formats by name.

    Raises
    ------
    SelectionError
        Selectors mean nothing at all: a line for each, with what was perhaps meant.
    ConfigError
        A specifier is not one.
    """
    known, recipe_names, format_names = list(environments), list(recipes), list(formats)
    ids = [environment.id for environment in known]
    unmatched = [
        (kind, pattern, ids)
        for kind, patterns in (
            ("environment", selection.only),
            ("writer", selection.writers),
            ("reader", selection.readers),
        )
        for pattern in patterns
        if not any(matches_environment(pattern, environment) for environment in known)
    ]
    unmatched += [
        ("case", pattern, recipe_names)
        for pattern in selection.cases
        if not any(
            _any_case((pattern,), recipe, fmt) for recipe in recipe_names for fmt in format_names
        )
    ]
    unmatched += [
        ("format", pattern, format_names)
        for pattern in selection.formats
        if not fnmatch.filter(format_names, pattern)
    ]
    if unmatched:
        lines = [
            f"no {kind} matches {pattern!r} - known: {', '.join(names)}"
            if _SPECIFIER.match(pattern)
            else f"no such {kind}: {pattern!r} - {did_you_mean(pattern, names)}"
            for kind, pattern, names in unmatched
        ]
        raise SelectionError("\n".join(lines))
