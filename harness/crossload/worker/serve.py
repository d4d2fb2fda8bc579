"""Entry point inside a pinned interpreter: imports once, then does the jobs that the driver names on stdin.

Usage: ``python serve.py CONTROL.json``.  Each line on stdin is the path of a job file; the answer is the job's journal,
closed by a line ``{"kind": "end"}``.  End of input ends the process.  Nothing is said on stdout.
``python serve.py CONTROL.json JOB.json 3,4,5`` does these items in this process: the child where there is no fork.
"""

import sys

if sys.version_info < (3, 6):  # pragma: no cover - a gate above everything newer
    sys.stderr.write("crossload runs its recipes in Python 3.6 and later\n")
    sys.exit(79)

import importlib
import importlib.util
import json
import os
import platform
import signal
import time
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "crossload_worker"


def _package() -> None:
    """Make this folder importable as a package of its own name, and no longer as a folder of top-level modules."""
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or os.curdir) != HERE]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE]
    )
    if spec is None or spec.loader is None:
        raise ImportError(HERE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


_package()

contract = importlib.import_module(PACKAGE + ".contract")
formats = importlib.import_module(PACKAGE + ".formats")
measure = importlib.import_module(PACKAGE + ".measure")
supervise = importlib.import_module(PACKAGE + ".supervise")
errors = importlib.import_module(PACKAGE + ".errors")


class Server(object):
    """The libraries imported once, and what they are."""

    def __init__(self, control_path: str) -> None:
        with open(control_path, encoding="utf-8") as stream:
            self.control: Dict[str, Any] = json.load(stream)
        self.control_path = control_path
        self.parent = os.getppid()
        self.modules: List[Any] = []
        self.recipes: Dict[str, Any] = {}
        self.formats: Dict[str, Any] = {}
        self.versions: Dict[str, str] = {}
        self.data: Dict[str, Any] = {}

    def prepare(self) -> Dict[str, Any]:
        """Import everything; give the facts of this process: versions, or why it is no use."""
        start = time.time()
        try:
            for path in self.control["recipes"]:
                module = contract.import_file(path)
                self.modules.append(module)
                self.recipes.update(contract.recipes_of(module, path))
            self.formats = formats.all_formats(self.modules)
            self._import_libraries()
            self._assert_locked()
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
            "implementation": platform.python_implementation(),
            "platform": platform.system() + "-" + platform.machine(),
            "versions": self.versions,
            "seconds": round(time.time() - start, 3),
        }

    def _import_libraries(self) -> None:
        wanted = ["numpy"]
        for module in self.modules:
            wanted.extend(getattr(module, "IMPORTS", []))
        for name in self.control["formats"]:
            wanted.extend(self.formats[name].modules + self.formats[name].preload)
        installed = set(self.control["locked"])
        for name in wanted:
            top = name.split(".")[0]
            try:
                importlib.import_module(name)
            except ImportError as error:
                # what this version does not have is n/a later; a library that is installed and broken is an error now
                if name == top and self.control["distributions"].get(top, top) in installed:
                    raise ImportError(name + " is installed but cannot be imported: " + str(error))
        if "tensorflow" in sys.modules:
            tf = sys.modules["tensorflow"]
            getattr(tf, "keras").layers  # noqa: B009, B018 - Keras is imported lazily; import it before any fork
        for name in sorted({each.split(".")[0] for each in wanted}):
            if name in sys.modules:
                self.versions[name] = str(getattr(sys.modules[name], "__version__", ""))
        if "tensorflow" in sys.modules:
            self.versions["keras"] = _keras_version()

    def _assert_locked(self) -> None:
        """The imported versions are the locked ones, or nothing measured here could be believed."""
        for module, version in sorted(self.versions.items()):
            distribution = self.control["distributions"].get(module, module)
            locked = self.control["locked"].get(distribution)
            loaded = sys.modules.get(module)
            if module == "keras" and loaded is None:
                continue  # tf.keras of TensorFlow before 2.6 is a part of TensorFlow
            if locked and version and _release(version) != _release(locked):
                text = "%s %s is imported, but the lock says %s" % (module, version, locked)
                raise AssertionError(text)

    def arrays(self, name: str) -> Any:
        if name not in self.data:
            self.data[name] = measure.read_data(self.control["data"][name])
        return self.data[name]

    def run_job(self, path: str) -> None:
        """Do one job and close its journal."""
        with open(path, encoding="utf-8") as stream:
            job = json.load(stream)
        items = job["items"]
        for name in sorted({self.recipes[item["recipe"]].data for item in items}):
            self.arrays(name)
        journal = supervise.Journal(job["journal"])
        todo = []
        for index, item in enumerate(items):
            reason = self._unavailable(item, job["op"])
            if reason:
                journal.add(_na(job, item, reason))
            else:
                todo.append(index)
        forks = hasattr(os, "fork") and not job.get("no_fork")
        batches = _batches(job, todo, self.recipes)

        def start(indexes: List[int]) -> Any:
            if forks:
                return supervise.fork(lambda: self.work(job, indexes), job["log"])
            chosen = ",".join(str(index) for index in indexes)
            return supervise.spawn(
                [sys.executable, "-s", __file__, self.control_path, path, chosen], job["log"]
            )

        supervise.Supervisor(job, start, self.parent).run(batches)
        journal.add({"kind": "end", "key": "end"})

    def _unavailable(self, item: Dict[str, Any], op: str) -> str:
        recipe, fmt = self.recipes[item["recipe"]], self.formats[item["format"]]
        if op == "save":
            reason = fmt.no_save(self.versions, recipe.kind)
        else:
            reason = fmt.no_load(self.versions, recipe.kind)
        unmet = recipe.unmet(self.versions)
        return str(unmet or reason)

    def work(self, job: Dict[str, Any], indexes: List[int]) -> None:
        """What a child does with its items."""
        journal, marks = supervise.Journal(job["journal"]), supervise.Marks.__new__(supervise.Marks)
        marks.path = job["marks"]
        try:
            if job["op"] == "save":
                self._save(job, indexes, journal, marks)
            else:
                for index in indexes:
                    marks.begin(index)
                    item = job["items"][index]
                    recipe, fmt = self.recipes[item["recipe"]], self.formats[item["format"]]
                    journal.add(measure.load(recipe, fmt, self.arrays(recipe.data), item, job))
        except (errors.Stopped, OSError) as error:
            if isinstance(error, OSError) and error.errno not in errors.DISK_ERRORS:
                raise
            sys.stderr.write("outcomes cannot be written: %s\n" % error)
            sys.exit(supervise.EXIT_DISK)

    def _save(self, job: Dict[str, Any], indexes: List[int], journal: Any, marks: Any) -> None:
        items = [job["items"][index] for index in indexes]
        recipe = self.recipes[items[0]["recipe"]]
        marks.begin(indexes[0])
        record = measure.Record(items[0], job)
        try:
            fitted = measure.fit_once(recipe, self.arrays(recipe.data), record, job)
        except Exception as error:
            failure = measure.fit_failure(items[0], job, record, error)
            for item in items:
                journal.add(dict(failure, key=item["key"]))
            return
        for number, (index, item) in enumerate(zip(indexes, items)):
            fmt = self.formats[item["format"]]
            if number + 1 < len(items) and hasattr(os, "fork") and not job.get("no_fork"):
                # a save may change the process (and the model): each but the last is done in a fork of its own
                pid = os.fork()
                if pid:
                    _, status = os.waitpid(pid, 0)
                    if status:
                        _pass_on(status)
                    continue
                marks.begin(index)
                journal.add(measure.save(fitted, fmt, item, job))
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)
            marks.begin(index)
            journal.add(measure.save(fitted, fmt, item, job))


