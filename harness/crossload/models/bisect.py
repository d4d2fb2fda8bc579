"""``bisect``: find the release of a package at which a model stops to work.

A search that halves takes a single boundary for granted; some releases on both sides are measured
too, and where the boundary is not single, all are.
"""

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
    """The neighbouring releases between which a model stops to work."""

    package: str
    releases: list[str]
    """All releases between the two ends, in the order of the question."""
    results: dict[str, Result | None] = field(default_factory=dict)
    """Results by release; None for a release for which there is no environment."""
    good: str = ""
    bad: str = ""
    """Neighbours among those that can be had: the last that is safe and the first that is not."""
    single: bool = True
    """True where all that was measured before the boundary is safe, and nothing behind it."""


def releases_between(index: Index, package: str, first: str, last: str) -> list[str]:
    """List the releases from the first to the last, in that order.

    Yanked releases are left out, unless they are an end.

    Raises
    ------
    ConfigError
        Both ends are the same release.
    EnvironmentPinsError
        An end does not exist.
    """
    ends = [Version(index.release(package, each).version) for each in (first, last)]
    if ends[0] == ends[1]:
        raise ConfigError([f"--from {first} and --to {last} are the same release"])
    low, high = min(ends), max(ends)
    found = [each for each in index.releases(package) if low <= Version(each.version) <= high]
    # who names a yanked release has it
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
    """Find the boundary in about log2(n) environments.

    Parameters
    ----------
    package
        Name of the package, for messages.
    releases
        Versions in order, the safe end first.
    measure
        Measures the model with a release; None where no environment can be had.
    say
        Takes a line for each release that was measured.
    extra
        Releases that are measured beside on each side of the boundary, to see if it is single.

    Raises
    ------
    CannotMeasure
        The first release is not safe, or the last one is.
    """
    found = Boundary(package=package, releases=list(releases))

    def safe(index: int) -> bool | None:
        version = releases[index]
        if version not in found.results:
            result = measure(version)
            found.results[version] = result
            answer = result.answer if result is not None else "no environment can be had"
            say(f"  {package} {version}: {answer}")
        known = found.results[version]
        return None if known is None or known.answer is Answer.UNKNOWN else known.safe

    # without two ends that differ there need be no boundary at all
    low, high = 0, len(releases) - 1
    ends = safe(low), safe(high)
    if ends != (True, False):
        answers = ", ".join(
            f"{package} {releases[index]}: {_result_text(found.results[releases[index]])}"
            for index in (low, high)
        )
        why = (
            "swap --from and --to, it is safe at the end alone"
            if ends == (False, True)
            else "it is safe at both ends"
            if ends == (True, True)
            else "the first release must be safe and the last must not"
        )
        msg = f"there is nothing to search for: {why} ({answers})"
        raise CannotMeasure(msg)
    while (middle := _middle(releases, low, high, found.results, safe)) is not None:
        if safe(middle):
            low = middle
        else:
            high = middle
    found.good, found.bad = releases[low], releases[high]
    # a search that halves finds a boundary in any pattern: others on both sides say if it is real
    for start, stop in ((0, low), (high, len(releases) - 1)):
        untried = [
            index for index in range(start, stop + 1) if releases[index] not in found.results
        ]
        for index in _spread(untried, extra):
            safe(index)
    found.single = _is_single(found)
    if not found.single:
        # the pattern is the answer, and half of it would mislead
        for index in range(len(releases)):
            safe(index)
    return found


def _result_text(result: Result | None) -> str:
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
    """Find the release nearest to the middle that can be measured, None if there is none."""
    # releases that cannot be measured are passed over, towards both sides in turn
    between = sorted(range(low + 1, high), key=lambda index: (abs(2 * index - low - high), index))
    for index in between:
        if releases[index] in known and known[releases[index]] is None:
            continue
        if safe(index) is not None:
            return index
    return None


def _spread(indexes: list[int], count: int) -> list[int]:
    """Choose so many of them, evenly spread."""
    return (
        [indexes[(2 * i + 1) * len(indexes) // (2 * count)] for i in range(count)]
        if len(indexes) > count
        else indexes
    )


def _is_single(found: Boundary) -> bool:
    order = {version: index for index, version in enumerate(found.releases)}
    edge = order[found.bad]
    known = {
        version: result
        for version, result in found.results.items()
        if result is not None and result.answer is not Answer.UNKNOWN
    }
    return all(result.safe == (order[version] < edge) for version, result in known.items())


def to_text(found: Boundary, path: object) -> str:
    """Say where the boundary is, or give the pattern where it is not a single one."""
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
            f"{path}: {bad.answer if bad else ''} since {found.package} {found.bad}; "
            f"{found.good} is the last release that is safe"
        )
        lines.append(
            f"  a single boundary among {measured} of {len(found.releases)} releases "
            "that were measured"
        )
    else:
        lines.append(
            f"{path}: no single boundary among the {len(found.releases)} releases "
            f"of {found.package}:"
        )
        lines += [
            f"  {version:<12} {_result_text(found.results.get(version))}"
            for version in found.releases
        ]
    # the neighbours may differ in more than the package where nothing else could be held
    if bad is not None and found.single:
        others = other_changes(found.results.get(found.good), bad, found.package)
        if others:
            lines.append(
                f"  beside it, {others} between the two: crossload blame tells which of them it is"
            )
        lines.append(f"  with {found.bad}: {bad.verdict}: {cut(bad.reason, 200)}")
        if bad.cause is not None:
            link = f" ({bad.cause.link})" if bad.cause.link else ""
            lines.append(f"  cause: {bad.cause.why}{link}")
            if bad.cause.do:
                lines.append(f"  remedy: {bad.cause.do}")
    if lost:
        lines.append(f"  nothing could be measured with {', '.join(lost)}")
    return "\n".join(lines)


def other_changes(good: Result | None, bad: Result, package: str) -> str:
    """Name the other packages whose versions differ between the environments at the boundary."""
    if good is None or good.reader is None or bad.reader is None:
        return ""
    changes = changes_of(good.reader, bad.reader)
    return ", ".join(
        f"{name} {before or 'absent'} -> {after or 'absent'}"
        for name, (before, after) in changes.items()
        if name != package
    )


def swap_release(first: Side, package: str, version: str) -> Target:
    """Give the versions of an environment with another release of one package, and nothing else."""
    packages = {name: f"=={each}" for name, each in first.packages.items()} | {
        package: f"=={version}"
    }
    return Target(
        packages=packages,
        python=first.minor,
        # every version is pinned, so that the date decides on nothing but what exists
        as_of="today",
        source=f"{package} {version}",
        complete=True,
        wheels_only=True,
    )


def release_target(package: str, version: str) -> Target:
    """Give one release of a package, and leave what goes with it to the resolver."""
    return Target(packages={package: f"=={version}"}, source=f"{package} {version}")
