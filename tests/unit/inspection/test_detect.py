"""The format of a file is told by its first bytes."""

from __future__ import annotations

import pytest
from builders_inspection import inspect_file

from crossload.cli.main import main
from crossload.inspection import NotAModel


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"hello world, this is text\n", "neither a pickle nor any other format"),
        (b"PK\x03\x04" + b"x" * 100, "a damaged archive"),
        (b"I1\n.", "a pickle of a int, not of a model"),
        (b"x\x9c" + b"\xff" * 50, "cannot be unpacked"),
    ],
)
def test_what_is_no_model_is_told(tmp_path, content, says, capsys):
    path = tmp_path / "x"
    path.write_bytes(content)

    with pytest.raises(NotAModel, match=says):
        inspect_file(path)
    assert main(["inspect", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_no_file_and_no_model_in_a_folder(tmp_path):
    with pytest.raises(NotAModel, match="there is no such file"):
        inspect_file(tmp_path / "nope")
    with pytest.raises(NotAModel, match="an empty folder"):
        inspect_file(tmp_path)
