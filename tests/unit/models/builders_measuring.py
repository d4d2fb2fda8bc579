"""Environments, model files and a workspace that answers from a table, without any process."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from helpers import loaded, saved
from packaging.requirements import Requirement

from crossload.environments import Built, Lock
from crossload.errors import EnvironmentPinsError
from crossload.plan import Environment
from crossload.store.store import Store
from crossload.worker import outputs

KNOWN = {"numpy": "1.24.3", "joblib": "1.2.0", "pandas": "1.5.3", "tensorflow": "2.12.0"}
"""Versions of what is not pinned."""


def environment(*requires, **more):
    return Environment(
        id=more.pop("id", requires[0].replace("==", "-")),
        requires=requires,
        extras=more.pop("extras", ()),
        as_of="release+60d",
        python=more.pop("python", None),
        **more,
    )


def built_of(wanted, versions, python="3.10"):
    """An environment that holds these versions."""
    text = "\n".join(f"{name}=={version}" for name, version in sorted(versions.items()))
    lock = Lock(
        path=Path(f"{wanted.id}.txt"),
        python=python,
        as_of="2023-05-08",
        inputs=wanted.inputs_digest,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    return Built(
        environment=wanted,
        folder=Path("env"),
        python=Path("env/bin/python"),
        python_version=f"{python}.7",
        lock=lock,
    )


def built(python="3.10", **versions):
    """An environment by the versions that it holds; ``scikit_learn`` is scikit-learn."""
    versions = {name.replace("_", "-"): version for name, version in versions.items()}
    first = next(iter(versions))
    return built_of(environment(f"{first}=={versions[first]}"), versions, python)


def pickled(version="1.2.2", module="sklearn.linear_model._base", name="LinearRegression"):
    """The bytes of a pickle of scikit-learn, which nobody has to load."""

    def text(value):
        return b"X" + len(value).to_bytes(4, "little") + value.encode()

    state = b"}" + text("_sklearn_version") + text(version) + b"sb" if version else b""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")\x81" + state + b"."


def release(version, *, yanked=False):
    return SimpleNamespace(version=version, yanked=yanked)


class FakeIndex:
    """The releases of packages, the oldest first."""

    def __init__(self, **packages):
        self.packages = {name.replace("_", "-"): found for name, found in packages.items()}

    def releases(self, package):
        found = self.packages.get(package, [])
        return [each if isinstance(each, SimpleNamespace) else release(each) for each in found]

    def release(self, package, version):
        for each in self.releases(package):
            if each.version == version:
                return each
        msg = f"{package} {version} does not exist"
        raise EnvironmentPinsError(msg, hint="pip index versions")


class FakeWorkspace:
    """Answers from a table, and keeps arrays in a real store.

    ``answer(op, model, versions)`` gives the predictions of a model where these versions are; a
    text ``"Kind: message"`` for a load that fails; or a dict of fields of the record, with the
    predictions in ``predict``. ``op`` is writer, reader, resave or refit.
    """

    def __init__(self, folder, answer=lambda op, model, versions: [0, 1, 1]):
        self.store = Store(folder / "store")
        self.store.make_folders()
        self.folder, self.answer = folder, answer
        self.refused = {}
        """Error by requirement for which there is no environment."""
        self.asked, self.started, self.built = [], [], []
        self.data = None
        self.known_writer = False
        self.index = FakeIndex()
        self.files = {}
        """Content by format of the files that a resave makes."""
        self.makers = {}
        """Version of scikit-learn that made a file, by its path."""

    def build(self, wanted):
        for text in (*wanted.requires, *([f"python=={wanted.python}"] if wanted.python else [])):
            if text in self.refused:
                raise self.refused[text]
        installed = (*wanted.requires, *wanted.extras, "numpy", "joblib")
        self.built.append(wanted)
        # constraints pin what is installed, and install nothing
        pins = {
            Requirement(text).name: each.version
            for text in (*wanted.constraints, *installed)
            for each in Requirement(text).specifier
            if each.operator == "=="
        }
        names = [Requirement(text).name for text in installed]
        versions = {name: pins.get(name) or KNOWN.get(name, "1.0") for name in names}
        return built_of(wanted, versions, wanted.python or "3.10")

    def build_with(self, wanted, _python):
        return self.build(wanted)

    def start(self, each, _model):
        self.started.append(each.environment.requires)

    def knows_writer(self, _model, _built, _data):
        return self.known_writer

    def ask_writer(self, model, each, data):
        self.data = data
        facts = {
            "tasks": {"": "classifier"},
            "rows": {"": {"count": 3, "told": "made"}},
            "methods": {"": ["predict"]},
            "notes": [],
        }
        return saved(**facts) | self._record("writer", model, each)

    def ask_reader(self, model, each, _saved):
        return loaded() | self._record("reader", model, each)

    def resave(self, model, each, _saved, ways):
        record = loaded() | self._record("resave", model, each)
        paths = {}
        for way in ways if record["status"] == "ok" else ():
            if way in self.files:
                paths[way] = self.folder / f"{len(self.asked)}-{ways[way]}"
                paths[way].write_bytes(self.files[way])
                self.makers[paths[way]] = each.lock.versions().get("scikit-learn", "")
        return record, paths

    def refit(self, model, each, _saved):
        return loaded() | self._record("refit", model, each)

    def _record(self, op, model, each):
        versions = each.lock.versions()
        self.asked.append((op, model.way, versions.get("scikit-learn", "")))
        found = self.answer(op, model, versions)
        if isinstance(found, str):
            kind, _, message = found.partition(": ")
            error = {"type": kind, "message": message, "traceback": f"Traceback: {found}"}
            found = {"status": "error", "stage": "load", "error": error}
        if not isinstance(found, dict):
            found = {"predict": found}
        found = dict(found)
        arrays = {
            name: np.asarray(found.pop(name)) for name in ("predict", "call") if name in found
        }
        if not arrays:
            return {"outputs": {}, "kept": None} | found
        digests = outputs.digests(arrays)
        kept = outputs.keep(arrays, digests, str(self.store.blobs.outputs))
        return {"outputs": digests, "kept": kept} | found


def opened(workspace):
    """A replacement of ``open_workspace``."""

    @contextmanager
    def open_workspace(_chosen):
        yield workspace

    return open_workspace
