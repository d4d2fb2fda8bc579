"""Probe rows for Keras models and loaded signatures.

Shapes and types are those of their inputs, ranges come from their layers.
"""

from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

from .input_rows import Rows
from .columns import WORDS
from .probe_model import CannotAsk

COUNT = 64
"""Rows that are made: fewer than for other models, because networks and their rows are large."""
_LENGTH = 12
"""Length of an axis that the model leaves open."""


class Input(object):
    """One input of a model: name, shape with None for open axes, type."""

    def __init__(self, name: str, shape: Any, dtype: str) -> None:
        self.name, self.dtype = name, dtype
        self.shape = [int(each) if each is not None else None for each in shape]


def inputs_of(model: Any) -> Tuple[bool, List[Input]]:
    """Find the inputs of a network.

    Parameters
    ----------
    model
        A Keras model or a `formats.keras.Signature`.

    Returns
    -------
    tuple
        True if inputs are given by name, and the inputs; none where the model does not tell.
    """
    # private attributes, because a model whose inputs are a dict tells their keys in no other way:
    # _inputs_struct is Keras 3, _nested_inputs Keras 2
    if type(model).__name__ == "Signature":
        return _of_signature(model)
    struct = getattr(model, "_inputs_struct", None) or getattr(model, "_nested_inputs", None)
    if isinstance(struct, dict):
        return True, [
            Input(str(key), struct[key].shape, _dtype(struct[key])) for key in sorted(struct)
        ]
    found = getattr(model, "inputs", None)
    if found:
        # Keras 3 has no input_names; tensors of Keras 2 are called like input_1:0
        names = list(
            getattr(model, "input_names", None) or [each.name.split(":")[0] for each in found]
        )
        described = [Input(str(name), each.shape, _dtype(each)) for name, each in zip(names, found)]
        return len(described) > 1, described
    found = _of_save_spec(model)
    if found is not None:
        return found
    # a subclassed model has no inputs, only the shape that it was built with
    shape = getattr(model, "_build_input_shape", None) or getattr(model, "_build_shapes_dict", None)
    if isinstance(shape, dict):
        shapes = list(shape.values())
        shape = shapes[0] if len(shapes) == 1 else None
    if shape is not None and tuple(shape) and not isinstance(tuple(shape)[-1], (tuple, list)):
        return False, [Input("input", tuple(shape), "float32")]
    return False, []


def _dtype(tensor: Any) -> str:
    # types are texts in Keras 3, tf.DType in Keras 2
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _of_save_spec(model: Any) -> Optional[Tuple[bool, List[Input]]]:
    """Find the inputs that a subclassed model of Keras 2 was saved with; None if it has none."""
    try:
        given = model.save_spec()[0][0]
    except Exception:  # Keras 3 has no such method, and a model that was never called has no spec
        return None
    specs = given if isinstance(given, dict) else {"input": given}
    if not all(hasattr(each, "shape") and hasattr(each, "dtype") for each in specs.values()):
        return None
    return isinstance(given, dict), [
        Input(str(name), specs[name].shape, _dtype(specs[name])) for name in sorted(specs)
    ]


def _of_signature(model: Any) -> Tuple[bool, List[Input]]:
    # ``signatures`` hold concrete functions; what model.export gives is a function that has some
    function = model.function
    specs = getattr(function, "structured_input_signature", None)
    if specs is None:
        concrete = getattr(function, "concrete_functions", None)
        if not concrete:
            return False, []
        specs = concrete[0].structured_input_signature
    positional, named = specs
    if named:
        found = [Input(name, named[name].shape, named[name].dtype.name) for name in sorted(named)]
        return len(found) > 1, found
    given = positional[0] if positional else {}
    if isinstance(given, dict):
        return True, [
            Input(name, given[name].shape, given[name].dtype.name) for name in sorted(given)
        ]
    given = given if isinstance(given, (list, tuple)) else [given]
    return len(given) > 1, [
        Input("input%d" % i, each.shape, each.dtype.name) for i, each in enumerate(given)
    ]


def candidates(model: Any) -> Iterator[Rows]:
    """Make rows, the likeliest first.

    Raises
    ------
    CannotAsk
        The model does not tell its inputs.
    """
    named, inputs = inputs_of(model)
    if not inputs:
        raise CannotAsk("the model does not tell the shape of its input")
    facts = _facts(model)
    for rank, ranges in enumerate((facts, {})):
        if rank and not facts:
            return
        random = np.random.RandomState(20221108)
        arrays = [_array(each, ranges, random) for each in inputs]
        plural = "s" if len(inputs) > 1 else ""
        origin = "made from the shapes and types of %d input%s" % (len(inputs), plural)
        if ranges:
            origin += " and from what layers remember"
        form = "tensors" if named else "tensor"
        yield Rows(form, [each.name for each in inputs], arrays, origin)


