"""Journals, outputs, artifacts and tars to fill a store with."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import numpy as np

from crossload.store import bundle
from crossload.store.store import Store
from crossload.worker import outputs


def write(store, *records, tail=b""):
    path = store.new_journal("x")
    with path.open("ab") as stream:
        stream.write(
            b"".join(json.dumps(record, sort_keys=True).encode() + b"\n" for record in records)
            + tail
        )
    return path


def key(letter):
    return letter * 32


def record(letter, status="ok", kind="load", **more):
    return {
        "kind": kind,
        "key": key(letter),
        "status": status,
        "seconds": {"load": 0.5},
        "stage": "done",
        **more,
    }


def read(store):
    """What a process that comes anew would know."""
    other = Store(store.root)
    other.read()
    return other


def facts(records):
    return {name: (known.facts, known.at) for name, known in records.items()}


def keep(store, **arrays):
    found = {name: np.asarray(value) for name, value in arrays.items()}
    return outputs.keep(found, outputs.digests(found), str(store.blobs.outputs))


def artifact_in(store, *names, data=b"bytes"):
    """An artifact that was saved under these names."""
    sha = hashlib.sha256(data).hexdigest()
    for name in names:
        path = store.blobs.artifacts / sha / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return [{"sha256": sha, "name": name} for name in names]


def tar_of(**members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in members.items():
            bundle._add(tar, name, data)
    return stream.getvalue()
