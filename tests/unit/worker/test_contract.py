"""The contract of recipe files: mistakes are all named, specifiers and patterns are kept."""

from __future__ import annotations

import sys

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


def test_a_recipe_file_is_imported_once_under_a_name_of_its_own(tmp_path, monkeypatch):
    path = tmp_path / "my-recipes.py"
    path.write_text("class Mine: pass\n")
    monkeypatch.setitem(sys.modules, "crossload_recipe_my_recipes", None)

    module = contract.import_file(str(path))

    assert contract.import_file(str(path)) is module
    assert module.Mine.__module__ == "crossload_recipe_my_recipes"
    assert sys.modules["crossload_recipe_my_recipes"] is module


def test_a_file_that_fails_is_not_found_by_the_next_import(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text("raise KeyError('half')\n")

    for _ in range(2):
        with pytest.raises(KeyError, match="half"):
            contract.import_file(str(path))
    assert "crossload_recipe_failing" not in sys.modules


def test_what_is_no_module_cannot_be_imported(tmp_path):
    (tmp_path / "recipes.txt").write_text("")

    with pytest.raises(contract.ContractError, match="recipes.txt: cannot be imported"):
        contract.import_file(str(tmp_path / "recipes.txt"))


VALID = {
    "family": "f",
    "task": "binary",
    "data": "iris",
    "build": len,
    "outputs": ["predict"],
}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("a text", "expected a dict, got str"),
        ({**VALID, "kind": "torch"}, "kind: 'torch' is none of object, keras, tf-module"),
        ({**VALID, "resume": 3}, "resume: must be True or a function"),
        ({**VALID, "needs": {"sklearn": "~=1"}}, "needs['sklearn']: not a specifier"),
        ({key: VALID[key] for key in VALID if key != "data"}, "the key 'data' is missing"),
    ],
)
def test_each_mistake_says_what_is_wrong(spec, text):
    class Module:
        RECIPES = {"mine": spec}  # noqa: RUF012

    with pytest.raises(contract.ContractError) as caught:
        contract.recipes_of(Module, "some/recipes.py")
    assert f"recipes.py: RECIPES['mine']: {text}" in str(caught.value)


def test_recipes_come_in_the_order_of_the_file_with_their_defaults():
    class Module:
        RECIPES = {"b": VALID, "a": {**VALID, "outputs": {"own": len}}}  # noqa: RUF012

    found = contract.recipes_of(Module, "some/recipes.py")

    assert list(found) == ["b", "a"]
    assert (found["b"].kind, found["b"].rebuild, found["b"].fit) == ("object", len, None)
    assert found["b"].outputs == {"predict": None}
    assert found["a"].outputs == {"own": len}
    assert found["b"].allows("any-format")


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.2.0rc1", (1, 2, 0)), ("2.11", (2, 11)), ("dev", ()), ("1.x.3", (1,))],
)
def test_leading_numbers_of_a_version(version, numbers):
    assert contract.version_tuple(version) == numbers
