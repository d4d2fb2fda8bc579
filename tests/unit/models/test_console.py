"""What commands print and write."""

from __future__ import annotations

import pytest

from crossload.errors import ConfigError
from crossload.models.console import print_progress, safe_output, write_output

HOSTILE = "a\x1b[31m\n::error::b\n##[group]c\u202e"
CLEAN = "a [31m\n: :error::b\n## [group]c "


def test_progress_goes_to_standard_error_without_control_codes_and_commands(capsys):
    print_progress(HOSTILE)

    assert capsys.readouterr() == ("", CLEAN + "\n")


def test_answers_are_printed_without_control_codes_and_commands():
    said = []

    safe_output(said.append)(HOSTILE)

    assert said == [CLEAN]


def test_files_are_written_as_utf8(tmp_path):
    write_output(tmp_path / "a.md", "✅\n")

    assert (tmp_path / "a.md").read_bytes() == "✅\n".encode()


def test_a_file_that_cannot_be_written_is_bad_input(tmp_path):
    with pytest.raises(ConfigError, match="none/a.md: No such file or directory") as caught:
        write_output(tmp_path / "none" / "a.md", "x")
    assert "folder that exists" in caught.value.hint
