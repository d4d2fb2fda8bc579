"""The contract of recipe files: mistakes are all named, specifiers and patterns are kept."""

from __future__ import annotations

import pytest

from crossload.worker import contract


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
