"""``check``: load a model where it was written and where it is to go, and say what differs.

Both environments are asked the same; the writer's answers are the reference.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from crossload.engine.keys import Identity
from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    IndexUnavailable,
    NoWheels,
)
from crossload.models.evidence import (
    asked_text,
    explain_writer_failure,
    notes_of,
    recorded_text,
    side_of,
    upgrade_text,
)
from crossload.models.judge import judge
from crossload.models.model import environment_of, versions_of
from crossload.models.prepare import KERAS, SUPPORTING, Preparation
from crossload.models.question import CannotTell
from crossload.models.result import Answer, OtherWay, Result, answer_of
from crossload.safe import printable
from crossload.verdict import Verdict, cause_of

if TYPE_CHECKING:
    from crossload.environments import Built
    from crossload.inspection import Inspection
    from crossload.models.model import Model
    from crossload.models.needs import Needs
    from crossload.models.question import Question
    from crossload.models.rows import Array
    from crossload.models.targets import Target
    from crossload.models.workspace import Workspace
    from crossload.store.records import Record
    from crossload.verdict import Judgement

_OPTIONAL = ("pandas", "skops")
"""Packages that are kept as they were where a lock does not name them."""


class Checker(Preparation):
    """Checks one model against any number of environments.

    The answers of its writer are measured once.

    Parameters
    ----------
    workspace
        Where environments, processes and outcomes are.
    inspection
        The facts about the file.
    question
        The options of the user.
    source
        The versions that wrote the file, as the user names them; None to take those that it
        records.
    """

    def __init__(
        self,
        workspace: Workspace,
        inspection: Inspection,
        question: Question,
        source: Target | None,
    ) -> None:
        super().__init__(inspection, question, source)
        self.workspace = workspace
        self._writer_records: dict[str, Record] = {}
        self._data: Record | None = None

    def check(self, target: Target, *, all_ways: bool = True, skip_same: bool = False) -> Result:
        """Measure one upgrade.

        Parameters
        ----------
        target
            The versions that are wanted.
        all_ways
            Load in the other ways that the format has too.
        skip_same
            Where both environments are the same, say so instead of loading.

        Returns
        -------
        Result
            The answer; `Answer.UNKNOWN` where nothing can be told, with a hint.

        Raises
        ------
        ConfigError
            The versions cannot be installed, or the input of the user does not fit the model.
        HarnessFault
            crossload itself failed.
        """
        start = time.perf_counter()
        try:
            found = self._measure(target, all_ways=all_ways, skip_same=skip_same)
        # pins that can never be installed are bad input and stay errors; what this machine lacks is
        # not the fault of the user
        except CannotTell as error:
            found = self._unknown(str(error), error.hint)
        except (EnvironmentUnavailable, IndexUnavailable) as error:
            found = self._unknown(f"an environment cannot be had here: {error}", error.hint or "")
        found.seconds = time.perf_counter() - start
        return found

    def _unknown(self, reason: str, hint: str) -> Result:
        path = self.inspection.path
        return Result(path=path, answer=Answer.UNKNOWN, reason=reason, hint=hint)

    def _measure(self, wanted: Target, *, all_ways: bool, skip_same: bool) -> Result:
        source, model, target = self.source(), self.model(), self.target(wanted)
        before, after = self.environments(source, target)
        writer, reader = side_of(before, self.needs), side_of(after, self.needs)
        result = Result(
            path=self.inspection.path,
            answer=Answer.UNKNOWN,
            reason="",
            source=source.source,
            recorded=recorded_text(source, writer),
            way=model.way,
            writer=writer,
            reader=reader,
            upgrade=upgrade_text(self.needs, wanted, writer, reader),
            notes=notes_of(self, source, target, writer),
        )
        # the same lock, Python and platform cannot answer otherwise
        if skip_same and Identity.of(before) == Identity.of(after):
            result.answer, result.reason = Answer.SAFE, "nothing that it needs changes"
            return result
        saved, loaded = self._ask(model, _in_writer(model), before, after)
        if saved["status"] != "ok":
            explain_writer_failure(result, saved, with_data=self.question.data is not None)
            return result
        result.notes += [printable(each) for each in saved["notes"]]
        # only Linux lets a process give up its network, and some containers forbid it there too
        if saved.get("network"):
            result.notes.append(
                "it was loaded with network access, because here that cannot be taken away: "
                f"{saved['network']}"
            )
        result.asked = asked_text(saved)
        truth = self._truth(saved)
        result.labels = truth is not None
        self._judge(result, model, saved, loaded, truth, before)
        # who chose a way asks about that one
        if all_ways and not self.question.way:
            result.other_ways = [
                self._other(model.with_way(way), after, saved, truth) for way in self.needs.ways[1:]
            ]
        return result

    def environments(
        self, source: Target, target: Target, needs: Needs | None = None
    ) -> tuple[Built, Built]:
        """Build the environment that wrote the file, and the one that is wanted.

        What is not named stays: Python, where another is not needed, and libraries whose version
        the file does not record.

        Parameters
        ----------
        source, target
            The versions of both.
        needs
            The needs of the model, if others than its own are to be installed.

        Raises
        ------
        ConfigError
            The pins of one exclude each other, do not exist, or have no wheels.
        EnvironmentUnavailable, IndexUnavailable
            One cannot be built on this machine.
        """
        needs = needs or self.needs
        try:
            before = self.workspace.build(environment_of(source, needs))
        except (EnvironmentPinsError, NoWheels) as error:
            raise ConfigError(
                [f"the environment that wrote it: {error}"], hint=error.hint
            ) from error
        known = versions_of(before)
        named = self._source.packages if self._source is not None else {}
        # the user says that pandas was there, so that it belongs into both
        if "pandas" in named and "pandas" not in target.packages and not target.complete:
            target = target.with_packages({"pandas": ""})
        # what neither lock names, such as the pandas that rows are given in, is no part of the
        # upgrade
        kept = (
            _OPTIONAL
            if target.complete
            else [name for name in needs.packages if name not in SUPPORTING and name not in KERAS]
        )
        target = target.with_packages(
            {
                name: f"=={known[name]}"
                for name in kept
                if name in known and name not in target.packages
            }
        )
        try:
            return before, self.workspace.build_with(
                environment_of(target, needs), before.lock.python
            )
        except (EnvironmentPinsError, NoWheels) as error:
            raise ConfigError([f"the environment asked for: {error}"], hint=error.hint) from error

    def _ask(
        self, model: Model, origin: Model, before: Built, after: Built
    ) -> tuple[Record, Record]:
        if not self.workspace.knows_writer(origin, before, self._rows()):
            # both processes import their libraries while the first is asked; where the writer's
            # answers are known, its process is not needed at all
            for each in (before, after):
                self.workspace.start(each, model)
        saved = self.writer_record(origin, before)
        if saved["status"] != "ok":
            return saved, {}
        return saved, self.workspace.ask_reader(model, after, saved)

    def writer_record(self, model: Model, before: Built) -> Record:
        """Give the record of what the model answers where it was written, measured once."""
        # searches build the writer's environment with other extras, which is another environment
        key = f"{model.way} {before.environment.id}"
        if key not in self._writer_records:
            self._writer_records[key] = self.workspace.ask_writer(model, before, self._rows())
        return self._writer_records[key]

    def _rows(self) -> Record | None:
        """Give the user's rows, where pinned processes find them."""
        if self.question.data is not None and self._data is None:
            self._data = self.question.data.keep(self.workspace.store.blobs.outputs)
        return self._data

    def _verdict(
        self, model: Model, saved: Record, loaded: Record, truth: Array | None
    ) -> Judgement:
        return judge(model, saved, loaded, self.workspace.store, truth, self.question.tolerance)

    def _repeats(self, model: Model, saved: Record, before: Built) -> bool:
        """Say if another process of the writer's environment gives the same answers."""
        origin = _in_writer(model)
        again = self.workspace.ask_reader(origin, before, saved)
        return bool(self._verdict(origin, saved, again, None).verdict.passes)

    def _judge(
        self,
        result: Result,
        model: Model,
        saved: Record,
        loaded: Record,
        truth: Array | None,
        before: Built,
    ) -> None:
        judgement = self._verdict(model, saved, loaded, truth)
        result.judgement, result.answer = judgement, answer_of(judgement)
        result.reason = printable(judgement.reason)
        # a model that draws numbers answers otherwise each time: that is no fault of the upgrade
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
            result.cause = cause_of(
                result.verdict, judgement.reason, sides[0], sides[1], self.inspection.classes
            )

    def _other(self, model: Model, after: Built, saved: Record, truth: Array | None) -> OtherWay:
        """Load the same file in another way where it is to go."""
        loaded = self.workspace.ask_reader(model, after, saved)
        # a graph may name its outputs otherwise than the model of Keras: nothing to compare
        if loaded["status"] == "ok" and set(loaded["outputs"]) != set(saved["outputs"]):
            return OtherWay(
                way=model.way, answer=Answer.UNKNOWN, reason="its outputs have other names"
            )
        judgement = self._verdict(model, saved, loaded, truth)
        return OtherWay(
            way=model.way, answer=answer_of(judgement), reason=printable(judgement.reason)
        )

    def _truth(self, saved: Record) -> Array | None:
        """Give the labels, unless the file holds several models, of which they name none."""
        data = self.question.data
        return data.truth if data is not None and list(saved["tasks"]) == [""] else None


def _in_writer(model: Model) -> Model:
    """Give the way in which the writer loads it.

    Keras 2 had no TFSMLayer, which came when Keras 3 gave up loading SavedModels
    (https://github.com/keras-team/keras/issues/18467); the signature is what that layer calls.
    """
    return model.with_way("savedmodel-signature") if model.way == "savedmodel-tfsm" else model
