"""Judged cells in columns: what is equal is kept once, so that millions of cells fit in memory.

Columns of numbers are counted by NumPy, without a Python object for each cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from crossload.report.view_types import JudgedCell
from crossload.verdict import Explained, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from typing import Any

    from crossload.plan import Case, Cell
    from crossload.verdict import Judgement

    Indexes = np.ndarray[Any, np.dtype[np.integer[Any]]]

_BLOCK = 20_000
"""Cells that are held as Python numbers before they become an array, which is far smaller."""

_VERDICTS = list(Verdict)
_NUMBER = {verdict: index for index, verdict in enumerate(_VERDICTS)}


class _Numbering:
    """Values by number, each once.

    The same object is found by its identity, which is quicker than by its value.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._by_value: dict[Hashable, int] = {}
        self._by_identity: dict[int, int] = {}
        self._held: list[Any] = []

    def number(self, value: Any) -> int:
        """Give the number of a value; a new one if it was not seen before."""
        found = self._by_identity.get(id(value))
        return self._add(value, value) if found is None else found

    def case(self, case: Case) -> int:
        """Give the number of a case, which is known by its name: hashing all of it takes longer."""
        found = self._by_identity.get(id(case))
        return self._add(case, case.name) if found is None else found

    def _add(self, value: Any, key: Hashable) -> int:
        found = self._by_value.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        self._by_identity[id(value)] = found
        # an identity means something only while the object lives: another one may get its address
        self._held.append(value)
        return found


class JudgedCells(Sequence[JudgedCell]):
    """All judged cells of a view: a sequence of `JudgedCell`, held in columns.

    A *kind* is a judgement together with a finding; most cells share theirs with many others.
    Columns have one number a cell, shape (cells,): ``case``, ``writer``, ``reader``, ``kind``,
    ``artifact``, ``text``, ``confirmed``, ``verdict``; what they refer to stands in the lists
    ``cases``, ``environments``, ``judgements`` and ``findings``, ``artifacts``, ``texts``.

    Parameters
    ----------
    rows
        The cells; they are read once and not kept.
    """

    def __init__(self, rows: Iterable[JudgedCell]) -> None:
        self.cells: list[Cell] = []
        cases, environments = _Numbering(), _Numbering()
        kinds: dict[tuple[int, Explained, int], int] = {}
        self.judgements: list[Judgement] = []
        """Judgement of each kind."""
        self.findings: list[Finding] = []
        """Finding of each kind."""
        self.artifacts: list[tuple[str, int]] = []
        """(SHA-256, bytes), each once."""
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
            # the judge gives equal cells one object; to hash all numbers of a judgement for each
            # cell would take most of the time
            key = (id(row.judgement), finding.explained, id(finding.cause))
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
            # a tuple of Python numbers takes many times the bytes of a row of an array
            if len(numbers) == _BLOCK:
                blocks.append(_block(numbers, seconds))
                numbers, seconds = [], []
        blocks.append(_block(numbers, seconds))
        columns = np.concatenate([block for block, _ in blocks])
        self.case, self.writer, self.reader, self.kind, self.artifact, self.text, confirmed = (
            columns.T
        )
        self.confirmed = confirmed.astype(bool)
        # 32-bit floats: the clock is not as exact as their seven digits
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
    def __getitem__(self, index: int) -> JudgedCell: ...
    @overload
    def __getitem__(self, index: slice) -> list[JudgedCell]: ...
    def __getitem__(self, index: int | slice) -> JudgedCell | list[JudgedCell]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        kind = self.kind[index]
        traceback, warnings = self.texts[self.text[index]]
        artifact, size = self.artifacts[self.artifact[index]]
        load, predict = self.seconds[index]
        found = {"load": float(load), "predict": float(predict)}
        return JudgedCell(
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

    def __iter__(self) -> Iterator[JudgedCell]:
        return (self[index] for index in range(len(self)))

    # --- counting -------------------------------------------------------------------------------

    def counts(self) -> Counter[Verdict]:
        """Count the cells by verdict; verdicts that do not occur are left out."""
        found = np.bincount(self.verdict, minlength=len(_VERDICTS))
        return Counter(
            {verdict: int(found[index]) for index, verdict in enumerate(_VERDICTS) if found[index]}
        )

    def count_by(self, *keys: Indexes) -> dict[tuple[int, ...], Counter[Verdict]]:
        """Count the cells by verdict for each combination of these columns.

        Parameters
        ----------
        keys
            Columns, shape (cells,), such as ``writer`` and ``reader``.

        Returns
        -------
        dict
            In the order in which combinations first occur.
        """
        tables: dict[tuple[int, ...], Counter[Verdict]] = {}
        for _, combination, count in _unique([*keys, self.verdict]):
            group = combination[:-1]
            tables.setdefault(group, Counter())[_VERDICTS[combination[-1]]] += count
        return tables

    def first_of(self, mask: np.ndarray, *keys: Indexes) -> list[int]:
        """Find the first cell of each combination of these columns.

        Parameters
        ----------
        mask
            Cells to look among, shape (cells,).
        keys
            Columns, shape (cells,).

        Returns
        -------
        list
            Indexes of cells, in their order.
        """
        chosen = np.flatnonzero(mask)
        return [int(chosen[first]) for first, _, _ in _unique([key[chosen] for key in keys])]

    def count_kinds(self) -> Indexes:
        """Count the cells of each kind, shape (kinds,)."""
        return np.bincount(self.kind, minlength=len(self.judgements))

    def of_kinds(self, wanted: Iterable[bool]) -> np.ndarray:
        """Give the mask of the cells whose kind is wanted, shape (cells,).

        Parameters
        ----------
        wanted
            True or False for each kind, in their order.
        """
        chosen = np.fromiter(wanted, dtype=bool, count=len(self.judgements))
        return chosen[self.kind] if len(self.kind) else np.zeros(0, dtype=bool)

    def pairs(self, mask: np.ndarray) -> list[tuple[str, str]]:
        """List the different (writer, reader) of some cells, in the order in which they occur.

        Parameters
        ----------
        mask
            A mask of shape (cells,), or indexes of cells.
        """
        names = self.environments
        found = _unique([self.writer[mask], self.reader[mask]])
        return [(names[writer], names[reader]) for _, (writer, reader), _ in found]


def _block(
    numbers: list[tuple[Any, ...]], seconds: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    # reshaped, because an empty list has no second axis
    return (
        np.array(numbers, dtype=np.int32).reshape(len(numbers), 7),
        np.array(seconds, dtype=np.float32).reshape(len(seconds), 2),
    )


def _unique(columns: Sequence[Indexes]) -> list[tuple[int, tuple[int, ...], int]]:
    """Find each different combination of some columns.

    Gives (index of the first, values, count), in the order in which they first occur.
    """
    if not len(columns[0]):
        return []
    # one number a combination: `np.unique` of several columns (axis=0) sorts rows, which is slower
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        code = code * (int(column.max()) + 1) + column
    _, first, count = np.unique(code, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    return [
        (int(first[i]), tuple(int(column[first[i]]) for column in columns), int(count[i]))
        for i in order
    ]
