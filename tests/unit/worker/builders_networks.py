"""Stand-ins for networks: their inputs and layers; TensorFlow itself is not needed."""

from __future__ import annotations

from types import SimpleNamespace

from crossload.worker import probe_rows_keras


def tensor(name, shape, dtype="float32"):
    return SimpleNamespace(name=name, shape=shape, dtype=dtype)


def layer(kind, **more):
    return type(kind, (), {})() if not more else type(kind, (), more)()


def network(*inputs, layers=(), **more):
    return SimpleNamespace(
        inputs=list(inputs), input_names=[each.name for each in inputs], layers=list(layers), **more
    )


def first(model):
    return next(iter(probe_rows_keras.candidates(model)))
