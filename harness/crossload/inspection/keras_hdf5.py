"""Reads models and weights of Keras in HDF5: ``.h5``, ``.weights.h5``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.inspection import keras_names
from crossload.inspection.facts import Inspection, NotAModel, recorded_version
from crossload.inspection.hdf5 import read_attributes
from crossload.inspection.keras_config import add_names, describe_config, parse_json
from crossload.inspection.streams import check_regular

if TYPE_CHECKING:
    from pathlib import Path

_WEIGHT_GROUPS = {"layers", "_layer_checkpoint_dependencies", "optimizer", "vars"}
"""Top groups of the layout that ``.weights.h5`` has since Keras 2.12, of which each has some."""


def inspect_hdf5(path: Path) -> Inspection:
    """Read a Keras model or weights in HDF5.

    Raises
    ------
    NotAModel
        The file is damaged, or other data in HDF5.
    """
    check_regular(path)
    known = read_attributes(path)
    config, legacy = known["config"], known["legacy"]
    is_weights = config is None
    if is_weights and not legacy and not _WEIGHT_GROUPS & set(known["places"]):
        msg = "an HDF5 file without a Keras model or weights"
        raise NotAModel(msg)
    found = Inspection(
        path=path, format="weights-h5" if is_weights else "h5", size=path.stat().st_size
    )
    found.written = recorded_version("keras", known["version"], "keras_version")
    if not is_weights:
        describe_config(found, parse_json(config, "model_config"))
        if known["training"] is not None:
            add_names(found, parse_json(known["training"], "training_config"))
    else:
        layout = "of Keras before 2.12" if legacy else "of Keras 2.12 and later"
        found.notes.append(
            f"weights alone, in the layout {layout}: loading needs the code of the model"
        )
    # HDF5 opens them by itself, wherever they are
    found.names += [keras_names.path("HDF5", each) for each in dict.fromkeys(known["elsewhere"])]
    return found
