"""The evidence around an answer: versions of both sides, what changes, notes, what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.inspection.facts import Certainty
from crossload.models.model import describe, names_in, versions_of
from crossload.models.own_code import own_code
from crossload.models.prepare import KERAS
from crossload.models.result import Side, changes_of
from crossload.models.targets import same_version
from crossload.models.trust import unknown_names
from crossload.safe import printable
from crossload.verdict.error_texts import error_text

if TYPE_CHECKING:
    from crossload.environments import Built
    from crossload.models.needs import Needs
    from crossload.models.prepare import Preparation
    from crossload.models.result import Result
    from crossload.models.targets import Target
    from crossload.store.records import Record


def explain_writer_failure(result: Result, saved: Record, *, with_data: bool) -> None:
    """Write into a result why there are no answers of the writer to compare with.

    Parameters
    ----------
    result
        Gets a reason, a hint and the traceback.
    saved
        The record of the writer, whose status is not ``ok``.
    with_data
        The user brought rows.

    Raises
    ------
    ConfigError
        The model does not take the rows that the user brought.
    """
    # the class of the worker is no word for users; its message is
    error = error_text(saved).replace("crossload_worker.probe_model.CannotAsk: ", "")
    result.traceback = saved["error"].get("traceback", "")
    if saved["stage"] == "rows" and with_data:
        text = "--data: the model does not take these rows where it was written: "
        raise ConfigError([text + printable(error)])
    # stages before the rows: start of the process, digest of the file, load
    if saved["stage"] in ("load", "verify", "start", "unknown"):
        result.reason = printable(f"it does not load where it was written: {error}")
        if "the code that came along cannot be imported" in error:
            result.hint = (
                "give a file with the classes alone, "
                "or guard what a script does by: if __name__ == '__main__'"
            )
            return
        # the errors of pickle for a module, and for a class of a script, that is not there
        lacks = "ModuleNotFoundError" in error or "Can't get attribute" in error
        result.hint = (
            "--with-code PATH for modules of your own, --with PACKAGE for others"
            if lacks
            else "were other versions there? name all that matter: --from requirements.txt"
        )
    else:
        result.reason = printable(f"no rows can be made for it: {error}")
        # the model has no method that takes rows: bringing some would not help
        hopeless = " has none of " in error or "holds nothing that" in error
        result.hint = "" if hopeless else "bring some: --data rows.npy (or .csv, .parquet)"


def side_of(built: Built, needs: Needs) -> Side:
    """Give the versions of an environment, those that matter for the model in words too."""
    # tensorflow-cpu is our choice of a wheel; people know it as tensorflow
    required = [
        "tensorflow" if each == "tensorflow-cpu" else each
        for each in names_in(built.environment.requires)
    ]
    names = list(dict.fromkeys([*_main_packages(needs), *required]))
    return Side(
        python=built.python_version,
        packages=versions_of(built),
        as_of=built.lock.as_of,
        description=describe(built, names),
    )


def _main_packages(needs: Needs) -> list[str]:
    return ["tensorflow", "keras"] if needs.is_keras else ["scikit-learn", "numpy"]


def upgrade_text(needs: Needs, target: Target, writer: Side, reader: Side) -> str:
    """Say in a few words what changes: the packages that the user named, else the main ones."""
    changes = changes_of(writer, reader)
    named = [
        *([] if target.complete else target.packages),
        *(["python"] if target.python else []),
    ]
    chosen = [name for name in named if name in changes]
    chosen = chosen or [name for name in _main_packages(needs) if name in changes]
    chosen = chosen or [name for name in needs.packages if name in changes]
    chosen = chosen or list(changes)[:2]
    if not chosen:
        return "nothing that it needs changes"
    return ", ".join(
        f"{name} {changes[name][0] or 'absent'} -> {changes[name][1] or 'absent'}"
        for name in chosen[:4]
    )


def recorded_text(source: Target, writer: Side) -> str:
    """Name the packages whose versions the file or the user gives; empty for a whole lock."""
    if source.complete:
        return ""
    return ", ".join(
        name for name in source.packages if source.version(name) and name in writer.packages
    )


def notes_of(preparation: Preparation, source: Target, target: Target, writer: Side) -> list[str]:
    """List what the user should know of how the versions were found, and of the file."""
    notes = [*source.notes, *target.notes]
    # Keras and TensorFlow belong together: the one that is recorded says enough of the other
    guessed = [
        name
        for name in preparation.libraries
        if not source.version(name) and name in writer.packages and name not in KERAS
    ]
    notes += [
        f"the file does not record the version of {name}: "
        f"{writer.packages[name]} was taken, of the same time (--from names another)"
        for name in guessed
    ]
    inspection = preparation.inspection
    recorded = dict.fromkeys(
        each.version
        for each in inspection.written
        if each.package == "scikit-learn" and each.sure is Certainty.RECORDED
    )
    used = writer.packages.get("scikit-learn", "")
    # what the user says counts, and may contradict the file; parts of a pipeline may come from
    # several releases, one of which is no contradiction
    if recorded and used and not any(same_version(each, used) for each in recorded):
        notes.append(
            f"the file records scikit-learn {', '.join(recorded)}, "
            f"and was loaded with {used}, as {source.source} says"
        )
    if len({each.version for each in inspection.written if each.package == "scikit-learn"}) > 1:
        notes.append(
            "parts of it were written by other versions of scikit-learn; the newest was taken"
        )
    if unknown_names(inspection, own_code(preparation.question.code)):
        notes.append("it uses what is not known to be harmless: crossload inspect lists it")
    return notes


def asked_text(saved: Record) -> str:
    """Say which outputs were asked for which rows, for each model in the file."""
    parts = []
    for name, rows in saved["rows"].items():
        methods = ", ".join(saved["methods"][name])
        parts.append(
            f"{name + ': ' if name else ''}{methods} of {rows['count']} rows, {rows['told']}"
        )
    return "; ".join(parts)
