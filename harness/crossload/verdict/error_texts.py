"""Texts of errors as reasons have them: in one line, equal for equal causes.

Words only: `crossload.verdict.judge` decides what they are said of.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from crossload.safe import cut
from crossload.worker.texts import without_run

Record = dict[str, Any]

MOST = 700
"""Characters of a message that a reason has: 400 of its beginning, the others of its end."""

_LOST = re.compile(
    # each generation of Keras, and pickle, has words of its own for the same thing
    r"(?:Unknown (?:layer|object|optimizer|\w+ function)|Could not locate class"
    r"|Could not deserialize class|Can't get attribute)"
    r"[: ]+'([\w.>]+)'"
)
"""Messages of Keras and pickle that a class is not there."""

_NAMED = re.compile(
    # where Keras writes the name of a layer, an optimizer or a model
    r"(?:\bname=|\b[Ll]ayer |'name': )['\"]?"
    r"([a-z][a-z0-9]{0,40}(?:_[a-z0-9]{1,40}){0,6}?)_\d{1,5}\b"
    r"(?=['\",>/: ])"
)
_KNOWN_NAMES = (
    "activation add attention average batch_normalization bidirectional concatenate conv1d conv2d"
    " conv3d conv2d_transpose dense depthwise_conv2d dot dropout elu embedding flatten functional"
    " gaussian_noise global_average_pooling1d global_average_pooling2d global_max_pooling2d gru"
    " gru_cell input input_layer lambda layer layer_normalization leaky_re_lu lstm lstm_cell"
    " masking max_pooling1d max_pooling2d maximum model multi_head_attention multiply"
    " normalization permute re_lu repeat_vector rescaling reshape rnn separable_conv2d sequential"
    " simple_rnn softmax spatial_dropout1d string_lookup subtract text_vectorization"
    " time_distributed zero_padding2d"
)
"""Classes of Keras, as its automatic names have them."""


def lost_class(reason: str, *, custom: bool) -> str:
    """Name the class that an error says is not known to the reader.

    Parameters
    ----------
    reason
        Text of the error.
    custom
        True for a recipe with custom objects, of which the lost class then is one.

    Returns
    -------
    str
        Such as ``custom class Scale``; empty where the error names none.
    """
    found = _LOST.search(reason)
    if found is None:
        return ""
    return f"{'custom class' if custom else 'class'} {found.group(1)}"


def error_text(record: Record) -> str:
    """Give the type and the message of the error of a record, in one line.

    Whitespace is folded, and of a message that fills pages the beginning and the end are kept.
    """
    error = record["error"]
    return f"{encodable(error['type'])}: {_message(error['message'])}"


FAILED = "; outputs that fail: "
"""Words between the error of predicting and the outputs that it concerns."""


def failed_outputs(record: Record) -> str:
    """Say which outputs failed and which still work; empty where only one was asked."""
    failed, given = record.get("failed_outputs", []), record.get("given_outputs", [])
    if len(failed) + len(given) < 2:
        return ""
    words = f"{FAILED}{', '.join(failed)}; outputs that work: {', '.join(given) or 'none'}"
    return encodable(words)


@lru_cache(maxsize=4096)  # most failures of a matrix share their message with many others
def _message(message: str) -> str:
    # before it is cut, so that no digest is cut in the middle and left
    text = without_counters(encodable(message))
    return cut(" ".join(text.split()), MOST)


def encodable(text: str) -> str:
    """Make a text of a pinned process one that can be written to a file, and compared.

    Half characters (lone surrogates) come through JSON as escapes, and no UTF-8 file can hold them.
    What differs from run to run is replaced by words: it would make two equal runs differ. Workers
    do so as well; outcomes of earlier releases still hold it.
    """
    return without_run(text).encode("utf-8", "replace").decode()


def without_counters(text: str) -> str:
    """Take the counters off names that Keras gave by itself: ``dense_4`` becomes ``dense``.

    Keras counts how many layers of a class its process has made
    (https://keras.io/api/utils/backend_utils/#clear_session-function), so the name tells how many
    models came before. The first one has no number, and so none can stay at the others.

    Parameters
    ----------
    text
        A message. Names of known classes of Keras count, and those that the message itself calls
        names, so that classes of recipes are found too.
    """
    names = {*_KNOWN_NAMES.split(), *_NAMED.findall(text)}
    # the longest first: else "input" would be found in "input_layer_2"
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    # an underscore may stand on both sides: optimizers join names, as in adam/dense_4_bias_momentum
    numbered = rf"(?<![A-Za-z0-9])((?:\w{{1,60}}?_)??(?:{words}))_\d{{1,5}}(?![0-9A-Za-z])"
    text = re.sub(numbered, r"\1", text)
    # a model of a recipe's own class stands before its layers: small_2/dense, adam/small_2_dense
    outer = rf"(?<![A-Za-z0-9])([a-z][a-z0-9]*)_\d{{1,5}}(?=[/_](?:{words})(?![A-Za-z0-9]))"
    return re.sub(outer, r"\1", text)
