"""The check of one model, with a workspace that answers from a table."""

from __future__ import annotations

import numpy as np
import pytest
from builders_measuring import FakeWorkspace
from builders_models import inspection, lock, written

from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    IndexUnavailable,
    NoWheels,
)
from crossload.models.check import Checker
from crossload.models.question import Question
from crossload.models.result import Answer
from crossload.models.rows import UserRows, data_of
from crossload.models.targets import Target, parse
from crossload.verdict import Verdict

NEW = parse("scikit-learn==1.9.1", option="--to")
OLD_LOCK = {"scikit-learn": "1.2.2", "numpy": "1.24.3"}


def breaks_in_the_new(_op, _model, versions):
    return "ValueError: node array" if versions["scikit-learn"] == "1.9.1" else [0, 1, 1]


def drifts_in_the_new(_op, _model, versions):
    return [0, 1, 0] if versions["scikit-learn"] == "1.9.1" else [0, 1, 1]


@pytest.fixture
def checker(tmp_path):
    def make(answer=None, found=None, question=None, source=None):
        workspace = FakeWorkspace(tmp_path, answer) if answer else FakeWorkspace(tmp_path)
        return Checker(workspace, found or inspection(), question or Question(), source)

    return make


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


def test_equal_answers_are_safe_and_carry_their_evidence(checker):
    found = checker().check(NEW)

    assert (found.answer, found.verdict) == (Answer.SAFE, "identical")
    assert found.upgrade == "scikit-learn 1.2.2 -> 1.9.1"
    assert (found.source, found.recorded, found.way) == ("the file", "scikit-learn", "joblib")
    assert found.asked == "predict of 3 rows, made"
    assert (found.writer.packages["scikit-learn"], found.reader.packages["scikit-learn"]) == (
        "1.2.2",
        "1.9.1",
    )
    assert (found.labels, found.other_ways, found.cause) == (False, [], None)
    assert found.seconds > 0


def test_a_load_that_fails_breaks_with_the_traceback(checker):
    found = checker(breaks_in_the_new).check(NEW)

    assert (found.answer, found.verdict) == (Answer.BREAKS, "load-error")
    assert found.reason == "ValueError: node array"
    assert found.traceback == "Traceback: ValueError: node array"


def test_the_cause_of_a_known_failure_comes_with_its_remedy(checker):
    known = inspection(names=("sklearn.ensemble._forest.RandomForestClassifier",))

    def answer(_op, _model, versions):
        if versions["scikit-learn"] == "1.9.1":
            return "ValueError: node array from the pickle has an incompatible dtype"
        return [0, 1, 1]

    found = checker(answer, known).check(NEW)

    assert found.cause.why
    assert found.cause.do


def test_a_drift_is_believed_when_the_writer_repeats_itself(checker):
    found = checker(drifts_in_the_new).check(NEW)

    assert (found.answer, found.judgement.changed_labels) == (Answer.DRIFT, 1)


def test_a_model_that_draws_numbers_is_no_fault_of_the_upgrade(checker):
    count = iter(range(9))
    found = checker(lambda *_: [0, 1, next(count)]).check(NEW)

    assert (found.answer, found.judgement.verdict) == (Answer.UNKNOWN, Verdict.UNSTABLE)
    assert found.reason == "its answers differ from process to process where it was written"


def test_a_writer_that_fails_leaves_nothing_to_compare(checker):
    found = checker(lambda *_: "ModuleNotFoundError: No module named 'mine'").check(NEW)

    assert (found.answer, found.verdict) == (Answer.UNKNOWN, "")
    assert "does not load where it was written" in found.reason
    assert "--with-code" in found.hint


def test_warnings_notes_and_missing_isolation_reach_the_answer(checker):
    def answer(op, _model, _versions):
        if op == "writer":
            facts = {"notes": ["rows hold \x1b[31m zeros"], "network": "Operation not permitted"}
            return {"predict": [0, 1], **facts}
        warned = [{"category": "InconsistentVersionWarning", "text": "t", "count": 2}]
        return {"predict": [0, 1], "warnings": warned}

    found = checker(answer).check(NEW)

    assert found.answer is Answer.WARNING
    assert found.warnings[0]["count"] == 2
    assert "\x1b" not in found.notes[0]
    assert "network access" in found.notes[1]
    assert found.notes[1].endswith("Operation not permitted")


def test_both_processes_start_before_either_is_asked_unless_the_writer_is_known(checker):
    first, second = checker(), checker()
    second.workspace.known_writer = True

    first.check(NEW)
    second.check(NEW)

    assert first.workspace.started == [("scikit-learn==1.2.2",), ("scikit-learn==1.9.1",)]
    assert second.workspace.started == []


def test_the_writer_is_asked_once_for_many_upgrades(checker):
    checking = checker()

    for version in ("1.3.0", "1.4.0"):
        checking.check(parse(f"scikit-learn=={version}", option="--to"))

    assert [each[0] for each in checking.workspace.asked] == ["writer", "reader", "reader"]


