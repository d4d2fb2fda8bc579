"""From the options of the commands to models, a question and a workspace."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from builders_measuring import pickled

from crossload.cli.main import main, make_parser
from crossload.errors import ConfigError
from crossload.inspection import NotAModel
from crossload.models.inputs import (
    agreed_models,
    inspect_models,
    open_workspace,
    paths_of,
    question_of,
    source_of,
)
from crossload.models.own_code import OwnCode
from crossload.models.result import Answer
from crossload.models.trust import Trust


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_a_tolerance_is_a_number_of_at_least_0(value, tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.ones(2))

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1]))
    assert (
        main(
            ["check", str(tmp_path / "m.pkl"), "--to", "numpy==2.3.1", "--trust", f"--atol={value}"]
        )
        == 2
    )
    assert "at least 0" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x @ file:///tmp/x", "x; y", "-r", ""])
def test_a_package_is_named_by_its_name_alone(name, tmp_path, capsys):

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1]))
    assert (
        main(
            ["check", str(tmp_path / "m.pkl"), "--to", "numpy==2.3.1", "--trust", f"--with={name}"]
        )
        == 2
    )
    assert "not the name of a package" in capsys.readouterr().err


def test_a_search_is_about_one_file(here):
    for name in ("a.pkl", "b.pkl"):
        (here / name).write_bytes(b"x")

    with (
        pytest.raises(ConfigError, match="2 files match"),
        agreed_models(options(), ["*.pkl"], print, single=True),
    ):
        pytest.fail("nothing was agreed to")


def options(*arguments):
    return make_parser().parse_args(["check", "*.pkl", "--to", "numpy==2.3.1", *arguments])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_patterns_and_names_give_each_file_once(here):
    for name in ("a.pkl", "b.pkl", "x[1].pkl"):
        (here / name).write_bytes(b"x")

    found = paths_of(["b.pkl", "?.pkl", "x[1].pkl"])

    assert [each.name for each in found] == ["b.pkl", "a.pkl", "x[1].pkl"]
    with pytest.raises(ConfigError, match="none/\\*: there is no such file") as caught:
        paths_of(["b.pkl", "none/*"])
    assert "models/*.joblib" in caught.value.hint


LONG = "a" * 5000


@pytest.mark.parametrize(
    "arguments",
    [["check", LONG], ["check", "m.pkl", "--with-code", LONG], ["check", "m.pkl", "--data", LONG]],
)
def test_a_name_that_is_too_long_for_a_file_is_one_that_is_not_there(here, arguments, capsys):
    (here / "m.pkl").write_bytes(pickled())

    assert main([*arguments, "--to", "numpy==2.3.1"]) == 2
    assert "there is no such file" in capsys.readouterr().err


def inspected(*patterns, trust=Trust.KNOWN):
    return inspect_models(paths_of(patterns), trust, OwnCode())


@pytest.fixture
def several(here):
    (here / "a.pkl").write_bytes(pickled())
    (here / "empty.pkl").write_bytes(b"")
    (here / "evil.pkl").write_bytes(pickled(module="os", name="system"))
    (here / "odd.pkl").write_bytes(pickled(module="mine", name="Own"))
    return here


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("trust", "names"),
    [
        (Trust.KNOWN, ["a.pkl"]),
        (Trust.UNKNOWN, ["a.pkl", "odd.pkl"]),
        (Trust.DANGEROUS, ["a.pkl", "evil.pkl", "odd.pkl"]),
        # nobody said anything about any of them: that is the question about all
        (Trust.NOTHING, ["a.pkl", "odd.pkl"]),
    ],
)
def test_of_several_files_those_that_cannot_be_loaded_are_answered(monkeypatch, trust, names):
    monkeypatch.setattr("crossload.models.inputs.can_ask", lambda: False)

    found, refused = inspected("*.pkl", trust=trust)

    assert [each.path.name for each in found] == names
    reasons = {each.path.name: each.reason for each in refused}
    assert {each.answer for each in refused} == {Answer.UNKNOWN}
    assert "the file is empty" in reasons["empty.pkl"]
    if "evil.pkl" in reasons:
        assert "known to be dangerous: os.system" in reasons["evil.pkl"]
    if "odd.pkl" in reasons:
        assert "--trust does not cover: mine.Own" in reasons["odd.pkl"]


@pytest.mark.usefixtures("several")
def test_at_a_terminal_unknown_names_are_a_question(monkeypatch):
    monkeypatch.setattr("crossload.models.inputs.can_ask", lambda: True)

    assert [each.path.name for each in inspected("*.pkl")[0]] == ["a.pkl", "odd.pkl"]


def test_a_single_file_that_is_no_model_is_a_mistake(here):
    (here / "empty.pkl").write_bytes(b"")

    with pytest.raises(NotAModel, match="empty"):
        inspected("empty.pkl")


def test_what_was_agreed_to_is_a_copy_under_the_users_name(here, monkeypatch):
    monkeypatch.setenv("CROSSLOAD_CACHE", str(here / "cache"))
    (here / "a.pkl").write_bytes(pickled())

    with agreed_models(options("--trust"), ["a.pkl"], print) as agreed:
        (found,) = agreed.models
        assert found.path == Path("a.pkl")
        assert found.place.read_bytes() == pickled()
        assert found.place.is_relative_to(here / "cache")
        assert agreed.question.trust is Trust.KNOWN
    assert not found.place.exists()


def test_options_become_a_question(here):
    (here / "mine.py").write_text("")
    (here / "x.csv").write_text("a,y\n1,0\n2,1\n")

    question = question_of(
        options(
            *["--with-code", "mine.py", "--with", "lightgbm", "--build", "network"],
            *["--data", "x.csv", "--target", "y", "--atol", "0.1", "--load-as", "pickle"],
        )
    )

    assert question.code == (here / "mine.py",)
    assert (question.packages, question.build, question.way) == (("lightgbm",), "network", "pickle")
    assert question.data.truth.tolist() == [0, 1]
    assert (question.tolerance.atol, question.tolerance.rtol) == (0.1, None)
    assert question_of(options()).data is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--with-code", "none.py"], "--with-code none.py: there is no such file"),
        (["--target", "y"], "--target needs --data"),
        (["--build", "a b"], "--build a b: neither the name of a package nor of a function"),
    ],
)
def test_options_that_lack_something_are_named(here, arguments, told):
    with pytest.raises(ConfigError, match=told):
        question_of(options(*arguments))


def test_the_versions_of_the_writer_are_those_that_were_named():
    assert source_of(options()) is None
    assert source_of(options("--from", "numpy==1.21")).packages == {"numpy": "==1.21"}


def test_a_workspace_has_the_limits_of_the_options_and_says_what_was_damaged(
    here, monkeypatch, capsys
):
    monkeypatch.setenv("CROSSLOAD_CACHE", str(here / "cache"))

    with open_workspace(options("--seconds", "7", "--memory", "300", "--no-fork")) as workspace:
        workspace.store.damage_notes.append("x.npz was damaged")

    assert (workspace.limits.seconds, workspace.limits.memory_mb) == (7, 300)
    assert workspace.no_fork
    assert workspace.project.root == here / "cache"
    assert capsys.readouterr().err == "NOTE x.npz was damaged\n"
