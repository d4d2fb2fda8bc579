"""The commands about saved models: what they print, and their exit codes."""

from __future__ import annotations

import json
import pickle
from types import SimpleNamespace

import pytest

from crossload.cli.matrix_commands import say
from crossload.errors import CannotMeasure, HarnessFault
from crossload.models import commands


class Calls:
    """Pickles to a call of a function, as a file that attacks does."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.fixture
def files(tmp_path):
    """Give a model, a file that would execute something, and a file that is no model."""
    found = SimpleNamespace(
        model=tmp_path / "model.pkl", attack=tmp_path / "attack.pkl", text=tmp_path / "notes.txt"
    )
    found.model.write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    found.attack.write_bytes(pickle.dumps(Calls(eval, "1")))
    found.text.write_text("no model")
    return found


def test_a_model_is_inspected_for_people_and_for_programs(crossload, files):
    done = crossload("inspect", str(files.model))
    found = json.loads(crossload("inspect", "--json", str(files.model)).out)

    assert done.code == 0
    assert "pickle" in done.out
    assert found["format"] == "pickle"
    assert found["path"].endswith("model.pkl")


def test_a_dangerous_file_is_named_and_the_others_are_still_told(crossload, files):
    done = crossload("inspect", str(files.attack), str(files.model), str(files.text))

    assert done.code == 1
    assert "model.pkl" in done.out
    assert f"loading executes dangerous code: {files.attack}" in done.err
    assert "notes.txt" in done.err
    assert "TIP do not load it; ask where it comes from" in done.err


def test_many_dangerous_files_are_counted(crossload, files, tmp_path):
    paths = [tmp_path / f"{number}\x1b[31m.pkl" for number in range(23)]
    for path in paths:
        path.write_bytes(files.attack.read_bytes())
    done = crossload("inspect", *map(str, paths))

    assert done.code == 1
    assert "and 3 more" in done.err
    assert "\x1b" not in done.err


def test_a_file_that_is_no_model_is_an_error(crossload, files):
    done = crossload("inspect", str(files.text), str(files.model))

    assert done.code == 2
    assert "model.pkl" in done.out
    assert done.err.startswith("ERROR ")
    assert "notes.txt" in done.err


def test_a_damaged_file_that_is_dangerous_as_well_is_named_so(crossload, files):
    data = files.attack.read_bytes()
    files.attack.write_bytes(data[:-1])  # without the end of the pickle
    done = crossload("inspect", str(files.attack))

    assert done.code == 1
    assert "loading executes dangerous code" in done.err
    assert "eval" in done.err


@pytest.mark.parametrize("name", ["check", "upgrade", "blame", "bisect", "route"])
def test_commands_get_their_options_and_give_their_exit_code(crossload, monkeypatch, name):
    arguments = {
        "check": ["m.pkl", "--to", "x==1"],
        "upgrade": ["a.lock", "--models", "m.pkl"],
        "blame": ["m.pkl", "--to", "x==1"],
        "bisect": ["x", "m.pkl", "--from", "1", "--to", "2"],
        "route": ["m.pkl", "--to", "x==1"],
    }
    found = []

    def command(chosen, *, out):
        found.append((chosen, out))
        return 3

    monkeypatch.setitem(commands.COMMANDS, name, command)
    done = crossload(name, *arguments[name], "--seconds", "7", "--trust")

    assert done.code == 3
    ((chosen, out),) = found
    assert (chosen.command, chosen.seconds, chosen.trust, out) == (name, 7, True, say)


def failing(monkeypatch, error):
    def command(chosen, *, out):
        raise error

    monkeypatch.setitem(commands.COMMANDS, "check", command)


def test_a_fault_of_ours_is_no_answer_about_a_model(crossload, monkeypatch):
    failing(monkeypatch, ValueError("odd"))
    done = crossload("check", "m.pkl", "--to", "x==1")

    assert done.code == HarnessFault.exit_code == 7
    assert done.err == (
        "ERROR crossload itself failed: ValueError: odd\n"
        "TIP --debug shows where; please report it\n"
    )


def test_what_cannot_be_measured_is_an_answer(crossload, monkeypatch):
    failing(monkeypatch, CannotMeasure("no rows"))

    assert crossload("check", "m.pkl", "--to", "x==1").code == 3


def test_faults_of_the_system_are_named(crossload, monkeypatch):
    failing(monkeypatch, PermissionError(13, "Permission denied"))
    done = crossload("check", "m.pkl", "--to", "x==1")

    assert done.code == 6
    assert "Permission denied" in done.err
