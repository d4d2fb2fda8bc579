"""The evidence around an answer."""

from __future__ import annotations

import pytest
from builders_measuring import built
from builders_models import inspection, lock, name_of, result, side, written

from crossload.errors import ConfigError
from crossload.inspection.facts import Danger
from crossload.models.evidence import (
    asked_text,
    explain_writer_failure,
    notes_of,
    recorded_text,
    side_of,
    upgrade_text,
)
from crossload.models.needs import Needs
from crossload.models.prepare import Preparation
from crossload.models.question import Question
from crossload.models.result import Answer
from crossload.models.targets import Target, parse


def failure(stage, kind, message):
    error = {"type": kind, "message": message, "traceback": "Traceback (most recent call last)"}
    return {"status": "error", "stage": stage, "error": error}


@pytest.mark.parametrize(
    ("stage", "kind", "message", "reason", "hint"),
    [
        (
            "load",
            "ModuleNotFoundError",
            "No module named 'mine'",
            "it does not load where it was written: ModuleNotFoundError: No module named 'mine'",
            "--with-code PATH",
        ),
        ("load", "AttributeError", "Can't get attribute 'T'", "does not load", "--with PACKAGE"),
        ("load", "ValueError", "state", "does not load", "--from requirements.txt"),
        ("verify", "ValueError", "changed", "does not load", "--from requirements.txt"),
        (
            "load",
            "ImportError",
            "the code that came along cannot be imported: SystemExit",
            "does not load",
            "if __name__ == '__main__'",
        ),
        (
            "predict",
            "ValueError",
            "X has 2 features",
            "no rows can be made for it: ValueError: X has 2 features",
            "--data rows.npy",
        ),
    ],
)
def test_a_writer_that_fails_is_explained_with_what_to_try(stage, kind, message, reason, hint):
    found = result(Answer.UNKNOWN)

    explain_writer_failure(found, failure(stage, kind, message), with_data=False)

    assert reason in found.reason
    assert hint in found.hint
    assert found.traceback == "Traceback (most recent call last)"


@pytest.mark.parametrize(
    "message",
    ["a Scaler has none of predict, transform", "a dict that holds nothing that predicts"],
)
def test_rows_do_not_help_a_model_that_takes_none(message):
    found = result(Answer.UNKNOWN)
    kind = "crossload_worker.probe_model.CannotAsk"

    explain_writer_failure(found, failure("rows", kind, message), with_data=False)

    assert found.reason == f"no rows can be made for it: {message}"
    assert found.hint == ""


def test_rows_of_the_user_that_the_model_does_not_take_are_bad_input():
    saved = failure("rows", "ValueError", "X has 2 features, but 3 are expected")

    with pytest.raises(ConfigError, match="--data: .* ValueError: X has 2 features"):
        explain_writer_failure(result(), saved, with_data=True)


def test_a_side_names_the_versions_that_matter():
    needs = Needs(inspection("h5", names=(), written=[written("tensorflow", "2.12.0")]))

    found = side_of(built(tensorflow_cpu="2.12.0", numpy="1.23.5", absl_py="1.4.0"), needs)

    assert found.description == "Python 3.10.7, tensorflow 2.12.0"
    assert found.packages["absl-py"] == "1.4.0"
    assert (found.python, found.as_of) == ("3.10.7", "2023-05-08")
    learned = side_of(built(scikit_learn="1.2.2", numpy="1.24.3"), Needs(inspection()))
    assert learned.description == "Python 3.10.7, scikit-learn 1.2.2, numpy 1.24.3"


