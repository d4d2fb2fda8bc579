"""Finds cells that answered otherwise when they were measured again in a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.errors import HarnessFault
from crossload.store.records import UNSURE

if TYPE_CHECKING:
    from crossload.engine.ledger import Ledger
    from crossload.plan import Plan


def leaks(ledger: Ledger, plan: Plan) -> list[str]:
    """Cells whose repeat in a process of its own gave another answer than the batch did: faults of the harness."""
    found = []
    for cell in (*plan.controls, *plan.selected):
        record = ledger.load(cell)
        if record is None or "first" not in record or record["first"]["status"] in UNSURE:
            continue
        first = record["first"]
        if (first["status"], first["outputs"]) != (record["status"], record.get("outputs", {})):
            found.append(
                f"{cell.case.name} {cell.writer} -> {cell.reader}: {first['status']}, then {record['status']}"
            )
    return found


def fault_of(found: list[str]) -> HarnessFault:
    """The error for leaks."""
    shown = "\n".join(found[:10])
    return HarnessFault(
        f"{len(found)} cells answered differently in a process of their own:\n{shown}",
        hint="state leaks from one cell into the next; the answers of single processes are the ones in the tables",
    )