def _facts(model: Any) -> Dict[str, Any]:
    """Collect what layers remember of their input: sizes of embeddings, vocabularies, means."""
    found: Dict[str, Any] = {}
    for layer in _layers(model):
        kind = type(layer).__name__
        if kind == "Embedding":
            found["below"] = min(int(layer.input_dim), found.get("below", 1 << 30))
        elif kind in ("StringLookup", "TextVectorization"):
            try:
                words = [str(each) for each in layer.get_vocabulary()]
            except Exception:  # a layer that was never adapted has none
                words = []
            # "" and "[UNK]" stand for padding and for unknown words
            known = [each for each in words if each and not each.startswith("[")]
            found["words"] = known or list(WORDS)
        elif kind == "IntegerLookup":
            found["whole"] = [int(each) for each in layer.get_vocabulary() if int(each) >= 0]
        elif kind == "CategoryEncoding" and getattr(layer, "num_tokens", None):
            found["below"] = min(int(layer.num_tokens), found.get("below", 1 << 30))
        elif kind == "Normalization" and getattr(layer, "mean", None) is not None:
            found["mean"], found["variance"] = np.asarray(layer.mean), np.asarray(layer.variance)
        elif kind == "Rescaling":
            found["high"] = 1.0 / float(np.max(layer.scale)) if np.max(layer.scale) else 1.0
    return found


def _layers(model: Any) -> List[Any]:
    """List the layers of a model, and those of models that are layers of it."""
    found: List[Any] = []
    pending = list(getattr(model, "layers", None) or [])
    while pending and len(found) < 5000:
        layer = pending.pop(0)
        found.append(layer)
        pending.extend(getattr(layer, "layers", None) or [])
    return found


def _array(each: Input, facts: Dict[str, Any], random: Any) -> Any:
    """Make the array of one input, of shape (`COUNT`, ...)."""
    inner = [size if size is not None else _LENGTH for size in each.shape[1:]]
    if each.shape[1:] == [None]:
        inner = [min(size, 4096) if len(inner) == 1 else size for size in inner]
    shape = [COUNT] + inner
    if each.dtype == "string":
        words = facts.get("words", list(WORDS))
        chosen = random.randint(0, len(words), size=shape + [6])
        texts = [
            " ".join(words[int(i)] for i in row[: 1 + int(row[0]) % 6])
            for row in chosen.reshape(-1, 6)
        ]
        if facts.get("words") and not any(" " in word for word in words):
            # a StringLookup knows single words, a TextVectorization takes several
            texts = [
                text if number % 2 else text.split(" ")[0] for number, text in enumerate(texts)
            ]
        return np.array(texts).reshape(shape)
    if each.dtype == "bool":
        return random.random_sample(shape) < 0.5
    if facts.get("whole") and each.dtype.startswith(("int", "uint")):
        chosen = random.randint(0, len(facts["whole"]), size=shape)
        return np.array(facts["whole"])[chosen].astype(each.dtype)
    # Keras gives the input of an embedding the type float32 unless it is told otherwise
    if each.dtype.startswith(("int", "uint")) or ("below" in facts and len(shape) == 2):
        top = facts.get("below", 10)
        return random.randint(0, max(1, min(top, 1 << 20)), size=shape).astype(each.dtype)
    if "mean" in facts and facts["mean"].size in (1, shape[-1]):
        mean, deviation = facts["mean"].reshape(-1), np.sqrt(facts["variance"].reshape(-1))
        return (random.normal(size=shape) * deviation + mean).astype(each.dtype)
    if "high" in facts:
        return (random.random_sample(shape) * facts["high"]).astype(each.dtype)
    # pictures, whose values people scale to 0 ... 1
    if len(shape) >= 4:
        return random.random_sample(shape).astype(each.dtype)
    return random.normal(size=shape).astype(each.dtype)


def from_data(model: Any, data: Dict[str, Any]) -> Iterator[Rows]:
    """Give the user's rows, in the types that the inputs have.

    Parameters
    ----------
    model
        A Keras model or a `formats.keras.Signature`.
    data
        The rows, with ``names``, ``arrays`` and ``description`` as `Rows` has them.
    """
    named, inputs = inputs_of(model)
    names, arrays, origin = data["names"], data["arrays"], data["description"]
    known: Dict[str, Input] = {each.name: each for each in inputs}
    if named and set(known) <= set(names):
        chosen = [_typed(arrays[names.index(each.name)], each) for each in inputs]
        yield Rows("tensors", [each.name for each in inputs], chosen, origin)
        return
    wanted: Optional[Input] = inputs[0] if len(inputs) == 1 else None
    whole = arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)
    if wanted is not None and whole.ndim == 1 and len(wanted.shape) == 2:
        whole = whole.reshape(-1, 1)
    typed = _typed(whole, wanted) if wanted else whole.astype("float32")
    yield Rows("tensor", names[:1], [typed], origin)


def _typed(array: Any, wanted: Input) -> Any:
    if wanted.dtype == "string" or array.dtype.kind == "U":
        return array
    if len(wanted.shape) == 2 and array.ndim == 1:
        array = array.reshape(-1, 1)
    return array.astype(wanted.dtype)
