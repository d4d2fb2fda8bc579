"""Shards of matrices: what costs them, and how they are described."""

from __future__ import annotations

import json

import pytest
from helpers import plan

from crossload.environments import Project
from crossload.errors import ConfigError
from crossload.matrix.shards import costs_of, describe_shards, parse_shard, shards_of


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""])
def test_a_shard_that_is_not_one_is_refused(text):
    with pytest.raises(ConfigError, match="NUMBER/COUNT"):
        parse_shard(text)


def test_recorded_costs_come_from_the_published_report(tmp_path):
    whole, project = plan(), Project(tmp_path)
    assert costs_of(project, [whole]) == {}
    (tmp_path / "reports" / "m").mkdir(parents=True)
    known = {"costs": {"writers": {"sklearn-1.0": 5.0}, "recipes": {"forest": 2.0}}}
    (tmp_path / "reports" / "m" / "summary.json").write_text(json.dumps(known))

    assert costs_of(project, [whole])["m"].of("sklearn-1.0", "forest", 10) == 5.0
    assert costs_of(project, [whole])["m"].of("sklearn-1.1", "forest", 10) == pytest.approx(0.2)
    shards = shards_of(project, [whole], 3)
    assert json.loads(describe_shards(shards, "github"))["include"][0]["shard"] == "1/3"
    assert "1/3" in describe_shards(shards, "text")
    units = [
        tuple(unit) for row in json.loads(describe_shards(shards, "json")) for unit in row["of"]
    ]
    assert len(units) == len(set(units)) == 4
