"""Files of causes: read, with every mistake named at once."""

from __future__ import annotations

from datetime import date

import pytest

from crossload.config import load_causes, shipped_causes
from crossload.errors import ConfigError

WHOLE = """
[[cause]]
id      = "tree-nodes"
verdict = ["load-error", "crash"]
says    = ["node array", "nodes of a tree"]
writer  = "sklearn<1.3"
reader  = ["scikit-learn>=1.3", "python>=3.9"]
differs = "numpy"
holds   = ["Tree", "DecisionTreeClassifier"]
format  = "joblib*"
why     = "one field more"
do      = "fit it again"
link    = "https://example.org/1"
since   = 2026-11-27
"""

SHORT = '[[cause]]\nid = "a"\nverdict = "drift"\nsays = "x"\nwhy = "w"\n'


def folder_with(tmp_path, **files):
    folder = tmp_path / "matrix" / "causes"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def test_a_cause_has_all_that_its_file_says(tmp_path):
    (found,) = load_causes(folder_with(tmp_path, one=WHOLE))

    assert (found.id, found.verdicts) == ("tree-nodes", ("load-error", "crash"))
    assert found.says == ("node array", "nodes of a tree")
    assert [str(each) for each in found.writer] == ["scikit-learn<1.3"]
    assert [str(each) for each in found.reader] == ["scikit-learn>=1.3", "python>=3.9"]
    assert (found.differs, found.format) == (("numpy",), ("joblib*",))
    assert found.holds == {"Tree", "DecisionTreeClassifier"}
    assert (found.why, found.do) == ("one field more", "fit it again")
    assert (found.link, found.since) == ("https://example.org/1", date(2026, 11, 27))


def test_what_is_not_said_is_asked_of_nothing(tmp_path):
    (found,) = load_causes(folder_with(tmp_path, one=SHORT))

    assert found.is_between({}, {})
    assert found.is_of(())
    assert found.is_told_by("drift", "an x there")
    assert not found.is_told_by("load-error", "an x there")
    assert not found.is_told_by("drift", "nothing of it")
    assert (found.do, found.link, found.since) == ("", "", None)


@pytest.mark.parametrize(
    ("writer", "reader", "between"),
    [
        ({"scikit-learn": "1.2.2", "numpy": "1"}, {"scikit-learn": "1.3", "numpy": "2"}, True),
        ({"scikit-learn": "1.3.0", "numpy": "1"}, {"scikit-learn": "1.3", "numpy": "2"}, False),
        ({"scikit-learn": "1.2.2", "numpy": "1"}, {"scikit-learn": "1.2", "numpy": "2"}, False),
        ({"scikit-learn": "1.2.2", "numpy": "1"}, {"scikit-learn": "1.3", "numpy": "1"}, False),
        # a pre-release counts as the release that it comes before, as in PEP 440
        ({"scikit-learn": "1.3rc1", "numpy": "1"}, {"scikit-learn": "1.3", "numpy": "2"}, False),
        ({"scikit-learn": "1.2", "numpy": "1"}, {"scikit-learn": "1.4rc1", "numpy": "2"}, True),
        ({"numpy": "1"}, {"scikit-learn": "1.3", "numpy": "2"}, False),
        ({}, {}, False),
    ],
)
def test_a_boundary_lies_between_versions(tmp_path, writer, reader, between):
    (found,) = load_causes(folder_with(tmp_path, one=WHOLE))

    assert found.is_between(writer, {"python": "3.11.7", **reader}) is between


def test_tensorflow_for_processors_alone_is_tensorflow(tmp_path):
    text = SHORT + 'writer = "tensorflow<2.16"\n'
    (found,) = load_causes(folder_with(tmp_path, one=text))

    assert found.is_between({"tensorflow-cpu": "2.15.1"}, {})
    assert not found.is_between({"tensorflow-cpu": "2.16.1"}, {})


def test_classes_count_by_their_names_alone(tmp_path):
    (found,) = load_causes(folder_with(tmp_path, one=WHOLE))

    assert found.is_of(["sklearn.tree._tree.Tree"])
    assert found.is_of(["Tree"])
    assert not found.is_of(["sklearn.tree._tree.TreeBuilder"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cause = 3", "cause"),
        ('[[cause]]\nid = "a"\n', "verdict"),
        (SHORT.replace('"a"', '"A b"'), "small letters, digits, hyphens"),
        (SHORT.replace('"drift"', '"identical"'), "'identical' is no failure"),
        (SHORT + 'writer = "1.3"\n', "'1.3' is no requirement"),
        (SHORT + 'since = "soon"\n', "expected a date"),
        (SHORT + "since = 2026-11-27T10:00:00\n", "expected a date"),
        (SHORT + 'link = "javascript:x"\n', "an address"),
        (SHORT + 'colour = "red"\n', "colour"),
        (SHORT.replace('why = "w"', 'why = ""'), "why"),
        ("[[cause", "cannot be read"),
    ],
)
def test_mistakes_are_named_with_their_file(tmp_path, text, said):
    folder = folder_with(tmp_path, one=text, two=SHORT.replace('"a"', '"b"'))

    with pytest.raises(ConfigError) as caught:
        load_causes(folder)
    assert caught.value.problems
    assert all(each.startswith("matrix/causes/one.toml: ") for each in caught.value.problems)
    assert said in str(caught.value)


def test_a_name_counts_once_and_a_folder_too(tmp_path):
    folder = folder_with(tmp_path, one=SHORT, two=SHORT)
    with pytest.raises(ConfigError, match="another cause is called 'a'"):
        load_causes(folder)

    (folder / "two.toml").unlink()
    assert len(load_causes(folder, folder, tmp_path / "none")) == 1


def test_an_installed_package_carries_its_causes(tmp_path):
    (tmp_path / "crossload" / "causes").mkdir(parents=True)

    assert shipped_causes(tmp_path / "crossload") == tmp_path / "crossload" / "causes"
    assert list(shipped_causes().glob("*.toml"))
