"""Selectors: patterns and specifiers, and those that mean nothing."""

from __future__ import annotations

import pytest
from helpers import plan, spec

from crossload.config.spec import Rule
from crossload.errors import ConfigError, SelectionError
from crossload.plan import Selection, environments_of, load_catalog, load_specs, make_plan
from crossload.plan.select import matches_environment, matches_rule


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
