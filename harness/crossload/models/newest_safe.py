"""``--newest-safe``: how far each package can be upgraded so that every model still passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from crossload.errors import CannotMeasure, ConfigError, IndexUnavailable
from crossload.models.blame import blame
from crossload.models.check import SUPPORTING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crossload.environments.package_index import Index
    from crossload.models.check import Checker
    from crossload.models.result import Result
    from crossload.models.targets import Target


@dataclass(kw_only=True)
class Safest:
    """The newest set of versions at which every model passes."""

    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Packages that cannot go all the way: the newest safe version, and the one that was wanted."""
    results: list[Result] = field(default_factory=list)
    """What the models do with these versions."""
    found: bool = False
    tried: int = 0


class Search:
    """Looks for the newest versions that are safe for all models."""

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
        """What all models do with the new versions but for those that are held; None where that cannot be installed."""
        key = tuple(sorted(held.items()))
        if key not in self._seen:
            wanted = self.new.but({name: f"=={version}" for name, version in held.items()})
            try:
                found = [checker.check(wanted, all_ways=False) for checker in self.checkers]
            except ConfigError:
                found = None
            shown = ", ".join(f"{name} {version}" for name, version in held.items()) or "nothing"
            self.say(f"  holding {shown}: {_told(found)}")
            self._seen[key] = found
        return self._seen[key]

    def safe(self, held: Mapping[str, str]) -> bool:
        found = self.results(held)
        return found is not None and all(each.safe for each in found)

    def search(self) -> Safest:
        """Hold what is to blame, then let each of it go as far as it can."""
        held: dict[str, str] = {}
        while not self.safe(held):
            more = self._to_hold(held)
            if not more:
                return Safest(found=False, tried=len(self._seen), results=self.results({}) or [])
            held |= more
        before: dict[str, str] = {}
        while (
            held != before
        ):  # one may be free now that another is held, and go further now that another went
            before = dict(held)
            for name in sorted(held, key=lambda each: each in SUPPORTING, reverse=True):
                rest = {other: version for other, version in held.items() if other != name}
                if len(held) > 1 and self.safe(rest):
                    held = rest
            for name in list(held):
                held[name] = self._raise(held, name)
        wanted = {name: self.new.version(name) for name in held}
        return Safest(
            held={name: (version, wanted[name]) for name, version in held.items()},
            results=self.results(held) or [],
            found=True,
            tried=len(self._seen),
        )

    def _to_hold(self, held: Mapping[str, str]) -> dict[str, str]:
        """Packages to take back to the old version: those to blame, else all that are left."""
        target = self.new.but({name: f"=={version}" for name, version in held.items()})
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
                    if name != "python"
                }
                more = {
                    name: version for name, version in more.items() if version and name not in held
                }
                if more:  # what fails for one model most often fails for the others
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
        """The newest release between the old and the new version that is safe while the others stay held."""
        try:
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


def _told(found: Sequence[Result] | None) -> str:
    if found is None:
        return "cannot be installed"
    bad = [each for each in found if not each.safe]
    return "all safe" if not bad else f"{len(bad)} of {len(found)} not safe"


def to_text(found: Safest) -> str:
    """What to write into the new lock."""
    if not found.found:
        return "newest safe: none of the versions between the old and the new lock is safe for every model"
    if not found.held:
        return "newest safe: everything can be upgraded"
    lines = [f"newest safe ({found.tried} sets of versions measured): upgrade all but"]
    lines += [
        f"  {name}=={safe}   (not {wanted})" for name, (safe, wanted) in sorted(found.held.items())
    ]
    return "\n".join(lines)
