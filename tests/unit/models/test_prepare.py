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
from crossload.models.targets import parse


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