def _pass_on(status: int) -> None:
    """Die as the fork died: the supervisor then knows the culprit by its mark, and goes on behind it."""
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
        time.sleep(5)
    os._exit(os.WEXITSTATUS(status) or 1)


def _batches(job: Dict[str, Any], todo: List[int], recipes: Dict[str, Any]) -> List[List[int]]:
    """Items that share a child: all loads (unless isolated); saves of one recipe, one by one for TensorFlow.

    TensorFlow does not survive a fork after it has computed, and Keras 3 leaks from one save into the next, so there
    each save has a child that fits anew.
    """
    if job.get("isolate"):
        return [[index] for index in todo]
    if job["op"] == "load":
        return [todo] if todo else []
    shared: Dict[str, List[int]] = {}
    batches: List[List[int]] = []
    for index in todo:
        name = job["items"][index]["recipe"]
        if recipes[name].kind != "object":
            batches.append([index])
        elif name in shared:
            shared[name].append(index)
        else:
            shared[name] = [index]
            batches.append(shared[name])
    return batches


def _na(job: Dict[str, Any], item: Dict[str, Any], reason: str) -> Dict[str, Any]:
    return {
        "kind": job["op"],
        "key": item["key"],
        "status": "na",
        "stage": "start",
        "reason": reason,
        "seconds": {},
        "warnings": [],
    }


def _keras_version() -> str:
    """Version of the Keras behind tf.keras, which not every TensorFlow tells by ``tf.keras.__version__``."""
    tf = sys.modules["tensorflow"]
    for module in (getattr(tf, "keras"), sys.modules.get("keras"), tf):  # noqa: B009
        version = getattr(module, "__version__", "")
        if version:
            return str(version)
    return ""


def _release(version: str) -> str:
    """A version as both the module and the lock would spell it."""
    return version.lower().split("+")[0].replace("-", "").replace("_", "")


def main(arguments: List[str]) -> int:
    """Serve jobs until the input ends."""
    server = Server(arguments[0])
    hello = server.prepare()
    if len(arguments) > 1:
        with open(arguments[1], encoding="utf-8") as stream:
            job = json.load(stream)
        if hello["status"] != "ok":
            sys.stderr.write(str(hello["error"]["message"]) + "\n")
            return 1
        server.work(job, [int(each) for each in arguments[2].split(",")])
        return 0
    supervise.Journal(server.control["hello"]).add(hello)
    if hello["status"] != "ok":
        return 1
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        for line in iter(sys.stdin.readline, ""):
            server.run_job(line.strip())
    except OSError as error:
        if error.errno not in errors.DISK_ERRORS:
            raise
        sys.stderr.write("outcomes cannot be written: %s\n" % error)
        return int(supervise.EXIT_DISK)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
