"""The table of outcomes, one row a cell, streamed into Parquet.

What is equal in many cells is laid out once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crossload.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.report.judged_cells import JudgedCells
    from crossload.report.view import View
    from crossload.verdict import Finding, Judgement

_BLOCK = 32_768
"""Cells that are laid out at once, so that memory does not grow with the table."""

COLUMNS = {
    "family, recipe, format, task": "the case: recipe and format, under the heading of a family",
    "writer, reader": "ids of the environments that saved and loaded",
    "verdict, passes, reason": "the verdict, whether it passes (null: neither), and why",
    "explained, cause, known": "whether the cause of a failure is known, its name, and the why",
    "warned, warnings": "categories of warnings while loading and predicting, and their texts",
    "worst_metric, worst_drift": "the metric that moved most, and by how much (after minus before)",
    "worst_excess": "the same in units of its tolerance; above 1 it is too far",
    "max_abs, max_rel": (
        "largest difference of any recorded output that is no label; 0 where bit-equal"
    ),
    "mean_abs, median_abs, p99_abs": (
        "mean, median and 99th percentile of the differences of the output that moved farthest"
    ),
    "mean_rel, median_rel, p99_rel": "the same, relative to the value before",
    "changed_labels": "number of held-out rows whose predicted label changed",
    "state": (
        "fitted state after loading: equal, differs, layout (arrays renamed, added, removed), or"
        " unknown"
    ),
    "optimizer": (
        "optimizer variables after loading: kept, changed, lost; empty where there were none"
    ),
    "resumes": (
        "whether training goes on alike after loading: yes, no, what was lost; empty where not"
        " asked"
    ),
    "lost": "class that the reader did not find, where the error names one",
    "inferred, witnesses": (
        "verdict that a cell is believed to have that was not measured, and the readers that show"
        " it"
    ),
    "noise": "largest difference between two predictions of the writer in its own process",
    "train_gap": "accuracy or R2 on training rows minus that on held-out rows",
    "confirmed": "measured a second time in a process of its own",
    "artifact, artifact_bytes": "SHA-256 (first 16 digits) and size of what was loaded",
    "load_seconds, predict_seconds": "seconds of loading and predicting, one thread",
    "METRIC_before, METRIC_after, METRIC_drift": (
        "each metric just before saving, just after loading, and the change"
    ),
}
"""Columns of the table of outcomes, and what they mean."""

# one type for all columns of words, because every block must have the schema of the first; 32 bits,
# because Parquet gives such an index back whatever it was given
# (https://github.com/apache/arrow/issues/36589)
_TEXT_TYPE = pa.dictionary(pa.int32(), pa.string())


def write_outcomes(view: View, path: Path) -> None:
    """Write the table; `COLUMNS` says what is in it.

    Parameters
    ----------
    view
        The view whose cells are written.
    path
        File to write; it is replaced.
    """
    rows = view.rows
    kinds = _kind_columns(rows)
    fixed = _case_columns(rows)
    names = pa.array(rows.environments, pa.string())
    # texts of cells also differ by their tracebacks, which the table does not hold: without joining
    # equal warnings the file would depend on them
    all_warnings = ["\n".join(warnings) for _, warnings in rows.texts]
    texts = list(dict.fromkeys(all_warnings))
    place = {text: index for index, text in enumerate(texts)}
    warned = np.array([place[text] for text in all_warnings], dtype=np.int32)
    artifacts = pa.array([sha[:16] for sha, _ in rows.artifacts], pa.string())
    sizes = pa.array([size for _, size in rows.artifacts], pa.int64())

    def block(start: int, end: int) -> pa.Table:
        case, kind = pa.array(rows.case[start:end]), pa.array(rows.kind[start:end])
        artifact = pa.array(rows.artifact[start:end])
        columns: dict[str, pa.Array] = {name: values.take(case) for name, values in fixed.items()}
        columns["writer"] = _dictionary_array(rows.writer[start:end], names)
        columns["reader"] = _dictionary_array(rows.reader[start:end], names)
        columns |= {name: values.take(kind) for name, values in kinds.items()}
        columns["warnings"] = _dictionary_array(
            warned[rows.text[start:end]], pa.array(texts, pa.string())
        )
        columns["confirmed"] = pa.array(rows.confirmed[start:end])
        columns["artifact"] = artifacts.take(artifact)
        columns["artifact_bytes"] = sizes.take(artifact)
        # 64 bits, as all other numbers of the table: a reader shall not have to know which are not
        columns["load_seconds"] = pa.array(rows.seconds[start:end, 0].astype("float64"))
        columns["predict_seconds"] = pa.array(rows.seconds[start:end, 1].astype("float64"))
        # metrics depend on the matrix and come last; worst_drift only sounds like one
        metrics = [
            name
            for name in kinds
            if name.endswith(("_before", "_after", "_drift")) and name != "worst_drift"
        ]
        order = [name for name in columns if name not in metrics]
        return pa.table({name: columns[name] for name in (*_ordered(order), *metrics)})

    first = block(0, min(_BLOCK, len(rows)))
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for start in range(_BLOCK, len(rows), _BLOCK):
            writer.write_table(block(start, min(start + _BLOCK, len(rows))))


def _ordered(names: list[str]) -> list[str]:
    """Sort columns as `COLUMNS` lists them, so that the documented order is that of the file."""
    wanted = [name.strip() for group in COLUMNS for name in group.split(",")]
    return sorted(names, key=lambda name: wanted.index(name) if name in wanted else len(wanted))


def _dictionary_array(index: np.ndarray, values: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index.astype("int32")), values).cast(_TEXT_TYPE)


def _encoded(values: list[str]) -> pa.DictionaryArray:
    return pa.array(values, pa.string()).dictionary_encode().cast(_TEXT_TYPE)


def _case_columns(rows: JudgedCells) -> dict[str, pa.Array]:
    return {
        name: _encoded([getattr(case, name) for case in rows.cases])
        for name in ("family", "recipe", "format", "task")
    }


def _kind_columns(rows: JudgedCells) -> dict[str, pa.Array]:
    """Lay out the columns that a judgement and its finding decide, once for each kind."""
    flat = [
        _kind_values(judged, finding)
        for judged, finding in zip(rows.judgements, rows.findings, strict=True)
    ]
    found: dict[str, pa.Array] = {}
    for name, kind in _TYPES.items():
        values = [each[name] for each in flat]
        found[name] = (
            _encoded(values)
            if kind is str
            else pa.array(values, {bool: pa.bool_(), int: pa.int64()}.get(kind))
        )
    names = list(
        dict.fromkeys(
            name for judged in rows.judgements for name in (*judged.before, *judged.after)
        )
    )
    nan = float("nan")
    for name in names:
        before = np.array([judged.before.get(name, nan) for judged in rows.judgements])
        after = np.array([judged.after.get(name, nan) for judged in rows.judgements])
        with np.errstate(invalid="ignore"):  # the difference of two infinities
            drift = after - before
        for suffix, numbers in (("before", before), ("after", after), ("drift", drift)):
            found[f"{name}_{suffix}"] = pa.array(numbers)
    return found


_TYPES: dict[str, type] = {
    "verdict": str,
    "passes": bool,
    "reason": str,
    "explained": str,
    "cause": str,
    "known": str,
    "warned": str,
    "worst_metric": str,
    "worst_drift": float,
    "worst_excess": float,
    "max_abs": float,
    "max_rel": float,
    "mean_abs": float,
    "median_abs": float,
    "p99_abs": float,
    "mean_rel": float,
    "median_rel": float,
    "p99_rel": float,
    "changed_labels": int,
    "state": str,
    "optimizer": str,
    "resumes": str,
    "lost": str,
    "inferred": str,
    "witnesses": str,
    "noise": float,
    "train_gap": float,
}


def _kind_values(judged: Judgement, finding: Finding) -> dict[str, Any]:
    nan = float("nan")
    return {
        "verdict": judged.verdict.word,
        "passes": judged.verdict.passes,
        "reason": judged.reason,
        "explained": finding.explained.value,
        "cause": finding.cause.id if finding.cause else "",
        "known": finding.cause.why if finding.cause else "",
        "warned": ", ".join(judged.warned),
        "worst_metric": judged.worst_metric,
        # NaN rather than 0 where nothing was measured: it must not lower a mean
        "worst_drift": judged.worst_drift if judged.verdict.measured else nan,
        "worst_excess": judged.worst_excess if judged.verdict.measured else nan,
        # tasks without metrics have distances all the same
        "max_abs": judged.max_abs if _was_compared(judged) else nan,
        "max_rel": judged.max_rel if _was_compared(judged) else nan,
        **_distances(judged),
        "changed_labels": 0 if judged.verdict is Verdict.NOT_RUN else judged.changed_labels,
        "state": judged.state,
        "optimizer": judged.optimizer,
        "resumes": judged.resumes,
        "lost": judged.lost,
        "inferred": judged.inferred,
        "witnesses": " ".join(judged.witnesses),
        "noise": judged.noise,
        "train_gap": judged.gap,
    }


def _was_compared(judged: Judgement) -> bool:
    """Tell whether outputs of both sides were compared."""
    return bool(judged.after or judged.distances) or judged.verdict is Verdict.IDENTICAL


def _distances(judged: Judgement) -> dict[str, float]:
    """Give the statistics of the output that moved farthest.

    Zeros where all are bit-equal, NaN where nothing was predicted.
    """
    names = ("mean_abs", "median_abs", "p99_abs", "mean_rel", "median_rel", "p99_rel")
    if not _was_compared(judged):
        return dict.fromkeys(names, float("nan"))
    if not judged.distances:
        return dict.fromkeys(names, 0.0)
    # of labels the distance says nothing
    numbers = [each for each in judged.distances.values() if not each.exact]
    farthest = max(numbers or judged.distances.values(), key=lambda each: each.max_abs)
    return {name: getattr(farthest, name) for name in names}
