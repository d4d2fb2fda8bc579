"""``--newest-safe``: find how far packages can be upgraded so that every model still passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from crossload.errors import CannotMeasure, ConfigError, IndexUnavailable
from crossload.models.blame import blame
from crossload.models.prepare import SUPPORTING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crossload.environments.package_index import Index
    from crossload.models.check import Checker
    from crossload.models.result import Result
    from crossload.models.targets import Target


@dataclass(kw_only=True)
class NewestSafe:
    """The newest set of versions at which every model passes."""

    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Packages that cannot be upgraded all the way: the newest safe version, and the wanted one."""
    results: list[Result] = field(default_factory=list)
    """The results of all models with these versions."""
    found: bool = False
    """False where no versions between the old and the new ones are safe."""
    tried: int = 0
    """Sets of versions that were measured."""


class Search:
    """Searches the newest versions that are safe for all models.

    Parameters
    ----------
    checkers
        Measure one model each.
    old, new
        The versions before and after the upgrade.
    index
        The releases of each package.
    say
        Takes a line for each set of versions that was measured.
    """

    def __init__(
        self,
        checkers: Sequence[Checker],
        old: Target,
        new: Target,
        index: Index,
        say: Callable[[str], None],
    ) -> None:
        self.checkers, self.old, self.new, self.index, self.say = checkers, old, new, index, say
        self._seen: dict[tuple[tuple[str, str], ...], list[Result] | None] = {}

    def results(self, held: Mapping[str, str]) -> list[Result] | None:
        """Measure all models with the new versions, but for packages that are held back.

        Parameters
        ----------
        held
            Version by package that is held.

        Returns
        -------
        list or None
            A result for each model; None where the versions cannot be installed together.
        """
        # the search comes back to sets that it has tried
        key = tuple(sorted(held.items()))
        if key not in self._seen:
            wanted = self.new.with_packages(
                {name: f"=={version}" for name, version in held.items()}
            )
            try:
                found = [checker.check(wanted, all_ways=False) for checker in self.checkers]
            except ConfigError:
                found = None
            versions = ", ".join(f"{name} {version}" for name, version in held.items())
            self.say(f"  holding {versions or 'nothing'}: {_count_text(found)}")
            self._seen[key] = found
        return self._seen[key]

    def safe(self, held: Mapping[str, str]) -> bool:
        """Say if every model passes with these packages held back."""
        found = self.results(held)
        return found is not None and all(each.safe for each in found)

    def search(self) -> NewestSafe:
        """Hold the packages that are to blame, then let each of them go as far as it can."""
        held: dict[str, str] = {}
        while not self.safe(held):
            more = self._to_hold(held)
            if not more:
                return NewestSafe(
                    found=False, tried=len(self._seen), results=self.results({}) or []
                )
            held |= more
        before: dict[str, str] = {}
        # one package may be free now that another is held, and go further now that another went:
        # until nothing changes any more
        while held != before:
            before = dict(held)
            # libraries such as NumPy first: they are most often held for the sake of another
            for name in sorted(held, key=lambda each: each in SUPPORTING, reverse=True):
                rest = {other: version for other, version in held.items() if other != name}
                if len(held) > 1 and self.safe(rest):
                    held = rest
            for name in list(held):
                held[name] = self._raise(held, name)
        wanted = {name: self.new.version(name) for name in held}
        return NewestSafe(
            held={name: (version, wanted[name]) for name, version in held.items()},
            results=self.results(held) or [],
            found=True,
            tried=len(self._seen),
        )

    def _to_hold(self, held: Mapping[str, str]) -> dict[str, str]:
        """Name the packages to take back to the old version: those to blame, else all others."""
        target = self.new.with_packages({name: f"=={version}" for name, version in held.items()})
        # strict=False: there are no results where the versions cannot be installed together
        for checker, result in zip(self.checkers, self.results(held) or [], strict=False):
            if not result.safe:
                try:
                    culprits = blame(checker, target, self.say)
                except (CannotMeasure, ConfigError):
                    continue
                more = {
                    name: self._old(name)
                    for each in culprits.sets
                    for name in each
                    # a lock holds packages: Python is the user's to choose
                    if name != "python"
                }
                more = {
                    name: version for name, version in more.items() if version and name not in held
                }
                # what fails for one model most often fails for the others too
                if more:
                    return more
        known = (
            self.old.packages if self.old.complete else {**self.old.packages, **self.new.packages}
        )
        every = {
            name: self._old(name)
            for name in known
            if self.new.version(name) and self._old(name) != self.new.version(name)
        }
        return {name: version for name, version in every.items() if version and name not in held}

    def _old(self, name: str) -> str:
        return self.old.version(name)

    def _raise(self, held: Mapping[str, str], name: str) -> str:
        """Find the newest safe release between the old and the new version of a package.

        The others stay held. Releases are halved, as if there were a single boundary.
        """
        try:
            # a lock that does not name the package any more sets no upper end
            low, high = Version(held[name]), Version(self.new.version(name) or "99999")
            known = [each.version for each in self.index.releases(name) if not each.yanked]
        except (InvalidVersion, IndexUnavailable):
            return held[name]
        between = [each for each in known if low < Version(each) < high]
        good, first, last = held[name], 0, len(between) - 1
        while first <= last:
            middle = (first + last) // 2
            if self.safe({**held, name: between[middle]}):
                good, first = between[middle], middle + 1
            else:
                last = middle - 1
        return good


def _count_text(found: Sequence[Result] | None) -> str:
    if found is None:
        return "cannot be installed"
    bad = [each for each in found if not each.safe]
    return "all safe" if not bad else f"{len(bad)} of {len(found)} not safe"


def to_text(found: NewestSafe) -> str:
    """Say which versions to write into the new lock."""
    if not found.found:
        return (
            "newest safe: none of the versions between the old and the new lock "
            "is safe for every model"
        )
    if not found.held:
        return "newest safe: everything can be upgraded"
    lines = [f"newest safe ({found.tried} sets of versions measured): upgrade all but"]
    lines += [
        f"  {name}=={safe}   (not {wanted})" for name, (safe, wanted) in sorted(found.held.items())
    ]
    return "\n".join(lines)
