"""``route``: search a way through where an upgrade breaks a model.

A way is to load somewhere, save again in some format, load elsewhere, and so on, with the answers
intact. The search is breadth first over environments: those in which some file that was made so
far loads with the answers unchanged. Each step is executed and compared with what the model
answered where it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from crossload.errors import CannotMeasure, EnvironmentPinsError, EnvironmentUnavailable
from crossload.inspection import NotAModel, inspect_file
from crossload.models.judge import judge
from crossload.models.model import Model, environment_of, versions_of
from crossload.models.needs import Needs
from crossload.models.own_code import own_code
from crossload.models.render import reason_of
from crossload.models.result import Answer, answer_of
from crossload.models.route import (
    KERAS_FILES,
    LIBRARIES,
    OBJECT_FILES,
    File,
    Route,
    Step,
    environment_name,
)
from crossload.models.targets import Target
from crossload.models.trust import Trust, trust_needed
from crossload.safe import cut, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crossload.environments import Built
    from crossload.inspection import Inspection
    from crossload.models.check import Checker
    from crossload.models.result import Result
    from crossload.store.records import Record

MOST_BETWEEN = 8
"""Releases between the two ends that are tried."""


class Finder:
    """Searches a way for one model.

    Parameters
    ----------
    checker
        Measures the model.
    target
        The versions that it is to go to.
    say
        Takes a line for each load that was tried.
    inspect
        Inspects a file that was made on the way; a copy of it, where files may be swapped.
    """

    def __init__(
        self,
        checker: Checker,
        target: Target,
        say: Callable[[str], None],
        inspect: Callable[[Path], Inspection] | None = None,
    ) -> None:
        self.checker, self.workspace, self.say = checker, checker.workspace, say
        self._inspect = inspect or inspect_file
        self.target = target
        self.tried = 0
        self._environments: set[str] = set()
        self._python = ""
        self._misses: list[tuple[int, str]] = []
        needs = checker.needs
        self.files = KERAS_FILES if needs.is_keras else OBJECT_FILES
        # skops is no need of the model, but a format that a step may save; there is none in 2020
        extra = () if needs.is_keras else ("skops",)
        self.needs = Needs(needs.inspection, needs.code, needs.extra, optional=extra)

    def find(self) -> Route:
        """Search a way.

        Returns
        -------
        Route
            The way, or the closest miss; without steps where the upgrade needs no way.

        Raises
        ------
        CannotMeasure
            Nothing can be told of the upgrade itself.
        """
        direct = self.checker.check(self.target, all_ways=False)
        if direct.answer is Answer.UNKNOWN or direct.writer is None:
            msg = f"{direct.path}: nothing can be told: {direct.reason}"
            raise CannotMeasure(msg, hint=direct.hint or None)
        route = Route(direct=direct)
        if direct.safe:
            return route
        self.target = self.checker.target(self.target)
        origin = self.checker.model()
        start, end = self.checker.environments(self.checker.source(), self.target, self.needs)
        self._python = end.lock.python
        self._environments |= {start.environment.id, end.environment.id}
        self.saved = self.checker.writer_record(origin, start)
        files = [File(model=origin)]
        frontier, rest = [start], list(self._releases(start, end))
        first = True
        while frontier:
            made = self._make(frontier, files)
            for each in made:
                answer = self._test(each, end, len(each.steps))
                if answer.safe:
                    route.steps, route.final = each.steps, each
                    route.answer, route.tried = answer, self.tried
                    return route
            # the file of the user is tried in the first round alone: the files that the writer
            # made of it stand for it from there on
            files = made if not first else [*files, *made]
            first = False
            frontier, rest = self._advance(rest, files)
        route.tried, route.environments = self.tried, len(self._environments)
        route.miss = self._miss(direct)
        route.alternative = self._alternative(origin, start, end)
        return route

    # --- environments ---

    def _build(self, wanted: Target) -> Built | None:
        try:
            built = self.workspace.build_with(environment_of(wanted, self.needs), self._python)
        except (EnvironmentPinsError, EnvironmentUnavailable):
            return None
        self._environments.add(built.environment.id)
        return built

    def _releases(self, start: Built, end: Built) -> Iterator[Target]:
        """Give the releases of the library between the two ends, those next to the end first.

        They are releases of NumPy where the library does not change. Of each minor version the
        newest is tried, because formats seldom change within one.
        """
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
            # an index may hold names of the time before PEP 440
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

    # --- files ---

    def _make(self, frontier: list[Built], files: list[File]) -> list[File]:
        """Save again in every format, in each environment that some file reached."""
        made = []
        for built in frontier:
            for each in files:
                record, paths = self.workspace.resave(each.model, built, self.saved, self.files)
                self.tried += 1
                if not self._judge(each.model, record)[0].safe:
                    continue
                for way, path in paths.items():
                    model = self._model(path, way)
                    if model is not None:
                        step = Step(built=built, loads=each.model.way, saves=way)
                        made.append(File(model=model, steps=(*each.steps, step)))
                        self.say(f"  {step.description}: intact")
                break  # one file that loads is enough to save all formats
        return made

    def _model(self, path: Path, way: str) -> Model | None:
        try:
            inspection = self._inspect(path)
        except NotAModel:
            return None
        # the process that made it ran the user's file: what it wrote may name anything. Arrays that
        # need no trust may be saved in a format that does, with nothing but known names.
        question = self.checker.question
        agreed = max(question.trust, Trust.KNOWN)
        if trust_needed(inspection, own_code(question.code)) > agreed:
            return None
        needs = Needs(inspection, self.needs.code, self.needs.extra, optional=self.needs.optional)
        # Keras took ".keras" for its archive by default from TensorFlow 2.13 on
        # (https://blog.tensorflow.org/2023/03/whats-new-in-tensorflow-212.html) and wrote HDF5 by
        # that name before
        way = way if way in needs.ways else needs.ways[0]
        unsafe = question.trust is Trust.DANGEROUS
        return Model(needs, way, question.code, question.build, unsafe)

    def _test(self, file: File, built: Built, depth: int) -> Answer:
        """Load a file in an environment, and note how far it came where that fails."""
        self.tried += 1
        record = self.workspace.ask_reader(file.model, built, self.saved)
        answer, reason = self._judge(file.model, record)
        self.say(f"  load as {file.model.way} with {environment_name(built)}: {answer}")
        if not answer.safe:
            steps = "; then ".join(step.description for step in file.steps)
            self._misses.append((depth, f"{steps}; then {answer}: {reason}"))
        return answer

    def _judge(self, model: Model, loaded: Record) -> tuple[Answer, str]:
        tolerance = self.checker.question.tolerance
        found = judge(model, self.saved, loaded, self.workspace.store, None, tolerance)
        return answer_of(found), cut(printable(found.reason), 200)

    def _loads(self, file: File, built: Built) -> bool:
        record = self.workspace.ask_reader(file.model, built, self.saved)
        return self._judge(file.model, record)[0].safe

    def _advance(self, rest: list[Target], files: list[File]) -> tuple[list[Built], list[Target]]:
        """Give the environments that some file reaches intact, and those left for later files."""
        reached: list[Built] = []
        left: list[Target] = []
        for wanted in rest:
            built = self._build(wanted)
            if built is None:
                continue
            loads = any(self._loads(each, built) for each in files)
            self.tried += 1
            self.say(f"  {wanted.source}: {'reached' if loads else 'not reached'}")
            if loads:
                reached.append(built)
            else:
                left.append(wanted)
        return reached, left

    # --- where there is no way ---

    def _miss(self, direct: Result) -> str:
        if not self._misses:
            return f"loaded as it is: {direct.answer}: {reason_of(direct)}"
        return max(self._misses, key=lambda each: each[0])[1]

    def _alternative(self, origin: Model, start: Built, end: Built) -> str:
        """Say if fitting again from the model's parameters works at the end.

        It is tried, not believed; empty where it does not work or there is no single model.
        """
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
        text = "its parameters, saved without the fitted values, load there and can be fitted"
        # labels can be counted; floating-point predictions of another fit are never equal
        if (
            before is not None
            and after is not None
            and before.shape == after.shape
            and before.dtype.kind in "biuU"
        ):
            equal = int((before == after).sum())
            text += (
                f" (tried on {len(before)} made rows with its own answers as labels: "
                f"{equal} answers agree)"
            )
        return f"retrain: {text}"
