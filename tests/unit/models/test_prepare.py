"""What is settled about a model before anything is loaded."""

from __future__ import annotations

import pytest
from builders_models import (
    inspection,
    written,
)

from crossload.errors import ConfigError
from crossload.models.prepare import Preparation
from crossload.models.question import CannotTell, Question
from crossload.models.targets import Target, parse


@pytest.mark.parametrize(
    ("found", "question", "told", "hint"),
    [
        (inspection(names=("sklearn.a.B", "mine.C")), Question(), "module mine", "--with-code"),
        (
            inspection(names=("__main__.Thing",)),
            Question(),
            "saved by a script that defines Thing",
            "--with-code SCRIPT",
        ),
        (
            inspection("weights-h5", written=[written("keras", "2.10.0")]),
            Question(),
            "weights alone",
            "--build",
        ),
    ],
)
def test_what_the_user_must_bring_along(found, question, told, hint):
    with pytest.raises(CannotTell, match=told) as caught:
        Preparation(found, question, None).model()
    assert hint in caught.value.hint


def test_a_way_of_loading_that_the_format_does_not_have_is_bad_input():
    with pytest.raises(ConfigError, match="is loaded as joblib"):
        Preparation(inspection(), Question(way="savedmodel-tfsm"), None).model()


def test_who_names_numpy_alone_keeps_the_library():
    preparation = Preparation(inspection(), Question(), None)

    assert preparation.target(parse("numpy==2.4", option="--to")).packages == {
        "numpy": "==2.4",
        "scikit-learn": "==1.2.2",
    }
    assert preparation.target(parse("scikit-learn==1.9.1", option="--to")).packages == {
        "scikit-learn": "==1.9.1"
    }


def test_keras_and_tensorflow_move_together():
    preparation = Preparation(
        inspection("keras", names=(), written=[written("keras", "3.5.0")]), Question(), None
    )

    assert preparation.target(parse("tensorflow==2.21.0", option="--to")).packages == {
        "tensorflow": "==2.21.0"
    }


def test_the_whole_lock_of_the_writer_must_name_the_library():
    lock = Target(packages={"flask": "==3.0"}, complete=True, source="old.txt")

    with pytest.raises(CannotTell, match=r"old\.txt does not name scikit-learn") as caught:
        Preparation(inspection(), Question(), lock).source()
    assert caught.value.hint == "name a lock that does, or give versions"
    whole = Target(packages={"scikit-learn": "==1.2.2"}, complete=True)
    assert Preparation(inspection(), Question(), whole).source() is whole


def test_versions_that_the_user_names_count_more_than_those_of_the_file():
    named = parse("numpy==1.21", option="--from")

    assert Preparation(inspection(), Question(), named).source() is named


def test_a_lock_with_keras_alone_is_enough_for_a_network():
    found = inspection("keras", names=(), written=[written("keras", "3.5.0")])
    lock = Target(packages={"keras": "==3.5.0"}, complete=True)

    assert Preparation(found, Question(), None).target(lock) is lock


def test_packages_of_the_user_may_hold_modules_of_any_name():
    found = inspection(names=("sklearn.a.B", "mine.C"))

    assert Preparation(found, Question(packages=("other",)), None).model().way == "joblib"


def test_a_model_without_a_library_is_one_of_numpy():
    found = inspection("pickle", names=("numpy.ndarray",), written=[written("numpy", "1.24.3")])

    assert Preparation(found, Question(), None).libraries == ["numpy"]
