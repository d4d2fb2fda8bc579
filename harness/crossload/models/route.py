"""``route``: a way through where an upgrade breaks: load somewhere, save again in some format, load elsewhere, ... intact.

Breadth first over environments: those in which some file that was made so far loads with the answers unchanged.  Each step
is executed and compared with what the model answered where it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from crossload.errors import CannotMeasure, EnvironmentPinsError, EnvironmentUnavailable
from crossload.inspection import NotAModel, inspect_file
from crossload.models.judge import judge
from crossload.models.model import Model, environment_of, versions_of
from crossload.models.needs import Needs
from crossload.models.render import reason_of
from crossload.models.result import Answer, answer_of
from crossload.models.targets import Target
from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crossload.environments import Built
    from crossload.models.check import Checker
    from crossload.models.result import Result
    from crossload.store.records import Record

OBJECT_FILES = {"joblib": "model.joblib", "pickle": "model.pkl", "skops": "model.skops"}
KERAS_FILES = {"h5": "model.h5", "keras": "model.keras", "savedmodel-keras": "model"}
"""Name of the file by the format that a step saves."""

LIBRARIES = ("tensorflow", "scikit-learn")
MOST_BETWEEN = 8
"""Releases between the two ends that are tried."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file on the way, and how it came about."""

    model: Model
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """Load in an environment, save again."""

    built: Built
    loads: str
    saves: str

    @property
    def shown(self) -> str:
        return f"load as {self.loads} with {_name(self.built)}, save as {self.saves}"


@dataclass(kw_only=True)
class Route:
    """A way through, or the closest miss."""

    direct: Result
    steps: tuple[Step, ...] = ()
    final: File | None = None
    answer: Answer | None = None
    """What the file of the last step does at the end."""
    miss: str = ""
    """Where there is no way: the file that came closest, and what became of it."""
    alternative: str = ""
    """What works instead, with how that was seen."""
    tried: int = 0
    environments: int = 0


def _name(built: Built) -> str:
    versions = versions_of(built)
    main = next((name for name in LIBRARIES if name in versions), "numpy")
    return (
        f"{main} {versions[main]}, numpy {versions.get('numpy', '')}, Python {built.python_version}"
    )


