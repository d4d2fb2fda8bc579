"""The grammar of matrix files, and the JSON Schema that is made from it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from builders_config import GOOD, problems_of

from crossload.config import find_matrices, json_schema, load_matrix

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "path", find_matrices(ROOT / "matrix").values(), ids=lambda path: path.stem
)
def test_the_default_matrices_load_and_keep_the_published_schema(path):
    spec = load_matrix(path)

    jsonschema.validate(tomllib.loads(path.read_text()), json_schema())
    assert spec.title


def test_the_published_schema_is_the_one_of_the_code():
    published = json.loads((ROOT / "matrix" / "schema.json").read_text())

    assert published == json_schema()


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace('title = "t"', "title = 3"),
        GOOD + "\n[surplus]\n",
        GOOD.replace("seconds = 5", "seconds = 0"),
    ],
    ids=["type", "key", "bound"],
)
def test_loader_and_schema_refuse_the_same(tmp_path, broken):
    assert problems_of(tmp_path, broken)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(broken), json_schema())
