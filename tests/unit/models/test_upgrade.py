"""The upgrade of a lock, for every model of a repository."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from builders_measuring import FakeIndex, FakeWorkspace, opened, pickled
from packaging.version import Version

from crossload.cli.main import make_parser
from crossload.errors import ConfigError
from crossload.models import upgrade
from crossload.models.upgrade import pairs_of, upgrade_command

OLD = "scikit-learn==1.2.2\nnumpy==1.24.3\njoblib==1.2.0\n"
NEW = "scikit-learn==1.9.1\nnumpy==2.4.0\njoblib==1.2.0\n"


def parsed(*arguments):
    return make_parser().parse_args(["upgrade", *arguments, "--models", "*.pkl", "--trust"])


def breaks_from(version):
    def answer(_op, _model, versions):
        broken = Version(versions["scikit-learn"]) >= Version(version)
        return "ValueError: node array" if broken else [0, 1, 1]

    return answer


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A function that upgrades from one requirements file to another in a folder of models."""
    for name in ("a.pkl", "b.pkl"):
        (tmp_path / name).write_bytes(pickled())
    (tmp_path / "old.txt").write_text(OLD)
    (tmp_path / "new.txt").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    workspace = FakeWorkspace(tmp_path, breaks_from("1.5.0"))
    monkeypatch.setattr(upgrade, "open_workspace", opened(workspace))

    def call(*arguments):
        said = []
        chosen = parsed("--from", "old.txt", "--to", "new.txt", *arguments)
        return upgrade_command(chosen, out=said.append), "\n".join(said)

    call.workspace = workspace
    return call


@pytest.mark.parametrize(
    ("arguments", "pairs"),
    [
        (["--from", "a", "--to", "b"], [("a", "b")]),
        (["uv.lock"], [("HEAD:uv.lock", "uv.lock")]),
        (
            ["uv.lock", "x/requirements.txt", "--base", "main"],
            [("main:uv.lock", "uv.lock"), ("main:x/requirements.txt", "x/requirements.txt")],
        ),
    ],
)
def test_locks_are_compared_with_those_of_a_revision_or_with_each_other(arguments, pairs):
    assert pairs_of(parsed(*arguments)) == pairs


@pytest.mark.parametrize(
    ("arguments", "told", "hint"),
    [
        (["--from", "a"], "takes --from OLD and --to NEW", "--base main"),
        (["--to", "a"], "takes --from OLD and --to NEW", "--base main"),
        (["--from", "a", "--to", "b", "uv.lock"], "or LOCK files", "--base main"),
        ([], "which lock", "--from OLD --to NEW"),
        (["uv.lock", "a.joblib"], "a.joblib: not a lock file", "quote patterns"),
    ],
)
def test_options_that_name_no_lock_are_bad_input(arguments, told, hint):
    with pytest.raises(ConfigError, match=told) as caught:
        pairs_of(parsed(*arguments))
    assert hint in caught.value.hint


def test_every_model_is_answered_and_counted_at_the_end(call, capsys):
    code, text = call()

    assert code == 1
    assert text.startswith("old.txt -> new.txt\nBREAKS")
    assert text.splitlines()[-3] == "2 models: 2 BREAKS"
    assert "[2/2] b.pkl" in capsys.readouterr().err


def test_files_that_are_no_models_are_answered_too(call, tmp_path):
    (tmp_path / "c.pkl").write_bytes(b"")
    call.workspace.answer = lambda *_: [0, 1]

    code, text = call()

    assert code == 3
    assert "3 models: 1 CANNOT TELL, 2 SAFE" in text


def test_locks_that_concern_no_model_cost_nothing(call, tmp_path):
    (tmp_path / "old.txt").write_text("sphinx==7.0\n")
    (tmp_path / "new.txt").write_text("sphinx==8.0\n")

    code, text = call()

    assert code == 0
    assert text.splitlines() == [
        "old.txt -> new.txt",
        "  names nothing that these models are made of: nothing to check",
        "nothing to check",
    ]
    assert call.workspace.asked == []


def test_locks_that_do_not_differ_are_not_measured(call, tmp_path):
    (tmp_path / "new.txt").write_text(OLD)

    code, text = call("--newest-safe")

    assert (code, call.workspace.asked) == (0, [])
    assert text.endswith("newest safe: everything can be upgraded")


def test_the_newest_safe_versions_are_searched_at_last(call, capsys):
    call.workspace.index = FakeIndex(
        scikit_learn=["1.2.2", "1.3.0", "1.4.2", "1.5.2", "1.9.1"], numpy=["1.24.3", "2.4.0"]
    )

    _, text = call("--newest-safe")

    assert text.splitlines()[-1] == "  scikit-learn==1.4.2   (not 1.9.1)"
    assert "looking for the newest versions that are safe" in capsys.readouterr().err


def test_models_of_which_nothing_can_be_told_do_not_hold_the_others_back(call, tmp_path):
    (tmp_path / "b.pkl").write_bytes(pickled(module="mine", name="Own"))
    call.workspace.index = FakeIndex(scikit_learn=["1.2.2", "1.4.2", "1.9.1"])

    code, text = call("--newest-safe")

    assert code == 1
    assert "2 models: 1 BREAKS, 1 CANNOT TELL" in text
    assert "scikit-learn==1.4.2" in text


def test_files_are_written_where_they_are_wanted(call, tmp_path, capsys):
    code, text = call("--markdown", "a.md", "--junit", "a.xml", "--json", "a.json")

    assert (code, "::error" in text) == (1, False)
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("<!-- crossload -->")
    assert ET.parse(tmp_path / "a.xml").getroot()[0].attrib["failures"] == "2"
    answers = json.loads((tmp_path / "a.json").read_text())
    assert [each["answer"] for each in answers] == ["BREAKS", "BREAKS"]
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "wrote a.md",
        "wrote a.xml",
        "wrote a.json",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--markdown", "a", "--junit", "a"],
        ["--junit", "a", "--json", "./a"],
        ["--markdown", "a", "--json", "x/../a", "--junit", "b"],
    ],
)
def test_two_outputs_with_one_path_are_refused_before_anything_is_measured(call, arguments):
    with pytest.raises(ConfigError, match="name one file"):
        call(*arguments)
    assert call.workspace.asked == []


def test_within_github_actions_answers_are_annotations_too(call, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    _, text = call()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("of an earlier command\n")
    call()

    assert sum(line.startswith("::error file=") for line in text.splitlines()) == 2
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("of an earlier command\n<!-- crossload -->")