class Finder:
    """Searches a way for one model."""

    def __init__(self, checker: Checker, target: Target, say: Callable[[str], None]) -> None:
        self.checker, self.workspace, self.say = checker, checker.workspace, say
        self.target = checker.target(target)
        self.tried = 0
        self._seen: set[str] = set()
        self._python = ""
        self._misses: list[tuple[int, str]] = []
        needs = checker.needs
        self.files = KERAS_FILES if needs.is_keras else OBJECT_FILES
        extra = () if needs.is_keras else ("skops",)
        self.needs = Needs(needs.found, needs.code, needs.extra, optional=extra)

    def find(self) -> Route:
        """Search; raises `CannotMeasure` where the upgrade needs no way, or nothing can be told."""
        direct = self.checker.check(self.target, all_ways=False)
        if direct.answer is Answer.UNKNOWN or direct.writer is None:
            msg = f"{direct.path}: nothing can be told: {direct.reason}"
            raise CannotMeasure(msg, hint=direct.hint or None)
        route = Route(direct=direct)
        if direct.safe:
            return route
        origin = self.checker.model()
        start, end = self.checker.environments(self.checker.source(), self.target, self.needs)
        self._python = end.lock.python
        self._seen |= {start.environment.id, end.environment.id}
        self.saved = self.checker.written(origin, start)
        files = [File(model=origin)]
        frontier, rest = [start], list(self._between(start, end))
        first = True
        while frontier:
            made = self._make(frontier, files)
            for each in made:
                answer = self._test(each, end, len(each.steps))
                if answer.safe:
                    route.steps, route.final, route.answer, route.tried = (
                        each.steps,
                        each,
                        answer,
                        self.tried,
                    )
                    return route
            files = made if not first else [*files, *made]
            first = False
            frontier, rest = self._advance(rest, files)
        route.tried, route.environments = self.tried, len(self._seen)
        route.miss = self._miss(direct)
        route.alternative = self._alternative(origin, start, end)
        return route

    # --- environments -------------------------------------------------------------------------------------------------

    def _built(self, wanted: Target) -> Built | None:
        try:
            built = self.workspace.built_with(environment_of(wanted, self.needs), self._python)
        except (EnvironmentPinsError, EnvironmentUnavailable):
            return None
        self._seen.add(built.environment.id)
        return built

    def _between(self, start: Built, end: Built) -> Iterator[Target]:
        """Releases of the library between the two ends, the newest first; of NumPy where the library does not change."""
        before, after = versions_of(start), versions_of(end)
        names = [
            name for name in (*LIBRARIES, "numpy") if before.get(name, "") != after.get(name, "")
        ]
        names = [name for name in names if name in before and name in after]
        if not names:
            return
        name = names[0]
        ends = sorted([Version(before[name]), Version(after[name])])
        newest: dict[tuple[int, int], Version] = {}
        for release in self.workspace.index.releases(name):
            try:
                version = Version(release.version)
            except InvalidVersion:
                continue
            if ends[0] <= version <= ends[1] and not release.yanked:
                newest[version.major, version.minor] = version
        chosen = [each for each in newest.values() if each not in ends]
        if len(chosen) > MOST_BETWEEN:
            chosen = [chosen[index * len(chosen) // MOST_BETWEEN] for index in range(MOST_BETWEEN)]
        forward = Version(before[name]) < Version(after[name])
        library = {
            each: f"=={before[each]}" for each in LIBRARIES if each in before and name == "numpy"
        }
        for version in sorted(chosen, reverse=forward):
            yield Target(packages={**library, name: f"=={version}"}, source=f"{name} {version}")

    # --- files --------------------------------------------------------------------------------------------------------

    def _make(self, frontier: list[Built], files: list[File]) -> list[File]:
        """Save again in every format, in each environment that some file reached."""
        made = []
        for built in frontier:
            for each in files:
                record, paths = self.workspace.resave(each.model, built, self.saved, self.files)
                self.tried += 1
                if not self._judged(each.model, record)[0].safe:
                    continue
                for way, path in paths.items():
                    model = self._model(path, way)
                    if model is not None:
                        step = Step(built=built, loads=each.model.way, saves=way)
                        made.append(File(model=model, steps=(*each.steps, step)))
                        self.say(f"  {step.shown}: intact")
                break  # one file that loads is enough to save all formats
        return made

    def _model(self, path: Path, way: str) -> Model | None:
        try:
            found = inspect_file(path)
        except NotAModel:
            return None
        needs = Needs(found, self.needs.code, self.needs.extra, optional=self.needs.optional)
        way = (
            way if way in needs.ways else needs.ways[0]
        )  # Keras before 2.13 wrote a folder under the name of an archive
        return Model(needs, way, self.checker.question.code, self.checker.question.build)

    def _test(self, file: File, built: Built, depth: int) -> Answer:
        """What becomes of a file in an environment."""
        self.tried += 1
        answer, reason = self._judged(
            file.model, self.workspace.read(file.model, built, self.saved)
        )
        self.say(f"  load as {file.model.way} with {_name(built)}: {answer}")
        if not answer.safe:
            self._misses.append(
                (
                    depth,
                    f"{'; then '.join(step.shown for step in file.steps)}; then {answer}: {reason}",
                )
            )
        return answer

    def _judged(self, model: Model, loaded: Record) -> tuple[Answer, str]:
        found = judge(
            model, self.saved, loaded, self.workspace.store, None, self.checker.question.tolerance
        )
        return answer_of(found), printable(found.reason)[:200]

    def _advance(self, rest: list[Target], files: list[File]) -> tuple[list[Built], list[Target]]:
        """Environments that some file reaches intact; those that none does are tried again with later files."""
        reached: list[Built] = []
        left: list[Target] = []
        for wanted in rest:
            built = self._built(wanted)
            if built is None:
                continue
            loads = any(
                self._judged(f.model, self.workspace.read(f.model, built, self.saved))[0].safe
                for f in files
            )
            self.tried += 1
            self.say(f"  {wanted.source}: {'reached' if loads else 'not reached'}")
            if loads:
                reached.append(built)
            else:
                left.append(wanted)
        return reached, left

    # --- where there is no way ----------------------------------------------------------------------------------------

    def _miss(self, direct: Result) -> str:
        if not self._misses:
            return f"loaded as it is: {direct.answer}: {reason_of(direct)}"
        return max(self._misses, key=lambda each: each[0])[1]

    def _alternative(self, origin: Model, start: Built, end: Built) -> str:
        """Whether fitting again from the model's parameters works at the end; tried, not believed."""
        if self.needs.is_keras or list(self.saved["rows"]) != [""]:
            return ""
        _, paths = self.workspace.resave(origin, start, self.saved, {"unfitted": "unfitted.pkl"})
        if "unfitted" not in paths:
            return ""
        model = self._model(paths["unfitted"], "pickle")
        if model is None:
            return ""
        loaded = self.workspace.refit(model, end, self.saved)
        if loaded["status"] != "ok":
            return ""
        before, after = (
            self.workspace.store.blobs.arrays(each["kept"]).get("predict")
            for each in (self.saved, loaded)
        )
        told = "its parameters, saved without the fitted values, load there and can be fitted"
        if (
            before is not None
            and after is not None
            and before.shape == after.shape
            and before.dtype.kind in "biuU"
        ):
            told += f" (tried on {len(before)} made rows with its own answers as labels: {int((before == after).sum())} answers agree)"
        return f"retrain: {told}"


def to_text(route: Route) -> str:
    """The way through in words."""
    path = route.direct.path
    if route.direct.safe:
        return f"{path}: no detour is needed: {route.direct.answer}"
    if route.final is None:
        lines = [
            f"{path}: no way through among {route.tried} loads in {route.environments} environments"
        ]
        lines.append(f"  loaded as it is: {route.direct.answer}: {reason_of(route.direct)}")
        lines.append(f"  closest miss: {route.miss}")
        lines.append(
            f"  instead: {route.alternative or 'keep an environment of the old version for it'}"
        )
        if route.direct.advice is not None:
            lines.append(f"  cause: {route.direct.advice.cause}")
        return "\n".join(lines)
    lines = [
        f"{path}: a way through in {len(route.steps)} step{'s' if len(route.steps) > 1 else ''}, each executed and compared"
    ]
    lines += [f"  {number}. {step.shown}" for number, step in enumerate(route.steps, 1)]
    lines.append(f"  then load as {route.final.model.way}: {route.answer}")
    return "\n".join(lines)
