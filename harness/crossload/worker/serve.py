"""Entry point inside a pinned interpreter: imports once, then does the jobs that the driver names.

Usage: ``python serve.py CONTROL.json``.  Each line on stdin is the path of a job file; the answer
is the job's journal, closed by a line ``{"kind": "end"}``.  End of input ends the process.  Nothing
is said on stdout.  ``python serve.py CONTROL.json JOB.json 3,4,5`` does these items in this
process: the child where there is no fork.
"""

import sys

# above all that an old interpreter cannot parse or import, with an exit code of its own
if sys.version_info < (3, 6):  # pragma: no cover
    sys.stderr.write("crossload runs its recipes in Python 3.6 and later\n")
    sys.exit(79)

import importlib
import importlib.util
import json
import os
import platform
import signal
import time
import types
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "crossload_worker"


def _make_package() -> None:
    """Make this folder importable as a package, and no longer as a folder of top-level modules.

    Python puts the folder of a script first on the path (``-P``, which turns that off, came with
    Python 3.11): ``import errors`` of some library would find ours.  ``crossload.worker`` is no
    name for the package, because crossload is not installed here.
    """
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or os.curdir) != HERE]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE]
    )
    if spec is None or spec.loader is None:
        raise ImportError(HERE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


_make_package()

children = importlib.import_module(PACKAGE + ".children")
contract = importlib.import_module(PACKAGE + ".contract")
data_sets = importlib.import_module(PACKAGE + ".data_sets")
errors = importlib.import_module(PACKAGE + ".errors")
formats = importlib.import_module(PACKAGE + ".formats")
journals = importlib.import_module(PACKAGE + ".journal")
libraries = importlib.import_module(PACKAGE + ".libraries")
machine = importlib.import_module(PACKAGE + ".machine")
measure = importlib.import_module(PACKAGE + ".measure")
save_batch = importlib.import_module(PACKAGE + ".save_batch")
supervise = importlib.import_module(PACKAGE + ".supervise")


def _publish_names() -> None:
    """Give recipe files the base class of formats by the name that they import it by in the driver.

    crossload itself is not installed in pinned environments: this is a name and no more.
    """
    top, public = types.ModuleType("crossload"), types.ModuleType("crossload.formats")
    public.Format = formats.Format  # type: ignore[attr-defined]
    top.formats = public  # type: ignore[attr-defined]
    # without a path it would be no package, and "import crossload.formats" an error
    top.__path__ = []
    sys.modules["crossload"], sys.modules["crossload.formats"] = top, public


class Server(object):
    """The libraries imported once, and their versions.

    It never computes: TensorFlow hangs in a fork once its parent has run any operation
    (https://github.com/tensorflow/tensorflow/issues/5448), and so do models with OpenMP
    (https://github.com/scikit-learn/scikit-learn/issues/7650).

    Parameters
    ----------
    control_path
        A JSON file of the driver's: recipe files, formats, data sets, the lock, and the path of the
        journal that gets the first answer.
    """

    script = __file__
    """What a child executes where there is no fork."""

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
        """Import everything.

        Returns
        -------
        dict
            The facts of this process: versions, or why it is no use.
        """
        start = time.time()
        try:
            _publish_names()
            for path in self.control["recipes"]:
                module = contract.import_file(path)
                self.modules.append(module)
                self.recipes.update(contract.recipes_of(module, path))
            self.formats = formats.all_formats(self.modules)
            self.versions = libraries.import_libraries(self.control, self.modules, self.formats)
            libraries.assert_locked(self.control, self.versions)
        except Exception as error:
            machine.restart_if_mended(error)
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

    def arrays(self, name: str) -> Any:
        """Give the arrays of a data set, read once."""
        if name not in self.data:
            self.data[name] = data_sets.read_data(self.control["data"][name])
        return self.data[name]

    def run_job(self, path: str) -> None:
        """Do the job of a job file and close its journal.

        Raises
        ------
        SystemExit
            An outcome could not be written, or the driver is gone.
        """
        with open(path, encoding="utf-8") as stream:
            job = json.load(stream)
        items = job["items"]
        # before the fork: all children share the memory of these arrays
        for name in sorted({self.recipes[item["recipe"]].data for item in items}):
            self.arrays(name)
        journal = journals.Journal(job["journal"])
        todo = []
        for index, item in enumerate(items):
            reason = self._unavailable(item, job["op"])
            if reason:
                journal.add(_not_available(job, item, reason))
            else:
                todo.append(index)
        self.supervise(job, path, _batches(job, todo, self.recipes))
        journal.add({"kind": "end", "key": "end"})

    def supervise(self, job: Dict[str, Any], path: str, batches: List[List[int]]) -> None:
        """Have children work through the items with these indexes."""
        forks = children.forks(job)

        def start(indexes: List[int]) -> Any:
            if forks:
                return children.fork(lambda: self.work(job, indexes), job["log"])
            chosen = ",".join(str(index) for index in indexes)
            # -s as the driver has it: no packages of the user's home
            words = [sys.executable, "-s", self.script, self.control_path, path, chosen]
            return children.spawn(words, job["log"])

        supervise.Supervisor(job, start, self.parent).run(batches)

    def _unavailable(self, item: Dict[str, Any], op: str) -> str:
        """Say why an item is n/a here; empty if it can be measured."""
        recipe, fmt = self.recipes[item["recipe"]], self.formats[item["format"]]
        if op == "save":
            reason = fmt.no_save(self.versions, recipe.kind)
        else:
            reason = fmt.no_load(self.versions, recipe.kind)
        unmet = recipe.unmet(self.versions)
        return str(unmet or reason)

    def work(self, job: Dict[str, Any], indexes: List[int]) -> None:
        """Measure these items of a job, in a child, and append their outcomes to the journal.

        Raises
        ------
        SystemExit
            An outcome could not be written.
        """
        journal, marks = journals.Journal(job["journal"]), journals.Marks.existing(job["marks"])
        try:
            if job["op"] == "save":
                recipe = self.recipes[job["items"][indexes[0]]["recipe"]]
                data = self.arrays(recipe.data)
                save_batch.save_batch(recipe, self.formats, data, job, indexes, journal, marks)
            else:
                for index in indexes:
                    marks.begin(index)
                    item = job["items"][index]
                    recipe, fmt = self.recipes[item["recipe"]], self.formats[item["format"]]
                    journal.add(measure.load(recipe, fmt, self.arrays(recipe.data), item, job))
        except (errors.Stopped, errors.Mended, OSError) as error:
            children.end_child(error)


def _batches(job: Dict[str, Any], todo: List[int], recipes: Dict[str, Any]) -> List[List[int]]:
    """Give items that share a child.

    These are all loads (unless isolated), and the saves of one recipe, one by one for TensorFlow.
    TensorFlow does not survive a fork after it has computed, and Keras 3 leaks from one save into
    the next (saving ``.h5`` changes the ``.keras`` that is saved after it), so there, and where
    nothing forks, each save has a child that fits anew.
    """
    if job.get("isolate") or (job["op"] == "save" and not children.forks(job)):
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


def _not_available(job: Dict[str, Any], item: Dict[str, Any], reason: str) -> Dict[str, Any]:
    return {
        "kind": job["op"],
        "key": item["key"],
        "status": "na",
        "stage": "start",
        "reason": reason,
        "seconds": {},
        "warnings": [],
    }


def main(arguments: List[str]) -> int:
    """Serve jobs until the input ends.

    Parameters
    ----------
    arguments
        The path of the control file; for a child without fork also the job file and the indexes of
        its items, joined by commas.

    Returns
    -------
    int
        The exit code: 0, 1 where the process is no use, `children.EXIT_DISK` where outcomes cannot
        be written.
    """
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
    journals.Journal(server.control["hello"]).add(hello)
    if hello["status"] != "ok":
        return 1
    machine.adopt_orphans()
    # the default action would end this process without its child; an exception passes through
    # `Supervisor._watch`, which kills it
    signal.signal(signal.SIGTERM, supervise.end_on_signal)
    try:
        for line in iter(sys.stdin.readline, ""):
            server.run_job(line.strip())
    except OSError as error:
        if not machine.is_of_disk(error):
            raise
        sys.stderr.write("outcomes cannot be written: %s\n" % error)
        return int(children.EXIT_DISK)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
