"""Judged cells in columns: what is equal is kept once, so that millions of cells fit and are counted at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from crossload.report.view_types import Row
from crossload.verdict import Finding, Surprise, Verdict

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from typing import Any

    from crossload.plan import Case, Cell
    from crossload.verdict import Judgement

    Indexes = np.ndarray[Any, np.dtype[np.integer[Any]]]

_BLOCK = 20_000
"""Cells that are held as Python numbers, before they become an array."""

_VERDICTS = list(Verdict)
_NUMBER = {verdict: index for index, verdict in enumerate(_VERDICTS)}


class _Names:
    """Things by number, each once; what is the same object is found by its identity, which is quicker than by its value."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._by_value: dict[Hashable, int] = {}
        self._by_identity: dict[int, int] = {}
        self._held: list[Any] = []

    def number(self, value: Any) -> int:
        found = self._by_identity.get(id(value))
        return self._add(value, value) if found is None else found

    def case(self, case: Case) -> int:
        """Number of a case, which is known by its name: hashing all of it would take longer."""
        found = self._by_identity.get(id(case))
        return self._add(case, case.name) if found is None else found

    def _add(self, value: Any, key: Hashable) -> int:
        found = self._by_value.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        self._by_identity[id(value)] = found
        self._held.append(value)  # an identity means something only while the object lives
        return found


class JudgedCells(Sequence[Row]):
    """All judged cells of a view."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.cells: list[Cell] = []
        cases, environments = _Names(), _Names()
        kinds: dict[tuple[int, Surprise, int], int] = {}
        self.judgements: list[Judgement] = []
        """Judgement of each kind; a kind is a judgement together with a finding."""
        self.findings: list[Finding] = []
        self.artifacts: list[tuple[str, int]] = []
        self.texts: list[tuple[str, tuple[str, ...]]] = []
        """(traceback, warnings), each once."""
        artifacts: dict[tuple[str, int], int] = {}
        texts: dict[tuple[str, tuple[str, ...]], int] = {}
        numbers: list[tuple[int, int, int, int, int, int, bool]] = []
        seconds: list[tuple[float, float]] = []
        blocks: list[tuple[np.ndarray, np.ndarray]] = []
        nan = float("nan")
        for row in rows:
            cell, finding = row.cell, row.finding
            key = (id(row.judgement), finding.surprise, id(finding.expectation))
            kind = kinds.setdefault(key, len(kinds))
            if kind == len(self.judgements):
                self.judgements.append(row.judgement)
                self.findings.append(finding)
            artifact = artifacts.setdefault((row.artifact, row.artifact_bytes), len(artifacts))
            text = texts.setdefault((row.traceback, row.warnings), len(texts))
            case = cases.case(cell.case)
            writer, reader = environments.number(cell.writer), environments.number(cell.reader)
            self.cells.append(cell)
            numbers.append((case, writer, reader, kind, artifact, text, row.confirmed))
            seconds.append((row.seconds.get("load", nan), row.seconds.get("predict", nan)))
            if len(numbers) == _BLOCK:
                blocks.append(_block(numbers, seconds))
                numbers, seconds = [], []
        blocks.append(_block(numbers, seconds))
        columns = np.concatenate([block for block, _ in blocks])
        self.case, self.writer, self.reader, self.kind, self.artifact, self.text, confirmed = (
            columns.T
        )
        self.confirmed = confirmed.astype(bool)
        self.seconds = np.concatenate([block for _, block in blocks])
        """Seconds of loading and of predicting, two columns."""
        self.cases, self.environments = cases.values, environments.values
        self.artifacts, self.texts = list(artifacts), list(texts)
        self.verdict_of_kind = np.array(
            [_NUMBER[each.verdict] for each in self.judgements], dtype=np.int32
        )
        self.verdict: Indexes = (
            self.verdict_of_kind[self.kind] if len(self.kind) else np.zeros(0, dtype=np.int64)
        )

    def __len__(self) -> int:
        return len(self.cells)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        kind = self.kind[index]
        traceback, warnings = self.texts[self.text[index]]
        artifact, size = self.artifacts[self.artifact[index]]
        load, predict = self.seconds[index]
        found = {"load": float(load), "predict": float(predict)}
        return Row(
            cell=self.cells[index],
            judgement=self.judgements[kind],
            finding=self.findings[kind],
            seconds={name: value for name, value in found.items() if value == value},  # noqa: PLR0124 - not NaN
            artifact=artifact,
            artifact_bytes=size,
            confirmed=bool(self.confirmed[index]),
            traceback=traceback,
            warnings=warnings,
        )

    def __iter__(self) -> Iterator[Row]:
        return (self[index] for index in range(len(self)))

    # --- counting -----------------------------------------------------------------------------------------------

    def counts(self) -> Counter[Verdict]:
        """Cells by verdict."""
        found = np.bincount(self.verdict, minlength=len(_VERDICTS))
        return Counter(
            {verdict: int(found[index]) for index, verdict in enumerate(_VERDICTS) if found[index]}
        )

    def count_by(self, *keys: Indexes) -> dict[tuple[int, ...], Counter[Verdict]]:
        """Cells by verdict for each combination of these columns, in the order in which they first occur."""
        tables: dict[tuple[int, ...], Counter[Verdict]] = {}
        for first, combination, count in _unique([*keys, self.verdict]):
            group = combination[:-1]
            tables.setdefault(group, Counter())[_VERDICTS[combination[-1]]] += count
            del first
        return tables

    def first_of(self, mask: np.ndarray, *keys: Indexes) -> list[int]:
        """Index of the first cell of each combination of these columns, among the cells that the mask chooses."""
        chosen = np.flatnonzero(mask)
        return [int(chosen[first]) for first, _, _ in _unique([key[chosen] for key in keys])]

    def count_kinds(self) -> Indexes:
        """Cells of each kind."""
        return np.bincount(self.kind, minlength=len(self.judgements))

    def of_kinds(self, wanted: Iterable[bool]) -> np.ndarray:
        """Mask of the cells whose kind is wanted."""
        chosen = np.fromiter(wanted, dtype=bool, count=len(self.judgements))
        return chosen[self.kind] if len(self.kind) else np.zeros(0, dtype=bool)

    def pairs(self, mask: np.ndarray) -> list[tuple[str, str]]:
        """Different (writer, reader) of the cells that the mask chooses, in the order in which they occur."""
        names = self.environments
        found = _unique([self.writer[mask], self.reader[mask]])
        return [(names[writer], names[reader]) for _, (writer, reader), _ in found]


def _block(
    numbers: list[tuple[Any, ...]], seconds: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array(numbers, dtype=np.int32).reshape(len(numbers), 7),
        np.array(seconds, dtype=np.float32).reshape(len(seconds), 2),
    )


def _unique(columns: Sequence[Indexes]) -> list[tuple[int, tuple[int, ...], int]]:
    """(index of the first, values, count) of each different combination, in the order in which they first occur."""
    if not len(columns[0]):
        return []
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        code = code * (int(column.max()) + 1) + column
    _, first, count = np.unique(code, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    return [
        (int(first[i]), tuple(int(column[first[i]]) for column in columns), int(count[i]))
        for i in order
    ]
