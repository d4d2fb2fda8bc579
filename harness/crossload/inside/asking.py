"""Asks a model of which nothing is known beforehand: in which form it takes rows, and which outputs it gives."""

import json
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from . import outputs, remembered, rows, shapes

METHODS = ("predict", "predict_proba", "decision_function", "score_samples", "transform")
"""What is asked of a model that has it, as scikit-learn names it."""

FITTED = ("labels_", "embedding_")
"""What is compared of a model that has none of these methods, and that no rows can be given to (DBSCAN, TSNE)."""

_NOT_ASKED = ("tensorflow", "keras", "tf_keras")


class CannotAsk(Exception):
    """No rows can be made for this model, or it takes none of those that were tried."""


class Rows(object):
    """Rows by column, and the form in which the model takes them.

    Columns are arrays of numbers, booleans or text, or of Python's own values (categories of several kinds, and None).
    ``records`` are JSON texts, one a row.
    """

    def __init__(self, form: str, names: List[str], arrays: List[Any], told: str) -> None:
        self.form, self.names, self.arrays, self.told = form, names, arrays, told

    def value(self) -> Any:
        """What the model is given: a new one each time, because some models write into their input."""
        if self.form == "frame":
            import pandas

            return pandas.DataFrame({name: array.copy() for name, array in zip(self.names, self.arrays)}, columns=self.names)
        if self.form == "texts":
            return [str(each) for each in self.arrays[0]]
        if self.form == "records":
            return [json.loads(str(each)) for each in self.arrays[0]]
        if self.form == "tensor":
            return _tensor(self.arrays[0])
        if self.form == "tensors":
            return {name: _tensor(array) for name, array in zip(self.names, self.arrays)}
        if self.form == "objects":
            return np.stack([array.astype(object) for array in self.arrays], axis=1)
        if len(self.arrays) == 1 and self.arrays[0].ndim > 1:
            return self.arrays[0].copy()
        return np.stack([np.asarray(each, dtype="float64") for each in self.arrays], axis=1)

    def __len__(self) -> int:
        return len(self.arrays[0])

    def keep(self, folder: str) -> Dict[str, Any]:
        """Write the arrays; give what `read` needs.  Columns of numbers of one type are one array."""
        kinds = {(array.dtype.str, array.shape) for array in self.arrays}
        record: Dict[str, Any] = {"form": self.form, "names": self.names, "count": len(self), "told": self.told}
        if len(kinds) == 1 and len(self.arrays) > 1 and self.arrays[0].ndim == 1 and self.arrays[0].dtype.kind in "biuf":
            arrays = {"block": np.stack(self.arrays, axis=1)}
        else:
            arrays = {"column%07d" % index: _storable(array) for index, array in enumerate(self.arrays)}
            record["objects"] = [index for index, array in enumerate(self.arrays) if array.dtype == object]
        record["kept"] = outputs.keep(arrays, outputs.digests(arrays), folder)
        return record


def _tensor(array: Any) -> Any:
    """Numbers as they are; texts as the tensor that not every Keras makes of them."""
    if array.dtype.kind not in "UO":
        return array
    import tensorflow as tf

    return tf.constant(array.astype(object))


def _storable(array: Any) -> Any:
    """Python's own values as JSON texts, so that True, 1 and "1" stay what they are."""
    if array.dtype == object:
        array = np.array([json.dumps(_plain(each)) for each in array.ravel()]).reshape(array.shape)
    return np.ascontiguousarray(array)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or value != value else value


def read(record: Dict[str, Any], path: str) -> Rows:
    """Rows as `Rows.keep` wrote them."""
    with np.load(path, allow_pickle=False) as held:
        if "block" in held.files:
            arrays = [np.ascontiguousarray(column) for column in held["block"].T]
        else:
            arrays = [held[name] for name in sorted(held.files)]
    for index in record.get("objects", []):
        values = [json.loads(str(each)) for each in arrays[index].ravel()]
        column = np.empty(len(values), dtype=object)
        column[:] = values
        arrays[index] = column.reshape(arrays[index].shape)
    return Rows(record["form"], record["names"], arrays, record["told"])


# --- what is asked ----------------------------------------------------------------------------------------------------


MOST_PARTS = 50
_DATA = (str, bytes, bool, int, float, complex, type(None), np.ndarray, np.generic)


def parts_of(model: Any) -> List[Tuple[str, Any]]:
    """(name, model) of everything that can be asked: the model, or the members of dicts and lists of models."""
    return _members(model)[0]


def skipped_in(model: Any) -> List[str]:
    """What a dict or list holds that is neither asked nor plain data, in words."""
    return _members(model)[1]


