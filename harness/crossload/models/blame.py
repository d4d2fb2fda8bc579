"""``blame``: find the packages of an upgrade that make a model fail.

Packages that differ are upgraded one at a time; where no single one does it, the smallest set is
found by delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
Input", 2002).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.errors import CannotMeasure, ConfigError
from crossload.models.result import Answer, changes_of
from crossload.models.targets import Target
from crossload.report.labels import signature_of
from crossload.safe import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crossload.models.check import Checker
    from crossload.models.result import Result, Side


def minimal_set(
    changes: Sequence[str], fails: Callable[[frozenset[str]], bool | None]
) -> tuple[str, ...]:
    """Find a smallest set of changes that fails: none of its members can be left out.

    Parameters
    ----------
    changes
        All changes, which must fail together.
    fails
        Says if a set of changes fails; None where it cannot be tried, because there is no such
        environment, which counts as not failing. It is asked for a set at most once.
    """
    known: dict[frozenset[str], bool | None] = {}

    def test(chosen: Iterable[str]) -> bool:
        key = frozenset(chosen)
        if key not in known:
            known[key] = fails(key) if key else False
        return bool(known[key])

    # the algorithm ddmin: halves first, then complements, then finer parts
    left, parts = list(changes), 2
    while len(left) > 1:
        size = -(-len(left) // parts)  # rounded up
        chunks = [left[start : start + size] for start in range(0, len(left), size)]
        smaller = next((chunk for chunk in chunks if test(chunk)), None)
        if smaller is not None:
            left, parts = smaller, 2
            continue
        rests = [[each for each in left if each not in chunk] for chunk in chunks]
        # of two parts each is the complement of the other, and was tried already
        rest = next((rest for rest in rests if len(chunks) > 2 and test(rest)), None)
        if rest is not None:
            left, parts = rest, max(parts - 1, 2)
        elif parts >= len(left):
            break
        else:
            parts = min(len(left), parts * 2)
    return tuple(left)


class PartialUpgrades:
    """Environments with some packages of the new one, and the rest of the old one.

    Parameters
    ----------
    checker
        Measures the model.
    old, new
        The environment that wrote the model, and that of the whole upgrade.
    say
        Takes a line for each environment that was tried.
    """

    def __init__(self, checker: Checker, old: Side, new: Side, say: Callable[[str], None]) -> None:
        self.checker, self.old, self.new, self.say = checker, old, new, say
        self.changes = changes_of(old, new)
        self._results: dict[frozenset[str], Result | None] = {}

    @property
    def tried(self) -> int:
        """The number of environments that were tried."""
        return len(self._results)

    @property
    def swappable(self) -> list[str]:
        """The packages that both have, in other versions.

        Those that only one of them has come and go with these.
        """
        return [name for name, (before, after) in self.changes.items() if before and after]

    def wanted(self, names: frozenset[str]) -> Target:
        """Give the versions of the old environment, but for these packages those of the new one.

        Packages that only one side has are left to the resolver.
        """
        packages = dict(self.old.packages)
        for name, (before, after) in self.changes.items():
            # a package that comes or goes is a dependency of one that changes: the resolver knows
            if not (before and after):
                packages.pop(name, None)
            elif name in names:
                packages[name] = after
        packages.pop("python", None)
        return Target(
            packages={name: f"=={version}" for name, version in packages.items()},
            python=(self.new if "python" in names else self.old).minor,
            # nothing of the newer side existed at the date of the older one
            as_of=max(self.old.as_of, self.new.as_of),
            source="between",
            # complete: only what the model needs is installed, the rest constrains
            complete=True,
            wheels_only=True,
        )

    def result(self, names: Iterable[str]) -> Result | None:
        """Measure the model with these packages upgraded.

        It is None where such an environment cannot be installed.
        """
        key = frozenset(names)
        if key not in self._results:
            versions = [f"{name} {self.changes[name][1]}" for name in sorted(key)]
            try:
                found: Result | None = self.checker.check(self.wanted(key), all_ways=False)
            # versions that exclude each other are to be expected here: no fault, and no answer
            except ConfigError:
                found = None
            if found is not None and found.reader is None:
                found = None
            answer = found.answer if found is not None else "cannot be installed"
            self.say(f"  with {', '.join(versions) or 'nothing'} upgraded: {answer}")
            self._results[key] = found
        return self._results[key]


@dataclass(frozen=True, kw_only=True)
class Culprits:
    """The smallest change that makes a model fail."""

    whole: Result
    """The result of the whole upgrade."""
    sets: tuple[tuple[str, ...], ...] = ()
    """Sets of packages each of which makes it fail in the same way; most often one set of one."""
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The old and the new version of their members."""
    required: tuple[str, ...] = ()
    """Members that are there only because the others cannot be installed without them."""
    without: Result | None = None
    """The result of the upgrade without these packages; None where that cannot be installed."""
    everything: bool = False
    """True where the set is all that differs."""
    tried: int = 0
    """Environments that were tried."""


