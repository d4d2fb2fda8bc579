"""Plans: every selected pair once, selectors that say what they could not find."""

from __future__ import annotations

import pytest
from helpers import catalog, plan, spec

from crossload.config.spec import Rule, Tolerance
from crossload.errors import ConfigError, RecipeError, SelectionError
from crossload.plan import Selection, environments_of, load_catalog, make_plan
from crossload.plan.select import matches_environment


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


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("sklearn-1.0", ["sklearn-1.0"]),
        ("sklearn-*", ["sklearn-1.0", "sklearn-1.1"]),
        ("sklearn>=1.1", ["sklearn-1.1"]),
        ("scikit-learn<1.1", ["sklearn-1.0"]),
        ("numpy<2", []),
    ],
)
def test_patterns_and_specifiers_mean_environments(pattern, expected):
    assert [
        each.id for each in environments_of(spec()) if matches_environment(pattern, each)
    ] == expected


def test_a_specifier_means_a_package_and_its_cpu_build():
    environment = environments_of(spec())[0]
    changed = type(environment)(
        id="tf", requires=("tensorflow-cpu==2.10.1",), extras=(), as_of="today", python=None
    )

    assert matches_environment("tf>=2.10", changed)
    assert not matches_environment("tensorflow<2.10", changed)


def test_a_bad_specifier_is_an_error_with_a_hint():
    with pytest.raises(ConfigError, match="not a specifier"):
        matches_environment("sklearn>>1", environments_of(spec())[0])


def test_selectors_of_a_kind_are_alternatives_and_kinds_must_all_match():
    made = plan(
        ("1.0", "1.1", "1.2"),
        selection=Selection(writers=("sklearn-1.0", "sklearn-1.1"), cases=("forest",)),
    )

    assert {cell.writer for cell in made.selected} == {"sklearn-1.0", "sklearn-1.1"}
    assert {cell.reader for cell in made.selected} == {"sklearn-1.0", "sklearn-1.1", "sklearn-1.2"}
    assert {cell.case.recipe for cell in made.selected} == {"forest"}
    assert len(made.cells) > len(made.selected)


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (
            Selection(only=("sklaern-1.0",)),
            "no such environment: 'sklaern-1.0' - did you mean 'sklearn-1.0'?",
        ),
        (Selection(cases=("forrest",)), "no such case: 'forrest' - did you mean 'forest'?"),
        (Selection(formats=("pickel",)), "no such format: 'pickel' - did you mean 'pickle'?"),
        (Selection(readers=("tf-2.0",)), "no such reader: 'tf-2.0'"),
        (
            Selection(writers=("sklearn>=3",)),
            "no writer matches 'sklearn>=3' - known: sklearn-1.0, sklearn-1.1",
        ),
    ],
)
def test_a_selector_that_means_nothing_says_what_was_perhaps_meant(selection, text):
    with pytest.raises(SelectionError) as caught:
        plan(selection=selection)

    assert text in str(caught.value)


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


def test_a_recipe_file_that_raises_is_named_with_its_line(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("x = 1\nraise ValueError('boom')\n")
    wanted = spec()
    wanted = type(wanted)(
        **{name: getattr(wanted, name) for name in wanted.__slots__} | {"recipes": (path,)}
    )

    with pytest.raises(
        RecipeError, match=r"broken.py:2: raises when it is imported: ValueError: boom"
    ):
        load_catalog(wanted)


def test_an_unknown_format_of_a_matrix_is_a_mistake_with_a_hint(tmp_path):
    path = tmp_path / "fine.py"
    path.write_text(
        "RECIPES = {'a': dict(family='f', task='binary', data='iris', build=print, outputs=['predict'])}\n"
    )
    wanted = spec()
    fields = {name: getattr(wanted, name) for name in wanted.__slots__}
    wanted = type(wanted)(**fields | {"recipes": (path,), "formats": ("pickel",)})

    with pytest.raises(ConfigError, match=r"no such format 'pickel' - did you mean 'pickle'\?"):
        load_catalog(wanted)


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
