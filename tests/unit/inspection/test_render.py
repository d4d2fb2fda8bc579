"""An inspection in words and as JSON."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import sklearn
from builders_inspection import inspect_file

from crossload.cli.main import main
from crossload.inspection.facts import (
    Certainty,
    Danger,
    ImportedName,
    Inspection,
    Kind,
    WriterVersion,
)
from crossload.inspection.render import to_dict, to_text


def test_trailing_bytes_are_noted_and_words_fit(tmp_path, model, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("m.pkl")
    path.write_bytes(pickle.dumps(model) + b"more")
    text = to_text(inspect_file(path), width=80)

    assert "4 bytes follow the end of the pickle" in text
    assert max(map(len, text.splitlines())) <= 80
    assert f"written by scikit-learn {sklearn.__version__}" in text
    assert main(["inspect", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(
        json.dumps(to_dict(inspect_file(path)))
    )


def test_a_path_is_not_broken_because_people_copy_it(tmp_path, model):
    path = tmp_path / "with-hyphens-and-many-letters-so-that-it-does-not-fit-into-a-line" / "m.pkl"
    path.parent.mkdir()
    path.write_bytes(pickle.dumps(model))

    assert str(path) in to_text(inspect_file(path), width=80)


def test_a_path_cannot_forge_lines(tmp_path, capsys):
    path = tmp_path / "bad\x1b[31m\nERROR fake.pkl"
    path.write_bytes(b"no model")

    assert main(["inspect", str(path)]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert not any(line.startswith("ERROR fake") for line in said.splitlines())


def text_of(**facts):
    return to_text(Inspection(path=Path("m"), **{"format": "pickle", "size": 10, **facts}))


@pytest.mark.parametrize(
    ("size", "text"), [(10, "10 bytes"), (2500, "2.5 kB"), (3_200_000, "3.2 MB")]
)
def test_sizes_are_told_in_units_for_people(size, text):
    assert text_of(size=size).splitlines()[0] == f"m: pickle, {text}"


def test_versions_that_are_not_recorded_are_bounds():
    bound = WriterVersion(
        package="joblib", version="", sure=Certainty.BOUND, how="arrays are aligned"
    )

    lines = text_of(written=[bound], compression="zlib", protocol=4).splitlines()

    assert lines == [
        "m: pickle, packed with zlib, pickle protocol 4, 10 bytes",
        "  written by joblib of an unknown version (not recorded; a bound): arrays are",
        "      aligned",
        "  no version of the library that wrote it is recorded",
    ]


def test_long_lists_are_cut():
    names = [
        ImportedName(module="mine", name=f"F{n}", called=True, danger=Danger.UNKNOWN)
        for n in range(15)
    ]
    text = text_of(
        names=names,
        features=20,
        feature_names=tuple(f"x{n}" for n in range(20)),
        labels=tuple(f"y{n}" for n in range(20)),
        classes={"sklearn.SVC": 2, "sklearn.Pipeline": 1},
    )
    joined = " ".join(text.split())

    assert "holds sklearn.SVC x 2, sklearn.Pipeline" in joined
    assert "fitted on 20 features: x0, x1," in joined
    assert "x11, ..." in joined
    assert "y11, ..." in joined
    assert "loading calls or makes, not known to be harmless: mine.F0," in joined
    assert "and 3 more (--json lists all)" in joined


REASONS = [
    (Kind.IMPORT, Danger.DANGEROUS, "DANGEROUS: loading would call m.n (why)"),
    (
        Kind.CODE,
        Danger.DANGEROUS,
        "DANGEROUS: loading would run code that it carries: n in m (why)",
    ),
    (Kind.OPERATION, Danger.DANGEROUS, "DANGEROUS: its graph has the operations n in m (why)"),
    (Kind.PATH, Danger.DANGEROUS, "DANGEROUS: loading would open n in m (why)"),
    (Kind.IMPORT, Danger.UNKNOWN, "loading calls or makes, not known to be harmless: m.n (why)"),
    (Kind.CODE, Danger.UNKNOWN, "it carries code, not known to be harmless: n in m (why)"),
    (Kind.OPERATION, Danger.UNKNOWN, "operations of its graph, not known to be harmless: n in m"),
    (Kind.PATH, Danger.UNKNOWN, "loading would open: n in m (why)"),
]


@pytest.mark.parametrize(("kind", "danger", "told"), REASONS)
def test_names_are_told_by_their_kind_with_the_reason(kind, danger, told):
    name = ImportedName(module="m", name="n", danger=danger, called=True, kind=kind, why="why")
    text = text_of(names=[name])

    assert told in " ".join(text.split())
    assert "such as models hold" not in text
    (listed,) = to_dict(Inspection(path=Path("m"), format="keras", size=1, names=[name]))["names"]
    assert (listed["kind"], listed["why"]) == (kind.value, "why")
    assert json.loads(json.dumps(listed)) == listed


def test_every_name_that_is_not_known_is_told():
    told = {(kind, danger) for kind, danger, _ in REASONS}
    assert told == {(kind, danger) for kind in Kind for danger in Danger} - {
        (kind, Danger.KNOWN) for kind in Kind
    }


def test_the_place_of_a_copy_is_not_told():
    found = to_dict(Inspection(path=Path("m"), format="h5", size=1, place=Path("x"), sha256="y"))
    assert found["schema"] == 2
    assert not {"place", "sha256"} & found.keys()


def test_names_that_models_hold_are_counted():
    known = ImportedName(module="numpy", name="dtype", called=True, danger=Danger.KNOWN)

    assert "1 name that loading imports, all of them such as models hold" in text_of(names=[known])
    operation = ImportedName(module="g", name="Add", kind=Kind.OPERATION, danger=Danger.KNOWN)
    text = " ".join(text_of(names=[known, operation, operation]).split())
    assert "1 name that loading imports, 2 operations of its graph, all of them" in text
