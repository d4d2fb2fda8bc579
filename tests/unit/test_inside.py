"""The code of the pinned interpreters: its grammar, its imports, its contract, its arrays."""

from __future__ import annotations

import ast
import errno
import sys
from pathlib import Path

import numpy as np
import pytest

from crossload import worker
from crossload.worker import contract, errors, formats, measure, outputs, supervise
from crossload.worker.formats import keras, objects

FILES = sorted(Path(worker.__path__[0]).glob("*.py"))
ALLOWED = {
    "argparse", "copy", "ctypes", "errno", "fnmatch", "hashlib", "importlib", "json", "numpy", "os", "pickle", "platform", "random",
    "re", "shutil", "signal", "subprocess", "sys", "time", "traceback", "types", "typing", "warnings",
}  # fmt: skip
INSIDE_FUNCTIONS = {"joblib", "cloudpickle", "skops", "tensorflow", "h5py", "pandas"}
"""Libraries under test: imported by the methods of their own formats, never at the top of a file."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_parses_with_the_grammar_of_python_3_6(path):
    ast.parse(path.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_imports_the_standard_library_and_numpy_only(path):
    tree = ast.parse(path.read_text())
    top, nested = set(), set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module).split(".")[0]]
        (top if node in tree.body else nested).update(names)

    assert top <= ALLOWED
    assert nested <= ALLOWED | INSIDE_FUNCTIONS


def test_no_file_is_named_like_a_library():
    assert not {path.stem for path in FILES} & (set(sys.stdlib_module_names) | INSIDE_FUNCTIONS)


def test_recipe_mistakes_are_all_named():
    class Module:
        RECIPES = {  # noqa: RUF012
            "Bad Name": {},
            "half": {
                "family": "f",
                "task": "guess",
                "data": "iris",
                "build": 3,
                "outputs": [],
                "colour": 1,
            },
        }

    with pytest.raises(contract.ContractError) as caught:
        contract.recipes_of(Module, "some/recipes.py")

    text = str(caught.value)
    assert "recipes.py: RECIPES['Bad Name']: a recipe name has lower-case letters" in text
    for part in (
        "'guess' is none of binary",
        "build: must be a function",
        "name at least one output",
        "key 'colour'",
    ):
        assert part in text


def test_a_file_without_recipes_is_refused():
    with pytest.raises(contract.ContractError, match="no RECIPES mapping"):
        contract.recipes_of(object(), "empty.py")


@pytest.mark.parametrize(
    ("version", "specifier", "expected"),
    [
        ("1.2.0", ">=1.2", True),
        ("1.2", ">=1.2.0", True),
        ("1.10.0", ">=1.9", True),
        ("0.22.2.post1", ">=0.22", True),
        ("0.22.2.post1", "<0.22", False),
        ("2.0.0rc1", ">=1.0,<2.0", False),
        ("1.9.1", ">1.9,<2", True),
    ],
)
def test_specifiers_of_recipes(version, specifier, expected):
    assert contract.satisfies(version, specifier) is expected


def test_a_bad_specifier_of_a_recipe_is_refused():
    with pytest.raises(contract.ContractError, match="not a specifier"):
        contract.satisfies("1.0", "~=1.0")


def test_recipes_choose_formats_by_patterns():
    recipe = contract.Recipe(
        "r",
        {
            **dict.fromkeys(("family", "task", "data", "build"), "x"),
            "outputs": ["predict"],
            "formats": ["joblib*", "!joblib-xz"],
        },
        "r.py",
    )

    assert recipe.allows("joblib-zlib")
    assert not recipe.allows("joblib-xz")
    assert not recipe.allows("pickle")


def test_recipes_say_what_they_need():
    recipe = contract.Recipe(
        "r",
        {
            **dict.fromkeys(("family", "task", "data", "build"), "x"),
            "outputs": ["predict"],
            "needs": {"sklearn": ">=1.0"},
        },
        "r.py",
    )

    assert recipe.unmet({"sklearn": "1.2"}) == ""
    assert recipe.unmet({"sklearn": "0.24.2"}) == "needs sklearn>=1.0, this is 0.24.2"
    assert recipe.unmet({}) == "needs sklearn>=1.0, which is not installed"


@pytest.mark.parametrize(
    ("name", "versions", "saves", "loads"),
    [
        ("keras", {"tensorflow": "2.10.1", "keras": "2.10.0"}, False, False),
        ("keras", {"tensorflow": "2.15.1", "keras": "2.15.0"}, True, True),
        ("savedmodel-keras", {"tensorflow": "2.18.1", "keras": "3.9.2"}, False, True),
        ("savedmodel-tfsm", {"tensorflow": "2.15.1", "keras": "2.15.0"}, True, False),
        ("export", {"tensorflow": "2.10.1", "keras": "2.10.0"}, False, True),
        ("h5-weights", {"tensorflow": "2.18.1", "keras": "3.9.2"}, False, True),
        ("weights-h5", {"tensorflow": "2.4.4", "keras": "2.4.0"}, True, True),
        ("h5", {}, False, False),
    ],
)
def test_formats_know_where_they_exist(name, versions, saves, loads):
    fmt = formats.builtin_formats()[name]

    assert (not fmt.no_save(versions, "keras")) is saves
    assert (not fmt.no_load(versions, "keras")) is loads


def test_a_module_is_saved_as_savedmodel_in_every_version():
    assert not keras.SavedModel().no_save({"tensorflow": "2.18.1", "keras": "3.9.2"}, "tf-module")


def test_every_format_has_a_saver_that_is_a_format_of_the_same_file_name():
    known = formats.builtin_formats()

    for fmt in known.values():
        sharing = [each for each in known.values() if each.saver == fmt.saver]
        assert len({each.filename for each in sharing}) == 1
        assert len({type(each).save for each in sharing}) == 1


def test_a_recipe_file_may_add_a_format_but_not_replace_one():
    class Own(formats.Format):
        name = "own"

    class Module:
        FORMATS = [Own()]  # noqa: RUF012

    class Thief:
        FORMATS = [objects.Cloudpickle()]  # noqa: RUF012

    assert formats.all_formats([Module])["own"].saver == "own"
    with pytest.raises(ValueError, match="exists already"):
        formats.all_formats([Thief])


def test_arrays_are_recorded_as_plain_types():
    words = outputs.as_array(np.array(["a", "bc"], dtype=object), "x")

    assert words.dtype.kind == "U"
    with pytest.raises(outputs.OutputError, match="Python objects"):
        outputs.as_array(np.array([object()], dtype=object), "x")
    with pytest.raises(outputs.OutputError, match="cannot be compared"):
        outputs.as_array(np.array(["2020-01-01"], dtype="datetime64[D]"), "x")


def test_digests_tell_type_shape_and_bits_apart():
    arrays = [
        np.zeros(4),
        np.zeros(4, dtype="float32"),
        np.zeros((2, 2)),
        np.array([0.0, 0.0, 0.0, -0.0]),
    ]

    assert len({outputs.array_digest(array) for array in arrays}) == 4
    assert outputs.array_digest(np.zeros(4)) == outputs.array_digest(np.zeros(4))


def test_outputs_are_kept_once_by_content(tmp_path):
    arrays = {"a": np.arange(3)}

    first = outputs.keep(arrays, outputs.digests(arrays), str(tmp_path))
    second = outputs.keep(arrays, outputs.digests(arrays), str(tmp_path))

    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == [f"{first}.npz"]


def test_the_sha_of_a_folder_covers_names_and_contents(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a").write_text("1")
    before = outputs.sha256_of(str(tmp_path / "m"))
    (tmp_path / "m" / "a").rename(tmp_path / "m" / "b")

    assert outputs.sha256_of(str(tmp_path / "m")) != before
    assert outputs.size_of(str(tmp_path / "m")) == 1


def test_a_full_disk_stops_measuring_and_other_errors_do_not():
    with pytest.raises(errors.Stopped):
        errors.guard(OSError(errno.ENOSPC, "full"))
    errors.guard(OSError(errno.ENOENT, "missing"))
    errors.guard(ValueError("x"))


def test_an_exception_that_cannot_be_printed_is_still_described():
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError("no")

    found = errors.describe_error(Rude(), {"scrub": []})

    assert "cannot be read" in found["message"]


def test_machine_paths_and_addresses_are_scrubbed():
    job = {"scrub": [["/srv/some/env", "<environment>"]]}

    found = errors.describe_error(ValueError("at /srv/some/env/lib x 0x7f0123456789"), job)

    assert found["message"] == "at <environment>/lib x 0x..."


def test_a_line_that_was_cut_short_is_cut_off(tmp_path):
    journal = supervise.Journal(str(tmp_path / "j"))
    journal.add({"key": "a"})
    with open(journal.path, "ab") as stream:
        stream.write(b'{"key": "b", "sta')
    journal.repair()
    journal.add({"key": "c"})

    assert journal.keys() == ["a", "c"]


def test_marks_tell_the_item_in_flight(tmp_path):
    marks = supervise.Marks(str(tmp_path / "m"))
    assert marks.read() == (0, -1, 0)
    marks.begin(3)
    marks.begin(7)

    count, index, pid = marks.read()

    assert (count, index) == (2, 7)
    assert pid > 0


def test_causes_are_told_in_words():
    assert supervise._cause_text("crash", -11) == "the process died of SIGSEGV"
    assert supervise._cause_text("crash", 3) == "the process ended by itself with exit code 3"
    assert supervise._cause_text("timeout", 5) == "no end after 5 s"


@pytest.mark.parametrize(
    ("task", "array", "text"),
    [
        ("binary", np.zeros(3), "has the shape (3,), expected one row for each of 4 held-out rows"),
        (
            "regression",
            np.float64(1.0),
            "has the shape (), expected one row for each of 4 held-out rows",
        ),
        ("binary", np.array([0.0, np.nan, 1.0, 1.0]), "has NaN among its labels"),
        ("regression", np.array([0.0, np.nan, 1.0, 1.0]), ""),
        ("transform", np.zeros(3), ""),
        ("binary", np.zeros(4), ""),
    ],
)
def test_outputs_that_cannot_be_judged_are_mistakes_of_the_recipe(task, array, text):
    fields = {
        **dict.fromkeys(("family", "data", "build"), "x"),
        "task": task,
        "outputs": ["predict"],
    }
    recipe = contract.Recipe("mine", fields, "folder/recipes.py")

    class Data:
        y_test = np.zeros(4)

    if not text:
        measure.check_outputs({"predict": np.asarray(array)}, recipe, Data)
        return
    with pytest.raises(contract.ContractError) as caught:
        measure.check_outputs({"predict": np.asarray(array)}, recipe, Data)
    assert str(caught.value) == f"recipes.py: RECIPES['mine']: outputs['predict']: {text}"