def _members(model: Any) -> Tuple[List[Tuple[str, Any]], List[str]]:
    if not isinstance(model, (dict, list, tuple)):
        return [("", model)], []
    found: List[Tuple[str, Any]] = []
    left: List[str] = []
    _collect(model, "", 0, found, left)
    if len(found) > MOST_PARTS:
        left.append("%d models beyond the first %d" % (len(found) - MOST_PARTS, MOST_PARTS))
    return found[:MOST_PARTS], left


def _collect(value: Any, place: str, depth: int, found: List[Tuple[str, Any]], left: List[str]) -> None:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (str(key), type(key).__name__))
        named = [(str(key) if isinstance(key, str) else "[" + repr(key) + "]", value[key]) for key in keys]
    elif isinstance(value, (list, tuple)):
        named = [("[%d]" % index, each) for index, each in enumerate(value)]
    elif methods_of(value):
        found.append((place, value))
        return
    else:
        if not isinstance(value, _DATA):
            left.append("%s, a %s that has none of %s" % (place, type(value).__name__, ", ".join(METHODS)))
        return
    if depth > 6 or len(found) > 10 * MOST_PARTS:
        left.append(place + ", which is nested too deeply")
        return
    for name, each in named:
        joined = name if not place else place + name if name.startswith("[") else place + "." + name
        _collect(each, joined, depth + 1, found, left)


def methods_of(model: Any) -> List[str]:
    """Methods that a model has and that can be asked; ``call`` for those of Keras and loaded functions."""
    if is_called(model):
        return ["call"]
    found = []
    for name in METHODS:
        try:
            offered = callable(getattr(model, name, None))
        except Exception:  # a property that raises offers nothing
            offered = False
        if offered and not isinstance(model, type):
            found.append(name)
    return found or [name for name in FITTED if isinstance(shapes.get(model, name), np.ndarray)]


def task_of(model: Any) -> str:
    """classifier, regressor, clusterer, outlier_detector, transformer or other, as scikit-learn says it."""
    known = str(getattr(model, "_estimator_type", None) or "")
    if not known and hasattr(model, "__sklearn_tags__"):
        try:
            known = str(getattr(model.__sklearn_tags__(), "estimator_type", None) or "")
        except Exception:  # tags of a model of another version
            known = ""
    if known:
        return known
    if "predict_proba" in methods_of(model) or hasattr(model, "classes_"):
        return "classifier"
    return "transformer" if hasattr(model, "transform") else "other"


def is_called(model: Any) -> bool:
    """Whether a model is asked by calling it: Keras models, loaded signatures."""
    kinds = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    return type(model).__name__ == "Signature" or any(each in _NOT_ASKED for each in kinds)


def ask(model: Any, method: str, value: Any) -> Dict[str, Any]:
    """One output as arrays; a sparse matrix gives three (``transform.data`` ...), so that it need not be made dense."""
    if method == "call":
        found = model(value, training=False) if type(model).__name__ != "Signature" else model(value)
        if isinstance(found, dict):
            return {"call." + str(key): outputs.as_array(found[key], "call") for key in sorted(found, key=str)}
        return {"call": outputs.as_array(found, "call")}
    found = getattr(model, method) if method in FITTED else getattr(model, method)(value)
    if hasattr(found, "tocsr"):
        matrix = found.tocsr()
        matrix.sort_indices()
        return {method + "." + name: outputs.as_array(getattr(matrix, name), method) for name in ("data", "indices", "indptr")}
    more: Dict[str, Any] = {}
    if hasattr(found, "to_numpy"):
        if hasattr(found, "columns"):
            more[method + ".columns"] = np.array([str(each) for each in found.columns])
        found = found.to_numpy()
    if isinstance(found, list) and found and all(isinstance(each, np.ndarray) for each in found):
        found = np.concatenate([each.reshape(len(each), -1) for each in found], axis=1)  # one array an output
    if isinstance(found, np.ndarray) and found.dtype == object:
        found = _of_one_kind(found)
    array = outputs.as_array(found, method)
    if method == "predict" and array.dtype.kind == "f" and task_of(model) in ("classifier", "clusterer", "outlier_detector"):
        array = _labels(array)
    more[method] = array
    return more


def _labels(array: Any) -> Any:
    """Labels that are floating-point numbers, so that they are equal or others: whole ones as integers, else as text."""
    if np.isfinite(array).all() and (array == np.floor(array)).all() and (np.abs(array) < 2**53).all():
        return array.astype("int64")
    return np.array([repr(float(each)) for each in array.ravel()]).reshape(array.shape)


