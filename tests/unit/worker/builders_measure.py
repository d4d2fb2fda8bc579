"""A recipe with its arrays, its job and the folders that it works in."""

from __future__ import annotations

from builders_worker import X, Y
from sklearn.naive_bayes import GaussianNB

from crossload.worker import contract, fitting, measure
from crossload.worker.formats import builtin_formats
from crossload.worker.record import Record

ARRAYS = {"x_train": X[:80], "x_test": X[80:], "y_train": Y[:80], "y_test": Y[80:]}
ITEM = {"key": "0123456789abcdef-and-more"}
PICKLE = builtin_formats()["pickle"]


def recipe(**more):
    spec = {
        "family": "bayes",
        "task": "binary",
        "data": "iris",
        "build": lambda data: GaussianNB(),
        "outputs": ["predict", "predict_proba"],
    }
    return contract.Recipe("mine", {**spec, **more}, "folder/recipes.py")


def job(folder, op="save"):
    """A job of which each folder exists."""
    folders = {name: folder / name for name in ("scratch", "artifacts", "outputs", "states")}
    for each in folders.values():
        each.mkdir(exist_ok=True)
    return {"op": op} | {name: str(each) for name, each in folders.items()}


def fitted(folder, **more):
    done = job(folder)
    return fitting.fit_once(recipe(**more), ARRAYS, Record(ITEM, done))


def saved(folder, fmt=PICKLE, **more):
    """Fit, ask and save, in the order of a process that does not fork."""
    done = job(folder)
    record = Record(ITEM, done)
    case = fitting.fit_once(recipe(**more), ARRAYS, record)
    answers = fitting.ask(case, record, done)
    return answers.complete(measure.save(case, fmt, ITEM, done))


def asked(folder, **more):
    """Fit and ask; give the fitted model and its answers."""
    done = job(folder)
    record = Record(ITEM, done)
    case = fitting.fit_once(recipe(**more), ARRAYS, record)
    return case, fitting.ask(case, record, done)
