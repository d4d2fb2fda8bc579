"""Faults of the commands themselves."""

from __future__ import annotations

from crossload.cli.main import main
from crossload.models import commands


def test_a_fault_of_ours_does_not_look_like_a_model_that_breaks(monkeypatch, capsys):
    def fail(*_arguments, **_options):
        msg = "what"
        raise KeyError(msg)

    monkeypatch.setitem(commands.COMMANDS, "check", fail)
    assert main(["check", "m", "--to", "x==1"]) == 7
    assert "crossload itself failed: KeyError" in capsys.readouterr().err
