"""An inspection in words and as JSON."""

from __future__ import annotations

import json
import pickle

import sklearn
from builders_inspection import inspect_file

from crossload.cli.main import main
from crossload.inspection.render import to_dict, to_text


def test_trailing_bytes_are_noted_and_words_fit(tmp_path, model, capsys):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(model) + b"more")
    text = to_text(inspect_file(path), width=80)

    assert "4 bytes follow the end of the pickle" in text
    assert max(map(len, text.splitlines())) <= 80
    assert f"written by scikit-learn {sklearn.__version__}" in text
    assert main(["inspect", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(
        json.dumps(to_dict(inspect_file(path)))
    )


def test_a_path_cannot_forge_lines(tmp_path, capsys):
    path = tmp_path / "bad\x1b[31m\nERROR fake.pkl"
    path.write_bytes(b"no model")

    assert main(["inspect", str(path)]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert not any(line.startswith("ERROR fake") for line in said.splitlines())
