"""Finds cells that answered otherwise when they were measured again in a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.errors import HarnessFault
from crossload.store.records import UNSURE, is_unbelieved

if TYPE_CHECKING:
    from crossload.engine.ledger import Ledger
    from crossload.plan import Plan


def find_leaks(ledger: Ledger, plan: Plan) -> list[str]:
    """Find cells whose repeat in a process of its own gave another answer than the batch did.

    Returns
    -------
    list of str
        One line a cell; each is a fault of the harness.
    """
    # State does leak between cells of a batch: in Keras 3 saving .h5 changes a .keras that is saved
    # after it in the same process.  What leaked would look like drift.
    found = []
    for cell in (*plan.controls, *plan.selected):
        record = ledger.load(cell)
        if record is None or "first" not in record or record["first"]["status"] in UNSURE:
            continue  # not repeated, or repeated because the machine may have been the cause
        if is_unbelieved(record):
            continue  # no two answers agree: it is measured again
        first = record["first"]
        if (first["status"], first["outputs"]) != (record["status"], record.get("outputs", {})):
            statuses = f"{first['status']}, then {record['status']}"
            found.append(f"{cell.case.name} {cell.writer} -> {cell.reader}: {statuses}")
    return found


def leak_fault(leaks: list[str]) -> HarnessFault:
    """Give the error of a run in which cells leaked; it names the first ten."""
    listed = "\n".join(leaks[:10])
    return HarnessFault(
        f"{len(leaks)} cells answered differently in a process of their own:\n{listed}",
        hint="state leaks from one cell into the next; "
        "the answers of single processes are the ones in the tables",
    )
