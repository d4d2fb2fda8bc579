"""Saves one case, or loads one artifact and predicts: what a forked child does for one item.

Every exception of the libraries becomes data.  Only a disk that cannot be written stops the child, because then the
outcome cannot be kept either.
"""

import os
import shutil
import time
import warnings
from typing import Any, Dict, List

import numpy as np

from . import fitted_state, outputs
from .contract import ContractError, Recipe
from .errors import describe_error, describe_warnings, guard, scrub
from .training import fit_default, fit_keras, resume, seed

CORRUPTED = "ArtifactCorrupted"
"""The artifact in the store is not what was saved."""
FOREIGN = "ArtifactForeign"
"""The artifact is not what its writer claims."""


class Data(object):
    """Arrays of one data set: rows to fit on and held-out rows, in the form the recipe wants."""

    def __init__(self, arrays: Dict[str, Any], prepare: Any) -> None:
        self.x_train = prepare(arrays["x_train"]) if prepare else arrays["x_train"]
        self.x_test = prepare(arrays["x_test"]) if prepare else arrays["x_test"]
        self.y_train = arrays.get("y_train")
        self.y_test = arrays.get("y_test")


def read_data(folder: str) -> Dict[str, Any]:
    """Read a data set; files named ``x_train@column.npy`` become a dict of columns."""
    found: Dict[str, Any] = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".npy"):
            continue
        array = np.load(os.path.join(folder, name), allow_pickle=False)
        part, _, column = name[: -len(".npy")].partition("@")
        if column:
            found.setdefault(part, {})[column] = array
        else:
            found[part] = array
    return found


class Record(object):
    """An outcome in the making."""

    def __init__(self, item: Dict[str, Any], job: Dict[str, Any]) -> None:
        self.job = job
        self.fields: Dict[str, Any] = {"kind": job["op"], "key": item["key"], "stage": "start"}
        if job.get("isolate"):
            self.fields["confirm"] = True
        self.seconds: Dict[str, float] = {}
        self.caught: List[Any] = []

    def run(self, stage: str, function: Any) -> Any:
        """Run one stage: timed, its warnings kept."""
        self.fields["stage"] = stage
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                return function()
            finally:
                self.seconds[stage] = round(time.perf_counter() - start, 5)
                if stage in ("save", "load", "predict"):
                    self.caught.extend(caught)

    def end(self, status: str, **more: Any) -> Dict[str, Any]:
        self.fields.update(more)
        self.fields.update(
            status=status, seconds=self.seconds, warnings=describe_warnings(self.caught, self.job)
        )
        return self.fields

    def failed(self, error: BaseException) -> Dict[str, Any]:
        guard(error)
        status = "memory" if isinstance(error, MemoryError) else "error"
        return self.end(status, error=describe_error(error, self.job))


class Fitted(object):
    """A recipe built, fitted and asked, once, for all savers of a batch."""

    def __init__(
        self,
        recipe: Recipe,
        data: Any,
        arrays: Dict[str, Any],
        seconds: Dict[str, float],
        facts: Dict[str, str],
    ) -> None:
        self.recipe, self.data, self.arrays, self.seconds, self.facts = (
            recipe,
            data,
            arrays,
            seconds,
            facts,
        )
        self.model: Any = None


def fit_once(recipe: Recipe, arrays: Dict[str, Any], record: Record, job: Dict[str, Any]) -> Fitted:
    """Build, fit and predict: the writer's own outputs are taken before saving."""
    seed()
    data = record.run("data", lambda: Data(arrays, recipe.prepare))
    model = record.run("build", lambda: recipe.build(data))
    fit = recipe.fit or (fit_keras if recipe.kind == "keras" else fit_default)
    model = record.run("fit", lambda: fit(model, data))
    found = record.run("predict-before", lambda: outputs.ask(model, recipe, data))
    check_outputs(found, recipe, data)
    # asked twice: what differs within one process is noise of the case, not harm done by saving
    second = outputs.ask(model, recipe, data)
    facts = {"state": fitted_state.keep(model, recipe.kind, job["states"])}
    again = outputs.digests(second)
    if again != outputs.digests(found):
        facts["noise"] = outputs.keep(second, again, job["outputs"])
    if recipe.task in ("binary", "multiclass", "regression"):
        trained = outputs.ask(model, recipe, OnTraining(data))
        facts["kept_train"] = outputs.keep(trained, outputs.digests(trained), job["outputs"])
    fitted = Fitted(recipe, data, found, dict(record.seconds), facts)
    fitted.model = model
    return fitted


