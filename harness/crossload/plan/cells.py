"""The plan of one matrix: which cells there are, and which of them this run may measure."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crossload.config.spec import Tolerance
from crossload.errors import SelectionError
from crossload.plan.environments import Environment, environments_of
from crossload.plan.select import Selection, check_selection, matches_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.config import MatrixSpec
    from crossload.plan.catalog import Catalog
    from crossload.plan.shards import Shard
    from crossload.worker.contract import Recipe

DEFAULT_ATOL, DEFAULT_RTOL = 1e-6, 1e-5


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One recipe saved in one format."""

    recipe: str
    format: str
    saver: str
    family: str
    task: str
    data: str

    @property
    def name(self) -> str:
        return f"{self.recipe}/{self.format}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One case, one writer, one reader (ids)."""

    case: Case
    writer: str
    reader: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All cells of a matrix; ``selected`` marks those that this run may measure."""

    spec: MatrixSpec
    catalog: Catalog
    environments: tuple[Environment, ...]
    cases: tuple[Case, ...]
    cells: tuple[Cell, ...]
    selection: Selection
    shard: Shard | None = None

    @property
    def is_part(self) -> bool:
        """Whether this run is to know less than the whole matrix."""
        return bool(self.selection) or self.shard is not None

    @cached_property
    def selected(self) -> tuple[Cell, ...]:
        """Cells of this run."""
        found = self._chosen
        if self.shard is None:
            return found
        name, units = self.spec.name, self.shard.units
        return tuple(cell for cell in found if (name, cell.writer, cell.case.recipe) in units)

    @cached_property
    def _chosen(self) -> tuple[Cell, ...]:
        """What the selectors leave."""
        if not self.selection:
            return self.cells
        by_id = {environment.id: environment for environment in self.environments}
        writers = {each for each, environment in by_id.items() if self.selection.saves(environment)}
        readers = {each for each, environment in by_id.items() if self.selection.loads(environment)}
        taken = {case.name for case in self.cases if self.selection.takes(case.recipe, case.format)}
        return tuple(
            cell
            for cell in self.cells
            if cell.writer in writers and cell.reader in readers and cell.case.name in taken
        )

    @cached_property
    def controls(self) -> tuple[Cell, ...]:
        """Controls of this run: each in every environment that the run touches, saved and loaded there.

        A shard has those of its writers; the first shard also those of environments that never write.
        """
        touched = dict.fromkeys(
            each for cell in self.selected for each in (cell.writer, cell.reader)
        )
        if self.shard is not None:
            writers = {cell.writer for cell in self._chosen}
            own = {cell.writer for cell in self.selected}
            others = (
                {cell.reader for cell in self._chosen} - writers
                if self.shard.number == 1
                else set()
            )
            touched = dict.fromkeys([*sorted(own), *sorted(others)])
        return tuple(Cell(case, each, each) for each in touched for case in self.control_cases)

    @cached_property
    def control_cases(self) -> tuple[Case, ...]:
        return cases_of(self.catalog.controls.values(), self.catalog)

    @property
    def data_names(self) -> set[str]:
        """Data sets that cases and controls need."""
        return {case.data for case in (*self.cases, *self.control_cases)}

    def tolerance(self, case: Case) -> Tolerance:
        """Tolerance of a case with every value given: of the case, else of the matrix, else of the format."""
        own = next(
            (
                t
                for pattern, t in self.spec.case_tolerance
                if fnmatch.fnmatchcase(case.name, pattern)
            ),
            Tolerance(),
        )
        general = self.spec.tolerance
        by_format = self.catalog.formats[case.format].metric_tolerance

        def first(*values: float | None) -> float:
            return next(value for value in values if value is not None)

        return Tolerance(
            metric=first(own.metric, general.metric, by_format),
            atol=first(own.atol, general.atol, DEFAULT_ATOL),
            rtol=first(own.rtol, general.rtol, DEFAULT_RTOL),
        )


def cases_of(recipes: Iterable[Recipe], catalog: Catalog) -> tuple[Case, ...]:
    """Each recipe in each format of the matrix that it can and wants to be saved in."""
    return tuple(
        Case(
            recipe=recipe.name,
            format=fmt.name,
            saver=fmt.saver,
            family=recipe.family,
            task=recipe.task,
            data=recipe.data,
        )
        for recipe in recipes
        for fmt in catalog.formats.values()
        if fmt.applies(recipe.kind) and recipe.allows(fmt.name)
    )


def make_plan(spec: MatrixSpec, catalog: Catalog, selection: Selection | None = None) -> Plan:
    """Every case times every writer times every reader that the rules of the matrix leave.

    Raises `SelectionError` for a selector that names nothing, and where no cell is left.
    """
    selection = selection or Selection()
    environments = environments_of(spec)
    check_selection(selection, environments, catalog.recipes, catalog.formats)
    cases = cases_of(catalog.recipes.values(), catalog)
    cells = tuple(
        Cell(case, writer.id, reader.id)
        for writer in environments
        for reader in environments
        for case in cases
        if _planned(spec, writer, reader, case)
    )
    plan = Plan(
        spec=spec,
        catalog=catalog,
        environments=environments,
        cases=cases,
        cells=cells,
        selection=selection,
    )
    if not plan.selected:
        msg = f"{spec.name}: nothing is selected: 0 of {len(cells)} cells match"
        raise SelectionError(msg, hint="loosen the selectors, or [select] in the matrix file")
    return plan


def _planned(spec: MatrixSpec, writer: Environment, reader: Environment, case: Case) -> bool:
    def match(rules: tuple[object, ...]) -> bool:
        return any(matches_rule(rule, writer, reader, case.recipe, case.format) for rule in rules)  # type: ignore[arg-type]

    return (not spec.include or match(spec.include)) and not match(spec.exclude)
