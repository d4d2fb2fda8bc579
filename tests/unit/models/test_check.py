"""Answers of a check for which nothing is loaded."""

from __future__ import annotations

from builders_models import (
    inspection,
)

from crossload.models.check import Checker
from crossload.models.question import Question
from crossload.models.result import Answer
from crossload.models.targets import Target, parse


def test_a_file_without_versions_needs_them_named():
    checker = Checker(None, inspection(written=[]), Question(), None)

    found = checker.check(parse("scikit-learn==1.9.1", option="--to"))

    assert (found.answer, found.exit_code) == (Answer.UNKNOWN, 3)
    assert "--from" in found.hint


def test_a_lock_that_does_not_name_the_library_tells_nothing():
    docs = Target(packages={"sphinx": "==7.3.7"}, complete=True, source="requirements-docs.txt")
    checker = Checker(None, inspection(), Question(), None)

    found = checker.check(docs)

    assert (found.answer, found.reason) == (
        Answer.UNKNOWN,
        "requirements-docs.txt does not name scikit-learn",
    )
    assert not checker.concerns(docs)
    assert checker.concerns(Target(packages={"scikit-learn": "==1.5"}, complete=True))
