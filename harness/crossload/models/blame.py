"""``blame``: which package of an upgrade makes a model fail?  Environments between the old and the new one tell.

Packages that differ are swapped one at a time; where no single one does it, the smallest set is found by delta debugging
(Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.errors import CannotMeasure, ConfigError
from crossload.models.result import Answer, changes_of
from crossload.models.targets import Target
from crossload.report.labels import signature_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crossload.models.check import Checker
    from crossload.models.result import Result, Side


def minimal_set(
    changes: Sequence[str], fails: Callable[[frozenset[str]], bool | None]
) -> tuple[str, ...]:
    """A smallest set of changes that fails: none of its members can be left out.

    ``fails`` must hold for all changes together; it may give None where a set cannot be tried (an environment that cannot
    be), which counts as not failing.  Asks for a set at most once.
    """
    known: dict[frozenset[str], bool | None] = {}

    def test(chosen: Iterable[str]) -> bool:
        key = frozenset(chosen)
        if key not in known:
            known[key] = fails(key) if key else False
        return bool(known[key])

    left, parts = list(changes), 2
    while len(left) > 1:
        size = -(-len(left) // parts)
        chunks = [left[start : start + size] for start in range(0, len(left), size)]
        smaller = next((chunk for chunk in chunks if test(chunk)), None)
        if smaller is not None:
            left, parts = smaller, 2
            continue
        rests = [[each for each in left if each not in chunk] for chunk in chunks]
        rest = next((rest for rest in rests if len(chunks) > 2 and test(rest)), None)
        if rest is not None:
            left, parts = rest, max(parts - 1, 2)
        elif parts >= len(left):
            break
        else:
            parts = min(len(left), parts * 2)
    return tuple(left)


class Between:
    """Environments between two: some packages of the new one, the rest of the old one."""

    def __init__(self, checker: Checker, old: Side, new: Side, say: Callable[[str], None]) -> None:
        self.checker, self.old, self.new, self.say = checker, old, new, say
        self.changes = changes_of(old, new)
        self._found: dict[frozenset[str], Result | None] = {}

    @property
    def swappable(self) -> list[str]:
        """Packages that both have, in other versions: what only one of them has comes and goes with those."""
        return [name for name, (before, after) in self.changes.items() if before and after]

    def wanted(self, names: frozenset[str]) -> Target:
        """The old environment with these packages of the new one; what only one side has is left to the resolver."""
        packages = dict(self.old.packages)
        for name, (before, after) in self.changes.items():
            if not (before and after):
                packages.pop(name, None)
            elif name in names:
                packages[name] = after
        packages.pop("python", None)
        return Target(
            packages={name: f"=={version}" for name, version in packages.items()},
            python=(self.new if "python" in names else self.old).minor,
            as_of=max(self.old.as_of, self.new.as_of),
            source="between",
            complete=True,
            wheels_only=True,
        )

    def result(self, names: Iterable[str]) -> Result | None:
        """What becomes of the model with these packages upgraded; None where such an environment cannot be."""
        key = frozenset(names)
        if key not in self._found:
            shown = (
                ", ".join(f"{name} {self.changes[name][1]}" for name in sorted(key)) or "nothing"
            )
            try:
                found: Result | None = self.checker.check(self.wanted(key), all_ways=False)
            except ConfigError:
                found = None
            if found is not None and found.reader is None:
                found = None
            self.say(
                f"  with {shown} upgraded: {found.answer if found is not None else 'cannot be installed'}"
            )
            self._found[key] = found
        return self._found[key]


@dataclass(frozen=True, kw_only=True)
class Blamed:
    """The smallest change that makes a model fail."""

    whole: Result
    """What the whole upgrade does."""
    sets: tuple[tuple[str, ...], ...] = ()
    """Sets of packages each of which makes it fail in the same way; most often one set of one."""
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    brought: tuple[str, ...] = ()
    """Members that are there only because the others cannot be installed without them."""
    without: Result | None = None
    """What the upgrade does without these packages; None where that cannot be installed."""
    everything: bool = False
    """Whether the set is all that differs."""
    tried: int = 0


def same_failure(found: Result | None, whole: Result) -> bool | None:
    """Whether two results fail alike: another failure on the way is not the one that is looked for."""
    if found is None or found.answer is Answer.UNKNOWN:
        return None
    if found.verdict != whole.verdict:
        return False
    return (
        found.answer is Answer.DRIFT
        or signature_of(found.reason)[:80] == signature_of(whole.reason)[:80]
    )


def blame(checker: Checker, target: Target, say: Callable[[str], None]) -> Blamed:
    """Which packages of an upgrade make a model fail.

    Raises `CannotMeasure` where the whole upgrade does not fail, or nothing can be told of it.
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
    between = Between(checker, whole.writer, whole.reader, say)
    names = between.swappable
    nothing = between.result([])
    if nothing is not None and not nothing.safe:
        msg = f"{whole.path}: it fails with nothing upgraded too ({nothing.answer}: {nothing.reason[:150]}): no package is to blame"
        raise CannotMeasure(msg)
    singles = [name for name in names if same_failure(between.result([name]), whole)]
    if singles:
        sets: tuple[tuple[str, ...], ...] = tuple((name,) for name in singles)
    elif same_failure(between.result(names), whole):
        sets = (minimal_set(names, lambda chosen: same_failure(between.result(chosen), whole)),)
    else:
        sets = ()  # what only one side has decides: it cannot be swapped by itself
    culprits = {name for each in sets for name in each}
    brought = [
        name
        for name in culprits
        if len(culprits) > 1 and not singles and between.result(culprits - {name}) is None
    ]
    main = culprits - set(brought)
    return Blamed(
        whole=whole,
        sets=sets,
        changes={name: between.changes[name] for name in culprits},
        brought=tuple(sorted(brought)) if main else (),
        without=between.result(set(names) - culprits) if sets else None,
        everything=culprits == set(names),
        tried=len(between._found),  # noqa: SLF001
    )


def to_text(found: Blamed) -> str:
    """The smallest change that flips the verdict, in words."""
    path, answer = found.whole.path, found.whole.answer
    if not found.sets:
        return f"{path}: {answer}, and no set of packages that both environments have does it alone ({found.tried} environments tried)"

    def named(names: Iterable[str]) -> str:
        return ", ".join(
            f"{name} {found.changes[name][0]} -> {found.changes[name][1]}" for name in names
        )

    lines = []
    for each in found.sets:
        main = [name for name in each if name not in found.brought]
        text = f"{path}: {answer} because of {named(main)}{' together' if len(main) > 1 else ''}"
        if found.brought:
            text += f" (which cannot be installed without {named(found.brought)})"
        lines.append(text)
    if found.everything:
        return "\n".join(
            [*lines, f"  no smaller set of packages does it; {found.tried} environments tried"]
        )
    rest = "cannot be installed" if found.without is None else f"is {found.without.answer}"
    lines.append(f"  the rest of the upgrade without it {rest}; {found.tried} environments tried")
    return "\n".join(lines)
