"""What to do about a failure that is known: causes and links from the expectations, remedies from ``advice.toml`` beside them."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """A known failure."""

    cause: str
    remedy: str
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """How a known failure is told."""

    verdict: str
    says: str
    writer: tuple[str, ...]
    """Requirements that the writer fulfils, such as ``joblib>=1.2``."""
    reader: tuple[str, ...]
    """The same of the reader."""
    holds: tuple[str, ...]
    """Classes, one of which the model holds; empty for any model."""
    advice: Advice

    def fits(
        self,
        verdict: str,
        reason: str,
        writer: Mapping[str, str],
        reader: Mapping[str, str],
        classes: Iterable[str] = (),
    ) -> bool:
        """Whether a failure is this one."""
        if self.holds and not {each.rpartition(".")[2] for each in classes} & set(self.holds):
            return False
        sides = ((self.writer, writer), (self.reader, reader))
        holds = all(_fulfils(versions, text) for texts, versions in sides for text in texts)
        return verdict == self.verdict and self.says in reason and holds


def _fulfils(versions: Mapping[str, str], text: str) -> bool:
    requirement = Requirement(text)
    found = versions.get(requirement.name)
    return found is not None and requirement.specifier.contains(found, prereleases=True)


class _Verdict(Text):
    """A failing verdict."""

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
    """Where the expectations and ``advice.toml`` are: beside the code in a wheel, in ``matrix/`` of a checkout."""
    carried = package / "expectations"
    return carried if carried.is_dir() else package.parent.parent / "matrix" / "expectations"


def load_advice(folder: Path) -> tuple[Signature, ...]:
    """All known failures.  Raises `ConfigError` with every mistake; a cause must stand here or in an expectation."""
    raw = tomllib.loads((folder / "advice.toml").read_text(encoding="utf-8"))
    problems = Problems("matrix/expectations/advice.toml")
    ADVICE_FILE.check(raw, "", problems)
    if problems.found:
        raise ConfigError(problems.found)
    causes: dict[tuple[str, str], tuple[str, str]] = {}
    for path in sorted(each for each in folder.glob("*.toml") if each.name != "advice.toml"):
        for each in load_expectations(path, shown=f"matrix/expectations/{path.name}"):
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
    """The known failures that this crossload carries."""
    return load_advice(folder_of())


def advice_for(
    verdict: str,
    reason: str,
    writer: Mapping[str, str],
    reader: Mapping[str, str],
    classes: Iterable[str] = (),
    known: Iterable[Signature] | None = None,
) -> Advice | None:
    """What is known of a failure: the first signature that fits it."""
    for each in known_failures() if known is None else known:
        if each.fits(verdict, reason, writer, reader, classes):
            return each.advice
    return None
