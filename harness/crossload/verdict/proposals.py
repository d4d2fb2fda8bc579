"""Proposals of causes: failures that say the same, and the versions that they lie between.

A person looks up why it is so, and writes that down.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Pair = tuple[str, str]
"""Writer and reader."""


class Failure(NamedTuple):
    """One cell that fails for no known cause."""

    verdict: str
    says: str
    """Its reason, without what differs from cell to cell."""
    case: str
    pair: Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A cause without its why: what it says, and the boundary between versions."""

    verdict: str
    says: str
    cells: int
    cases: tuple[str, ...]
    nearest: Pair
    """The failing pair of which the writer and the reader are closest."""
    writer: str = ""
    """A requirement that all failing writers fulfil; empty if no package separates them."""
    reader: str = ""
    differs: tuple[str, ...] = ()
    """Packages of which the nearest pair has different versions, in words."""


def propose(
    failures: Iterable[Failure],
    passing: Mapping[str, set[Pair]],
    environments: Mapping[str, Mapping[str, str]],
    first: Sequence[str] = (),
) -> list[Proposal]:
    """Group failures by what they say, and find the versions that tell them from passing cells.

    Parameters
    ----------
    failures
        Cells that fail for no known cause.
    passing
        By case: the pairs that pass.
    environments
        Version by package of each environment, in the order of their age; Python counts as one.
    first
        Packages to try first, such as the one that the matrix is about.

    Returns
    -------
    list of Proposal
        Those of most cells first.
    """
    groups: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    for each in failures:
        groups[each.verdict, each.says].append(each)
    place = {name: number for number, name in enumerate(environments)}
    found = []
    for (verdict, says), members in groups.items():
        pairs = {each.pair for each in members}
        cases = sorted({each.case for each in members})
        fine = set().union(*(passing.get(case, set()) for case in cases))
        nearest = min(pairs, key=lambda pair: (abs(place[pair[0]] - place[pair[1]]), pair))
        writer, reader = _boundary(pairs, fine, environments, first)
        found.append(
            Proposal(
                verdict=verdict,
                says=says,
                cells=len(members),
                cases=tuple(cases),
                nearest=nearest,
                writer=writer,
                reader=reader,
                differs=tuple(_differences(environments[nearest[0]], environments[nearest[1]])),
            )
        )
    return sorted(found, key=lambda each: (-each.cells, each.verdict, each.says))


def _boundary(
    pairs: set[Pair],
    fine: set[Pair],
    environments: Mapping[str, Mapping[str, str]],
    first: Sequence[str],
) -> tuple[str, str]:
    """Find ranges of one package, for writer and reader, that hold no pair that passes."""
    names = {name for versions in environments.values() for name in versions}
    for package in [*first, *sorted(names - set(first))]:
        versions = {
            env_id: found
            for env_id, each in environments.items()
            if (found := _version(each.get(package, ""))) is not None
        }
        if len(set(versions.values())) < 2 or any(
            side not in versions for pair in pairs for side in pair
        ):
            continue
        ranges = [{versions[pair[side]] for pair in pairs} for side in (0, 1)]
        bounds = [(min(each), max(each)) for each in ranges]
        if any(
            all(
                side in versions and low <= versions[side] <= high
                for side, (low, high) in zip(pair, bounds, strict=True)
            )
            for pair in fine
        ):
            continue
        texts = [_range(package, *each, sorted(set(versions.values()))) for each in bounds]
        return texts[0], texts[1]
    return "", ""


def _range(package: str, low: Version, high: Version, known: Sequence[Version]) -> str:
    above = [each for each in known if each > high]
    parts = [f">={low}"] if low > known[0] else []
    parts += [f"<{above[0]}"] if above else []
    return package + ",".join(parts) if parts else ""


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _differences(writer: Mapping[str, str], reader: Mapping[str, str]) -> Iterable[str]:
    for name in sorted(set(writer) | set(reader)):
        if writer.get(name) != reader.get(name):
            yield f"{name} {writer.get(name, 'none')} -> {reader.get(name, 'none')}"


def as_toml(proposals: Sequence[Proposal]) -> str:
    """Render proposals as a file of causes, in TOML.

    Names and whys are empty, so that no run accepts the file before a person has written them.
    """
    parts = []
    for each in proposals:
        shown = ", ".join(each.cases[:6]) + (", ..." if len(each.cases) > 6 else "")
        # aligned as people write them by hand: the file is meant to be edited
        lines = [
            f"# {each.cells} cells of {len(each.cases)} cases: {shown}",
            f"# nearest: {each.nearest[0]} -> {each.nearest[1]}: "
            + (", ".join(each.differs[:8]) or "the same packages"),
            "[[cause]]",
            'id      = ""',
            f"verdict = {_quoted(each.verdict)}",
            f"says    = {_quoted(each.says)}",
            *([f"writer  = {_quoted(each.writer)}"] if each.writer else []),
            *([f"reader  = {_quoted(each.reader)}"] if each.reader else []),
            'why     = ""',
            'do      = ""',
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + ("\n" if parts else "")


def _quoted(text: str) -> str:
    """Give a text as a basic string of TOML, which holds no control characters."""
    cleaned = "".join(char if char.isprintable() else " " for char in text)
    return '"' + cleaned.replace("\\", "\\\\").replace('"', '\\"') + '"'
