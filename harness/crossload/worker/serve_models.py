"""Entry point for models that users bring: imports once, and forks for each model.

Usage: ``python serve_models.py CONTROL.json``, with the protocol of ``serve.py``: paths of jobs on
stdin, answers in journals.  A child does with its item what `measure_model` says.
"""

import importlib
import json
import platform
import sys
from typing import Any, Dict, List

# beside this file: it makes the package of this folder, takes the folder off the path, and has the
# protocol
serve: Any = importlib.import_module("serve")
del sys.modules["serve"]  # a name that users' code may have too

# through importlib, because the package exists at run time only, under a name that `serve` gives it
children, errors, isolation, journals, libraries, machine, measure_model, user_code = (
    importlib.import_module(serve.PACKAGE + "." + name)
    for name in (
        *("children", "errors", "isolation", "journal", "libraries"),
        *("machine", "measure_model", "user_code"),
    )
)


class Server(serve.Server):  # type: ignore[misc]
    """The libraries imported once; a fork for each model."""

    script = __file__
    code: Any = None
    """The user's code, imported (`user_code.Code`)."""
    network = ""
    """Empty if this process has given up the network, else the reason why it could not."""

    def prepare(self) -> Dict[str, Any]:
        """Import what the models need.

        Returns
        -------
        dict
            The facts of this process, or why it is no use.
        """
        try:
            # before any code of the user's is imported
            self.network = isolation.leave_network()
            isolation.leave_processes()
            self.code = user_code.Code(self.control["code"], self.control["build"])
            versions = self._import_libraries()
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
            "versions": versions,
        }

    def _import_libraries(self) -> Dict[str, str]:
        """Import before any fork what models will import anyway; give the versions.

        An import that fails here is no error yet: a model may do without it.
        """
        wanted = ["numpy"] + self.control["imports"]
        for name in wanted:
            try:
                importlib.import_module(name)
            except Exception:  # the load that needs it will raise the same, and that is the result
                continue
        libraries.import_keras()
        return {
            name: str(getattr(sys.modules[name], "__version__", ""))
            for name in sorted({each.split(".")[0] for each in wanted})
            if name in sys.modules
        }

    def run_job(self, path: str) -> None:
        """Do the job of a job file, each item in a process of its own, and close its journal."""
        with open(path, encoding="utf-8") as stream:
            job = json.load(stream)
        # one model must not see what another has done to the process: users' models are few, and
        # each is a verdict of its own
        self.supervise(job, path, [[index] for index in range(len(job["items"]))])
        journals.Journal(job["journal"]).add({"kind": "end", "key": "end"})

    def work(self, job: Dict[str, Any], indexes: List[int]) -> None:
        """Measure items, in a child, and append their outcomes to the journal.

        Raises
        ------
        SystemExit
            An outcome could not be written.
        """
        journal, marks = journals.Journal(job["journal"]), journals.Marks.existing(job["marks"])
        try:
            for index in indexes:
                marks.begin(index)
                item = job["items"][index]
                if job["op"] == "save":
                    measured = measure_model.answer_as_writer(item, job, self.code)
                elif "labels" in item:
                    measured = measure_model.refit(item, job, self.code)
                else:
                    measured = measure_model.answer_as_reader(item, job, self.code)
                journal.add(dict(measured, network=self.network))
        except (errors.Stopped, errors.Mended, OSError) as error:
            children.end_child(error)


if __name__ == "__main__":
    # `serve.main` looks the class up when it is called
    serve.Server = Server
    sys.exit(serve.main(sys.argv[1:]))
