"""Builders of inspections, results and searches for tests of users' models."""

from __future__ import annotations

from pathlib import Path

from crossload.config import Cause
from crossload.errors import ConfigError
from crossload.inspection.facts import Certainty, Danger, ImportedName, Inspection, WriterVersion
from crossload.models.result import Answer, Result, Side
from crossload.models.targets import Target
from crossload.verdict import Judgement, Verdict

CAUSE = Cause(
    id="trees",
    verdicts=("load-error",),
    says=("x",),
    why="the trees changed",
    do="retrain",
    link="https://host/x",
)
"""The cause of a failure."""


def written(package="scikit-learn", version="1.2.2", sure=Certainty.RECORDED):
    return WriterVersion(package=package, version=version, sure=sure, how="because")


def name_of(text, danger=Danger.KNOWN):
    module, _, name = text.rpartition(".")
    return ImportedName(module=module, name=name, danger=danger, called=True)


def inspection(fmt="joblib", names=("sklearn.ensemble._forest.RandomForestClassifier",), **more):
    listed = [name_of(each) for each in names]
    found = Inspection(
        path=Path(more.pop("path", "model.joblib")), format=fmt, size=1, names=listed
    )
    found.written = more.pop("written", [written()])
    for name, value in more.items():
        setattr(found, name, value)
    return found


def result(answer=Answer.SAFE, **more):
    return Result(
        path=Path(more.pop("path", "model.joblib")),
        answer=answer,
        reason=more.pop("reason", "why"),
        **more,
    )


def side(python="3.11.7", **packages):
    return Side(
        python=python, packages=packages, as_of="2023-05-08", description="Python " + python
    )


def full(answer=Answer.BREAKS, verdict=Verdict.LOAD_ERROR, **more):
    return result(
        answer,
        reason=more.pop("reason", "ValueError: broken"),
        upgrade="scikit-learn 1.2.2 -> 1.9.1",
        judgement=Judgement(
            verdict=verdict, before=more.pop("before", {}), after=more.pop("after", {})
        ),
        writer=side(numpy="1.24.3"),
        reader=side(numpy="2.4.0"),
        asked="predict of 200 rows",
        **more,
    )


OLD = {"lib": "1.0", "num": "1.0", "sci": "1.0", "other": "1.0"}


NEW = {"lib": "2.0", "num": "2.0", "sci": "2.0", "other": "2.0"}


def lock(versions):
    return Target(
        packages={name: f"=={version}" for name, version in versions.items()}, complete=True
    )


class FakeChecker:
    """Checks by a rule.

    ``rule(versions)`` gives a reason to fail, an empty text, or None where nothing can be
    installed.
    """

    def __init__(self, rule, old=OLD, path="m"):
        self.rule, self.old, self.path, self.asked = rule, old, path, []

    def check(self, wanted, **_options):
        versions = {name: wanted.version(name) or NEW[name] for name in NEW}
        self.asked.append(versions)
        reason = self.rule(versions)
        if reason is None:
            raise ConfigError(["cannot be resolved"])
        verdict = Verdict.LOAD_ERROR if reason else Verdict.IDENTICAL
        return Result(
            path=Path(self.path),
            answer=Answer.BREAKS if reason else Answer.SAFE,
            reason=reason,
            judgement=Judgement(verdict=verdict, reason=reason),
            writer=Side(python="3.11.7", packages=self.old, as_of="2024-01-01", description=""),
            reader=Side(python="3.11.7", packages=versions, as_of="2025-01-01", description=""),
        )


def quiet(_text):
    """Progress that nobody reads."""
