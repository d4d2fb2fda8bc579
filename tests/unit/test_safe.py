"""Texts that are not trusted."""

from __future__ import annotations

from crossload.safe import no_commands


def test_no_line_is_a_command_of_the_ci():
    text = no_commands("a ::b::\n  ::stop-commands::x\n::error::y\n##[group]z")

    assert text == "a ::b::\n  : :stop-commands::x\n: :error::y\n## [group]z"
