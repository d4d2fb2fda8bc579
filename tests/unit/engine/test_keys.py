"""Keys: what an outcome depends on changes them, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers import spec

from crossload.config.spec import Limits
from crossload.engine.code_digest import CodeIndex
from crossload.engine.keys import LOAD_ROOTS, PROTOCOL, SAVE_ROOTS, Identity, Keys, worker_files
from crossload.plan import load_catalog, make_plan

FILE = '''
IMPORTS = ["joblib"]
LIMIT = 3


def helper(x):
    """Docstring."""
    return x  # a comment


def forest(data):
    return helper(LIMIT)


def ridge(data):
    return None


RECIPES = {
    "forest": dict(family="trees", task="binary", data="iris", build=forest, outputs=["predict"]),
    "ridge": dict(family="linear", task="binary", data="wine", build=ridge, outputs=["predict"]),
}
'''


DATA = {"iris": "d1", "wine": "d2"}


HERE = Identity("3.11.9", "l1", "Linux-x86_64")


def keys_of(tmp_path, text=FILE, data=DATA, **more):
    path = tmp_path / "some_recipes.py"
    path.write_text(text)
    chosen = replace(spec(), recipes=(path,), **more)
    import sys

    sys.modules.pop("crossload_recipe_some_recipes", None)
    plan = make_plan(chosen, load_catalog(chosen))
    return Keys(plan, data), {case.name: case for case in plan.cases}


def both(tmp_path, *, name="forest/pickle", identity=HERE, artifact="a", **more):
    keys, cases = keys_of(tmp_path, **more)
    return keys.save(identity, cases[name]), keys.load(identity, cases[name], artifact)


def test_the_same_inputs_give_the_same_keys(tmp_path):
    assert both(tmp_path) == both(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"identity": replace(HERE, python="3.11.10")},
        {"identity": replace(HERE, lock="l2")},
        {"identity": replace(HERE, platform="Darwin-arm64")},
        {"data": DATA | {"iris": "other"}},
        {"name": "forest/joblib"},
        {"name": "ridge/pickle"},
        {"limits": Limits(seconds=1)},
        {"limits": Limits(memory_mb=1)},
        {"text": FILE.replace("helper(LIMIT)", "helper(LIMIT + 1)")},
        {"text": FILE.replace("return x ", "return [x] ")},
        {"text": FILE.replace("LIMIT = 3", "LIMIT = 4")},
        {"text": FILE.replace('"joblib"', '"numpy"')},
        {
            "text": FILE.replace(
                'family="trees", task="binary"', 'family="trees", task="multiclass"'
            )
        },
        {"text": FILE + "\nRECIPES['forest']['roles'] = {}\n"},
    ],
    ids=str,
)
def test_every_component_changes_both_keys(tmp_path, change):
    before, after = both(tmp_path), both(tmp_path, **change)

    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_artifact_changes_the_key_of_a_load_only(tmp_path):
    before, after = both(tmp_path), both(tmp_path, artifact="b")

    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize("operation", ["save", "load"])
def test_the_inside_code_of_an_operation_changes_its_keys(tmp_path, operation):
    keys, cases = keys_of(tmp_path)
    before = keys.save(HERE, cases["forest/pickle"]), keys.load(HERE, cases["forest/pickle"], "a")
    keys, cases = keys_of(tmp_path)
    keys.code[operation] = "other"
    after = keys.save(HERE, cases["forest/pickle"]), keys.load(HERE, cases["forest/pickle"], "a")

    assert (before[0] != after[0], before[1] != after[1]) == (
        operation == "save",
        operation == "load",
    )


@pytest.mark.parametrize(
    "text",
    [
        FILE.replace("    return None", "    return 1"),
        FILE.replace("# a comment", "# another"),
        FILE.replace("Docstring.", "Words."),
        "\n\n" + FILE,
        FILE.replace("RECIPES = {", "def unused():\n    return 5\n\n\nRECIPES = {"),
    ],
    ids=["the other recipe", "a comment", "a docstring", "moved", "something unused"],
)
def test_what_does_not_matter_changes_no_key(tmp_path, text):
    assert both(tmp_path, text=text) == both(tmp_path)


def test_formats_that_share_a_saver_share_the_save(tmp_path):
    keys, cases = keys_of(tmp_path, formats=("pickle", "joblib", "joblib-mmap"))

    def save(name):
        return keys.save(HERE, cases[name])

    assert save("forest/joblib") == save("forest/joblib-mmap") != save("forest/pickle")


def test_the_code_of_one_format_is_not_that_of_another(tmp_path):
    keys, _ = keys_of(tmp_path, formats=("pickle", "joblib", "skops"))

    assert len(set(keys.formats.values())) == 3


def test_a_file_with_a_plug_in_format_is_digested(tmp_path):
    plug = """
from crossload.worker.formats.objects import Pickle


class Mine(Pickle):
    def save(self, model, path, recipe):
        pass


FORMATS = [Mine("mine", 2)]
"""
    first, _ = keys_of(tmp_path, FILE + plug, formats=("mine", "pickle"))
    second, _ = keys_of(tmp_path, FILE + plug.replace("pass", "return"), formats=("mine", "pickle"))

    assert first.formats["mine"] != second.formats["mine"]
    assert first.formats["pickle"] == second.formats["pickle"]


def test_everything_that_measuring_reaches_is_followed():
    sources = CodeIndex(worker_files())
    for place in (*SAVE_ROOTS, *LOAD_ROOTS, *PROTOCOL):
        assert sources.has(*place), place
    seen = {}
    sources._follow(("measure", "load"), seen)
    assert {
        ("outputs", "sha256_of"),
        ("fitted_state", "describe"),
        ("training", "resume_keras"),
        ("errors", "scrub"),
    } <= set(seen)
    assert ("measure", "save") not in seen
    assert not any(module.startswith("formats") for module, _ in seen)
