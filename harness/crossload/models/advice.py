"""Advice about failures that are known: their cause, a link, and a remedy.

Causes and links come from the expectations of the matrices, remedies from ``advice.toml`` beside
them: what a matrix found out is told to whoever meets the same failure with an own model.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from crossload.config import load_expectations
from crossload.config.expectations import VERDICTS
from crossload.config.schema import Key, ListOf, Problems, Table, Text
from crossload.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGE = Path(__file__).resolve().parent.parent
"""Folder of the package `crossload`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """The cause of a known failure, and what to do about it."""

    cause: str
    remedy: str
    link: str = ""
    """Address where it is documented or discussed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """The marks by which a known failure is recognised."""

    verdict: str
    """The failing verdict, e.g. ``load-error``."""
    says: str
    """A part of the message of the failure."""
    writer: tuple[str, ...]
    """Requirements that the writer fulfils, such as ``joblib>=1.2``."""
    reader: tuple[str, ...]
    """Requirements that the reader fulfils."""
    holds: tuple[str, ...]
    """Classes, one of which the model holds; empty for any model."""
    advice: Advice

    def matches(
        self,
        verdict: str,
        reason: str,
        writer: Mapping[str, str],
        reader: Mapping[str, str],
        classes: Iterable[str] = (),
    ) -> bool:
        """Say if a failure is this one.

        Parameters
        ----------
        verdict
            The verdict in words, e.g. ``load-error``.
        reason
            The message of the failure.
        writer, reader
            Version by package of the two environments; Python counts as a package.
        classes
            Classes that the model holds, with their modules.
        """
        if self.holds and not {each.rpartition(".")[2] for each in classes} & set(self.holds):
            return False
        sides = ((self.writer, writer), (self.reader, reader))
        holds = all(_fulfils(versions, text) for texts, versions in sides for text in texts)
        return verdict == self.verdict and self.says in reason and holds


def _fulfils(versions: Mapping[str, str], text: str) -> bool:
    requirement = Requirement(text)
    found = versions.get(requirement.name)
    # what is installed counts, pre-releases too: packaging's own default for them depends on the
    # specifier (https://packaging.pypa.io/en/stable/specifiers.html)
    return found is not None and requirement.specifier.contains(found, prereleases=True)


class _Verdict(Text):
    """The grammar of a failing verdict."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        super().check(value, path, problems)
        if isinstance(value, str) and value not in VERDICTS:
            problems.add(path, f"{value!r} is no failure", "one of " + ", ".join(VERDICTS))


ADVICE_FILE = Table(
    {
        "advice": Key(
            ListOf(
                Table(
                    {
                        "verdict": Key(_Verdict(), "how it fails", required=True),
                        "says": Key(Text(), "text of the failure", required=True),
                        "remedy": Key(Text(), "what to do", required=True),
                        "cause": Key(Text(), "why, where no expectation says it"),
                        "link": Key(
                            Text("https?://.+", "an address"), "where it is documented or discussed"
                        ),
                        "writer": Key(ListOf(Text()), "requirements that the writer fulfils"),
                        "reader": Key(ListOf(Text()), "requirements that the reader fulfils"),
                        "holds": Key(ListOf(Text()), "classes, one of which the model holds"),
                    }
                ),
                unique=False,
            ),
            "a remedy",
            required=True,
        )
    }
)


def folder_of(package: Path = PACKAGE) -> Path:
    """Find the folder of the expectations and of ``advice.toml``."""
    # a wheel carries them as crossload/expectations (force-include in pyproject.toml); an editable
    # install and a checkout have the folder of the matrices alone
    carried = package / "expectations"
    return carried if carried.is_dir() else package.parent.parent / "matrix" / "expectations"


def load_advice(folder: Path) -> tuple[Signature, ...]:
    """Read all known failures.

    Parameters
    ----------
    folder
        The folder of ``advice.toml`` and of the expectations, which are read too: advice without a
        cause of its own has that of the expectation with the same verdict and text.

    Raises
    ------
    ConfigError
        A file is not valid, or an advice has no cause; it names every mistake.
    """
    raw = tomllib.loads((folder / "advice.toml").read_text(encoding="utf-8"))
    problems = Problems("matrix/expectations/advice.toml")
    ADVICE_FILE.check(raw, "", problems)
    if problems.found:
        raise ConfigError(problems.found)
    # an expectation may say the same of several boundaries: the first cause, and any link
    causes: dict[tuple[str, str], tuple[str, str]] = {}
    for path in sorted(each for each in folder.glob("*.toml") if each.name != "advice.toml"):
        for each in load_expectations(path, display_name=f"matrix/expectations/{path.name}"):
            for verdict in each.verdicts:
                reason, link = causes.get((verdict, each.says.strip()), (each.reason, ""))
                causes[verdict, each.says.strip()] = reason, link or each.link
    found = []
    for index, table in enumerate(raw["advice"]):
        cause, link = causes.get((table["verdict"], table["says"].strip()), ("", ""))
        if not (table.get("cause") or cause):
            problems.add(
                f"advice[{index}]",
                "no cause",
                "give one, or an expectation with the same verdict and says",
            )
        found.append(
            Signature(
                verdict=table["verdict"],
                says=table["says"],
                writer=tuple(table.get("writer", ())),
                reader=tuple(table.get("reader", ())),
                holds=tuple(table.get("holds", ())),
                advice=Advice(
                    cause=table.get("cause") or cause,
                    remedy=table["remedy"],
                    link=table.get("link", "" if table.get("cause") else link),
                ),
            )
        )
    if problems.found:
        raise ConfigError(problems.found)
    return tuple(found)


@cache
def known_failures() -> tuple[Signature, ...]:
    """Give the known failures that this crossload carries, read once."""
    return load_advice(folder_of())


def advice_for(
    verdict: str,
    reason: str,
    writer: Mapping[str, str],
    reader: Mapping[str, str],
    classes: Iterable[str] = (),
    known: Iterable[Signature] | None = None,
) -> Advice | None:
    """Give what is known of a failure: the advice of the first signature that matches it.

    The parameters are those of `Signature.matches`; ``known`` replaces the signatures that
    crossload carries. It is None where nothing is known.
    """
    # in the order of the file, in which special cases stand before general ones
    for each in known_failures() if known is None else known:
        if each.matches(verdict, reason, writer, reader, classes):
            return each.advice
    return None
