"""The parser: options of every command, as people may give them."""

from __future__ import annotations

import pytest

from crossload.cli.main import make_parser
from crossload.cli.matrix_commands import CALLS as MATRIX_CALLS
from crossload.cli.model_commands import CALLS as MODEL_CALLS
from crossload.cli.options import options_of
from crossload.report.exports import EXPORTS
from crossload.report.table_layouts import TABLE_LAYOUTS


def test_every_command_has_options_that_the_parser_lists():
    found = options_of(make_parser())

    assert set(found) == {"", *MATRIX_CALLS, *MODEL_CALLS}
    assert {"--root", "--debug", "--version", "--help"} == found[""]
    assert {"--budget", "--frontier", "--store", "--shard", "--strict"} < found["run"]
    assert "--format" in found["plan"]
    assert "--budget" not in found["report"]


def test_selectors_may_be_repeated():
    chosen = make_parser().parse_args(
        ["run", "small", "--only", "a", "--only", "b", "--case", "c", "--format", "pickle"]
    )

    assert (chosen.matrices, chosen.only, chosen.case) == (["small"], ["a", "b"], ["c"])
    assert (chosen.writer, chosen.reader, chosen.format) == ([], [], ["pickle"])


def test_the_layouts_of_exports_are_those_that_there_are():
    for layout in (*EXPORTS, *TABLE_LAYOUTS):
        assert make_parser().parse_args(["export", "small", "--as", layout]).layout == layout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--jobs", "0"], "argument --jobs: expected a whole number of at least 1"),
        (["run", "--budget", "soon"], "argument --budget: expected a time"),
        (["run", "--executor", "slurm"], "invalid choice: 'slurm'"),
        (["plan", "--format", "yaml"], "invalid choice: 'yaml'"),
        (["merge"], "arguments are required: FOLDER"),
        (["export", "small"], "arguments are required: --as"),
        (["check", "model.pkl"], "arguments are required: --to"),
        (["nonsense"], "invalid choice: 'nonsense'"),
    ],
)
def test_what_cannot_be_meant_is_refused(capsys, arguments, message):
    with pytest.raises(SystemExit) as end:
        make_parser().parse_args(arguments)

    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", [*MATRIX_CALLS, *MODEL_CALLS])
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as end:
        make_parser().parse_args([command, "--help"])

    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: crossload {command}")
