"""A route in words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from builders_measuring import built
from builders_models import CAUSE, full, result

from crossload.models.result import Answer
from crossload.models.route import File, Route, Step, environment_name, to_text

OLD = built(scikit_learn="1.2.2", numpy="1.24.3")
MIDDLE = built("3.11", scikit_learn="1.4.2", numpy="1.26.4")


def way_through(*steps):
    final = File(model=SimpleNamespace(way=steps[-1].saves), steps=steps)
    return Route(direct=full(), steps=steps, final=final, answer=Answer.SAFE)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        (OLD, "scikit-learn 1.2.2, numpy 1.24.3, Python 3.10.7"),
        (
            built(tensorflow_cpu="2.12.0", numpy="1.23.5", scikit_learn="1.2.2"),
            "tensorflow 2.12.0, numpy 1.23.5, Python 3.10.7",
        ),
        (built(numpy="1.23.5"), "numpy 1.23.5, numpy 1.23.5, Python 3.10.7"),
    ],
)
def test_environments_are_named_by_the_library_first(environment, name):
    assert environment_name(environment) == name


def test_an_upgrade_that_is_safe_needs_no_detour():
    text = to_text(Route(direct=result(Answer.WARNING)))

    assert text == "model.joblib: no detour is needed: SAFE, WARNING ONLY"


def test_a_way_through_lists_its_steps_in_order():
    route = way_through(
        Step(built=OLD, loads="joblib", saves="pickle"),
        Step(built=MIDDLE, loads="pickle", saves="skops"),
    )

    assert to_text(route).splitlines() == [
        "model.joblib: a way through in 2 steps, each executed and compared",
        "  1. load as joblib with scikit-learn 1.2.2, numpy 1.24.3, Python 3.10.7, save as pickle",
        "  2. load as pickle with scikit-learn 1.4.2, numpy 1.26.4, Python 3.11.7, save as skops",
        "  then load as skops: SAFE",
    ]


def test_a_single_step_is_counted_as_one():
    text = to_text(way_through(Step(built=OLD, loads="joblib", saves="skops")))

    assert "a way through in 1 step, each" in text


def test_where_there_is_no_way_the_closest_miss_and_a_remedy_are_said():
    direct = full(cause=CAUSE)
    route = Route(direct=direct, miss="load; then BREAKS: no", tried=12, environments=3)

    assert to_text(route).splitlines() == [
        "model.joblib: no way through among 12 loads in 3 environments",
        "  loaded as it is: BREAKS: loading raises ValueError: broken",
        "  closest miss: load; then BREAKS: no",
        "  instead: keep an environment of the old version for it",
        "  cause: the trees changed",
    ]
    route.direct.cause, route.alternative = None, "retrain: it works"
    assert to_text(route).splitlines()[-1] == "  instead: retrain: it works"
