"""Outcomes in the making: the stages that an item went through, with times and warnings."""

import time
import warnings
from typing import Any, Dict, List

from .errors import describe_error, describe_warnings, guard


class Record(object):
    """An outcome in the making.

    Parameters
    ----------
    item
        The item that is measured; its key becomes that of the outcome.
    job
        The job: its operation, and what is scrubbed from texts.
    """

    def __init__(self, item: Dict[str, Any], job: Dict[str, Any]) -> None:
        self.job = job
        self.fields: Dict[str, Any] = {"kind": job["op"], "key": item["key"], "stage": "start"}
        if job.get("isolate"):
            self.fields["confirm"] = True
        self.seconds: Dict[str, float] = {}
        self.caught: List[Any] = []

    def run(self, stage: str, function: Any) -> Any:
        """Run one stage: timed, its warnings kept, its name recorded as the stage reached.

        Parameters
        ----------
        stage
            Name of the stage.
        function
            Called without arguments.

        Returns
        -------
        object
            What the function gives; its exceptions pass.
        """
        self.fields["stage"] = stage
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            # by default a warning is shown once a place and process: the second model that a child
            # loads would have none
            warnings.simplefilter("always")
            try:
                return function()
            finally:
                self.seconds[stage] = round(time.perf_counter() - start, 5)
                # how a model is built and fitted is not asked here, and neither is its state
                if stage in ("save", "load", "predict"):
                    self.caught.extend(caught)

    def end(self, status: str, **more: Any) -> Dict[str, Any]:
        """Give the outcome with its status and more fields."""
        self.fields.update(more)
        self.fields.update(
            status=status, seconds=self.seconds, warnings=describe_warnings(self.caught, self.job)
        )
        return self.fields

    def failed(self, error: BaseException) -> Dict[str, Any]:
        """Give the outcome of an exception, at the stage that was reached.

        Raises
        ------
        Stopped
            The exception says that the disk cannot be written.
        """
        guard(error)
        # a MemoryError too: only the supervisor can tell that a process outgrew its limit, and a
        # library raises one for a damaged length in a file as well
        return self.end("error", error=describe_error(error, self.job))