def check_outputs(found: Dict[str, Any], recipe: Recipe, data: Any) -> None:
    """Raise `ContractError` for outputs that cannot be judged: another number of rows, or labels that are NaN."""
    if recipe.task in ("object", "transform") or data.y_test is None:
        return
    where = os.path.basename(recipe.file) + ": RECIPES[" + repr(recipe.name) + "]: outputs[%r]: "
    for name, array in found.items():
        if array.ndim == 0 or len(array) != len(data.y_test):
            text = "has the shape %s, expected one row for each of %d held-out rows"
            raise ContractError(where % name + text % (array.shape, len(data.y_test)))
        labels = name == "predict" and recipe.task != "regression"
        if labels and array.dtype.kind == "f" and np.isnan(array).any():
            raise ContractError(where % name + "has NaN among its labels")


class OnTraining(object):
    """The data set with its training rows in the place of the held-out ones, to see how far a model is overfitted."""

    def __init__(self, data: Data) -> None:
        self.x_train = self.x_test = data.x_train
        self.y_train = self.y_test = data.y_train


def fit_failure(
    item: Dict[str, Any], job: Dict[str, Any], record: Record, error: BaseException
) -> Dict[str, Any]:
    """A model that cannot be built because something is not there is n/a; any other failure is the writer's."""
    if record.fields["stage"] == "build" and isinstance(error, ImportError):
        return record.end("na", reason=scrub(str(error), job)[:500])
    return record.failed(error)


def save(fitted: Fitted, fmt: Any, item: Dict[str, Any], job: Dict[str, Any]) -> Dict[str, Any]:
    """Save a fitted model as an artifact named by its SHA-256."""
    record = Record(item, job)
    record.seconds.update(fitted.seconds)
    folder = os.path.join(job["scratch"], "save-%d-%s" % (os.getpid(), item["key"][:16]))
    os.makedirs(folder)
    path = os.path.join(folder, fmt.filename)
    try:
        recipe = fitted.recipe
        model = recipe.tamper(fitted.model, fitted.data) if recipe.tamper else fitted.model
        record.run("save", lambda: fmt.save(model, path, recipe))
        if recipe.damage:
            recipe.damage(path, fitted.model)
        facts = dict(fitted.facts)
        if recipe.resume:
            facts.update(resume(fitted.model, recipe, fitted.data, job))
        sha = outputs.sha256_of(path)
        size = outputs.size_of(path)
        each = outputs.digests(fitted.arrays)
        kept = outputs.keep(fitted.arrays, each, job["outputs"])
        target = os.path.join(job["artifacts"], sha)
        if not os.path.exists(os.path.join(target, fmt.filename)):
            try:
                os.rename(folder, target)
            except OSError as error:  # another process was first with the same bytes, or the same bytes under another name
                guard(error)
                _adopt(path, os.path.join(target, fmt.filename))
        artifact = {"sha256": sha, "bytes": size, "name": fmt.filename}
        if recipe.claim:
            artifact["claimed"] = recipe.claim
        return record.end("ok", stage="done", artifact=artifact, outputs=each, kept=kept, **facts)
    except Exception as error:
        return record.failed(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _adopt(path: str, target: str) -> None:
    if not os.path.exists(target):
        os.rename(path, target)


def load(
    recipe: Recipe, fmt: Any, arrays: Dict[str, Any], item: Dict[str, Any], job: Dict[str, Any]
) -> Dict[str, Any]:
    """Check the artifact's digest, load it, predict, and record the outputs."""
    record = Record(item, job)
    path = os.path.join(job["artifacts"], item["artifact"]["sha256"], item["artifact"]["name"])
    try:
        seed()
        sha = record.run("verify", lambda: outputs.sha256_of(path))
        claimed = item["artifact"].get("claimed", item["artifact"]["sha256"])
        if sha != claimed:
            text = (
                "the artifact is not what was saved: SHA-256 is "
                + sha[:16]
                + "..., not "
                + claimed[:16]
                + "..."
            )
            kind = CORRUPTED if claimed == item["artifact"]["sha256"] else FOREIGN
            return record.end("error", error={"type": kind, "message": text, "traceback": ""})
        data = record.run("data", lambda: Data(arrays, recipe.prepare))
        model = record.run("load", lambda: fmt.load(path, recipe, data))
        found = record.run("predict", lambda: outputs.ask(model, recipe, data, fmt.keeps))
        each = outputs.digests(found)
        kept = outputs.keep(found, each, job["outputs"])
        described = record.run(
            "state", lambda: fitted_state.keep(model, recipe.kind, job["states"])
        )
        facts = resume(model, recipe, data, job) if recipe.resume and fmt.keeps == "model" else {}
        return record.end("ok", stage="done", outputs=each, kept=kept, state=described, **facts)
    except Exception as error:
        return record.failed(error)
