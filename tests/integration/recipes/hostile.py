"""Models that do what no model should: each must cost its own cell and nothing else."""

import os

import numpy as np

IMPORTS = []


class Model(object):
    """Predict the same for every row; subclasses misbehave when they are loaded, saved or asked."""

    def fit(self, x, y):
        self.value = float(np.mean(y))
        return self

    def predict(self, x):
        return np.full(len(x), self.value)


def segfault():
    import ctypes

    ctypes.string_at(0)


def leave():
    os._exit(0)


def fail():
    os._exit(3)


def hang():
    import time

    time.sleep(600)


def grow():
    kept = []
    while True:
        kept.append(np.ones(4000000))


def talk():
    for number in range(2000):
        print("noise on stdout " * 20)
    os.write(1, b'{"kind": "load", "key": "forged"}\n')
    return Model().fit(None, [1.0])


def complain():
    raise ValueError("this one does not want to be loaded")


def on_load(function):
    """Make a class whose pickle calls a function when it is loaded."""

    class OnLoad(Model):
        def __reduce__(self):
            return function, ()

    return OnLoad


class CrashOnPredict(Model):
    armed = False

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.armed = True

    def predict(self, x):
        if self.armed:
            segfault()
        return Model.predict(self, x)


class RaiseOnPredict(CrashOnPredict):
    def predict(self, x):
        if self.armed:
            raise RuntimeError("no prediction")
        return Model.predict(self, x)


class Drift(CrashOnPredict):
    def predict(self, x):
        return Model.predict(self, x) + (0.5 if self.armed else 0.0)


class CrashOnSave(Model):
    def __reduce__(self):
        segfault()


class Unpicklable(Model):
    def fit(self, x, y):
        self.lock = lambda: None
        return Model.fit(self, x, y)


def recipe(build):
    return dict(
        family="hostile", task="regression", data="diabetes", build=build, outputs=["predict"]
    )


RECIPES = {
    "good-before": recipe(lambda data: Model()),
    "segfault": recipe(lambda data: on_load(segfault)()),
    "leave": recipe(lambda data: on_load(leave)()),
    "fail": recipe(lambda data: on_load(fail)()),
    "hang": recipe(lambda data: on_load(hang)()),
    "grow": recipe(lambda data: on_load(grow)()),
    "talk": recipe(lambda data: on_load(talk)()),
    "complain": recipe(lambda data: on_load(complain)()),
    "crash-on-predict": recipe(lambda data: CrashOnPredict()),
    "raise-on-predict": recipe(lambda data: RaiseOnPredict()),
    "drift": recipe(lambda data: Drift()),
    "crash-on-save": recipe(lambda data: CrashOnSave()),
    "unpicklable": recipe(lambda data: Unpicklable()),
    "missing-library": dict(recipe(lambda data: __import__("no_such_library")), family="good"),
    "too-new": dict(recipe(lambda data: Model()), family="good", needs={"numpy": ">=99"}),
    "good-after": dict(recipe(lambda data: Model()), family="good"),
}
