"""A stand-in for TensorFlow, which the driver does not have: it remembers how it was called."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np


class Tensor:
    """What has a value that ``numpy()`` gives: a weight, a variable or an output."""

    def __init__(self, value, name="w"):
        self.value, self.name = np.asarray(value), name

    def numpy(self):
        return self.value

    def __len__(self):
        return len(self.value)


class Spec:
    """A ``tf.TensorSpec`` of one input: the type that it wants."""

    def __init__(self, wanted):
        self.dtype = SimpleNamespace(as_numpy_dtype=wanted)


class Layer:
    """A ``TFSMLayer`` around an endpoint that was traced with integers of 32 bits."""

    call_endpoint_fn = SimpleNamespace(
        structured_input_signature=((), {"tokens": Spec(np.int32)}),
    )

    def __call__(self, x):
        return {"out": x}


class Calls(list):
    """Calls in their order: the name of each with its arguments and options."""

    def giving(self, name, result=None):
        def called(*arguments, **options):
            self.append((name, arguments, options))
            return result

        return called

    @property
    def names(self):
        return [name for name, _, _ in self]


def fake_tensorflow(calls, *, loaded="the model", saved_model=None, variables=()):
    """A module `tensorflow` whose functions add themselves to the calls."""
    status = SimpleNamespace(
        assert_consumed=calls.giving("assert_consumed"),
        assert_existing_objects_matched=calls.giving("assert_existing_objects_matched"),
    )

    def checkpoint(**objects):
        calls.append(("Checkpoint", (), objects))
        return SimpleNamespace(
            write=calls.giving("write"),
            read=calls.giving("read", status),
        )

    return SimpleNamespace(
        constant=lambda value: ("constant", value),
        random=SimpleNamespace(set_seed=calls.giving("set_seed")),
        saved_model=SimpleNamespace(
            save=calls.giving("saved_model.save"),
            load=calls.giving("saved_model.load", saved_model),
        ),
        keras=SimpleNamespace(
            models=SimpleNamespace(
                load_model=calls.giving("load_model", loaded),
                model_from_json=calls.giving("model_from_json", loaded),
            ),
            layers=SimpleNamespace(TFSMLayer=calls.giving("TFSMLayer", Layer())),
            backend=SimpleNamespace(clear_session=calls.giving("clear_session")),
        ),
        train=SimpleNamespace(
            Checkpoint=checkpoint, list_variables=lambda prefix: [(name, []) for name in variables]
        ),
    )