def test_an_upgrade_that_changes_nothing_is_not_measured_where_that_is_enough(checker):
    checking = checker(source=lock(OLD_LOCK))
    flask_alone = lock({**OLD_LOCK, "flask": "3.0"})

    found = checking.check(flask_alone, skip_same=True)

    assert (found.answer, found.reason) == (Answer.SAFE, "nothing that it needs changes")
    assert checking.workspace.asked == []
    assert checking.check(flask_alone).verdict == "identical"


def test_labels_give_metrics(checker):
    data = data_of(np.ones((3, 2)), [0, 1, 1])
    checking = checker(drifts_in_the_new, question=Question(data=data))

    found = checking.check(NEW)

    assert found.labels
    assert (found.judgement.before["accuracy"], found.answer) == (1.0, Answer.DRIFT)
    kept = checking.workspace.data["kept"]
    assert (checking.workspace.store.blobs.outputs / f"{kept}.npz").exists()
    assert checking.workspace.data["count"] == 3


def test_labels_are_those_of_no_model_where_the_file_holds_several(checker):
    data = data_of(np.ones((3, 2)), [0, 1, 1])

    def answer(_op, _model, _versions):
        return {"predict": [0, 1, 1], "tasks": {"a": "classifier", "b": "classifier"}}

    assert not checker(answer, question=Question(data=data)).check(NEW).labels


@pytest.mark.parametrize("error", [EnvironmentUnavailable, IndexUnavailable])
def test_what_this_machine_lacks_is_an_answer(checker, error):
    checking = checker()
    checking.workspace.refused["scikit-learn==1.9.1"] = error("no uv", hint="install uv")

    found = checking.check(NEW)

    assert found.answer is Answer.UNKNOWN
    assert found.reason == "an environment cannot be had here: no uv"
    assert found.hint == "install uv"


@pytest.mark.parametrize("error", [EnvironmentPinsError, NoWheels])
@pytest.mark.parametrize(
    ("pin", "which"),
    [("scikit-learn==1.9.1", "asked for"), ("scikit-learn==1.2.2", "that wrote it")],
)
def test_pins_that_exclude_each_other_are_bad_input(checker, error, pin, which):
    checking = checker()
    checking.workspace.refused[pin] = error("no such release", hint="other pins")

    with pytest.raises(ConfigError, match=f"the environment {which}: no such release") as caught:
        checking.check(NEW)
    assert caught.value.hint == "other pins"


def test_libraries_that_are_not_named_keep_the_version_they_were_resolved_to(checker):
    found = inspection(names=("sklearn.a.B", "lightgbm.sklearn.C"))

    answered = checker(found=found).check(NEW)

    assert answered.reader.packages["lightgbm"] == answered.writer.packages["lightgbm"] == "1.0"


def test_pandas_is_there_on_both_sides_where_the_user_says_so(checker):
    source = parse("scikit-learn==1.2.2 pandas==1.4.0", option="--from")

    answered = checker(source=source).check(NEW)

    assert answered.writer.packages["pandas"] == "1.4.0"
    assert "pandas" in answered.reader.packages


def test_rows_with_text_bring_pandas_which_a_lock_need_not_name(checker):
    data = UserRows(["a", "b"], [np.array([1.0]), np.array(["x"])], None, "1 row")
    checking = checker(question=Question(data=data))

    answered = checking.check(lock({"scikit-learn": "1.9.1", "numpy": "2.4.0"}))

    assert answered.reader.packages["pandas"] == answered.writer.packages["pandas"]


SAVED_MODEL = {"fmt": "savedmodel", "names": (), "written": [written("tensorflow", "2.12.0")]}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "saved"
    path.mkdir()
    (path / "keras_metadata.pb").write_bytes(b"x")
    (path / "saved_model.pb").write_bytes(b"x")
    return inspection(**SAVED_MODEL, path=path)


def of_ways(**ways):
    def answer(op, model, _versions):
        return ways.get(model.way, {"call": [0.5]}) if op == "reader" else {"call": [0.5]}

    return answer


def test_the_other_ways_of_loading_are_answered_too(checker, folder):
    answer = of_ways(**{"savedmodel-signature": {"predict": [0.5]}, "savedmodel-tfsm": "E: no"})

    found = checker(answer, folder).check(parse("tensorflow==2.16.1", option="--to"))

    assert (found.way, found.answer) == ("savedmodel-keras", Answer.SAFE)
    assert [(each.way, each.answer, each.reason) for each in found.other_ways] == [
        ("savedmodel-signature", Answer.UNKNOWN, "its outputs have other names"),
        ("savedmodel-tfsm", Answer.BREAKS, "E: no"),
    ]


def test_who_chose_a_way_is_answered_for_that_one_which_the_writer_may_lack(checker, folder):
    checking = checker(of_ways(), folder, Question(way="savedmodel-tfsm"))

    found = checking.check(parse("tensorflow==2.16.1", option="--to"))

    assert (found.way, found.other_ways) == ("savedmodel-tfsm", [])
    assert [each[:2] for each in checking.workspace.asked] == [
        ("writer", "savedmodel-signature"),
        ("reader", "savedmodel-tfsm"),
    ]
