"""Matrix files and recipe files of a project, read together."""

from __future__ import annotations

import pytest

from crossload.config.spec import Rule
from crossload.errors import ConfigError, RecipeError, SelectionError
from crossload.plan import (
    Selection,
    environments_of,
    load_catalog,
    load_specs,
    load_what_can_be,
    make_plan,
)
from crossload.plan.select import matches_rule

MATRIX = """
[matrix]
title = "{title}"
recipes = ["recipes/{recipe}.py"]
formats = ["pickle", "joblib"]
{more}
[axis."scikit-learn"]
versions = ["1.0.2", "1.2.2"]
prefix = "{prefix}"
with = ["joblib"]
as-of = "today"
python = "3.10"
[[environment]]
id = "{prefix}-extra"
packages = ["numpy==1.26.4"]
with = ["pandas"]
"""
RECIPES = """
def build(data):
    pass

def recipe(**more):
    return dict(family="f", task="binary", data="iris", build=build, outputs=["predict"], **more)

RECIPES = {{{items}}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recipes").mkdir()

    def write(name, *, prefix=None, title="t", recipe="one", more=""):
        text = MATRIX.format(title=title, recipe=recipe, prefix=prefix or name, more=more)
        (tmp_path / f"{name}.toml").write_text(text)

    def recipes(name, items):
        (tmp_path / "recipes" / f"{name}.py").write_text(RECIPES.format(items=items))

    recipes("one", '"a": recipe(), "b": recipe(formats=["pickle"])')
    tmp_path.joinpath("x").mkdir()
    return tmp_path, write, recipes


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

    assert spec.shown == f"{path.name}/one.toml"
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
    specs, problems = load_what_can_be(path)
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
    assert len(load_what_can_be(path)[1]) == 2


def test_environments_have_all_that_the_file_says(folder):
    path, write, _ = folder
    write("one")
    first, second, extra = environments_of(load_specs(path)[0])

    assert (first.id, first.requires, first.extras) == (
        "one-1.0.2",
        ("scikit-learn==1.0.2",),
        ("joblib",),
    )
    assert (first.as_of, first.python, first.axis) == ("today", "3.10", "scikit-learn")
    assert second.pins == {"scikit-learn": "1.2.2"}
    assert (extra.id, extra.requires, extra.extras) == (
        "one-extra",
        ("numpy==1.26.4",),
        ("pandas",),
    )
    assert (extra.as_of, extra.python, extra.axis) == ("release+60d", None, None)
    assert len({each.inputs_digest for each in (first, second, extra)}) == 3


def test_every_part_of_an_environment_changes_the_digest_of_its_inputs(folder):
    path, write, _ = folder
    write("one")
    base = environments_of(load_specs(path)[0])[0]
    fields = {name: getattr(base, name) for name in base.__slots__}
    changes = [{"requires": ("x==1",)}, {"extras": ()}, {"as_of": "2020-01-01"}, {"python": None}]

    digests = {type(base)(**(fields | change)).inputs_digest for change in changes}

    assert len(digests | {base.inputs_digest}) == 5
    assert (
        type(base)(**(fields | {"id": "other", "axis": None})).inputs_digest == base.inputs_digest
    )


def catalog_of(path):
    return load_catalog(load_specs(path)[0])


def test_recipes_keep_the_order_of_their_files(folder):
    path, write, _ = folder
    write("one")
    found = catalog_of(path)

    assert list(found.recipes) == ["a", "b"]
    assert list(found.formats) == ["pickle", "joblib"]
    assert found.controls == {}
    assert list(found.everything) == ["a", "b"]


def test_cases_are_recipes_in_the_formats_they_want(folder):
    path, write, _ = folder
    write("one")
    spec = load_specs(path)[0]
    made = make_plan(spec, load_catalog(spec))

    assert [case.name for case in made.cases] == ["a/pickle", "a/joblib", "b/pickle"]
    assert (made.cases[0].family, made.cases[0].task, made.cases[0].data, made.cases[0].saver) == (
        "f",
        "binary",
        "iris",
        "pickle",
    )
    assert len(made.cells) == 27
    assert made.data_names == {"iris"}


def test_a_recipe_name_stands_once(folder):
    path, write, recipes = folder
    recipes("two", '"b": recipe()')
    write("one")
    (path / "one.toml").write_text(
        (path / "one.toml").read_text().replace('one.py"]', 'one.py", "recipes/two.py"]')
    )

    with pytest.raises(RecipeError, match="two.py: recipe 'b' stands already in") as caught:
        catalog_of(path)

    assert caught.value.hint == "rename one of the two"


def test_controls_stand_in_their_own_files_and_are_planned_where_they_are_written(folder):
    path, write, recipes = folder
    recipes("controls", '"c": recipe(expect="drift", says="recall", formats=["joblib"], claim="0")')
    write("one", more='controls = ["recipes/controls.py"]')
    spec = load_specs(path)[0]
    made = make_plan(
        spec, load_catalog(spec), Selection(writers=("one-1.0.2",), readers=("one-extra",))
    )

    assert list(made.catalog.controls) == ["c"]
    assert list(made.catalog.everything) == ["a", "b", "c"]
    assert {case.recipe for case in made.cases} == {"a", "b"}
    assert [(c.case.name, c.writer, c.reader) for c in made.controls] == [
        ("c/joblib", "one-1.0.2", "one-1.0.2"),
        ("c/joblib", "one-extra", "one-extra"),
    ]


@pytest.mark.parametrize(
    ("where", "items", "text"),
    [
        ("controls", '"c": recipe()', "has no 'expect'"),
        ("one", '"a": recipe(expect="drift")', "has 'expect', which is for files of controls"),
    ],
)
def test_controls_and_recipes_are_not_mixed_up(folder, where, items, text):
    path, write, recipes = folder
    recipes("controls", '"c": recipe(expect="drift")')
    recipes(where, items)
    write("one", more='controls = ["recipes/controls.py"]')

    with pytest.raises(RecipeError) as caught:
        catalog_of(path)

    assert f"{where}.py: RECIPES[" in str(caught.value)
    assert text in str(caught.value)
    assert (
        caught.value.hint
        == "list files of controls under matrix.controls, others under matrix.recipes"
    )


def test_a_control_file_that_is_missing_is_a_mistake_of_the_matrix_file(folder):
    path, write, _ = folder
    write("one", more='controls = ["recipes/control.py"]')

    with pytest.raises(
        ConfigError, match=r"matrix.controls\[0\]: no such recipe file: 'recipes/control.py'"
    ):
        load_specs(path)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "import no_such_thing\n",
            "bad.py:1: raises when it is imported: ModuleNotFoundError",
            "import libraries inside functions",
        ),
        (
            "x = 1\ndef broken(:\n",
            "bad.py:2: raises when it is imported: SyntaxError: invalid syntax",
            "importable by itself",
        ),
        (
            "def f():\n    return 1 / 0\n\nf()\n",
            "bad.py:2: raises when it is imported: ZeroDivisionError",
            "importable by itself",
        ),
        ("RECIPES = {}\n", "bad.py: no RECIPES mapping", "crossload.worker.contract"),
    ],
)
def test_recipe_files_that_cannot_be_read_are_told_with_place_and_hint(folder, text, message, hint):
    path, write, _ = folder
    write("one", recipe="bad")
    (path / "recipes" / "bad.py").write_text(text)
    with pytest.raises(RecipeError) as caught:
        catalog_of(path)

    assert message in str(caught.value)
    assert hint in caught.value.hint
    assert str(caught.value).count("line") <= 1


def test_a_format_that_exists_is_not_replaced_by_a_recipe_file(folder):
    path, write, recipes = folder
    recipes("one", '"a": recipe()')
    with (path / "recipes" / "one.py").open("a") as stream:
        stream.write("\nclass F:\n    name = 'pickle'\n    saver = ''\n\nFORMATS = [F()]\n")
    write("one")

    with pytest.raises(RecipeError, match="format 'pickle' exists already"):
        catalog_of(path)


def test_rules_match_by_every_key_they_have(folder):
    path, write, _ = folder
    write("one")
    old, new, _ = environments_of(load_specs(path)[0])

    def match(**keys):
        return matches_rule(Rule(**keys), old, new, "forest", "joblib")

    assert match()
    assert match(
        writer="sklearn<1.1",
        reader="sklearn>=1.1",
        recipe="for*",
        format="job*",
        case="forest/joblib",
    )
    for wrong in (
        {"writer": "sklearn>=1.1"},
        {"reader": "sklearn<1.1"},
        {"recipe": "tree"},
        {"format": "pickle"},
        {"case": "forest/pickle"},
    ):
        assert not match(**wrong)
        assert not match(
            **({"writer": "*", "reader": "*", "recipe": "*", "format": "*", "case": "*"} | wrong)
        )


def test_including_leaves_only_what_a_rule_matches(folder):
    path, write, _ = folder
    write("one")
    with (path / "one.toml").open("a") as stream:
        stream.write(
            '[select]\ninclude = [{ recipe = "a" }, { format = "pickle" }]\nexclude = [{ writer = "one-extra" }]\n'
        )
    spec = load_specs(path)[0]
    made = make_plan(spec, load_catalog(spec))

    assert {cell.case.name for cell in made.cells} == {"a/pickle", "a/joblib", "b/pickle"}
    assert {cell.writer for cell in made.cells} == {"one-1.0.2", "one-1.2.2"}
    assert len(made.cells) == 18


def test_cases_are_selected_by_recipe_or_by_both(folder):
    path, write, _ = folder
    write("one")
    spec = load_specs(path)[0]

    def names(**selection):
        made = make_plan(spec, load_catalog(spec), Selection(**selection))
        return {cell.case.name for cell in made.selected}

    assert names(cases=("a",)) == {"a/pickle", "a/joblib"}
    assert names(cases=("a/joblib", "b")) == {"a/joblib", "b/pickle"}
    assert names(formats=("pick*",)) == {"a/pickle", "b/pickle"}
    assert names(cases=("a",), formats=("pickle", "x*", "joblib")[:1]) == {"a/pickle"}
    with pytest.raises(
        SelectionError, match="one: nothing is selected: 0 of 27 cells match"
    ) as caught:
        names(cases=("b",), formats=("joblib",))
    assert caught.value.hint == "loosen the selectors, or [select] in the matrix file"


def test_only_means_both_sides(folder):
    path, write, _ = folder
    write("one")
    spec = load_specs(path)[0]
    made = make_plan(
        spec, load_catalog(spec), Selection(only=("one-1.*",), writers=("one-1.0.2", "one-extra"))
    )

    assert {(cell.writer, cell.reader) for cell in made.selected} == {
        ("one-1.0.2", "one-1.0.2"),
        ("one-1.0.2", "one-1.2.2"),
    }
