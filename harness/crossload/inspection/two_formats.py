"""Finds what is two formats of Keras at once: an archive and an HDF5 file, or a SavedModel.

Keras chooses between the two by the name of a file and by what else it is, and each release in its
own way: what was looked at as the one could be loaded as the other, with another configuration.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

from crossload.inspection.facts import NotAModel
from crossload.inspection.streams import check_regular

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 16 << 20
"""Bytes of a config.json beside a graph that is looked at; more is no note of another program."""

HDF5 = b"\x89HDF\r\n\x1a\n"
"""The signature of an HDF5 file."""


def check_single(path: Path, head: bytes) -> None:
    """Refuse a file that can be loaded as another format than that of its first bytes.

    Parameters
    ----------
    path
        A file; its name counts, because Keras goes by it.
    head
        Its first bytes.

    Raises
    ------
    NotAModel
        It is an archive and an HDF5 file.
    """
    if head.startswith(HDF5):
        # an archive is found by its end, whatever stands before it, and Keras looks into one
        # wherever the name ends so (keras/src/saving/saving_api.py). By another name an array may
        # have these bytes by chance.
        both = path.name.lower().endswith(".keras") and zipfile.is_zipfile(path)
    else:
        both = _has_superblock(path)
    if both:
        msg = "it is both an archive and an HDF5 file, with a model in each"
        raise NotAModel(msg, hint="it was made to be read in two ways: do not load it")


def check_folder(path: Path) -> None:
    """Refuse the folder of a SavedModel that Keras could take for an unpacked archive.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    NotAModel
        It has the configuration of a model beside the graph.
    """
    graphs = [path / "saved_model.pb", path / "saved_model.pbtxt"]
    beside = path / "config.json"
    if not beside.exists() or not any(each.exists() for each in graphs):
        return
    # Keras 3 takes any folder with a config.json for one (keras/src/saving/saving_api.py); those of
    # other programs, such as hubs, describe no model there
    check_regular(beside)
    if beside.stat().st_size <= _LARGEST:
        try:
            config = json.loads(beside.read_bytes())
        except (ValueError, RecursionError):
            return  # Keras cannot read it either
        if not isinstance(config, dict) or "class_name" not in config:
            return
    msg = "it is both a SavedModel and an unpacked archive of Keras, with a model in each"
    raise NotAModel(msg, hint="it was made to be read in two ways: do not load it")


def _has_superblock(path: Path) -> bool:
    """Say if an HDF5 file begins behind the first bytes, as its library finds it.

    Users may put what they like before it: the signature stands at 512 bytes, or at twice, four
    times, eight times as many and so on
    (https://docs.hdfgroup.org/hdf5/v1_14/_f_m_t3.html#Superblock).
    """
    size, place = path.stat().st_size, 512
    with path.open("rb") as stream:
        while place < size:
            stream.seek(place)
            if stream.read(len(HDF5)) == HDF5:
                return True
            place *= 2
    return False
