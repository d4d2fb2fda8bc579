"""Saves one case, or loads one artifact and predicts: what a forked child does for one item.

Every exception of the libraries becomes data.  Only a disk that cannot be written stops the child,
because then the outcome cannot be kept either.
"""

import os
import shutil
from typing import Any, Dict

from . import fitted_state, outputs
from .contract import Recipe
from .data_sets import Data
from .errors import Stopped, guard
from .fitting import Fitted
from .machine import is_full
from .record import Record
from .training import clear_session, resume, seed

CORRUPTED = "ArtifactCorrupted"
"""The artifact in the store is not what was saved."""
FOREIGN = "ArtifactForeign"
"""The artifact is not what its writer claims."""


def save(fitted: Fitted, fmt: Any, item: Dict[str, Any], job: Dict[str, Any]) -> Dict[str, Any]:
    """Save a fitted model as an artifact named by its SHA-256.

    Parameters
    ----------
    fitted
        The model.
    fmt
        The format.
    item
        The item: recipe, format, key.
    job
        The job: ``scratch``, a folder to save in; ``artifacts``, where the artifact goes;
        ``outputs`` and ``states``.

    Returns
    -------
    dict
        The outcome, without what the writer answered; of any exception of the libraries, too.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    record = Record(item, job)
    folder = os.path.join(job["scratch"], "save-%d-%s" % (os.getpid(), item["key"][:16]))
    os.makedirs(folder)
    path = os.path.join(folder, fmt.filename)
    try:
        recipe = fitted.recipe
        model = recipe.tamper(fitted.model, fitted.data) if recipe.tamper else fitted.model
        record.run("save", lambda: fmt.save(model, path, recipe))
        if recipe.damage:
            recipe.damage(path, fitted.model)
        facts = resume(fitted.model, recipe, fitted.data, job) if recipe.resume else {}
        sha = outputs.sha256_of(path)
        size = outputs.size_of(path)
        target = os.path.join(job["artifacts"], sha)
        if not os.path.exists(os.path.join(target, fmt.filename)):
            try:
                # scratch is in the same file system, so that an artifact is there whole or not at
                # all
                os.rename(folder, target)
            except OSError as error:
                # another process was first with the same bytes, or they are there under another
                # name
                guard(error)
                _adopt(path, os.path.join(target, fmt.filename))
        artifact = {"sha256": sha, "bytes": size, "name": fmt.filename}
        if recipe.claim:
            artifact["claimed"] = recipe.claim
        stop_if_full(job)
        return record.end("ok", stage="done", artifact=artifact, **facts)
    except Exception as error:
        stop_if_full(job)
        return record.failed(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stop_if_full(job: Dict[str, Any]) -> None:
    """Raise `Stopped` where the disk has no room left.

    Some libraries pass over a write that failed, and some tell of it in words of their own: what
    was saved or found on a full disk is not believed.
    """
    if is_full(job["scratch"]) or is_full(job["artifacts"]):
        raise Stopped("no space left on the disk")


def _adopt(path: str, target: str) -> None:
    """Put a file or folder into the folder of an artifact that is there already."""
    if not os.path.exists(target):
        os.rename(path, target)


def load(
    recipe: Recipe, fmt: Any, arrays: Dict[str, Any], item: Dict[str, Any], job: Dict[str, Any]
) -> Dict[str, Any]:
    """Check the artifact's digest, load it, predict, and record the outputs.

    Parameters
    ----------
    recipe
        The recipe of the case.
    fmt
        The format that reads the artifact.
    arrays
        Arrays of the recipe's data set.
    item
        The item: its ``artifact`` has SHA-256 and file name, of a control also the ``claimed``
        digest.
    job
        The job: where artifacts, outputs and states are.

    Returns
    -------
    dict
        The outcome; of any exception of the libraries, too.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    record = Record(item, job)
    path = os.path.join(job["artifacts"], item["artifact"]["sha256"], item["artifact"]["name"])
    try:
        # before the seeds: it makes Keras forget its own
        clear_session()
        seed()
        sha = record.run("verify", lambda: outputs.sha256_of(path))
        claimed = item["artifact"].get("claimed", item["artifact"]["sha256"])
        if sha != claimed:
            text = "the artifact is not what was saved: SHA-256 is %s..., not %s..."
            text = text % (sha[:16], claimed[:16])
            kind = CORRUPTED if claimed == item["artifact"]["sha256"] else FOREIGN
            return record.end("error", error={"type": kind, "message": text, "traceback": ""})
        data = record.run("data", lambda: Data(arrays, recipe.prepare))
        model = record.run("load", lambda: fmt.load(path, recipe, data))
        found, failed = record.run(
            "predict", lambda: outputs.ask_each(model, recipe, data, fmt.keeps)
        )
        if failed:
            # one method may well work where another is lost, and whoever needs only that one wants
            # to know
            record.fields.update(failed_outputs=sorted(failed), given_outputs=sorted(found))
            raise failed[sorted(failed)[0]]
        each = outputs.digests(found)
        kept = outputs.keep(found, each, job["outputs"])
        described = record.run(
            "state", lambda: fitted_state.keep(model, recipe.kind, job["states"])
        )
        # training goes on last, because it changes the model; weights and functions have no
        # optimizer
        facts = resume(model, recipe, data, job) if recipe.resume and fmt.keeps == "model" else {}
        return record.end("ok", stage="done", outputs=each, kept=kept, state=described, **facts)
    except Exception as error:
        stop_if_full(job)
        return record.failed(error)
