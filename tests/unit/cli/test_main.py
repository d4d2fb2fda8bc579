"""The entry point: exit codes, and what is printed for people where something is wrong."""

from __future__ import annotations

import errno
import os
import signal
import sys

import pytest

from crossload.cli import matrix_commands
from crossload.cli.main import main, make_parser
from crossload.errors import ConfigError, CrossloadError, SelectionError


@pytest.fixture
def gc(monkeypatch):
    """Give a function that sets what the command ``gc`` does; the simplest of them."""

    def becomes(function):
        monkeypatch.setitem(matrix_commands.CALLS, "gc", function)

    return becomes


def raising(error):
    def call(chosen):
        raise error

    return call


def test_the_exit_code_of_a_command_is_given(crossload, gc):
    gc(lambda chosen: None)
    assert crossload("gc").code == 0
    gc(lambda chosen: 3)

    assert crossload("gc").code == 3


def test_without_a_command_help_is_printed(crossload):
    done = crossload()

    assert done.code == 2
    assert done.out.startswith("usage: crossload")


def test_arguments_are_those_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["crossload", "--version"])

    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("crossload ")


def test_an_error_is_printed_with_what_to_do(crossload, gc):
    gc(raising(SelectionError("nothing here", hint="look there")))
    done = crossload("gc")

    assert (done.code, done.out) == (3, "")
    assert done.err == "ERROR nothing here\nTIP look there\n"


def test_an_error_without_a_hint_has_no_tip(crossload, gc):
    gc(raising(ConfigError(["first", "second"])))
    done = crossload("gc")

    assert (done.code, done.err) == (2, "ERROR first\nsecond\n")


def test_errors_are_raised_for_debugging(crossload, gc):
    gc(raising(SelectionError("nothing here")))

    with pytest.raises(CrossloadError, match="nothing here"):
        crossload("--debug", "gc")


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        (["gc"], "The same command goes on from there."),
        (["run"], "The same command goes on from there."),
        (["run", "--fresh"], "The same command without --fresh goes on from there."),
    ],
)
def test_who_stops_a_run_learns_how_to_go_on(crossload, monkeypatch, arguments, how):
    for name in ("gc", "run"):
        monkeypatch.setitem(matrix_commands.CALLS, name, raising(KeyboardInterrupt()))
    done = crossload(*arguments)

    assert done.code == 130
    assert done.err.startswith("\nstopped; children are ended, everything measured so far is kept.")
    assert done.err.endswith(f"{how}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_a_run_and_others_disturb_nothing(crossload, gc, number):
    ended = []

    def work(chosen):
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
            signal.raise_signal(signal.SIGTERM)
            ended.append("children")

    gc(work)

    assert crossload("gc").code == 130
    assert ended == ["children"]


def test_a_reader_who_has_seen_enough_is_no_error(crossload, gc, monkeypatch, tmp_path):
    gc(raising(BrokenPipeError()))
    path = tmp_path / "out"
    with path.open("w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        done = crossload("gc")
        stream.write("what the interpreter flushes in the end")

    assert (done.code, done.err) == (141, "")
    assert path.read_text() == ""  # nobody reads it any more


def test_a_full_disk_is_named_wherever_it_is_met(crossload, gc):
    gc(raising(OSError(errno.ENOSPC, "No space left on device")))
    done = crossload("gc")

    assert done.code == 6
    assert done.err.startswith("ERROR ")
    assert "TIP " in done.err
    with pytest.raises(OSError, match="No space left"):
        crossload("--debug", "gc")


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EACCES, "check the rights"),
        (errno.EROFS, "can only be read"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EIO, "check the disk"),
        (errno.ELOOP, "run the same command again"),
    ],
)
def test_no_error_of_the_system_is_a_traceback(crossload, gc, number, hint):
    gc(raising(OSError(number, os.strerror(number), "some.file")))
    done = crossload("gc")

    assert done.code == 6
    assert f"{os.strerror(number)}: some.file" in done.err
    assert hint in done.err
    with pytest.raises(OSError, match="some.file"):
        crossload("--debug", "gc")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gc", "--dryrun"], "gc has no argument '--dryrun' - did you mean '--dry-run'?"),
        (["gc", "--jobs=3"], "gc has no argument '--jobs' - it is an option of run"),
        (["--debag", "gc"], "gc has no argument '--debag' - did you mean '--debug'?"),
        (["--debag"], "crossload has no argument '--debag' - did you mean '--debug'?"),
    ],
)
def test_an_option_that_a_command_does_not_have_is_explained(crossload, arguments, message):
    done = crossload(*arguments)

    assert done.code == 2
    assert message in done.err


def test_the_parser_knows_all_commands():
    text = make_parser().format_help()

    assert all(
        f"    {name} " in text for name in ("run", "plan", "merge", "inspect", "check", "schema")
    )