def same_failure(found: Result | None, whole: Result) -> bool | None:
    """Say if two results fail alike; None where nothing can be told of the first.

    Another failure on the way, such as a library that does not import beside an older one, is not
    the one that is looked for.
    """
    if found is None or found.answer is Answer.UNKNOWN:
        return None
    if found.verdict != whole.verdict:
        return False
    # reasons of drifts are numbers, which differ a little; of messages the beginning counts,
    # because the end often lists values
    return (
        found.answer is Answer.DRIFT
        or signature_of(found.reason)[:80] == signature_of(whole.reason)[:80]
    )


def blame(checker: Checker, target: Target, say: Callable[[str], None]) -> Culprits:
    """Find the packages of an upgrade that make a model fail.

    Parameters
    ----------
    checker
        Measures the model.
    target
        The versions of the whole upgrade.
    say
        Takes a line for each environment that was tried.

    Raises
    ------
    CannotMeasure
        The whole upgrade does not fail, nothing can be told of it, or the model fails with nothing
        upgraded too.
    """
    whole = checker.check(target, all_ways=False)
    if whole.safe or whole.answer is Answer.UNKNOWN or whole.writer is None or whole.reader is None:
        why = (
            "the upgrade is safe"
            if whole.safe
            else f"nothing can be told of the upgrade: {whole.reason}"
        )
        msg = f"{whole.path}: {why}: there is nothing to blame"
        raise CannotMeasure(msg, hint=whole.hint or None)
    say(f"{whole.path}: {whole.answer} with all of the upgrade")
    partial = PartialUpgrades(checker, whole.writer, whole.reader, say)
    names = partial.swappable
    # if the old versions of everything fail, resolved anew, the cause lies in none of the changes
    nothing = partial.result([])
    if nothing is not None and not nothing.safe:
        msg = (
            f"{whole.path}: it fails with nothing upgraded too "
            f"({nothing.answer}: {cut(nothing.reason, 150)}): no package is to blame"
        )
        raise CannotMeasure(msg)
    singles = [name for name in names if same_failure(partial.result([name]), whole)]
    if singles:
        sets: tuple[tuple[str, ...], ...] = tuple((name,) for name in singles)
    elif same_failure(partial.result(names), whole):
        sets = (minimal_set(names, lambda chosen: same_failure(partial.result(chosen), whole)),)
    else:
        sets = ()  # a package that only one side has decides: it cannot be upgraded by itself
    culprits = {name for each in sets for name in each}
    # a culprit without which the others cannot be installed may be innocent
    required = [
        name
        for name in culprits
        if len(culprits) > 1 and not singles and partial.result(culprits - {name}) is None
    ]
    main = culprits - set(required)
    return Culprits(
        whole=whole,
        sets=sets,
        changes={name: partial.changes[name] for name in culprits},
        required=tuple(sorted(required)) if main else (),
        without=partial.result(set(names) - culprits) if sets else None,
        everything=culprits == set(names),
        tried=partial.tried,
    )


def to_text(found: Culprits) -> str:
    """Say in words which is the smallest change that makes the model fail."""
    path, answer = found.whole.path, found.whole.answer
    if not found.sets:
        return (
            f"{path}: {answer}, and no set of packages that both environments have does it alone "
            f"({found.tried} environments tried)"
        )

    def named(names: Iterable[str]) -> str:
        return ", ".join(
            f"{name} {found.changes[name][0]} -> {found.changes[name][1]}" for name in names
        )

    lines = []
    for each in found.sets:
        main = [name for name in each if name not in found.required]
        text = f"{path}: {answer} because of {named(main)}{' together' if len(main) > 1 else ''}"
        if found.required:
            text += f" (which cannot be installed without {named(found.required)})"
        lines.append(text)
    if found.everything:
        return "\n".join(
            [*lines, f"  no smaller set of packages does it; {found.tried} environments tried"]
        )
    rest = "cannot be installed" if found.without is None else f"is {found.without.answer}"
    lines.append(f"  the rest of the upgrade without it {rest}; {found.tried} environments tried")
    return "\n".join(lines)
