"""The plan of one matrix: its cells, and which of them a run may measure."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crossload.config.spec import DEFAULT_ATOL, DEFAULT_RTOL, Tolerance
from crossload.errors import SelectionError
from crossload.plan.environments import Environment, environments_of
from crossload.plan.select import Selection, check_selection, matches_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.config import MatrixSpec
    from crossload.plan.catalog import Catalog
    from crossload.plan.shards import Shard
    from crossload.worker.contract import Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One recipe saved in one format."""

    recipe: str
    format: str
    saver: str
    """Format that saves it: formats that only load in another way share an artifact."""
    family: str
    task: str
    data: str
    """Name of its data set."""

    @property
    def name(self) -> str:
        """Recipe and format, as in ``random-forest/joblib``."""
        return f"{self.recipe}/{self.format}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One case, one writer and one reader, which are ids of environments."""

    case: Case
    writer: str
    reader: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All cells of a matrix, and what narrows them down to those that this run may measure."""

    spec: MatrixSpec
    catalog: Catalog
    environments: tuple[Environment, ...]
    cases: tuple[Case, ...]
    cells: tuple[Cell, ...]
    """Cells of the whole matrix, whatever is selected."""
    selection: Selection
    shard: Shard | None = None

    @property
    def is_part(self) -> bool:
        """True where this run covers less than the whole matrix."""
        return bool(self.selection) or self.shard is not None

    @cached_property
    def selected(self) -> tuple[Cell, ...]:
        """Cells of this run: those that the selectors leave, and of these the shard's."""
        if self.shard is None:
            return self._matching
        name, units = self.spec.name, self.shard.units
        return tuple(
            cell for cell in self._matching if (name, cell.writer, cell.case.recipe) in units
        )

    @cached_property
    def _matching(self) -> tuple[Cell, ...]:
        """Cells that the selectors leave."""
        if not self.selection:
            return self.cells
        # selectors are matched once for each environment and case, not for each of their products
        writers = {each.id for each in self.environments if self.selection.saves(each)}
        readers = {each.id for each in self.environments if self.selection.loads(each)}
        cases = {case.name for case in self.cases if self.selection.takes(case.recipe, case.format)}
        return tuple(
            cell
            for cell in self.cells
            if cell.writer in writers and cell.reader in readers and cell.case.name in cases
        )

    @cached_property
    def controls(self) -> tuple[Cell, ...]:
        """Controls of this run, saved and loaded in each environment that it touches.

        A shard has those of its writers; the first shard also those of environments that never
        write, so that together the shards run all of them.
        """
        touched = dict.fromkeys(
            each for cell in self.selected for each in (cell.writer, cell.reader)
        )
        if self.shard is not None:
            writers = {cell.writer for cell in self._matching}
            of_shard = {cell.writer for cell in self.selected}
            only_readers: set[str] = set()
            if self.shard.number == 1:
                only_readers = {cell.reader for cell in self._matching} - writers
            touched = dict.fromkeys([*sorted(of_shard), *sorted(only_readers)])
        return tuple(Cell(case, each, each) for each in touched for case in self.control_cases)

    @cached_property
    def control_cases(self) -> tuple[Case, ...]:
        """Controls in each format that they can be saved in."""
        return cases_of(self.catalog.controls.values(), self.catalog)

    @property
    def data_names(self) -> set[str]:
        """Names of the data sets that cases and controls need."""
        return {case.data for case in (*self.cases, *self.control_cases)}

    def tolerance(self, case: Case) -> Tolerance:
        """Look up the tolerance of a case.

        Returns
        -------
        Tolerance
            One in which no value is None: each is that of the case, else of the matrix, else of
            the format (metrics) or the default (outputs).
        """
        # fnmatchcase: fnmatch ignores case on Windows, and a plan must not depend on the platform
        matching = (
            tolerance
            for pattern, tolerance in self.spec.case_tolerance
            if fnmatch.fnmatchcase(case.name, pattern)
        )
        of_case = next(matching, Tolerance())
        general = self.spec.tolerance
        by_format = self.catalog.formats[case.format].metric_tolerance

        def first(*values: float | None) -> float:
            # `or` would skip a tolerance of 0
            return next(value for value in values if value is not None)

        return Tolerance(
            metric=first(of_case.metric, general.metric, by_format),
            atol=first(of_case.atol, general.atol, DEFAULT_ATOL),
            rtol=first(of_case.rtol, general.rtol, DEFAULT_RTOL),
        )


def cases_of(recipes: Iterable[Recipe], catalog: Catalog) -> tuple[Case, ...]:
    """Combine each recipe with the formats of the matrix that it can and wants to be saved in."""
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
    """Plan every case, writer and reader that the rules of the matrix leave.

    Parameters
    ----------
    spec
        The matrix file.
    catalog
        Its recipes and formats.
    selection
        Selectors of the command line; all cells where there are none.

    Raises
    ------
    SelectionError
        A selector names nothing, or no cell is left.
    ConfigError
        A selector has a version specifier that is not one.
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
