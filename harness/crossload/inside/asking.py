"""Asks a model of which nothing is known beforehand: in which form it takes rows, and which outputs it gives."""

import json
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from . import outputs, remembered, rows, shapes

METHODS = ("predict", "predict_proba", "decision_function", "score_samples", "transform")
"""What is asked of a model that has it, as scikit-learn names it."""

FORMS = ("frame", "array", "texts", "objects", "records", "tensor", "tensors")
_NOT_ASKED = ("tensorflow", "keras", "tf_keras")


class CannotAsk(Exception):
    """No rows can be made for this model, or it takes none of those that were tried."""


class Rows(object):
    """Rows by column, and the form in which the model takes them.

    Arrays are numbers, booleans or text; ``gaps`` marks missing texts.  ``records`` are JSON texts, one a row.
    """

    def __init__(self, form: str, names: List[str], arrays: List[Any], told: str) -> None:
        self.form, self.names, self.arrays, self.told = form, names, arrays, told

    def value(self) -> Any:
        """What the model is given."""
        if self.form == "frame":
            import pandas

            return pandas.DataFrame(
                {name: self._series(array) for name, array in zip(self.names, self.arrays)}, columns=self.names
            )
        if self.form == "texts":
            return [str(each) for each in self.arrays[0]]
        if self.form == "records":
            return [json.loads(str(each)) for each in self.arrays[0]]
        if self.form == "tensor":
            return _tensor(self.arrays[0])
        if self.form == "tensors":
            return {name: _tensor(array) for name, array in zip(self.names, self.arrays)}
        if self.form == "objects":
            columns = [self._series(array).astype(object) for array in self.arrays]
            return np.stack(columns, axis=1)
        if len(self.arrays) == 1 and self.arrays[0].ndim > 1:
            return self.arrays[0]
        return np.stack([np.asarray(each, dtype="float64") for each in self.arrays], axis=1)

    @staticmethod
    def _series(array: Any) -> Any:
        if array.dtype.kind != "U":
            return array
        held = array.astype(object)
        held[array == GAP] = None
        return held

    def __len__(self) -> int:
        return len(self.arrays[0])

    def keep(self, folder: str) -> Dict[str, Any]:
        """Write the arrays; give what `read` needs."""
        arrays = {"column%05d" % index: _storable(array) for index, array in enumerate(self.arrays)}
        kept = outputs.keep(arrays, outputs.digests(arrays), folder)
        return {"form": self.form, "names": self.names, "kept": kept, "count": len(self), "told": self.told}


def _tensor(array: Any) -> Any:
    """Numbers as they are; texts as the tensor that not every Keras makes of them."""
    if array.dtype.kind != "U":
        return array
    import tensorflow as tf

    return tf.constant(array.astype(object))


GAP = "\x00crossload-gap"
"""A missing text; arrays of text know no None."""


def _storable(array: Any) -> Any:
    if array.dtype == object:
        array = np.array([GAP if each is None or each != each else str(each) for each in array.ravel()]).reshape(array.shape)
    return np.ascontiguousarray(array)


def read(record: Dict[str, Any], path: str) -> Rows:
    """Rows as `Rows.keep` wrote them."""
    with np.load(path, allow_pickle=False) as held:
        arrays = [held[name] for name in sorted(held.files)]
    return Rows(record["form"], record["names"], arrays, record["told"])


# --- what is asked ----------------------------------------------------------------------------------------------------


def parts_of(model: Any) -> List[Tuple[str, Any]]:
    """(name, model) of everything that can be asked: the model, or the members of a dict, list or tuple of models."""
    if isinstance(model, dict):
        members = [(str(key), model[key]) for key in sorted(model, key=str)]
    elif isinstance(model, (list, tuple)):
        members = [("[%d]" % index, each) for index, each in enumerate(model)]
    else:
        return [("", model)]
    return [(name, each) for name, each in members if methods_of(each)][:20]


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
    return found


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
    found = getattr(model, method)(value)
    if hasattr(found, "tocsr"):
        matrix = found.tocsr()
        matrix.sort_indices()
        return {method + "." + name: outputs.as_array(getattr(matrix, name), method) for name in ("data", "indices", "indptr")}
    if hasattr(found, "to_numpy"):
        found = found.to_numpy()
    if isinstance(found, list) and found and all(isinstance(each, np.ndarray) for each in found):
        found = np.concatenate([each.reshape(len(each), -1) for each in found], axis=1)  # one array an output
    if isinstance(found, np.ndarray) and found.dtype == object:
        found = np.array(found.tolist())
    return {method: outputs.as_array(found, method)}


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
    if methods == ["call"]:
        from . import rows_keras

        candidates = rows_keras.from_data(model, data) if data is not None else rows_keras.candidates(model)
    else:
        candidates = _from_data(model, data) if data is not None else _made(model)
    first = None
    for candidate in candidates:
        works, notes = [], []
        for method in methods:
            try:
                ask(model, method, candidate.value())
            except Exception as error:
                notes.append("%s: %s: %s" % (method, type(error).__name__, " ".join(str(error).split())[:300]))
            else:
                works.append(method)
        if "predict" in works or (works and "predict" not in methods):
            return candidate, works, notes
        first = first or notes
    if first is None:
        raise CannotAsk("the model does not tell how many features it was fitted on")
    raise CannotAsk("; ".join(first))


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
