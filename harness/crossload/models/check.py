"""``check``: load a saved model where it was written and where it is to go, ask both the same, and say what differs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crossload.config import Tolerance
from crossload.engine.keys import Identity
from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    IndexUnavailable,
    NoWheels,
)
from crossload.inspection.facts import Danger
from crossload.models.advice import advice_for
from crossload.models.judge import judge
from crossload.models.model import Model, described, environment_of, names_in, versions_of
from crossload.models.needs import Needs, provided_by
from crossload.models.result import Answer, OtherWay, Result, Side, answer_of, changes_of
from crossload.models.targets import Target, same_version
from crossload.safe import printable
from crossload.verdict import Verdict
from crossload.verdict.reasons import error_text

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.environments import Built
    from crossload.inspection import Inspection
    from crossload.models.rows import Array, UserRows
    from crossload.models.workspace import Workspace
    from crossload.store.records import Record


SUPPORTING = ("numpy", "scipy", "joblib", "pandas", "cloudpickle", "skops")
"""Packages that follow the library that a model is made of: their versions are resolved with it."""

OPTIONAL = ("pandas", "skops")

KERAS = {"tensorflow", "keras"}
"""Packages whose versions belong together."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of all models of one call."""

    code: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()
    """Packages that the models need and do not name."""
    build: str = ""
    way: str = ""
    """How to load, where there are several ways."""
    data: UserRows | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)


