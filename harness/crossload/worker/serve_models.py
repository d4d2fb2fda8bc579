"""Entry point for models that users bring: loads one in a fork of its own, asks it, and records what it said.

Usage: ``python serve_models.py CONTROL.json``, with the protocol of ``serve.py``: paths of jobs on stdin, answers in journals.
``save`` here means: load the file where it was written, find rows that it takes, and record its answers; ``load`` gives
the same rows to the file somewhere else.
"""

import importlib
import json
import os
import platform
import sys
from typing import Any, Dict, List

# beside this file: it makes the package of this folder, takes the folder off the path, and has the protocol
serve: Any = importlib.import_module("serve")
del sys.modules["serve"]  # a name that users' code may have too

(
    choose_rows,
    errors,
    fitted_state,
    input_rows,
    load_ways,
    measure,
    outputs,
    probe_model,
    supervise,
    user_code,
) = (
    importlib.import_module(serve.PACKAGE + "." + name)
    for name in (
        "choose_rows",
        "errors",
        "fitted_state",
        "input_rows",
        "load_ways",
        "measure",
        "outputs",
        "probe_model",
        "supervise",
        "user_code",
    )
)


class Server(serve.Server):  # type: ignore[misc]
    """The libraries imported once; a fork for each model."""

    code: Any = None
    network = ""

    def prepare(self) -> Dict[str, Any]:
        """Import what the models need; give the facts of this process, or why it is no use."""
        try:
            self.network = user_code.leave_network()
            self.code = user_code.Code(self.control["code"], self.control["build"])
            versions = self._import_libraries()
        except Exception as error:
            return {
                "kind": "hello",
                "status": "error",
                "error": errors.describe_error(error, self.control),
            }
        return {
            "kind": "hello",
            "status": "ok",
            "python": platform.python_version(),
            "versions": versions,
        }

    def _import_libraries(self) -> Dict[str, str]:
        """Import before any fork what models will import anyway; what cannot be imported is told when it is needed."""
        for name in ["numpy"] + self.control["imports"]:
            try:
                importlib.import_module(name)
            except Exception:  # the load that needs it will raise the same, and that is the result
                continue
        if "tensorflow" in sys.modules:
            tf = sys.modules["tensorflow"]
            getattr(tf, "keras").layers  # noqa: B009, B018 - Keras is imported lazily; import it before any fork
        names = sorted({each.split(".")[0] for each in ["numpy"] + self.control["imports"]})
        return {
            name: str(getattr(sys.modules[name], "__version__", ""))
            for name in names
            if name in sys.modules
        }

    def run_job(self, path: str) -> None:
        """Do one job, each item in a process of its own, and close its journal."""
        with open(path, encoding="utf-8") as stream:
            job = json.load(stream)
        forks = hasattr(os, "fork") and not job.get("no_fork")

        def start(indexes: List[int]) -> Any:
            if forks:
                return supervise.fork(lambda: self.work(job, indexes), job["log"])
            chosen = ",".join(str(index) for index in indexes)
            return supervise.spawn(
                [sys.executable, "-s", __file__, self.control_path, path, chosen], job["log"]
            )

        supervise.Supervisor(job, start, self.parent).run(
            [[index] for index in range(len(job["items"]))]
        )
        supervise.Journal(job["journal"]).add({"kind": "end", "key": "end"})

    def work(self, job: Dict[str, Any], indexes: List[int]) -> None:
        """What a child does with its item."""
        journal, marks = supervise.Journal(job["journal"]), supervise.Marks.__new__(supervise.Marks)
        marks.path = job["marks"]
        try:
            for index in indexes:
                marks.begin(index)
                item = job["items"][index]
                done = written if job["op"] == "save" else refit if "labels" in item else read
                journal.add(dict(done(item, job, self.code), network=self.network))
        except (errors.Stopped, OSError) as error:
            if isinstance(error, OSError) and error.errno not in errors.DISK_ERRORS:
                raise
            sys.stderr.write("outcomes cannot be written: %s\n" % error)
            sys.exit(supervise.EXIT_DISK)


def _open(item: Dict[str, Any], record: Any, code: Any, strict: bool) -> Any:
    """Check the digest, then load."""
    if code.error is not None:
        raise code.error
    load_ways.seed(1 if strict else 2)  # weights that were not restored must not be equal by chance
    sha = record.run("verify", lambda: load_ways.digest(item["path"], item["format"]))
    if sha != item["sha256"]:
        raise ValueError("the file was changed while it was being checked")
    return record.run("load", lambda: load_ways.load(item["format"], item["path"], code, strict))


