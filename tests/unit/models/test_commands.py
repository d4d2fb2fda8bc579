"""The commands about users' models, from options to exit codes."""

from __future__ import annotations

import hashlib
import json

import pytest
from builders_measuring import FakeIndex, FakeWorkspace, opened, pickled
from packaging.version import Version

from crossload.cli.main import main, make_parser
from crossload.errors import (
    CannotMeasure,
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    NotTrusted,
)
from crossload.models import commands, inputs
from crossload.models.commands import COMMANDS


def breaks_from(version):
    """Loading breaks where scikit-learn is that new."""

    def answer(_op, _model, versions):
        if Version(versions["scikit-learn"]) >= Version(version):
            return "ValueError: node array"
        return [0, 1, 1]

    return answer


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A function that runs a command in a folder with models, and gives its code and output."""
    for name in ("a.pkl", "b.pkl"):
        (tmp_path / name).write_bytes(pickled())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    workspace = FakeWorkspace(tmp_path, breaks_from("1.5.0"))
    monkeypatch.setattr(commands, "open_workspace", opened(workspace))

    def call(*arguments, trust=True):
        said = []
        chosen = make_parser().parse_args([*arguments, *(["--trust"] if trust else [])])
        code = COMMANDS[arguments[0]](chosen, out=said.append)
        return code, "\n".join(said)

    call.workspace = workspace
    return call


def test_a_fault_of_ours_does_not_look_like_a_model_that_breaks(monkeypatch, capsys):
    def fail(*_arguments, **_options):
        msg = "what"
        raise KeyError(msg)

    monkeypatch.setitem(commands.COMMANDS, "check", fail)
    assert main(["check", "m", "--to", "x==1"]) == 7
    assert "crossload itself failed: KeyError" in capsys.readouterr().err


# --- check ---


@pytest.mark.parametrize(("version", "code", "word"), [("1.4.2", 0, "SAFE"), ("1.9.1", 1, "BREA")])
def test_a_check_of_one_model_says_its_answer(call, version, code, word):
    found, text = call("check", "a.pkl", "--to", f"scikit-learn=={version}")

    assert found == code
    assert text.startswith(word)
    assert f"scikit-learn 1.2.2 -> {version}" in text.splitlines()[0]
    assert "2 models" not in text


def test_nothing_is_loaded_without_consent(call, monkeypatch):
    monkeypatch.setattr("sys.stdin", type("NoTerminal", (), {"isatty": lambda self: False})())

    with pytest.raises(NotTrusted):
        call("check", "a.pkl", "--to", "scikit-learn==1.9.1", trust=False)
    assert call.workspace.asked == []


def test_a_check_of_several_counts_them_at_the_end_and_says_how_far_it_is(call, tmp_path, capsys):
    (tmp_path / "c.pkl").write_bytes(b"")

    code, text = call("check", "*.pkl", "--to", "scikit-learn==1.9.1")

    assert code == 1
    assert text.splitlines()[-4].startswith("3 models: 2 BREAKS, 1 CANNOT TELL")
    assert text.splitlines()[-1].startswith("  CANNOT TELL  c.pkl")
    assert capsys.readouterr().err.splitlines() == ["[1/2] a.pkl", "[2/2] b.pkl"]


def test_programs_read_one_object_a_line(call):
    code, text = call("check", "*.pkl", "--to", "scikit-learn==1.9.1", "--json")

    found = [json.loads(line) for line in text.splitlines()]
    assert [(each["path"], each["answer"]) for each in found] == [
        ("a.pkl", "BREAKS"),
        ("b.pkl", "BREAKS"),
    ]
    assert code == 1


def test_messages_of_models_are_no_commands_of_a_ci_service(call):
    call.workspace.answer = lambda *_: "ValueError: \x1b[31m\n::error::x"

    _, text = call("check", "a.pkl", "--to", "scikit-learn==1.9.1")

    assert "\x1b" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


@pytest.mark.parametrize("columns", ["1", "0", "-5", "nonsense"])
def test_a_terminal_of_any_width_is_written_to(call, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)

    assert call("check", "a.pkl", "--to", "scikit-learn==1.9.1")[0] == 1
    assert main(["inspect", "a.pkl"]) == 0


def test_a_path_with_a_line_break_is_one_line_everywhere(call, tmp_path):
    (tmp_path / "a\nERROR x.pkl").write_bytes(pickled())

    code, text = call("check", "a\nERROR x.pkl", "--to", "scikit-learn==1.9.1")

    assert code == 1
    assert not any(line.startswith("ERROR") for line in text.splitlines())


SWAPPED = pickled(module="os", name="system")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("check", []),
        ("blame", []),
        ("route", []),
        ("bisect", []),
    ],
)
@pytest.mark.parametrize("step", ["inspect", "consent", "build", "start", "ask"])
def test_a_file_that_is_swapped_after_it_was_looked_at_is_never_loaded(
    call, tmp_path, monkeypatch, command, more, step
):
    loaded = []

    def swap():
        (tmp_path / "new").write_bytes(SWAPPED)
        (tmp_path / "new").replace(tmp_path / "a.pkl")

    def swapping(function):
        def call(*arguments, **options):
            found = function(*arguments, **options)
            swap()
            return found

        return call

    def answer(op, model, versions):
        if step == "ask":
            swap()
        loaded.append((model.path.read_bytes(), model.sha256))
        return breaks_from("1.5.0")(op, model, versions)

    call.workspace.answer = answer
    if step == "inspect":
        monkeypatch.setattr(inputs.Copies, "inspect", swapping(inputs.Copies.inspect))
    elif step == "consent":
        monkeypatch.setattr(inputs, "ask_consent", swapping(inputs.ask_consent))
    elif step != "ask":
        for name in ("build", "build_with") if step == "build" else ("start",):
            monkeypatch.setattr(call.workspace, name, swapping(getattr(call.workspace, name)))

    bisecting(call) if command == "bisect" else call(
        command, "a.pkl", "--to", "scikit-learn==1.9.1", *more
    )

    assert (tmp_path / "a.pkl").read_bytes() == SWAPPED
    digest = hashlib.sha256(pickled()).hexdigest()
    assert set(loaded) == {(pickled(), digest)}


# --- blame ---


def test_blame_names_the_package(call):
    code, text = call("blame", "a.pkl", "--to", "scikit-learn==1.9.1")

    assert code == 0
    assert "BREAKS because of scikit-learn 1.2.2 -> 1.9.1" in text


def test_blame_has_another_code_where_no_package_does_it(call):
    call.workspace.answer = lambda _op, _model, versions: (
        "ValueError: no shap" if "shap" in versions else [0, 1]
    )

    code, text = call("blame", "a.pkl", "--to", "shap==0.40")

    assert code == 3
    assert "no set of packages" in text


def test_blame_has_nothing_to_say_of_a_safe_upgrade(call):
    with pytest.raises(CannotMeasure, match="the upgrade is safe"):
        call("blame", "a.pkl", "--to", "scikit-learn==1.3.0")


# --- route ---


def reads_pickles_only(op, model, versions):
    new = versions["scikit-learn"] == "1.9.1"
    return "ValueError: old" if op == "reader" and new and model.path.name == "a.pkl" else [0, 1]


def test_a_route_is_shown_with_its_script(call):
    call.workspace.answer, call.workspace.files = reads_pickles_only, {"pickle": pickled()}

    code, text = call("route", "a.pkl", "--to", "scikit-learn==1.9.1")

    assert code == 0
    assert "a way through in 1 step" in text
    assert "uv run --no-project --python 3.10" in text


def test_the_script_of_a_route_is_written_where_it_is_wanted(call, tmp_path, capsys):
    call.workspace.answer, call.workspace.files = reads_pickles_only, {"pickle": pickled()}

    code, text = call(
        "route", "a.pkl", "--to", "scikit-learn==1.9.1", "--script", str(tmp_path / "go.sh")
    )

    assert (code, "uv run" in text) == (0, False)
    assert (tmp_path / "go.sh").read_text().startswith("#!/bin/sh\n")
    assert f"wrote {tmp_path / 'go.sh'}" in capsys.readouterr().err


@pytest.mark.parametrize(("version", "code"), [("1.9.1", 1), ("1.4.2", 0)])
def test_a_route_fails_where_one_is_needed_and_there_is_none(call, version, code):
    found, text = call("route", "a.pkl", "--to", f"scikit-learn=={version}")

    assert found == code
    assert "uv run" not in text


# --- bisect ---


RELEASES = ["1.2.2", "1.3.0", "1.4.2", "1.5.2", "1.6.0", "1.9.1"]


def bisecting(call, *more, model="a.pkl", package="sklearn"):
    call.workspace.index = FakeIndex(scikit_learn=RELEASES)
    return call("bisect", package, model, "--from", "1.2.2", "--to", "1.9.1", *more)


def test_bisect_names_the_release_under_the_name_of_the_package(call, capsys):
    code, text = bisecting(call)

    assert code == 0
    assert "BREAKS since scikit-learn 1.5.2; 1.4.2 is the last release that is safe" in text
    assert "a.pkl: 6 releases of scikit-learn from 1.2.2 to 1.9.1" in capsys.readouterr().err


def test_other_packages_stay_as_they_are_while_releases_are_tried(call):
    bisecting(call)

    first, *others = [each for each in call.workspace.built if each.as_of != "release+60d"]
    assert {each.constraints for each in others} == {first.constraints}
    assert first.constraints == ("joblib==1.2.0", "numpy==1.24.3")


def test_releases_that_cannot_be_installed_are_said_and_passed_over(call, capsys):
    call.workspace.refused["scikit-learn==1.5.2"] = EnvironmentPinsError("no wheel of 1.5.2")

    _, text = bisecting(call)

    assert "BREAKS since scikit-learn 1.6.0; 1.4.2 is the last release that is safe" in text
    assert "  the environment asked for: no wheel of 1.5.2" in capsys.readouterr().err


def test_a_file_that_records_no_writer_is_taken_for_one_of_the_first_release(call, tmp_path):
    (tmp_path / "old.pkl").write_bytes(pickled(version=""))

    code, _ = bisecting(call, model="old.pkl")

    assert code == 0
    assert call.workspace.asked[0] == ("writer", "pickle", "1.2.2")


def test_the_user_may_say_what_wrote_it(call):
    bisecting(call, "--written", "scikit-learn==1.1.0")

    assert call.workspace.asked[0] == ("writer", "pickle", "1.1.0")


@pytest.mark.parametrize("package", ["../../numpy", "", "numpy\nx", "-r", "a b", "numpy/.."])
def test_a_package_is_named_by_its_name_alone(call, package, capsys):
    with pytest.raises(ConfigError, match="not the name of a package"):
        COMMANDS["bisect"](
            make_parser().parse_args(
                ["bisect", "--from=1.2.2", "--to=1.9.1", "--trust", "--", package, "a.pkl"]
            ),
            out=print,
        )
    assert call.workspace.asked == []


def test_a_release_that_does_not_exist_is_bad_input(call):
    call.workspace.index = FakeIndex(scikit_learn=RELEASES)

    with pytest.raises(ConfigError, match=r"scikit-learn 7\.0 does not exist") as caught:
        call("bisect", "scikit-learn", "a.pkl", "--from", "1.2.2", "--to", "7.0")
    assert caught.value.hint == "pip index versions"


def test_a_release_that_this_machine_cannot_have_is_passed_over_with_its_own_reason(call, capsys):
    call.workspace.refused["scikit-learn==1.6.0"] = EnvironmentPinsError("no wheel of 1.6.0")
    call.workspace.refused["scikit-learn==1.5.2"] = EnvironmentUnavailable("no compiler")

    _, text = bisecting(call)

    assert "scikit-learn 1.9.1; 1.4.2 is the last release" in text
    lines = capsys.readouterr().err.splitlines()
    reasons = [line for line in lines if "no wheel" in line or "no compiler" in line]
    assert sorted(reasons) == [
        "  an environment cannot be had here: no compiler",
        "  the environment asked for: no wheel of 1.6.0",
    ]
