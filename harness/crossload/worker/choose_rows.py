"""Finds rows that a model takes: the user's, or made ones, in the first form in which it answers."""

import json
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from . import learned_ranges, probe_model, probe_rows, shapes
from .input_rows import Rows


def find_rows(model: Any, data: Optional[Dict[str, Any]]) -> Tuple[Rows, List[str], List[str]]:
    """(rows, methods that answer, notes): rows of the user's data, or made; in the first form that the model takes.

    Raises `probe_model.CannotAsk` with the errors of the likeliest form where it takes none.
    """
    methods = probe_model.methods_of(model)
    if not methods:
        raise probe_model.CannotAsk(
            "a " + type(model).__name__ + " has none of " + ", ".join(probe_model.METHODS)
        )
    if methods[0] in probe_model.FITTED:
        told = "none, because it takes no new rows: what it was fitted to is compared"
        return Rows("array", ["x"], [np.zeros((1, 1))], told), methods, []
    if methods == ["call"]:
        from . import probe_rows_keras

        candidates = (
            probe_rows_keras.from_data(model, data)
            if data is not None
            else probe_rows_keras.candidates(model)
        )
    else:
        candidates = _from_data(model, data) if data is not None else _made(model)
    first = None
    for candidate in candidates:
        works: List[str] = []
        notes: List[str] = []
        for method in methods:
            try:
                answers = probe_model.ask(model, method, candidate.value())
                if not any(_says_something(array) for array in answers.values()):
                    raise probe_model.CannotAsk("the answer is empty, or not a number everywhere")
            except Exception as error:
                told = "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:300])
                if not any(note.endswith(told) for note in notes):
                    notes.append(method + ": " + told)
            else:
                works.append(method)
        if "predict" in works or (works and "predict" not in methods):
            return (
                candidate,
                works,
                ["not asked, because it fails where it was written: " + note for note in notes]
                + _dull(model, works, candidate),
            )
        first = first or notes
    if first is None:
        raise probe_model.CannotAsk("the model does not tell how many features it was fitted on")
    raise probe_model.CannotAsk("; ".join(first))


def _says_something(array: Any) -> bool:
    return bool(array.size) and not (array.dtype.kind == "f" and np.isnan(array).all())


def _dull(model: Any, works: List[str], candidate: Rows) -> List[str]:
    """A note where all rows get the same answer: then they say little."""
    array = probe_model.ask(model, works[0], candidate.value()).get(works[0])
    same = (
        array is not None
        and len(array) > 1
        and array.ndim >= 1
        and bool((array == array[:1]).all())
    )
    return (
        [
            "%s gives the same answer for all rows, which therefore say little: bring rows with --data"
            % works[0]
        ]
        if same
        else []
    )


def _made(model: Any) -> Any:
    """Rows made from the model, the richest first: with gaps, without, non-negative, whole numbers."""
    for each in (model, shapes.first_step(model)):
        if type(each).__name__ in ("DictVectorizer", "FeatureHasher"):
            yield _records(each)
            return
    columns = learned_ranges.columns_of(model)
    if columns is None:
        return
    known = sum(column.known for column in columns)
    told = "made from what the model remembers of %d of %d columns" % (known, len(columns))
    if not known:
        told = "standard normal: the model remembers no ranges"
    if len(columns) == 1 and columns[0].words is not None and columns[0].name is None:
        yield Rows(
            "texts",
            ["text"],
            probe_rows.make(columns, False),
            "made of the words that the model knows",
        )
        return
    named = all(column.name is not None for column in columns)
    names = [str(column.name) if named else "x%d" % index for index, column in enumerate(columns)]
    numeric = all(column.numeric for column in columns)
    form = "frame" if named else "array" if numeric else "objects"
    if any(column.missing for column in columns):
        yield Rows(form, names, probe_rows.make(columns, True), told + ", some values missing")
    arrays = probe_rows.make(columns, False)
    yield Rows(form, names, arrays, told)
    yield Rows(
        form,
        names,
        [np.abs(a) if a.dtype.kind == "f" else a for a in arrays],
        told + ", none negative",
    )
    whole = [np.floor(np.abs(a)) if a.dtype.kind == "f" else a for a in arrays]
    yield Rows(form, names, whole, told + ", whole numbers")
    if form == "frame" and numeric:
        yield Rows("array", names, arrays, told)


def _records(model: Any) -> Rows:
    names = [str(each) for each in getattr(model, "feature_names_", None) or learned_ranges.WORDS]
    random = np.random.RandomState(20221108)
    texts = []
    for _ in range(probe_rows.COUNT):
        record: Dict[str, Any] = {}
        for index in random.randint(0, len(names), size=6):
            key, separator, value = names[int(index)].partition("=")
            record[key] = value if separator else round(float(random.normal()), 6)
        texts.append(json.dumps(record, sort_keys=True))
    return Rows("records", ["record"], [np.array(texts)], "made of the names that the model knows")


def _from_data(model: Any, data: Dict[str, Any]) -> Any:
    """The user's rows in the forms that a model may take, the likeliest first."""
    names, arrays = data["names"], data["arrays"]
    fitted = shapes.names_of(model)
    if fitted is not None and set(fitted) <= set(names):
        order = [names.index(each) for each in fitted]
        names, arrays = [names[i] for i in order], [arrays[i] for i in order]
    elif fitted is not None and not (len(arrays) == 1 and arrays[0].ndim > 1):
        lacking = [each for each in fitted if each not in names]
        if len(lacking) < len(fitted):
            raise probe_model.CannotAsk(
                "the rows lack the column%s %s"
                % ("s" if len(lacking) > 1 else "", ", ".join(lacking[:10]))
            )
    told = data["told"]
    if len(arrays) == 1 and arrays[0].ndim > 1:
        yield Rows("array", names, arrays, told)
        if fitted is not None and arrays[0].ndim == 2 and arrays[0].shape[1] == len(fitted):
            yield Rows("frame", fitted, [np.ascontiguousarray(each) for each in arrays[0].T], told)
        return
    numeric = all(each.dtype.kind in "biuf" for each in arrays)
    first = "frame" if fitted is not None or not numeric else "array"
    if len(arrays) == 1 and arrays[0].dtype.kind in "U":
        yield Rows("texts", names, arrays, told)
    yield Rows(first, names, arrays, told)
    if not numeric:
        yield Rows("objects", names, arrays, told)
    elif first == "frame":
        yield Rows("array", names, arrays, told)
