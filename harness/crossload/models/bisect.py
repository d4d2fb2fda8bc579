"""``bisect``: the release of a package at which a model stops to work, and whether that is a single boundary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import Version

from crossload.errors import CannotMeasure, ConfigError
from crossload.models.result import Answer, changes_of
from crossload.models.targets import Target
from crossload.safe import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.environments.package_index import Index
    from crossload.models.result import Result, Side


@dataclass(kw_only=True)
class Boundary:
    """Where a model stops to work."""

    package: str
    releases: list[str]
    """All releases between the two ends, in the order of the question."""
    results: dict[str, Result | None] = field(default_factory=dict)
    """What was measured; None for a release for which there is no environment."""
    good: str = ""
    bad: str = ""
    """Neighbours among those that can be had: the last that is safe and the first that is not."""
    single: bool = True
    """Whether all that was measured before the boundary is safe, and nothing behind it."""


def releases_between(index: Index, package: str, first: str, last: str) -> list[str]:
    """Releases from the first to the last, in that order.  Raises `EnvironmentPinsError` for ends that do not exist."""
    ends = [Version(index.release(package, each).version) for each in (first, last)]
    if ends[0] == ends[1]:
        raise ConfigError([f"--from {first} and --to {last} are the same release"])
    low, high = min(ends), max(ends)
    found = [each for each in index.releases(package) if low <= Version(each.version) <= high]
    chosen = [each.version for each in found if not each.yanked or Version(each.version) in ends]
    return chosen if ends[0] < ends[1] else chosen[::-1]


def bisect(
    package: str,
    releases: Sequence[str],
    measure: Callable[[str], Result | None],
    say: Callable[[str], None],
    *,
    extra: int = 2,
) -> Boundary:
    """Find the boundary in about log2(n) environments, then inspect_file at ``extra`` releases more on each side of it.

    Raises `CannotMeasure` where the ends do not differ.
    """
    found = Boundary(package=package, releases=list(releases))

    def safe(index: int) -> bool | None:
        version = releases[index]
        if version not in found.results:
            result = measure(version)
            found.results[version] = result
            say(
                f"  {package} {version}: {result.answer if result is not None else 'no environment can be had'}"
            )
        known = found.results[version]
        return None if known is None or known.answer is Answer.UNKNOWN else known.safe

    low, high = 0, len(releases) - 1
    ends = safe(low), safe(high)
    if ends != (True, False):
        told = ", ".join(
            f"{package} {releases[i]}: {_told(found.results[releases[i]])}" for i in (low, high)
        )
        why = (
            "swap --from and --to, it is safe at the end alone"
            if ends == (False, True)
            else "it is safe at both ends"
            if ends == (True, True)
            else "the first release must be safe and the last must not"
        )
        msg = f"there is nothing to search for: {why} ({told})"
        raise CannotMeasure(msg)
    while (middle := _middle(releases, low, high, found.results, safe)) is not None:
        if safe(middle):
            low = middle
        else:
            high = middle
    found.good, found.bad = releases[low], releases[high]
    for start, stop in ((0, low), (high, len(releases) - 1)):
        untried = [
            index for index in range(start, stop + 1) if releases[index] not in found.results
        ]
        for index in _spread(untried, extra):
            safe(index)
    found.single = _is_single(found)
    if not found.single:  # the pattern is the answer: the whole of it
        for index in range(len(releases)):
            safe(index)
    return found


def _told(result: Result | None) -> str:
    return (
        "no environment can be had"
        if result is None
        else f"{result.answer}, {cut(result.reason, 90)}"
        if result.reason
        else str(result.answer)
    )


def _middle(
    releases: Sequence[str],
    low: int,
    high: int,
    known: dict[str, Result | None],
    safe: Callable[[int], bool | None],
) -> int | None:
    """The release nearest to the middle that can be measured; None where there is none between."""
    between = sorted(range(low + 1, high), key=lambda index: (abs(2 * index - low - high), index))
    for index in between:
        if releases[index] in known and known[releases[index]] is None:
            continue
        if safe(index) is not None:
            return index
    return None


def _spread(indexes: list[int], count: int) -> list[int]:
    """So many of them, evenly."""
    return (
        [indexes[(2 * i + 1) * len(indexes) // (2 * count)] for i in range(count)]
        if len(indexes) > count
        else indexes
    )


def _is_single(found: Boundary) -> bool:
    order = {version: index for index, version in enumerate(found.releases)}
    edge = order[found.bad]
    known = {
        v: r for v, r in found.results.items() if r is not None and r.answer is not Answer.UNKNOWN
    }
    return all(result.safe == (order[version] < edge) for version, result in known.items())


def to_text(found: Boundary, path: object) -> str:
    """The boundary in words, or the pattern where it is not one."""
    bad = found.results[found.bad]
    lost = [
        version
        for version, result in found.results.items()
        if result is None or result.answer is Answer.UNKNOWN
    ]
    measured = len(found.results) - len(lost)
    lines = []
    if found.single:
        lines.append(
            f"{path}: {bad.answer if bad else ''} since {found.package} {found.bad}; {found.good} is the last release that is safe"
        )
        lines.append(
            f"  a single boundary among {measured} of {len(found.releases)} releases that were measured"
        )
    else:
        lines.append(
            f"{path}: no single boundary among the {len(found.releases)} releases of {found.package}:"
        )
        lines += [
            f"  {version:<12} {_told(found.results.get(version))}" for version in found.releases
        ]
    if bad is not None and found.single:
        moved = moved_between(found.results.get(found.good), bad, found.package)
        if moved:
            lines.append(
                f"  beside it, {moved} between the two: crossload blame tells which of them it is"
            )
        lines.append(f"  with {found.bad}: {bad.verdict}: {bad.reason[:200]}")
        if bad.advice is not None:
            lines.append(
                f"  cause: {bad.advice.cause}{f' ({bad.advice.link})' if bad.advice.link else ''}"
            )
            lines.append(f"  remedy: {bad.advice.remedy}")
    if lost:
        lines.append(f"  nothing could be measured with {', '.join(lost)}")
    return "\n".join(lines)


def moved_between(good: Result | None, bad: Result, package: str) -> str:
    """What else is of another version in the two environments at the boundary."""
    if good is None or good.reader is None or bad.reader is None:
        return ""
    changes = changes_of(good.reader, bad.reader)
    return ", ".join(
        f"{name} {a or 'absent'} -> {b or 'absent'}"
        for name, (a, b) in changes.items()
        if name != package
    )


def held_still(first: Side, package: str, version: str) -> Target:
    """The first environment with another release of the package and nothing else."""
    packages = {name: f"=={each}" for name, each in first.packages.items()} | {
        package: f"=={version}"
    }
    return Target(
        packages=packages,
        python=first.minor,
        as_of="today",
        source=f"{package} {version}",
        complete=True,
        wheels_only=True,
    )


def wanted_for(package: str, version: str) -> Target:
    """One release of a package, and what goes with it."""
    return Target(packages={package: f"=={version}"}, source=f"{package} {version}")
