"""Errors and warnings as plain data, without what differs from machine to machine."""

import traceback
from typing import Any, Dict, List

from .machine import drop_damaged_bytecode, is_of_disk
from .texts import shortened, without_run

TEXT_LIMIT = 2000
"""Characters of a message, and of the end of a traceback, that are kept."""

WARNING_LIMIT = 500
"""Characters of a warning that are kept."""


class Stopped(Exception):
    """The disk cannot be written: measuring must end."""


class Mended(Exception):
    """Something of this machine was broken and is mended: the same is to be measured again."""


def scrub(text: str, job: Dict[str, Any]) -> str:
    """Take out paths of this machine and what else differs from run to run: it tells nothing.

    Parameters
    ----------
    text
        Any text from a library.
    job
        Its ``scrub`` lists pairs of a path and the word that stands for it, in the order in which
        they are replaced.
    """
    for path, word in job.get("scrub", []):
        text = text.replace(path, word)
    return without_run(text)


def describe_error(error: BaseException, job: Dict[str, Any]) -> Dict[str, str]:
    """Give type, message and last lines of the traceback, without machine paths.

    Returns
    -------
    dict of str to str
        ``type`` with its module unless it is a built-in one, ``message``, ``traceback``.
    """
    kind = type(error)
    module = kind.__module__ if kind.__module__ not in ("builtins", None) else ""
    try:
        message = str(error)
    except Exception as broken:  # an exception whose own __str__ raises is still a result
        message = "<the message of this exception cannot be read: " + repr(broken) + ">"
    # three arguments: the exception alone is enough since Python 3.10 only
    lines = traceback.format_exception(kind, error, error.__traceback__)
    return {
        "type": (module + "." if module else "") + kind.__name__,
        # scrubbed before it is cut, so that no path is cut in the middle and left
        "message": shortened(scrub(message, job), TEXT_LIMIT),
        "traceback": scrub("".join(lines), job)[-TEXT_LIMIT:],
    }


def describe_warnings(caught: List[Any], job: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Give category, text and count of each different warning, 20 at most.

    Parameters
    ----------
    caught
        What ``warnings.catch_warnings(record=True)`` recorded.
    job
        The job, with what is scrubbed.
    """
    counts: Dict[Any, int] = {}
    for each in caught:
        key = (each.category.__name__, shortened(scrub(str(each.message), job), WARNING_LIMIT))
        counts[key] = counts.get(key, 0) + 1
    # sorted: the order in which libraries warn need not be the same in two runs
    return [{"category": c, "text": t, "count": n} for (c, t), n in sorted(counts.items())[:20]]


def guard(error: BaseException) -> None:
    """Let errors pass unless they mean that outcomes cannot be kept.

    Raises
    ------
    Stopped
        The error, or one that it came from, is of the disk: it is no fact of the model.
    Mended
        It came from byte code that a full disk had cut, and that is removed now.
    """
    # what guards a part of the work has stopped, and what guards the whole must not take it for an
    # error of the model
    if isinstance(error, (Stopped, Mended)):
        raise error
    if drop_damaged_bytecode(error):
        raise Mended(str(error))
    if is_of_disk(error):
        raise Stopped(str(error))
