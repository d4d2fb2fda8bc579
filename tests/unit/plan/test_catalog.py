"""Recipe files, read together with their formats."""

from __future__ import annotations

import pytest
from builders_plan import catalog_of
from helpers import spec

from crossload.errors import ConfigError, RecipeError
from crossload.plan import load_catalog


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
        "RECIPES = {'a': dict(family='f', task='binary', data='iris', build=print,"
        " outputs=['predict'])}\n"
    )
    wanted = spec()
    fields = {name: getattr(wanted, name) for name in wanted.__slots__}
    wanted = type(wanted)(**fields | {"recipes": (path,), "formats": ("pickel",)})

    with pytest.raises(ConfigError, match=r"no such format 'pickel' - did you mean 'pickle'\?"):
        load_catalog(wanted)


def test_recipes_keep_the_order_of_their_files(folder):
    path, write, _ = folder
    write("one")
    found = catalog_of(path)

    assert list(found.recipes) == ["a", "b"]
    assert list(found.formats) == ["pickle", "joblib"]
    assert found.controls == {}
    assert list(found.everything) == ["a", "b"]


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
