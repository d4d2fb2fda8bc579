"""Matrix files of a project, read together."""

from __future__ import annotations

import pytest

from crossload.errors import ConfigError
from crossload.plan import load_specs, load_valid_specs


def test_all_files_are_loaded_the_quick_ones_first(folder):
    path, write, _ = folder
    for name in ("tensorflow", "aaa", "joblib", "sklearn"):
        write(name)

    assert [spec.name for spec in load_specs(path)] == ["sklearn", "joblib", "tensorflow", "aaa"]
    assert [spec.name for spec in load_specs(path, ["aaa", "joblib", "aaa"])] == ["aaa", "joblib"]
    assert [spec.name for spec in load_specs(path, ["matrix/joblib.toml", "aaa.toml"])] == [
        "joblib",
        "aaa",
    ]


def test_messages_name_the_file_with_its_folder(folder):
    path, write, _ = folder
    write("one")
    (spec,) = load_specs(path)

    assert spec.display_name == f"{path.name}/one.toml"
    (path / "one.toml").write_text("[matrix]\n")
    with pytest.raises(ConfigError) as caught:
        load_specs(path)
    assert all(line.startswith(f"{path.name}/one.toml: ") for line in caught.value.problems)


def test_mistakes_of_all_files_are_told_together(folder):
    path, write, _ = folder
    write("good")
    (path / "bad.toml").write_text("[matrix]\n")
    (path / "worse.toml").write_text("[")

    with pytest.raises(ConfigError) as caught:
        load_specs(path)

    assert {line.split(":")[0].rsplit("/", 1)[1] for line in caught.value.problems} == {
        "bad.toml",
        "worse.toml",
    }
    specs, problems = load_valid_specs(path)
    assert [spec.name for spec in specs] == ["good"]
    assert problems == caught.value.problems


def test_a_file_that_is_not_there_is_told_with_what_was_perhaps_meant(folder):
    path, write, _ = folder
    write("sklearn")

    with pytest.raises(ConfigError) as caught:
        load_specs(path, ["sklaern"])

    assert caught.value.problems == ["no such matrix: 'sklaern'"]
    assert caught.value.hint == "did you mean 'sklearn'?"


def test_a_folder_without_matrix_files_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no matrix files in") as caught:
        load_specs(tmp_path)

    assert caught.value.hint == "run in a folder that has matrix/*.toml"


def test_ids_clash_only_if_they_mean_something_else(folder):
    path, write, _ = folder
    write("one", prefix="same")
    write("two", prefix="same")
    assert len(load_specs(path)) == 2
    text = (path / "two.toml").read_text().replace('as-of = "today"', 'as-of = "2024-01-01"')
    (path / "two.toml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        load_specs(path, ["one"])

    assert len(caught.value.problems) == 2
    assert "environment 'same-1.0.2' means something else in" in caught.value.problems[0]
    assert caught.value.hint == "give the axis another prefix, or the environment another id"
    assert len(load_valid_specs(path)[1]) == 2


def test_a_control_file_that_is_missing_is_a_mistake_of_the_matrix_file(folder):
    path, write, _ = folder
    write("one", more='controls = ["recipes/control.py"]')

    with pytest.raises(
        ConfigError, match=r"matrix.controls\[0\]: no such recipe file: 'recipes/control.py'"
    ):
        load_specs(path)