def written(item: Dict[str, Any], job: Dict[str, Any], code: Any) -> Dict[str, Any]:
    """Load a model where it was written; find rows that it takes; record its answers."""
    record = measure.Record(item, job)
    try:
        model = _open(item, record, code, True)
        data = (
            input_rows.read(
                item["data"], os.path.join(job["outputs"], item["data"]["kept"] + ".npz")
            )
            if item["data"]
            else None
        )
        users = {"names": data.names, "arrays": data.arrays, "told": data.told} if data else None
        parts = probe_model.parts_of(model)
        if not parts:
            raise probe_model.CannotAsk(
                "a " + type(model).__name__ + " that holds nothing that predicts or transforms"
            )
        rows: Dict[str, Any] = {}
        methods: Dict[str, List[str]] = {}
        notes: List[str] = []
        kept_rows: Dict[str, Any] = {}

        def find() -> None:
            for name, part in parts:
                rows[name], methods[name], told = choose_rows.find_rows(part, users)
                notes.extend((name + ": " if name else "") + each for each in told)
            notes.extend("not asked: " + each for each in probe_model.skipped_in(model))
            for (
                name,
                made,
            ) in (
                rows.items()
            ):  # asked with what others are asked with: rows that were written and read again
                kept_rows[name] = made.keep(job["outputs"])
                rows[name] = input_rows.read(
                    kept_rows[name], os.path.join(job["outputs"], kept_rows[name]["kept"] + ".npz")
                )

        record.run("rows", find)
        found = record.run("predict", lambda: probe_model.ask_all(model, rows, methods))
        again = probe_model.ask_all(model, rows, methods)
        facts: Dict[str, Any] = {
            "state": fitted_state.keep(model, load_ways.kind_of(item["format"]), job["states"])
        }
        each, second = outputs.digests(found), outputs.digests(again)
        if each != second:
            facts["noise"] = outputs.keep(again, second, job["outputs"])
        facts["rows"] = kept_rows
        facts["methods"] = methods
        facts["notes"] = [errors.scrub(note, job) for note in notes]
        facts["tasks"] = {name: probe_model.task_of(part) for name, part in parts}
        kept = outputs.keep(found, each, job["outputs"])
        return dict(record.end("ok", stage="done", outputs=each, kept=kept, **facts))
    except Exception as error:
        return dict(record.failed(error))


def read(item: Dict[str, Any], job: Dict[str, Any], code: Any) -> Dict[str, Any]:
    """Load a model somewhere else and give it the rows that its writer answered."""
    record = measure.Record(item, job)
    try:
        model = _open(item, record, code, False)
        rows = {
            name: input_rows.read(known, os.path.join(job["outputs"], known["kept"] + ".npz"))
            for name, known in item["rows"].items()
        }
        found = record.run("predict", lambda: probe_model.ask_all(model, rows, item["methods"]))
        each = outputs.digests(found)
        kept = outputs.keep(found, each, job["outputs"])
        described = fitted_state.keep(model, load_ways.kind_of(item["format"]), job["states"])
        made: Dict[str, str] = {}
        for way, target in sorted(item.get("resave", {}).items()):
            try:
                load_ways.save(way, model, target)
                made[way] = "ok"
            except Exception as error:  # a format that does not take this model is no way through
                made[way] = errors.scrub(type(error).__name__ + ": " + str(error), job)[:300]
        return dict(
            record.end("ok", stage="done", outputs=each, kept=kept, state=described, resaved=made)
        )
    except Exception as error:
        return dict(record.failed(error))


def refit(item: Dict[str, Any], job: Dict[str, Any], code: Any) -> Dict[str, Any]:
    """Fit a model anew from its parameters, on rows and labels of the item, and ask it: whether retraining works here."""
    record = measure.Record(item, job)
    try:
        model = load_ways.renewed(_open(item, record, code, False))
        rows = input_rows.read(
            item["rows"], os.path.join(job["outputs"], item["rows"]["kept"] + ".npz")
        )
        labels = outputs_of(job, item["labels"])
        value = rows.value()
        if labels is None:
            record.run("fit", lambda: model.fit(value))
        else:
            record.run("fit", lambda: model.fit(value, labels))
        found = record.run(
            "predict", lambda: probe_model.ask_all(model, {"": rows}, {"": item["methods"]})
        )
        each = outputs.digests(found)
        return dict(
            record.end(
                "ok", stage="done", outputs=each, kept=outputs.keep(found, each, job["outputs"])
            )
        )
    except Exception as error:
        return dict(record.failed(error))


def outputs_of(job: Dict[str, Any], kept: str) -> Any:
    """The recorded predictions that serve as labels; None where a model has none."""
    import numpy as np

    if not kept:
        return None
    with np.load(os.path.join(job["outputs"], kept + ".npz"), allow_pickle=False) as held:
        return held["predict"] if "predict" in held.files else None


if __name__ == "__main__":
    serve.Server = Server
    sys.exit(serve.main(sys.argv[1:]))
