"""``crossload.check``, with a workspace that answers from a table."""

from __future__ import annotations

import numpy as np
import pytest
from builders_measuring import FakeWorkspace, pickled

import crossload
from crossload.api import models
from crossload.errors import ConfigError, DangerousFile, NotTrusted
from crossload.inspection import NotAModel
from crossload.models.result import Answer

NEW = "scikit-learn==1.9.1"


def breaks_in_the_new(_op, _model, versions):
    return "ValueError: node array" if versions["scikit-learn"] == "1.9.1" else [0, 1, 1]


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The workspaces that were opened, with their options."""
    found = []

    class Opened(FakeWorkspace):
        def __init__(self, **options):
            super().__init__(tmp_path, breaks_in_the_new)
            self.options = options
            found.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.closed = True

    monkeypatch.setattr(models, "Workspace", Opened)
    return found


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "model.pkl"
    found.write_bytes(pickled())
    return found


def test_the_answer_prints_as_the_command_line_does(opened, path):
    result = crossload.check(path, to=NEW, trust=True)

    assert isinstance(result, models.ModelCheck)
    assert (result.answer, result.verdict, result.safe) == (Answer.BREAKS, "load-error", False)
    assert repr(result).startswith("<BREAKS  ")
    assert repr(result).endswith("scikit-learn 1.2.2 -> 1.9.1>")
    assert "loading raises ValueError: node array" in str(result)
    assert opened[0].closed


def test_a_safe_upgrade_is_an_assertion_that_holds(opened, path):
    assert crossload.check(str(path), to="scikit-learn==1.3.0", trust=True).safe


def test_options_reach_the_question_and_the_workspace(opened, path, tmp_path):
    (tmp_path / "mine.py").write_text("")

    result = crossload.check(
        path,
        to="scikit-learn==1.3.0",
        source="scikit-learn==1.1.0",
        data=np.ones((3, 2)),
        target=[0, 1, 1],
        trust=True,
        with_code=[tmp_path / "mine.py"],
        packages=["lightgbm"],
        load_as="pickle",
        atol=0.5,
        fresh=True,
    )

    assert opened[0].options["fresh"]
    assert opened[0].data["count"] == 3
    assert result.writer.packages["scikit-learn"] == "1.1.0"
    assert "lightgbm" in result.reader.packages
    assert (result.labels, result.judgement.before["accuracy"]) == (True, 1.0)


@pytest.mark.parametrize(
    ("name", "value"), [("atol", float("nan")), ("rtol", float("inf")), ("rtol", -1)]
)
def test_a_tolerance_that_lets_everything_pass_is_refused(opened, path, name, value):
    with pytest.raises(ConfigError, match=f"{name} .*at least 0"):
        crossload.check(path, to=NEW, trust=True, **{name: value})
    assert opened == []


def test_without_trust_nothing_is_loaded_and_nobody_is_asked(opened, path):
    said = []

    with pytest.raises(NotTrusted):
        crossload.check(path, to=NEW, say=said.append)
    assert "scikit-learn 1.2.2" in said[0]
    assert opened == []


def test_trust_does_not_cover_what_is_known_to_be_dangerous(opened, path):
    path.write_bytes(pickled(module="os", name="system"))

    for more in ({}, {"trust_unknown": True}):
        with pytest.raises(DangerousFile) as caught:
            crossload.check(path, to=NEW, trust=True, **more)
        assert "trust_dangerous=True" in caught.value.hint
    assert opened == []
    assert crossload.check(path, to=NEW, trust_dangerous=True).answer is Answer.BREAKS


def test_unknown_names_are_told_with_the_argument_to_add(opened, path):
    path.write_bytes(pickled(module="odd", name="Thing"))

    with pytest.raises(NotTrusted, match=r"odd\.Thing") as caught:
        crossload.check(path, to=NEW, trust=True)
    assert "trust_unknown=True" in caught.value.hint
    assert opened == []
    assert crossload.check(path, to=NEW, trust_unknown=True).reason.startswith(
        "it needs the module"
    )


def test_a_file_that_is_swapped_afterwards_is_not_loaded(opened, path, monkeypatch):
    loaded = []
    copy = models.Copies.inspect

    def swapping(self, given):
        found = copy(self, given)
        path.write_bytes(pickled(module="os", name="system"))
        return found

    monkeypatch.setattr(models.Copies, "inspect", swapping)
    monkeypatch.setattr(
        FakeWorkspace, "ask_writer", lambda _self, model, *_: loaded.append(model.path.read_bytes())
    )

    with pytest.raises(TypeError):  # this workspace has no answer
        crossload.check(path, to=NEW, trust=True)
    assert loaded == [pickled()]


@pytest.mark.parametrize(
    "options",
    [
        {"packages": ["x @ file:///tmp/x"]},
        {"with_code": ["none.py"]},
        {"with_code": ["a" * 5000]},
        {"to": "--x"},
    ],
)
def test_messages_name_arguments_of_python(opened, path, options):
    with pytest.raises(ConfigError) as caught:
        crossload.check(path, **({"to": NEW, "trust": True} | options))
    assert "--w" not in f"{caught.value} {caught.value.hint}"
    assert opened == []


def test_a_file_that_is_no_model_is_an_error(opened, path):
    path.write_bytes(b"")

    with pytest.raises(NotAModel):
        crossload.check(path, to=NEW, trust=True)


def test_that_nothing_can_be_told_is_an_answer(opened, path):
    path.write_bytes(pickled(version=""))

    result = crossload.check(path, to=NEW, trust=True)

    assert (result.answer, result.exit_code) == (Answer.UNKNOWN, 3)
    assert 'source="scikit-learn==1.2.2"' in result.hint
