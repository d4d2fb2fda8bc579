"""Finds rows that a model takes: the user's, or made ones, in the first form that it answers to."""

import json
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from . import learned_ranges, probe_model, probe_rows, shapes
from .columns import WORDS
from .input_rows import Rows


def find_rows(model: Any, data: Optional[Dict[str, Any]]) -> Tuple[Rows, List[str], List[str]]:
    """Find rows that a model takes, of the user's data or made.

    Parameters
    ----------
    model
        A loaded model, or one member of a file with several.
    data
        The user's rows, with ``names``, ``arrays`` and ``description`` as `Rows` has them, or None.

    Returns
    -------
    tuple
        The rows, in the first form that the model takes; the methods that answer to them; and notes
        for people, about methods that do not.

    Raises
    ------
    probe_model.CannotAsk
        The model takes none; the message has the errors of the likeliest form.
    """
    methods = probe_model.methods_of(model)
    if not methods:
        raise probe_model.CannotAsk(
            "a " + type(model).__name__ + " has none of " + ", ".join(probe_model.METHODS)
        )
    if methods[0] in probe_model.FITTED:
        text = "none, because it takes no new rows: what it was fitted to is compared"
        return Rows("array", ["x"], [np.zeros((1, 1))], text), methods, []
    if methods == ["call"]:
        from . import probe_rows_keras as makers  # for networks alone

        candidates = makers.candidates(model) if data is None else makers.from_data(model, data)
    else:
        candidates = _made_rows(model) if data is None else _from_data(model, data)
    first = None
    for candidate in candidates:
        works: List[str] = []
        notes: List[str] = []
        for method in methods:
            try:
                answers = probe_model.ask(model, method, candidate.value())
                # some models answer NaN to all that they cannot use, and that is equal everywhere
                if not any(_is_informative(array) for array in answers.values()):
                    raise probe_model.CannotAsk("the answer is empty, or not a number everywhere")
            except Exception as error:
                text = "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:300])
                # most often all methods fail alike
                if not any(note.endswith(text) for note in notes):
                    notes.append(method + ": " + text)
            else:
                works.append(method)
        # rows that only a minor method takes are not the right ones
        if "predict" in works or (works and "predict" not in methods):
            remarks = [
                "not asked, because it fails where it was written: " + note for note in notes
            ]
            return candidate, works, remarks + _same_answer_note(model, works, candidate)
        first = first or notes
    if first is None:
        raise probe_model.CannotAsk("the model does not tell how many features it was fitted on")
    raise probe_model.CannotAsk("; ".join(first))


def _is_informative(array: Any) -> bool:
    return bool(array.size) and not (array.dtype.kind == "f" and np.isnan(array).all())


def _same_answer_note(model: Any, works: List[str], candidate: Rows) -> List[str]:
    """Give a note where all rows get the same answer: then they say little."""
    array = probe_model.ask(model, works[0], candidate.value()).get(works[0])
    if array is None or len(array) <= 1 or array.ndim < 1 or not (array == array[:1]).all():
        return []
    text = (
        "%s gives the same answer for all rows, which therefore say little: bring rows with --data"
    )
    return [text % works[0]]


def _made_rows(model: Any) -> Any:
    """Make rows from the model, the richest first: with gaps, without, non-negative, whole."""
    # these take dicts, of which no columns are known
    for each in (model, shapes.first_step(model)):
        if type(each).__name__ in ("DictVectorizer", "FeatureHasher"):
            yield _record_rows(each)
            return
    columns = learned_ranges.columns_of(model)
    if columns is None:
        return
    known = sum(column.known for column in columns)
    origin = "made from what the model remembers of %d of %d columns" % (known, len(columns))
    if not known:
        origin = "standard normal: the model remembers no ranges"
    if len(columns) == 1 and columns[0].words is not None and columns[0].name is None:
        origin = "made of the words that the model knows"
        yield Rows("texts", ["text"], probe_rows.make(columns, False), origin)
        return
    named = all(column.name is not None for column in columns)
    names = [str(column.name) if named else "x%d" % index for index, column in enumerate(columns)]
    numeric = all(column.numeric for column in columns)
    form = "frame" if named else "array" if numeric else "objects"
    if any(column.missing for column in columns):
        yield Rows(form, names, probe_rows.make(columns, True), origin + ", some values missing")
    arrays = probe_rows.make(columns, False)
    yield Rows(form, names, arrays, origin)
    # NMF, chi2 and some naive Bayes models refuse negative values
    positive = [np.abs(a) if a.dtype.kind == "f" else a for a in arrays]
    yield Rows(form, names, positive, origin + ", none negative")
    # counts and codes of categories
    whole = [np.floor(np.abs(a)) if a.dtype.kind == "f" else a for a in arrays]
    yield Rows(form, names, whole, origin + ", whole numbers")
    if form == "frame" and numeric:
        yield Rows("array", names, arrays, origin)


def _record_rows(model: Any) -> Rows:
    """Make dicts of the names that a DictVectorizer knows; FeatureHasher takes any."""
    names = [str(each) for each in getattr(model, "feature_names_", None) or WORDS]
    random = np.random.RandomState(20221108)
    texts = []
    for _ in range(probe_rows.COUNT):
        record: Dict[str, Any] = {}
        for index in random.randint(0, len(names), size=6):
            # a category is one column for each value, called name=value
            key, separator, value = names[int(index)].partition("=")
            record[key] = value if separator else round(float(random.normal()), 6)
        texts.append(json.dumps(record, sort_keys=True))
    return Rows("records", ["record"], [np.array(texts)], "made of the names that the model knows")


def _from_data(model: Any, data: Dict[str, Any]) -> Any:
    """Give the user's rows in the forms that a model may take, the likeliest first."""
    names, arrays = data["names"], data["arrays"]
    fitted = shapes.names_of(model)
    if fitted is not None and set(fitted) <= set(names):
        order = [names.index(each) for each in fitted]
        names, arrays = [names[i] for i in order], [arrays[i] for i in order]
    elif fitted is not None and not (len(arrays) == 1 and arrays[0].ndim > 1):
        lacking = [each for each in fitted if each not in names]
        if len(lacking) < len(fitted):
            plural = "s" if len(lacking) > 1 else ""
            text = "the rows lack the column%s %s" % (plural, ", ".join(lacking[:10]))
            raise probe_model.CannotAsk(text)
    origin = data["description"]
    if len(arrays) == 1 and arrays[0].ndim > 1:
        yield Rows("array", names, arrays, origin)
        if fitted is not None and arrays[0].ndim == 2 and arrays[0].shape[1] == len(fitted):
            columns = [np.ascontiguousarray(each) for each in arrays[0].T]
            yield Rows("frame", fitted, columns, origin)
        return
    numeric = all(each.dtype.kind in "biuf" for each in arrays)
    first = "frame" if fitted is not None or not numeric else "array"
    if len(arrays) == 1 and arrays[0].dtype.kind in "U":
        yield Rows("texts", names, arrays, origin)
    yield Rows(first, names, arrays, origin)
    if not numeric:
        yield Rows("objects", names, arrays, origin)
    elif first == "frame":
        yield Rows("array", names, arrays, origin)
