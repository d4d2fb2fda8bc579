"""The records of the store under the keys that a plan and its environments give."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crossload.engine.keys import PLATFORM, Identity, Keys, load_key
from crossload.environments.machine_faults import is_fault_of_machine
from crossload.store.records import is_unbelieved, seconds_of

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.environments import Lock
    from crossload.plan import Case, Cell, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store


def _numbers(version: str) -> list[int]:
    """Give the numbers of a version, by which 3.10.2 is newer than 3.9.7."""
    return [int(part) for part in re.findall(r"[0-9]+", version)]


class Ledger:
    """Looks up saves and loads of a plan; knows what each environment is, or why it is not there.

    Parameters
    ----------
    plan
        What is to be measured.
    data
        Digest and folder of each data set, by its name.
    store
        Where the records are.
    """

    def __init__(self, plan: Plan, data: dict[str, tuple[str, Path]], store: Store) -> None:
        self.plan = plan
        self.data = data
        self.store = store
        self.keys = Keys(plan, {name: digest for name, (digest, _) in data.items()})
        self.identities: dict[str, Identity] = {}
        """By id, of environments that were built elsewhere too.  Changed by `identify` only."""
        self.journals: set[str] = set()
        """Names of the journals to which the outcomes that `outcome` gave were first written."""
        self._save_keys: dict[tuple[str, str, str], str] = {}
        self._load_bases: dict[tuple[str, str, str], bytes] = {}
        self.failures: dict[str, str] = {}
        """The reason why an environment could not be built or used, by id."""
        self.machine_faults: set[str] = set()
        """Environments that failed for want of something that this machine lacks just now."""
        self.without_interpreter: set[str] = set()
        """Environments of which this machine has no interpreter."""

    def identify(self, env_id: str, identity: Identity) -> None:
        """Say what an environment is."""
        # keys are kept: a plan asks for each thousands of times
        if self.identities.get(env_id) != identity:
            self.identities[env_id] = identity
            self._save_keys, self._load_bases = {}, {}

    def recall(self, env_id: str, locks: list[Lock], variables: str = "") -> None:
        """Take the identity of an environment from those who built it by one of these locks.

        Where several are recorded, one of this platform is preferred.

        Parameters
        ----------
        env_id
            The environment.
        locks
            Its locks.
        variables
            Its environment variables, as `Environment.variables_text` gives them.
        """
        digests = {lock.digest for lock in locks}
        known = [
            Identity.recorded(facts)
            for facts, _, _ in self.store.reader.by_kind["environment"].values()
            if facts["id"] == env_id
            and facts.get("lock") in digests
            and facts.get("variables", "") == variables
        ]
        # all runs of this store choose the same: of this platform, and the newest Python
        known.sort(key=lambda each: (each.platform == PLATFORM, _numbers(each.python), each.python))
        if known:
            self.identify(env_id, known[-1])

    def recall_failure(self, env_id: str) -> None:
        """Take over why an environment could not be built elsewhere: the last reason counts."""
        known = [
            (at, facts["failure"])
            for facts, _, at in self.store.reader.by_kind["environment"].values()
            if facts["id"] == env_id
            and "failure" in facts
            # older releases recorded what was the machine's as well
            and not is_fault_of_machine(str(facts["failure"]))
        ]
        if known:
            self.failures[env_id] = max(known)[1]

    def save_key(self, writer: str, case: Case) -> str | None:
        """Give the key of a save; None while nobody knows what its environment is."""
        known = (writer, case.recipe, case.saver)
        found = self._save_keys.get(known)
        if found is None and writer in self.identities:
            found = self._save_keys[known] = self.keys.save(self.identities[writer], case)
        return found

    def save(self, writer: str, case: Case) -> Record | None:
        """Give the record of the saving of a case, if it was measured."""
        return self.store.saves.get(self.save_key(writer, case))

    def load_key(self, cell: Cell) -> str | None:
        """Give the key of the load of a cell; None while artifact or reader is not known."""
        saved = self.save(cell.writer, cell.case)
        if saved is None or "artifact" not in saved:
            return None
        return self._load_key(cell.reader, cell.case, saved["artifact"]["sha256"])

    def _load_key(self, reader: str, case: Case, artifact: str) -> str | None:
        known = (reader, case.recipe, case.format)
        base = self._load_bases.get(known)
        if base is None:
            if reader not in self.identities:
                return None
            base = self._load_bases[known] = self.keys.load_base(self.identities[reader], case)
        return load_key(base, artifact)

    def load(self, cell: Cell) -> Record | None:
        """Give the record of the load of a cell, if it was measured."""
        return self.store.loads.get(self.load_key(cell))

    def outcome(self, cell: Cell) -> tuple[Record | None, Record | None, dict[str, float]]:
        """Give all that is known of a cell.

        Returns
        -------
        tuple
            The record of the save, the record of the load, and the seconds by stage of the load,
            or else of the save; None and an empty dict for what there is not.
        """
        saved = self.store.saves.find(self.save_key(cell.writer, cell.case))
        if saved is None:
            return None, None, {}
        if is_unbelieved(saved.facts):
            return None, None, {}
        if "artifact" not in saved.facts:
            self.journals.add(saved.at)
            return saved.facts, None, seconds_of(saved)
        loaded = self.store.loads.find(
            self._load_key(cell.reader, cell.case, saved.facts["artifact"]["sha256"])
        )
        if loaded is None or is_unbelieved(loaded.facts):
            # what was seen once, and may be the machine's, is no outcome yet
            return saved.facts, None, seconds_of(saved)
        self.journals.add(loaded.at)
        return saved.facts, loaded.facts, seconds_of(loaded)

    def days(self) -> tuple[str, str]:
        """Give the first and last day (UTC, ISO) of the outcomes that were asked for.

        Both are empty where there is none.
        """
        # journals are named by when they were begun, in nanoseconds
        heads = [journal.split("-")[0] for journal in self.journals]
        seconds = [int(head) / 1e9 for head in heads if head.isdecimal()]
        if not seconds:
            return "", ""
        first, last = (
            datetime.fromtimestamp(each, UTC).date().isoformat()
            for each in (min(seconds), max(seconds))
        )
        return first, last
