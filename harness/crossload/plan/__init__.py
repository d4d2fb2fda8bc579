"""The plan of what is to be measured: environments, cases, cells.

It is pure: no process is started, no network asked, nothing written.
"""

from __future__ import annotations

from crossload.plan.catalog import Catalog, load_catalog
from crossload.plan.cells import Case, Cell, Plan, make_plan
from crossload.plan.environments import Environment, environments_of
from crossload.plan.matrix_files import find_id_conflicts, load_specs, load_valid_specs
from crossload.plan.partition import partition
from crossload.plan.select import Selection, check_selection
from crossload.plan.shards import Costs, Shard

__all__ = [
    "Case",
    "Catalog",
    "Cell",
    "Costs",
    "Environment",
    "Plan",
    "Selection",
    "Shard",
    "check_selection",
    "environments_of",
    "find_id_conflicts",
    "load_catalog",
    "load_specs",
    "load_valid_specs",
    "make_plan",
    "partition",
]