def _of_one_kind(array: Any) -> Any:
    """An array of objects as one of numbers or text; values of several kinds as texts that tell the kind."""
    kinds = {type(each) for each in array.ravel()}
    if len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds):
        return np.array([type(each).__name__ + " " + repr(each) for each in array.ravel()]).reshape(array.shape)
    return np.array(array.tolist())


def ask_all(model: Any, given: Dict[str, Rows], wanted: Dict[str, List[str]]) -> Dict[str, Any]:
    """Outputs of all parts: ``wanted`` names the methods of each; what raises, raises."""
    found: Dict[str, Any] = {}
    for name, part in parts_of(model):
        if name not in wanted:
            continue
        for method in wanted[name]:
            for output, array in ask(part, method, given[name].value()).items():
                found[(name + "." if name else "") + output] = array
    return found


# --- what it takes ----------------------------------------------------------------------------------------------------


def find_rows(model: Any, data: Optional[Dict[str, Any]]) -> Tuple[Rows, List[str], List[str]]:
    """(rows, methods that answer, notes): rows of the user's data, or made; in the first form that the model takes.

    Raises `CannotAsk` with the errors of the likeliest form where it takes none.
    """
    methods = methods_of(model)
    if not methods:
        raise CannotAsk("a " + type(model).__name__ + " has none of " + ", ".join(METHODS))
    if methods[0] in FITTED:
        told = "none, because it takes no new rows: what it was fitted to is compared"
        return Rows("array", ["x"], [np.zeros((1, 1))], told), methods, []
    if methods == ["call"]:
        from . import rows_keras

        candidates = rows_keras.from_data(model, data) if data is not None else rows_keras.candidates(model)
    else:
        candidates = _from_data(model, data) if data is not None else _made(model)
    first = None
    for candidate in candidates:
        works: List[str] = []
        notes: List[str] = []
        for method in methods:
            try:
                answers = ask(model, method, candidate.value())
                if not any(_says_something(array) for array in answers.values()):
                    raise CannotAsk("the answer is empty, or not a number everywhere")
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
        raise CannotAsk("the model does not tell how many features it was fitted on")
    raise CannotAsk("; ".join(first))


def _says_something(array: Any) -> bool:
    return bool(array.size) and not (array.dtype.kind == "f" and np.isnan(array).all())


def _dull(model: Any, works: List[str], candidate: Rows) -> List[str]:
    """A note where all rows get the same answer: then they say little."""
    array = ask(model, works[0], candidate.value()).get(works[0])
    same = array is not None and len(array) > 1 and array.ndim >= 1 and bool((array == array[:1]).all())
    return (
        ["%s gives the same answer for all rows, which therefore say little: bring rows with --data" % works[0]]
        if same
        else []
    )


def _made(model: Any) -> Any:
    """Rows made from the model, the richest first: with gaps, without, non-negative, whole numbers."""
    for each in (model, shapes.first_step(model)):
        if type(each).__name__ in ("DictVectorizer", "FeatureHasher"):
            yield _records(each)
            return
    columns = remembered.columns_of(model)
    if columns is None:
        return
    known = sum(column.known for column in columns)
    told = "made from what the model remembers of %d of %d columns" % (known, len(columns))
    if not known:
        told = "standard normal: the model remembers no ranges"
    if len(columns) == 1 and columns[0].words is not None and columns[0].name is None:
        yield Rows("texts", ["text"], rows.make(columns, False), "made of the words that the model knows")
        return
    named = all(column.name is not None for column in columns)
    names = [str(column.name) if named else "x%d" % index for index, column in enumerate(columns)]
    numeric = all(column.numeric for column in columns)
    form = "frame" if named else "array" if numeric else "objects"
    if any(column.missing for column in columns):
        yield Rows(form, names, rows.make(columns, True), told + ", some values missing")
    arrays = rows.make(columns, False)
    yield Rows(form, names, arrays, told)
    yield Rows(form, names, [np.abs(a) if a.dtype.kind == "f" else a for a in arrays], told + ", none negative")
    whole = [np.floor(np.abs(a)) if a.dtype.kind == "f" else a for a in arrays]
    yield Rows(form, names, whole, told + ", whole numbers")
    if form == "frame" and numeric:
        yield Rows("array", names, arrays, told)


def _records(model: Any) -> Rows:
    names = [str(each) for each in getattr(model, "feature_names_", None) or remembered.WORDS]
    random = np.random.RandomState(20221108)
    texts = []
    for _ in range(rows.COUNT):
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
            raise CannotAsk("the rows lack the column%s %s" % ("s" if len(lacking) > 1 else "", ", ".join(lacking[:10])))
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
