"""Keys of saves and loads: digests of everything that an outcome depends on, and of nothing else.

| component | what it is |
| --- | --- |
| environment | digest of the lock, version of the interpreter, platform |
| recipe | the recipe's entry and all code of its file that the entry reaches (`code_digest`) |
| data | digest of the arrays |
| format | the code of the saver, or of the format, and its settings |
| code | the worker code that a save or a load goes through |
| limits | seconds and memory of one measurement |
| artifact | SHA-256 of what is loaded (loads only) |
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossload import worker
from crossload.engine.code_digest import CodeIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossload.environments import Built
    from crossload.plan import Case, Plan
    from crossload.store.records import Record
    from crossload.worker.formats import Format

# a function among the settings of a format: its address differs from process to process
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

PLATFORM = f"{platform.system()}-{platform.machine()}"
"""The system and the machine, which decide on wheels and on the last digits of outputs."""

# Names of modules and definitions below ``worker/``; a test asks that they are there.  Renaming one
# changes every key that has it, and all of these outcomes are measured anew.
_COMMON = [("contract", "Recipe"), ("data_sets", "read_data"), ("environ", "variables")]
SAVE_ROOTS = [
    *_COMMON,
    ("measure", "save"),
    ("fitting", "fit_once"),
    ("fitting", "ask"),
    ("fitting", "fit_failure"),
]
LOAD_ROOTS = [*_COMMON, ("measure", "load")]
# What decides on processes.  Only the text of these counts: they mention all formats, and would
# bring all of the worker in.
PROTOCOL = [
    ("serve", "Server.work"),
    ("serve", "Server._unavailable"),
    ("libraries", "import_libraries"),
    ("libraries", "import_keras"),
    ("serve", "_batches"),
    ("supervise", "Supervisor"),
    ("children", "fork"),
    ("children", "spawn"),
]
"""The code that carries outcomes about, whose text is a part of every key."""


def _digest(*parts: object) -> str:
    # 32 characters, by which `Reader` cuts keys out of journal lines
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def worker_files() -> dict[str, Path]:
    """Give the files of the code that runs in pinned processes.

    Returns
    -------
    dict
        Paths by module, such as ``formats.keras``; a package by its name.
    """
    top = Path(worker.__path__[0])
    names = {
        path: path.relative_to(top).with_suffix("").as_posix().replace("/", ".")
        for path in sorted(top.rglob("*.py"))
    }
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def worker_digest() -> str:
    """Give the digest of all code that runs in pinned processes.

    Two machines that work together must have the same.
    """
    files = worker_files().items()
    return _digest([(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in files])


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts of an environment that outcomes depend on, whether it is built here or not."""

    python: str
    """Full version of the interpreter."""
    lock: str
    """Digest of the lock's pins and hashes."""
    platform: str = PLATFORM
    variables: str = ""
    """Environment variables of its processes, in one line; empty for none."""

    @classmethod
    def of(cls, built: Built) -> Identity:
        """Give the identity of an environment that is built here."""
        variables = built.environment.variables_text
        return cls(built.python_version, built.lock.digest, variables=variables)

    @classmethod
    def recorded(cls, facts: Record) -> Identity:
        """Give the identity that a record makes known."""
        variables = facts.get("variables", "")
        return cls(facts["python"], facts["lock"], facts["platform"], variables)

    def record(self, env_id: str) -> Record:
        """Give the record that makes it known to those who have not built the environment."""
        key = hashlib.sha256(f"{env_id} {self}".encode()).hexdigest()[:32]
        return {
            "kind": "environment",
            "key": key,
            "id": env_id,
            "python": self.python,
            "lock": self.lock,
            "platform": self.platform,
            # left out where there are none, as in records of older stores
            **({"variables": self.variables} if self.variables else {}),
        }


def load_key(base: bytes, artifact: str) -> str:
    """Give the key of a load from its base and the SHA-256 of the artifact."""
    return hashlib.sha256(base + artifact.encode()).hexdigest()[:32]


class Keys:
    """The keys of one plan, each digest computed once.

    Parameters
    ----------
    plan
        What is to be measured.
    data
        Digest of each data set, by its name.
    """

    def __init__(self, plan: Plan, data: Mapping[str, str]) -> None:
        recipes = plan.catalog.everything
        files = {
            recipe.file: CodeIndex({Path(recipe.file).stem: Path(recipe.file)})
            for recipe in recipes.values()
        }
        self.recipes = {
            name: files[each.file].recipe(Path(each.file).stem, name)
            for name, each in recipes.items()
        }
        self.data = dict(data)
        self._worker = CodeIndex(worker_files())
        self._files = files
        self.formats = {name: self._format(each) for name, each in plan.catalog.formats.items()}
        # in reverse, so that of several formats with one saver the first in the catalog counts:
        # it is the one that a save is done with
        self.savers = {
            each.saver: self.formats[name] for name, each in reversed(plan.catalog.formats.items())
        }
        saving = [*PROTOCOL, ("save_batch", "save_batch"), ("save_batch", "_save_apart")]
        self.code = {
            "save": self._worker.digest(SAVE_ROOTS, texts=saving),
            "load": self._worker.digest(LOAD_ROOTS, texts=PROTOCOL),
        }
        self.limits = [plan.spec.limits.seconds, plan.spec.limits.memory_mb]

    def save(self, writer: Identity, case: Case) -> str:
        """Give the key of the saving of a case in an environment; formats share that of a saver."""
        return _digest(
            "save",
            self.code["save"],
            *self._common(writer, case),
            case.saver,
            self.savers[case.saver],
        )

    def load(self, reader: Identity, case: Case, artifact: str) -> str:
        """Give the key of the loading of an artifact in an environment.

        Parameters
        ----------
        reader
            The environment that loads.
        case
            The recipe and the format.
        artifact
            Its SHA-256: writers that gave the same bytes share the load.
        """
        return load_key(self.load_base(reader, case), artifact)

    def load_base(self, reader: Identity, case: Case) -> bytes:
        """Give everything of the key of a load but the artifact."""
        parts = _digest(
            "load",
            self.code["load"],
            *self._common(reader, case),
            case.format,
            self.formats[case.format],
        )
        return parts.encode()

    def _common(self, environment: Identity, case: Case) -> list[object]:
        return [
            environment.python,
            environment.lock,
            environment.platform,
            # keys of environments without any stay what they are
            *([environment.variables] if environment.variables else []),
            case.recipe,
            self.recipes[case.recipe],
            case.data,
            self.data[case.data],
            self.limits,
        ]

    def _format(self, fmt: Format) -> str:
        """Digest of the classes of a format and of its settings."""
        parts: list[object] = [
            fmt.name,
            {name: _ADDRESS.sub("", repr(value)) for name, value in sorted(vars(fmt).items())},
        ]
        # a plug-in format is a class of a recipe file whose bases are the worker's
        for cls in type(fmt).__mro__:
            module, name = cls.__module__.removeprefix(f"{worker.__name__}."), cls.__name__
            if cls is object:
                continue
            if self._worker.has(module, name):
                parts.append(self._worker.digest([(module, name)]))
                continue
            for file, sources in self._files.items():
                if sources.has(Path(file).stem, name):
                    parts.append(sources.digest([(Path(file).stem, name)]))
        return _digest(*parts)

    def snapshot(self, matrix: str) -> Record:
        """Give the components of this run, so that a later run can say which of them changed."""
        return {
            "kind": "snapshot",
            "key": matrix,
            "recipes": self.recipes,
            "data": self.data,
            "formats": self.formats,
            "savers": self.savers,
            "code": self.code,
            "limits": self.limits,
        }
