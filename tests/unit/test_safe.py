"""Texts that are not trusted."""

from __future__ import annotations

from crossload.safe import cut, no_commands


def test_no_line_is_a_command_of_the_ci():
    text = no_commands("a ::b::\n  ::stop-commands::x\n::error::y\n##[group]z")

    assert text == "a ::b::\n  : :stop-commands::x\n: :error::y\n## [group]z"


def test_both_ends_of_a_long_text_are_kept():
    found = cut("head" + "x" * 500 + "tail", 100)

    assert len(found) == 100
    assert found.startswith("headx")
    assert " \u2026 " in found
    assert found.endswith("xtail")
    assert cut("x" * 100, 100) == "x" * 100
