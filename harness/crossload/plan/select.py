"""Selectors: which cells a rule or a command line means."""

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
    """Whether ``sklearn-1.5.2``, ``sklearn-1.*`` or ``sklearn>=1.8`` means this environment."""
    found = _SPECIFIER.match(pattern.strip())
    if found is None:
        return fnmatch.fnmatchcase(environment.id, pattern)
    name, specifier = found.groups()
    package = canonicalize_name(PACKAGE_ALIASES.get(name.lower(), name))
    pins = environment.pins
    version = pins.get(package, pins.get(canonicalize_name(package + "-cpu")))
    try:
        return version is not None and SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier as error:
        msg = f"{pattern!r} is not a specifier: {error}"
        raise ConfigError([msg], hint='write "sklearn>=1.8" or "sklearn>=1.0,<1.3"') from error


def matches_rule(
    rule: Rule, writer: Environment, reader: Environment, recipe: str, fmt: str
) -> bool:
    """Whether every key of the rule matches."""
    return (
        (rule.writer is None or matches_environment(rule.writer, writer))
        and (rule.reader is None or matches_environment(rule.reader, reader))
        and (rule.recipe is None or fnmatch.fnmatchcase(recipe, rule.recipe))
        and (rule.format is None or fnmatch.fnmatchcase(fmt, rule.format))
        and (rule.case is None or fnmatch.fnmatchcase(f"{recipe}/{fmt}", rule.case))
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Selectors of a command line: patterns of one kind are alternatives, kinds must all match; empty means all."""

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
        return _any_environment(self.only, environment) and _any_environment(
            self.writers, environment
        )

    def loads(self, environment: Environment) -> bool:
        return _any_environment(self.only, environment) and _any_environment(
            self.readers, environment
        )

    def takes(self, recipe: str, fmt: str) -> bool:
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
    """Raise `SelectionError` for each selector that means nothing at all, with what was perhaps meant."""
    known, recipe_names, format_names = list(environments), list(recipes), list(formats)
    ids = [environment.id for environment in known]
    lost = [
        (kind, pattern, ids)
        for kind, patterns in (
            ("environment", selection.only),
            ("writer", selection.writers),
            ("reader", selection.readers),
        )
        for pattern in patterns
        if not any(matches_environment(pattern, environment) for environment in known)
    ]
    lost += [
        ("case", pattern, recipe_names)
        for pattern in selection.cases
        if not any(
            _any_case((pattern,), recipe, fmt) for recipe in recipe_names for fmt in format_names
        )
    ]
    lost += [
        ("format", p, format_names)
        for p in selection.formats
        if not fnmatch.filter(format_names, p)
    ]
    if lost:
        lines = [
            f"no {kind} matches {pattern!r} - known: {', '.join(names)}"
            if _SPECIFIER.match(pattern)
            else f"no such {kind}: {pattern!r} - {did_you_mean(pattern, names)}"
            for kind, pattern, names in lost
        ]
        raise SelectionError("\n".join(lines))