BEFORE = side(**{"scikit-learn": "1.2.2", "numpy": "1.24.3", "pytz": "2023.3"})
AFTER = side("3.12.1", **{"scikit-learn": "1.9.1", "numpy": "2.4.0", "tzdata": "2025.1"})


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (parse("numpy==2.4.0", option="--to"), "numpy 1.24.3 -> 2.4.0"),
        (
            parse("numpy==2.4.0 python==3.12", option="--to"),
            "numpy 1.24.3 -> 2.4.0, python 3.11.7 -> 3.12.1",
        ),
        (lock({"scikit-learn": "1.9.1"}), "scikit-learn 1.2.2 -> 1.9.1, numpy 1.24.3 -> 2.4.0"),
        (parse("pytz", option="--to"), "pytz 2023.3 -> absent"),
    ],
)
def test_the_upgrade_is_what_was_named_or_else_the_library(target, text):
    found = upgrade_text(Needs(inspection()), target, BEFORE, AFTER)

    assert found == text


def test_an_upgrade_that_does_not_touch_the_library_names_what_changes():
    needs, target = Needs(inspection()), lock({"scikit-learn": "1.2.2"})

    other = side(**{"scikit-learn": "1.2.2", "joblib": "1.5", "a": "1", "b": "1", "c": "1"})
    assert upgrade_text(needs, target, side(**{"scikit-learn": "1.2.2"}), other).startswith(
        "joblib absent -> 1.5"
    )
    rest = side(a="1", b="1", c="1")
    assert upgrade_text(needs, target, side(), rest) == "a absent -> 1, b absent -> 1"
    assert upgrade_text(needs, target, BEFORE, BEFORE) == "nothing that it needs changes"


def test_the_versions_that_the_file_records_are_named():
    known = parse("scikit-learn==1.2.2 numpy shap==0.4", option="--from")

    assert recorded_text(known, BEFORE) == "scikit-learn"
    assert recorded_text(lock({"scikit-learn": "1.2.2"}), BEFORE) == ""


def notes(found, source, packages=("pytz",)):
    preparation = Preparation(found, Question(packages=packages), None)
    return notes_of(preparation, source, Target(packages={}, notes=("of the target",)), BEFORE)


def test_guessed_versions_are_noted():
    found = inspection(names=("sklearn.a.B", "lightgbm.sklearn.C"))
    writer = side(**{"scikit-learn": "1.2.2", "lightgbm": "3.3.5"})
    source = Target(packages={"scikit-learn": "==1.2.2"}, notes=("of the source",))

    text = notes_of(Preparation(found, Question(), None), source, Target(packages={}), writer)

    assert text == [
        "of the source",
        "the file does not record the version of lightgbm: "
        "3.3.5 was taken, of the same time (--from names another)",
    ]


def test_a_file_that_contradicts_the_user_is_noted():
    found = inspection(written=[written(version="1.0.2"), written(version="1.1.3")])

    text = notes(found, parse("scikit-learn==1.2.2", option="--from"))

    assert text[0] == "of the target"
    assert text[1].startswith("the file records scikit-learn 1.0.2, 1.1.3, and was loaded with")
    assert text[1].endswith("1.2.2, as scikit-learn==1.2.2 says")
    assert "parts of it were written by other versions" in text[2]


def test_a_pipeline_of_several_releases_contradicts_nobody():
    found = inspection(written=[written(version="1.0.2"), written(version="1.2.2")])

    text = notes(found, parse("scikit-learn==1.2.2", option="--from"))

    assert text[1:] == [
        "parts of it were written by other versions of scikit-learn; the newest was taken"
    ]


def test_names_that_nobody_knows_are_noted():
    found = inspection(names=("sklearn.a.B",))
    found.names.append(name_of("mine.thing", Danger.UNKNOWN))

    text = notes(found, parse("scikit-learn==1.2.2", option="--from"), packages=("mine",))

    assert text == [
        "of the target",
        "it uses what is not known to be harmless: crossload inspect lists it",
    ]


def test_what_was_asked_is_told_for_each_model_in_the_file():
    saved = {
        "rows": {
            "first": {"count": 200, "told": "made"},
            "": {"count": 3, "told": "3 rows of x.csv"},
        },
        "methods": {"first": ["predict", "predict_proba"], "": ["transform"]},
    }

    assert asked_text(saved) == (
        "first: predict, predict_proba of 200 rows, made; transform of 3 rows, 3 rows of x.csv"
    )
