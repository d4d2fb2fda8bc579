"""Plans: every selected pair once, with its tolerance."""

from __future__ import annotations

import pytest
from helpers import catalog, plan, spec

from crossload.config.spec import Rule, Tolerance
from crossload.errors import SelectionError
from crossload.plan import Cell, Selection, load_catalog, load_specs, make_plan


def test_every_case_and_pair_is_planned_once():
    made = plan(("1.0", "1.1", "1.2"))

    assert len(made.cells) == len(set(made.cells)) == 3 * 3 * len(made.cases)
    assert {case.name for case in made.cases} == {
        f"{recipe}/{fmt}"
        for recipe in ("forest", "ridge")
        for fmt in ("pickle", "joblib", "joblib-mmap")
    }


def test_formats_that_share_a_saver_are_one_artifact():
    savers = {case.format: case.saver for case in plan().cases}

    assert savers["joblib-mmap"] == savers["joblib"] == "joblib"


def test_formats_of_another_kind_are_not_planned():
    with pytest.raises(SelectionError, match="nothing is selected"):
        make_plan(spec(), catalog("net", kind="keras"))


def test_excluded_cells_are_not_planned():
    made = plan(exclude=(Rule(writer="sklearn>=1.1", format="joblib*"),))

    assert not [
        cell for cell in made.cells if cell.writer == "sklearn-1.1" and cell.case.format != "pickle"
    ]
    assert [
        cell for cell in made.cells if cell.writer == "sklearn-1.0" and cell.case.format == "joblib"
    ]


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


def test_including_leaves_only_what_a_rule_matches(folder):
    path, write, _ = folder
    write("one")
    with (path / "one.toml").open("a") as stream:
        stream.write(
            '[select]\ninclude = [{ recipe = "a" }, { format = "pickle" }]\n'
            'exclude = [{ writer = "one-extra" }]\n'
        )
    spec = load_specs(path)[0]
    made = make_plan(spec, load_catalog(spec))

    assert {cell.case.name for cell in made.cells} == {"a/pickle", "a/joblib", "b/pickle"}
    assert {cell.writer for cell in made.cells} == {"one-1.0.2", "one-1.2.2"}
    assert len(made.cells) == 18


def test_selectors_that_leave_nothing_together_are_an_error():
    with pytest.raises(SelectionError, match="nothing is selected"):
        plan(selection=Selection(only=("sklearn-1.0",), readers=("sklearn-1.1",)))


def test_the_tolerance_of_a_case_goes_before_that_of_the_matrix_and_the_format():
    made = make_plan(
        spec(tolerance=Tolerance(atol=0.5), case_tolerance=(("forest/*", Tolerance(metric=0.25)),)),
        catalog("forest", "ridge"),
    )
    forest, ridge = made.cases[0], made.cases[-1]

    assert made.tolerance(forest) == Tolerance(metric=0.25, atol=0.5, rtol=1e-5)
    assert made.tolerance(ridge) == Tolerance(metric=0.001, atol=0.5, rtol=1e-5)


@pytest.mark.parametrize("part", ["metric", "atol", "rtol"])
def test_each_tolerance_is_that_of_the_case_then_of_the_matrix_then_the_default(part):
    own, general = Tolerance(**{part: 0.25}), Tolerance(**{part: 0.5})
    default = {"metric": 0.001, "atol": 1e-6, "rtol": 1e-5}[part]

    def of(**more):
        made = make_plan(spec(**more), catalog("forest"))
        return getattr(made.tolerance(made.cases[0]), part)

    assert of() == default
    assert of(tolerance=general) == 0.5
    assert of(case_tolerance=(("forest/*", own),)) == 0.25
    assert of(tolerance=general, case_tolerance=(("forest/*", own),)) == 0.25
    assert of(tolerance=general, case_tolerance=(("tree/*", own), ("*", general))) == 0.5


def test_cells_are_excluded_by_their_reader_too():
    made = plan(exclude=(Rule(reader="sklearn-1.0"),))

    assert {cell.reader for cell in made.cells} == {"sklearn-1.1"}


def test_cells_are_their_own_identity():
    whole = plan()
    first = whole.cells[0]

    assert Cell(first.case, first.writer, first.reader) == first
