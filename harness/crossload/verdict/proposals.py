"""Proposals of expectations, drawn from the failures of a run, for a person to complete."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """An expectation that a person may complete with a reason.

    It selects exactly the cells of one failure, no others.
    """

    verdict: str
    says: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    cells: int


def propose(failures: Iterable[tuple[str, str, str, str, str]]) -> list[Proposal]:
    """Group failures into products of cases, writers and readers.

    Cases that fail alike between the same pairs go together, then writers that fail alike to the
    same readers.

    Parameters
    ----------
    failures
        (verdict, signature, case, writer, reader) of each failed cell.

    Returns
    -------
    list
        Proposals that cover each failure once, those of most cells first.
    """
    groups: dict[tuple[str, str], dict[str, set[tuple[str, str]]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for verdict, says, case, writer, reader in failures:
        groups[verdict, says][case].add((writer, reader))
    found = []
    for (verdict, says), by_case in groups.items():
        alike: dict[frozenset[tuple[str, str]], list[str]] = defaultdict(list)
        for case, pairs in by_case.items():
            alike[frozenset(pairs)].append(case)
        for shared, cases in alike.items():
            readers: dict[str, set[str]] = defaultdict(set)
            # exact products only: a rectangle around some failures would also expect cells that
            # pass, and the check of expectations works both ways
            for writer, reader in sorted(shared):
                readers[writer].add(reader)
            writers: dict[frozenset[str], list[str]] = defaultdict(list)
            for writer, each in readers.items():
                writers[frozenset(each)].append(writer)
            found += [
                Proposal(
                    verdict=verdict,
                    says=says,
                    writers=tuple(sorted(names)),
                    readers=tuple(sorted(each)),
                    cases=tuple(sorted(cases)),
                    cells=len(names) * len(each) * len(cases),
                )
                for each, names in writers.items()
            ]
    return sorted(found, key=lambda each: (-each.cells, each.says, each.writers))


def as_toml(proposals: Sequence[Proposal]) -> str:
    """Render proposals as a file of expectations, in TOML.

    The reasons are empty, so that no run accepts the file before a person wrote them.
    """

    def array(names: Sequence[str]) -> str:
        return "[" + ", ".join(_quoted(name) for name in names) + "]"

    parts = []
    for each in proposals:
        # aligned as people write them by hand: the file is meant to be edited
        lines = [
            f"# {each.cells} cells",
            "[[expect]]",
            f"writer  = {array(each.writers)}",
            f"reader  = {array(each.readers)}",
            f"case    = {array(each.cases)}",
            f"verdict = {_quoted(each.verdict)}",
            f"says    = {_quoted(each.says)}",
            'reason  = ""',
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + ("\n" if parts else "")


def _quoted(text: str) -> str:
    """Give a text as a basic string of TOML, which holds no control characters."""
    cleaned = "".join(char if char.isprintable() else " " for char in text)
    return '"' + cleaned.replace("\\", "\\\\").replace('"', '\\"') + '"'
