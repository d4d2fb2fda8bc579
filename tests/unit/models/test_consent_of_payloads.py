"""Whatever the tests of inspection hold of hostile files: no command asks a process to load it."""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from pathlib import Path

import pytest
from builders_measuring import FakeIndex, FakeWorkspace, opened

import crossload
from crossload.api import models as api
from crossload.cli.main import make_parser
from crossload.errors import CrossloadError
from crossload.inspection import NotAModel, inspect_file
from crossload.models import commands, upgrade
from crossload.models.own_code import OwnCode
from crossload.models.trust import Trust, trust_needed

INSPECTION = Path(__file__).parents[1] / "inspection"


def collected():
    """The payloads of all tests of inspection, by name: bytes of pickles, configurations."""
    sys.path.insert(0, str(INSPECTION))
    found = {}
    try:
        for path in sorted(INSPECTION.glob("*.py")):
            if path.stem == "conftest":
                continue
            held = vars(importlib.import_module(path.stem))
            for kind in ("PAYLOADS", "HOSTILE", "TWO_WAYS"):
                for name, payload in held.get(kind, {}).items():
                    found[f"{path.stem} {name}"] = payload
    finally:
        sys.path.remove(str(INSPECTION))
    return found


PAYLOADS = collected()


def write(folder, payload):
    """Write a payload as a user has it: a pickle, or a network of one layer."""
    if isinstance(payload, bytes):
        whole = payload.endswith(b".") and not payload.startswith(b"\x80\x04](")
        path = folder / "m.pkl"
        path.write_bytes(payload if whole else b"\x80\x04](" + payload + b"e.")
        return path
    config = {"class_name": "Functional", "module": "keras", "config": {"layers": [payload]}}
    with zipfile.ZipFile(folder / "m.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr("config.json", json.dumps(config))
    return folder / "m.keras"


def needed(path):
    try:
        return trust_needed(inspect_file(path), OwnCode())
    except NotAModel:
        return Trust.DANGEROUS  # never loaded, whatever is trusted


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace that remembers which models it was asked about."""
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.stdin", type("NoTerminal", (), {"isatty": lambda self: False})())
    found = FakeWorkspace(tmp_path)
    found.index = FakeIndex(numpy=["1.26.4", "2.3.1"])
    for module in (commands, upgrade):
        monkeypatch.setattr(module, "open_workspace", opened(found))
    monkeypatch.setattr(api, "Workspace", lambda **_: pytest.fail("it would have been loaded"))
    return found


def test_there_are_payloads_of_each_kind():
    assert sum(isinstance(each, bytes) for each in PAYLOADS.values()) > 40
    assert sum(isinstance(each, dict) for each in PAYLOADS.values()) > 20


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_command_loads_it_without_the_flag_that_names_it(tmp_path, workspace, name):
    path = write(tmp_path, PAYLOADS[name])
    level = needed(path)
    assert level >= Trust.UNKNOWN
    versions = ["--from", "numpy==1.26.4", "--to", "numpy==2.3.1"]
    lines = [
        ["check", str(path), *versions],
        ["blame", str(path), *versions],
        ["route", str(path), *versions],
        ["bisect", "numpy", str(path), "--from", "1.26.4", "--to", "2.3.1"],
        ["upgrade", "--models", str(path), *versions],
    ]
    flags = [[], ["--trust"]]
    flags += [["--trust-unknown"], ["--trust", "--trust-unknown"]] if level > Trust.UNKNOWN else []

    for line in lines:
        # all commands ask in one place: the others show that with the most that is not enough
        for more in flags if line[0] == "check" else flags[-1:]:
            chosen = make_parser().parse_args([*line, *more])
            with pytest.raises(CrossloadError) as caught:
                commands.COMMANDS[line[0]](chosen, out=[].append)
            assert caught.value.exit_code in (1, 2)
    with pytest.raises(CrossloadError):
        crossload.check(path, "numpy==2.3.1", trust=True, trust_unknown=level > Trust.UNKNOWN)
    assert workspace.asked == workspace.started == workspace.built == []
