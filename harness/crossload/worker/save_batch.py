"""Saves one recipe in several formats: fitted once, saved before it is asked anything."""

import json
import os
import sys
from typing import Any, Dict, List

from . import children, fitting, measure
from .contract import Recipe
from .machine import die_with_parent
from .record import Record


def save_batch(
    recipe: Recipe,
    formats: Dict[str, Any],
    arrays: Dict[str, Any],
    job: Dict[str, Any],
    indexes: List[int],
    journal: Any,
    marks: Any,
) -> None:
    """Fit a recipe once, save it in the format of each item, and add their outcomes to the journal.

    Parameters
    ----------
    recipe
        The recipe of all of these items.
    formats
        Formats by name.
    arrays
        Arrays of the recipe's data set.
    job
        The job.
    indexes
        Indexes of the items; one alone where nothing is saved in forks.
    journal
        Gets the outcomes.
    marks
        Says which item is in flight.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    items = [job["items"][index] for index in indexes]
    marks.begin(indexes[0])
    record = Record(items[0], job)
    # Keras does not survive a fork after it has computed
    apart = recipe.kind == "object" and children.forks(job)
    outcomes: List[Dict[str, Any]] = []
    try:
        fitted = fitting.fit_once(recipe, arrays, record)
        if apart:
            for index, item in zip(indexes, items):
                fmt = formats[item["format"]]
                outcomes.append(_save_apart(fitted, fmt, job, index, marks))
            marks.begin(indexes[0])
        answers = fitting.ask(fitted, record, job)
    except Exception as error:
        failure = fitting.fit_failure(items[0], job, record, error)
        for item in items:
            journal.add(dict(failure, key=item["key"]))
        return
    if not apart:
        outcomes = [measure.save(fitted, formats[items[0]["format"]], items[0], job)]
    for outcome in outcomes:
        journal.add(answers.complete(outcome))


def _save_apart(
    fitted: fitting.Fitted, fmt: Any, job: Dict[str, Any], index: int, marks: Any
) -> Dict[str, Any]:
    """Save in a fork, because a save may change the process and the model; give the outcome."""
    path = os.path.join(job["scratch"], "saved-%d.json" % index)
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        if status:
            children.die_alike(status)
        with open(path, encoding="utf-8") as stream:
            outcome: Dict[str, Any] = json.load(stream)
        return outcome
    die_with_parent()
    marks.begin(index)
    outcome = measure.save(fitted, fmt, job["items"][index], job)
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(outcome, stream)
    sys.stdout.flush()
    sys.stderr.flush()
    # as in `children.fork`: the stack above belongs to the parent
    os._exit(0)
