"""Options of the commands that are not valid."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from crossload.cli.main import main
from crossload.errors import ConfigError
from crossload.models.inputs import inspect_model


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_a_tolerance_is_a_number_of_at_least_0(value, tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.ones(2))

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1]))
    assert (
        main(
            ["check", str(tmp_path / "m.pkl"), "--to", "numpy==2.3.1", "--trust", f"--atol={value}"]
        )
        == 2
    )
    assert "at least 0" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x @ file:///tmp/x", "x; y", "-r", ""])
def test_a_package_is_named_by_its_name_alone(name, tmp_path, capsys):

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1]))
    assert (
        main(
            ["check", str(tmp_path / "m.pkl"), "--to", "numpy==2.3.1", "--trust", f"--with={name}"]
        )
        == 2
    )
    assert "not the name of a package" in capsys.readouterr().err


def test_a_search_is_about_one_file(tmp_path):
    for name in ("a.pkl", "b.pkl"):
        (tmp_path / name).write_bytes(b"x")

    with pytest.raises(ConfigError, match="2 files match"):
        inspect_model(str(tmp_path / "*.pkl"))
