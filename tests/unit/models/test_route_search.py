"""The search for a way through, with a workspace that answers from a table."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pytest
from builders_measuring import FakeIndex, FakeWorkspace, environment, pickled, release
from builders_models import inspection, written
from packaging.version import Version

from crossload.errors import CannotMeasure, EnvironmentPinsError
from crossload.models import route_search
from crossload.models.check import Checker
from crossload.models.question import Question
from crossload.models.result import Answer
from crossload.models.route_search import Finder
from crossload.models.targets import parse
from crossload.models.trust import Trust

NEW = parse("scikit-learn==1.9.1", option="--to")


def with_array():
    """A file of joblib: one without arrays is a plain pickle."""
    stream = io.BytesIO()
    joblib.dump(np.ones(2), stream)
    return stream.getvalue()


FILES = {"pickle": pickled(), "joblib": with_array()}


def breaks_from(version):
    """Every file breaks where scikit-learn is that new."""

    def answer(_op, _model, versions):
        if Version(versions["scikit-learn"]) >= Version(version):
            return "ValueError: node array"
        return [0, 1, 1]

    return answer


@pytest.fixture
def finder(tmp_path):
    """A function that makes a finder for a model of scikit-learn 1.2.2, and what it said."""
    path = tmp_path / "model.joblib"
    path.write_bytes(pickled())

    def make(answer, target=NEW, **more):
        workspace = FakeWorkspace(tmp_path, answer)
        workspace.files = more.pop("files", FILES)
        workspace.index = FakeIndex(**more.pop("releases", {}))
        found = more.pop("found", None) or inspection(path=path)
        checker = Checker(workspace, found, more.pop("question", Question(trust=Trust.KNOWN)), None)
        said = []
        return Finder(checker, target, said.append), said

    return make


def test_an_upgrade_that_is_safe_is_searched_no_further(finder):
    search, said = finder(lambda *_: [0, 1, 1])

    route = search.find()

    assert (route.direct.answer, route.final, route.steps, said) == (Answer.SAFE, None, (), [])


def test_where_nothing_can_be_told_there_is_nothing_to_search(finder):
    search, _ = finder(lambda *_: "ValueError: no state")

    with pytest.raises(CannotMeasure, match="nothing can be told: it does not load") as caught:
        search.find()
    assert "--from" in caught.value.hint


def test_another_format_may_be_enough(finder):
    def answer(op, model, versions):
        if op == "reader" and versions["scikit-learn"] == "1.9.1" and model.way != "pickle":
            return "ValueError: joblib cannot"
        return [0, 1, 1]

    search, said = finder(answer)

    route = search.find()

    (step,) = route.steps
    assert (step.loads, step.saves, route.final.model.way) == ("joblib", "pickle", "pickle")
    assert step.built.lock.versions()["scikit-learn"] == "1.2.2"
    assert (route.answer, route.miss) == (Answer.SAFE, "")
    assert "load as pickle" in said[-1]
    assert said[-1].endswith(": SAFE")


def test_a_release_between_both_may_carry_it_over(finder):
    search, said = finder(None, releases={"scikit_learn": ["1.2.2", "1.4.2", "1.9.1"]})

    def answer(_op, model, versions):
        """1.9.1 reads what 1.4.2 saves, which reads what 1.2.2 saves again."""
        here, maker = versions["scikit-learn"], search.workspace.makers.get(model.path, "somebody")
        makers = {"1.9.1": ["1.4.2"], "1.4.2": ["1.2.2", "1.4.2"], "1.2.2": ["1.2.2", "somebody"]}
        return [0, 1, 1] if maker in makers[here] else f"ValueError: saved with {maker}"

    search.workspace.answer = answer

    route = search.find()

    versions = [step.built.lock.versions()["scikit-learn"] for step in route.steps]
    assert versions == ["1.2.2", "1.4.2"]
    assert route.answer is Answer.SAFE
    assert "  scikit-learn 1.4.2: reached" in said


def test_where_no_way_leads_the_closest_miss_is_told(finder):
    search, said = finder(
        breaks_from("1.5.0"), releases={"scikit_learn": ["1.2.2", "1.4.2", "1.5.2", "1.9.1"]}
    )

    route = search.find()

    assert (route.final, route.steps, route.answer) == (None, (), None)
    assert route.miss.startswith("load as joblib with scikit-learn 1.2.2")
    assert route.miss.endswith("; then BREAKS: ValueError: node array")
    assert route.environments == 4
    assert route.tried > 4
    assert "  scikit-learn 1.5.2: not reached" in said


def test_where_no_file_could_be_made_the_file_itself_is_the_closest_miss(finder):
    search, _ = finder(breaks_from("1.5.0"), files={})

    route = search.find()

    assert route.miss == "loaded as it is: BREAKS: loading raises ValueError: node array"
    assert route.alternative == ""


def test_a_model_that_cannot_be_saved_again_has_no_way(finder):
    def answer(op, model, versions):
        return "TypeError: no" if op == "resave" else breaks_from("1.5.0")(op, model, versions)

    search, said = finder(answer)

    assert search.find().final is None
    assert said == []


def test_files_that_are_no_models_and_releases_without_environment_are_passed_over(finder):
    search, said = finder(
        breaks_from("1.5.0"),
        files={"pickle": b"", "joblib": with_array()},
        releases={"scikit_learn": ["1.2.2", "1.3.2", "1.4.2", "1.9.1"]},
    )
    search.workspace.refused["scikit-learn==1.3.2"] = EnvironmentPinsError("no wheel")

    search.find()

    assert not any("pickle" in line or "1.3.2" in line for line in said)
    assert any("1.4.2: reached" in line for line in said)


def releases_of(search, before, after):
    workspace = search.workspace
    ends = [workspace.build(environment(*each)) for each in (before, after)]
    return list(search._releases(*ends))


OLD_SKLEARN = ("scikit-learn==1.0.2", "numpy==1.21.6")


def test_of_each_minor_version_the_newest_is_tried_next_to_the_end_first(finder):
    known = ["0.24.2", "1.0.1", "1.0.2", "1.1.1", "1.1.3", "1.2.1", "1.3.2", "1.4.0"]
    known += ["not-a-version", release("1.2.2", yanked=True)]
    search, _ = finder(breaks_from("1.5.0"), releases={"scikit_learn": known})
    new = ("scikit-learn==1.4.0", "numpy==1.21.6")

    forth, back = releases_of(search, OLD_SKLEARN, new), releases_of(search, new, OLD_SKLEARN)

    assert [each.packages for each in forth] == [
        {"scikit-learn": "==1.3.2"},
        {"scikit-learn": "==1.2.1"},
        {"scikit-learn": "==1.1.3"},
    ]
    assert forth[0].source == "scikit-learn 1.3.2"
    assert [each.packages for each in back] == [each.packages for each in reversed(forth)]


def test_an_upgrade_of_numpy_goes_through_releases_of_numpy(finder):
    search, _ = finder(breaks_from("1.5.0"), releases={"numpy": ["1.21.6", "1.22.4", "1.23.5"]})

    (found,) = releases_of(search, OLD_SKLEARN, ("scikit-learn==1.0.2", "numpy==1.23.5"))

    assert found.packages == {"scikit-learn": "==1.0.2", "numpy": "==1.22.4"}
    assert releases_of(search, OLD_SKLEARN, OLD_SKLEARN) == []


def test_of_many_releases_a_few_are_tried_spread_over_all(finder):
    known = [f"1.{minor}.0" for minor in range(40)]
    search, _ = finder(breaks_from("1.5.0"), releases={"scikit_learn": known})

    found = releases_of(search, ("scikit-learn==1.0.0",), ("scikit-learn==1.39.0",))

    minors = [int(each.packages["scikit-learn"].split(".")[1]) for each in found]
    assert len(minors) == route_search.MOST_BETWEEN
    assert max(minors) - min(minors) > 25


def retrained(before, after, rows=""):
    def answer(op, model, versions):
        if op == "refit":
            return after
        found = breaks_from("1.5.0")(op, model, versions)
        fields = {"tasks": {"": "classifier"}, "rows": {rows: {"count": 3, "told": "made"}}}
        fields["methods"] = {rows: ["predict"]}
        return found if isinstance(found, str) else {"predict": before, **fields}

    return answer


UNFITTED = {"unfitted": pickled()}


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ([0, 1, 1], [0, 1, 0], "3 made rows with its own answers as labels: 2 answers agree)"),
        (["a", "b"], ["a", "b"], "2 made rows with its own answers as labels: 2 answers agree)"),
        ([0.5, 1.5], [0.5, 1.25], "load there and can be fitted"),
        ([0, 1], {"call": [0, 1]}, "load there and can be fitted"),
        ([0, 1], [0, 1, 1], "load there and can be fitted"),
    ],
)
def test_fitting_anew_is_advised_where_it_was_seen_to_work(finder, before, after, text):
    search, _ = finder(retrained(before, after), files=UNFITTED)

    route = search.find()

    assert route.alternative.startswith("retrain: its parameters, saved without the fitted values")
    assert route.alternative.endswith(text)


@pytest.mark.parametrize(
    ("answer", "files"),
    [
        (retrained([0, 1, 1], "ValueError: cannot be fitted"), UNFITTED),
        (retrained([0, 1, 1], [0, 1, 1]), {"unfitted": b""}),
        (retrained([0, 1, 1], [0, 1, 1]), {}),
        (retrained([0, 1, 1], [0, 1, 1], rows="first"), UNFITTED),
    ],
)
def test_fitting_anew_is_not_advised_where_it_was_not(finder, answer, files):
    search, _ = finder(answer, files=files)

    assert search.find().alternative == ""


def test_keras_files_are_saved_in_the_formats_of_keras_and_not_fitted_anew(
    finder, tmp_path, monkeypatch
):
    facts = {"names": (), "written": [written("tensorflow", "2.12.0")]}
    monkeypatch.setattr(
        route_search, "inspect_file", lambda path: inspection("savedmodel", path=path, **facts)
    )

    def answer(_op, _model, versions):
        broken = "2.18.0" in versions.values()
        return "ValueError: no layer" if broken else {"call": np.array([0.5])}

    search, said = finder(
        answer,
        parse("tensorflow==2.18.0", option="--to"),
        found=inspection("h5", path=tmp_path / "model.joblib", **facts),
        files={"keras": b"x", "unfitted": pickled()},
    )

    route = search.find()

    # before TensorFlow 2.13 ".keras" was the name of a folder: it is loaded as what it is
    assert any("load as savedmodel-signature" in line for line in said)
    assert search.needs.optional == ()
    assert (route.final, route.alternative) == (None, "")