class CannotTell(Exception):
    """Nothing can be measured; the text says why, the hint what the user can do."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.hint = hint


class Checker:
    """Checks one model against any number of environments; what its writer answered is measured once."""

    def __init__(
        self, workspace: Workspace, found: Inspection, question: Question, source: Target | None
    ) -> None:
        self.workspace, self.found, self.question = workspace, found, question
        frame = ("pandas",) if question.data is not None and question.data.has_text else ()
        self.needs = Needs(found, question.code, question.packages, optional=frame)
        self._source = source
        self._written: dict[str, Record] = {}
        self._data: Record | None = None

    # --- before anything is loaded ------------------------------------------------------------------------------------

    def source(self) -> Target:
        """The versions that wrote the file.  Raises `CannotTell` where neither the file nor the user says it."""
        if self._source is not None:
            return self._named(self._source) if self._source.complete else self._source
        told = self.needs.writer()
        if told is None:
            text = "the file does not record which versions wrote it"
            raise CannotTell(
                text, 'name them: --from "scikit-learn==1.2.2", or --from requirements.txt'
            )
        return told

    def model(self) -> Model:
        """The model with its way of loading.  Raises `CannotTell` for what the user must bring along."""
        ways = self.needs.ways
        way = self.question.way or ways[0]
        if way not in ways:
            raise ConfigError(
                [f"--load-as {way}: {self.found.path} is loaded as {' or '.join(ways)}"]
            )
        provided = provided_by(self.question.code) | {
            each.replace("-", "_") for each in self.question.packages
        }
        lacking = [each for each in self.needs.own_modules if each not in provided]
        if lacking and not self.question.packages:
            text = f"it needs the module{'s' if len(lacking) > 1 else ''} {', '.join(lacking[:5])}, no package that crossload knows"
            raise CannotTell(
                text,
                "--with-code PATH of the file or folder, or --with PACKAGE if the package index has it",
            )
        in_main = [each.name for each in self.found.names if each.module == "__main__"]
        if in_main and not self.question.code:
            text = f"it was saved by a script that defines {', '.join(in_main[:5])} itself"
            raise CannotTell(text, "--with-code SCRIPT (its code will run)")
        if way in ("weights-h5", "checkpoint") and not self.question.build:
            text = "it holds weights alone, and loading needs the network they belong to"
            raise CannotTell(
                text,
                "--with-code model.py --build FUNCTION, which gives the network without weights",
            )
        return Model(self.needs, way, self.question.code, self.question.build)

    # --- measuring ----------------------------------------------------------------------------------------------------

    def check(self, target: Target, *, all_ways: bool = True, skip_same: bool = False) -> Result:
        """Measure one upgrade.  What cannot be told is an answer too; only bad input and faults raise.

        ``skip_same``: where both environments are the same, say so instead of loading.
        """
        start = time.perf_counter()
        try:
            found = self._measure(target, all_ways=all_ways, skip_same=skip_same)
        except CannotTell as error:
            found = Result(
                path=self.found.path, answer=Answer.UNKNOWN, reason=str(error), hint=error.hint
            )
        except (EnvironmentUnavailable, IndexUnavailable) as error:
            reason = f"an environment cannot be had here: {error}"
            found = Result(
                path=self.found.path, answer=Answer.UNKNOWN, reason=reason, hint=error.hint or ""
            )
        found.seconds = time.perf_counter() - start
        return found

    def target(self, wanted: Target) -> Target:
        """What is wanted, and the library that the model is made of as it was, unless that is named too.

        Who names NumPy alone does not upgrade scikit-learn with it.
        """
        if wanted.complete:
            return self._named(wanted)
        source = self.source()
        own = [
            name for name in self.needs.packages if name not in SUPPORTING and source.version(name)
        ]
        if KERAS & set(wanted.packages):
            own = [name for name in own if name not in KERAS]
        return wanted.but(
            {name: f"=={source.version(name)}" for name in own if name not in wanted.packages}
        )

    def _named(self, lock: Target) -> Target:
        """A lock, if it says anything about the model.  Raises `CannotTell` where it does not name its library."""
        lacking = [
            name
            for name in self.libraries
            if name not in lock.packages and not (name in KERAS and KERAS & set(lock.packages))
        ]
        if lacking:
            text = f"{lock.source} does not name {', '.join(lacking)}"
            raise CannotTell(text, "name a lock that does, or give versions")
        return lock

    @property
    def libraries(self) -> list[str]:
        """Packages that the model is made of."""
        own = [
            name
            for name in self.needs.packages
            if name not in SUPPORTING and name not in self.question.packages
        ]
        return own or ["numpy"]

    def concerns(self, lock: Target) -> bool:
        """Whether a lock names a package that the model is made of."""
        return any(name in lock.packages for name in self.libraries)

    def _measure(self, wanted: Target, *, all_ways: bool, skip_same: bool) -> Result:
        source, model, target = self.source(), self.model(), self.target(wanted)
        before, after = self.environments(source, target)
        writer, reader = self._side(before), self._side(after)
        result = Result(
            path=self.found.path,
            answer=Answer.UNKNOWN,
            reason="",
            source=source.source,
            recorded=", ".join(
                name for name in source.packages if source.version(name) and name in writer.packages
            )
            if not source.complete
            else "",
            way=model.way,
            writer=writer,
            reader=reader,
            upgrade=self._upgrade(wanted, writer, reader),
            notes=self._notes(source, target, writer),
        )
        if skip_same and Identity.of(before) == Identity.of(after):
            result.answer, result.reason = Answer.SAFE, "nothing that it needs changes"
            return result
        saved, loaded = self._ask(model, _where_written(model), before, after)
        if saved["status"] != "ok":
            self._cannot(result, saved)
            return result
        result.notes += [printable(each) for each in saved["notes"]]
        if saved.get("network"):
            result.notes.append(
                f"it was loaded with network access, because here that cannot be taken away: {saved['network']}"
            )
        result.asked = _asked(saved)
        truth = self._truth(saved)
        result.labels = truth is not None
        self._judge(result, model, saved, loaded, truth, before)
        if all_ways and not self.question.way:
            result.other_ways = [
                self._other(model.loaded_by(way), after, saved, truth)
                for way in self.needs.ways[1:]
            ]
        return result

    def environments(
        self, source: Target, target: Target, needs: Needs | None = None
    ) -> tuple[Built, Built]:
        """The environment that wrote the file, and the one asked for.

        What is not named stays: Python, where another is not needed, and libraries whose version the file does not record.
        """
        needs = needs or self.needs
        try:
            before = self.workspace.built(environment_of(source, needs))
        except (EnvironmentPinsError, NoWheels) as error:
            raise ConfigError(
                [f"the environment that wrote it: {error}"], hint=error.hint
            ) from error
        known = versions_of(before)
        named = self._source.packages if self._source is not None else {}
        if "pandas" in named and "pandas" not in target.packages and not target.complete:
            target = target.but({"pandas": ""})  # the user says that it is there
        # what neither lock names, such as the pandas that rows are given in, is no part of the upgrade
        kept = (
            OPTIONAL
            if target.complete
            else [name for name in needs.packages if name not in SUPPORTING and name not in KERAS]
        )
        target = target.but(
            {
                name: f"=={known[name]}"
                for name in kept
                if name in known and name not in target.packages
            }
        )
        try:
            return before, self.workspace.built_with(
                environment_of(target, needs), before.lock.python
            )
        except (EnvironmentPinsError, NoWheels) as error:
            raise ConfigError([f"the environment asked for: {error}"], hint=error.hint) from error

    def _ask(
        self, model: Model, origin: Model, before: Built, after: Built
    ) -> tuple[Record, Record]:
        if not self.workspace.knows(origin, before, self._rows()):
            for each in (before, after):  # both import while the first is asked
                self.workspace.start(each, model)
        saved = self.written(origin, before)
        return saved, self.workspace.read(model, after, saved) if saved["status"] == "ok" else {}

    def written(self, model: Model, before: Built) -> Record:
        """What the model answers where it was written."""
        key = f"{model.way} {before.environment.id}"
        if key not in self._written:
            self._written[key] = self.workspace.write(model, before, self._rows())
        return self._written[key]

    def _rows(self) -> Record | None:
        """The user's rows, where pinned processes find them."""
        if self.question.data is not None and self._data is None:
            self._data = self.question.data.keep(self.workspace.store.blobs.outputs)
        return self._data

    def _repeats(self, model: Model, saved: Record, before: Built) -> bool:
        """Whether another process gives the same answers where the file was written: asked before anything is called drift."""
        origin = _where_written(model)
        again = self.workspace.read(origin, before, saved)
        return bool(
            judge(
                origin, saved, again, self.workspace.store, None, self.question.tolerance
            ).verdict.passes
        )

    def _judge(
        self,
        result: Result,
        model: Model,
        saved: Record,
        loaded: Record,
        truth: Array | None,
        before: Built,
    ) -> None:
        judgement = judge(
            model, saved, loaded, self.workspace.store, truth, self.question.tolerance
        )
        result.judgement, result.answer = judgement, answer_of(judgement)
        result.reason = printable(judgement.reason)
        if result.answer is Answer.DRIFT and not self._repeats(model, saved, before):
            reason = "its answers differ from process to process where it was written"
            result.judgement = replace(judgement, verdict=Verdict.UNSTABLE, reason=reason)
            result.answer, result.reason = Answer.UNKNOWN, reason
            return
        result.warnings = loaded.get("warnings", [])
        result.traceback = loaded.get("error", {}).get("traceback", "")
        if not result.safe and result.writer is not None and result.reader is not None:
            sides = [
                {"python": side.python} | side.packages for side in (result.writer, result.reader)
            ]
            result.advice = advice_for(
                result.verdict, judgement.reason, sides[0], sides[1], self.found.classes
            )

    def _other(self, model: Model, after: Built, saved: Record, truth: Array | None) -> OtherWay:
        """The same file, loaded in another way where it is to go."""
        loaded = self.workspace.read(model, after, saved)
        if loaded["status"] == "ok" and set(loaded["outputs"]) != set(saved["outputs"]):
            return OtherWay(
                way=model.way, answer=Answer.UNKNOWN, reason="its outputs have other names"
            )
        judgement = judge(
            model, saved, loaded, self.workspace.store, truth, self.question.tolerance
        )
        return OtherWay(
            way=model.way, answer=answer_of(judgement), reason=printable(judgement.reason)
        )

    def _truth(self, saved: Record) -> Array | None:
        return (
            self.question.data.truth
            if self.question.data is not None and list(saved["tasks"]) == [""]
            else None
        )

    # --- words --------------------------------------------------------------------------------------------------------

    def _cannot(self, result: Result, saved: Record) -> None:
        """Say why there is nothing to compare with."""
        error = error_text(saved).replace("crossload_worker.probe_model.CannotAsk: ", "")
        result.traceback = saved["error"].get("traceback", "")
        if saved["stage"] == "rows" and self.question.data is not None:
            raise ConfigError(
                [
                    f"--data: the model does not take these rows where it was written: {printable(error)}"
                ]
            )
        if saved["stage"] in ("load", "verify", "start", "unknown"):
            result.reason = printable(f"it does not load where it was written: {error}")
            if "the code that came along cannot be imported" in error:
                result.hint = "give a file with the classes alone, or guard what a script does by: if __name__ == '__main__'"
                return
            lacks = "ModuleNotFoundError" in error or "Can't get attribute" in error
            result.hint = (
                "--with-code PATH for modules of your own, --with PACKAGE for others"
                if lacks
                else "were other versions there? name all that matter: --from requirements.txt"
            )
        else:
            result.reason = printable(f"no rows can be made for it: {error}")
            result.hint = (
                ""
                if " has none of " in error or "holds nothing that" in error
                else "bring some: --data rows.npy (or .csv, .parquet)"
            )

    def _side(self, built: Built) -> Side:
        shown = list(dict.fromkeys([*self._main_packages(), *names_in(built.environment.requires)]))
        return Side(
            python=built.python_version,
            packages=versions_of(built),
            as_of=built.lock.as_of,
            shown=described(
                built, ["tensorflow" if each == "tensorflow-cpu" else each for each in shown]
            ),
        )

    def _main_packages(self) -> list[str]:
        return ["tensorflow", "keras"] if self.needs.is_keras else ["scikit-learn", "numpy"]

    def _upgrade(self, target: Target, writer: Side, reader: Side) -> str:
        """What changes, in a few words: the packages that the user named, else the main ones."""
        changes = changes_of(writer, reader)
        named = [
            *([] if target.complete else target.packages),
            *(["python"] if target.python else []),
        ]
        chosen = [name for name in named if name in changes] or [
            name for name in self._main_packages() if name in changes
        ]
        chosen = (
            chosen or [name for name in self.needs.packages if name in changes] or list(changes)[:2]
        )
        if not chosen:
            return "nothing that it needs changes"
        return ", ".join(
            f"{name} {changes[name][0] or 'absent'} -> {changes[name][1] or 'absent'}"
            for name in chosen[:4]
        )

    def _notes(self, source: Target, target: Target, writer: Side) -> list[str]:
        notes = [*source.notes, *target.notes]
        guessed = [
            name
            for name in self.libraries
            if not source.version(name) and name in writer.packages and name not in KERAS
        ]
        notes += [
            f"the file does not record the version of {name}: {writer.packages[name]} was taken, of the same time (--from names another)"
            for name in guessed
        ]
        recorded = self.found.version("scikit-learn")
        used = writer.packages.get("scikit-learn", "")
        if recorded and used and not same_version(recorded, used):
            notes.append(
                f"the file records scikit-learn {recorded}, and was loaded with {used}, as {source.source} says"
            )
        if len({each.version for each in self.found.written if each.package == "scikit-learn"}) > 1:
            notes.append(
                "parts of it were written by other versions of scikit-learn; the newest was taken"
            )
        if any(each.danger is Danger.UNKNOWN and each.called for each in self.found.names):
            notes.append(
                "it calls names that are not known to be harmless: crossload inspect lists them"
            )
        return notes


def _where_written(model: Model) -> Model:
    """The way in which the writer loads it: Keras 2 had no TFSMLayer, and called the signature itself."""
    return model.loaded_by("savedmodel-signature") if model.way == "savedmodel-tfsm" else model


def _asked(saved: Record) -> str:
    """Which outputs of which rows."""
    parts = []
    for name, rows in saved["rows"].items():
        methods = ", ".join(saved["methods"][name])
        parts.append(
            f"{name + ': ' if name else ''}{methods} of {rows['count']} rows, {rows['told']}"
        )
    return "; ".join(parts)
