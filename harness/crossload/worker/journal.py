"""The two files that the processes of a job share: the journal of outcomes, and the marks.

Both are appended to, line by line, by a parent, its children and their children.
"""

import json
import os
from typing import Any, Dict, List, Tuple


class Journal(object):
    """The file of outcomes, one line of JSON each.

    A line is written whole, by one write, so that a kill leaves at most one line cut short.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, record: Dict[str, Any]) -> None:
        """Append an outcome; it is in the file when this returns."""
        line = (json.dumps(record, sort_keys=True) + "\n").encode("utf-8")
        # Opened anew for each line and never buffered: forks share no position in it (O_APPEND
        # writes at the end, wherever others have written meanwhile), and a kill loses nothing.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            # a write may take less than it is given: on a disk that fills up, or after a signal
            while line:
                line = line[os.write(handle, line) :]
        finally:
            os.close(handle)

    def repair(self) -> None:
        """Cut a line that a killed child left unfinished."""
        if not os.path.exists(self.path):
            return
        with open(self.path, "rb+") as stream:
            text = stream.read()
            if text and not text.endswith(b"\n"):
                # else the next outcome would go on in this line, and both would be lost
                stream.truncate(text.rfind(b"\n") + 1)

    def keys(self) -> List[str]:
        """Give the keys of the outcomes written so far."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as stream:
            return [
                json.loads(line.decode("utf-8")).get("key", "")
                for line in stream
                if line.endswith(b"\n")
            ]


class Marks(object):
    """The file in which a child says which item it works on.

    When it dies, the last mark names the culprit: neither an exit code nor a traceback would.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        open(path, "wb").close()

    @classmethod
    def existing(cls, path: str) -> "Marks":
        """Give the marks of a job that has begun, without emptying the file as a new one does.

        The supervisor counts marks, to know if a child has begun any item at all.
        """
        marks = cls.__new__(cls)
        marks.path = path
        return marks

    def begin(self, index: int) -> None:
        """Mark the begin of an item."""
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except FileNotFoundError:  # a model has deleted the folder that it ran in
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        # the process too: a save forks again, and it is this fork that grows or hangs
        mark = "%d %d %d\n" % (index, os.getpid(), _printed())
        os.write(handle, mark.encode("ascii"))
        os.close(handle)

    def read(self) -> Tuple[int, int, int]:
        """Read the newest mark.

        Returns
        -------
        tuple of int
            The number of marks, the index of the item last begun or -1, and the process that works
            on it or 0.
        """
        lines = self._lines()
        if not lines:
            return 0, -1, 0
        index, pid, _ = lines[-1].split()
        return len(lines), int(index), int(pid)

    def printed_before(self) -> int:
        """Give the bytes that the child had printed when it began its item; 0 without a mark.

        What it printed since are the words of this item, and not of one before.
        """
        lines = self._lines()
        return int(lines[-1].split()[2]) if lines else 0

    def _lines(self) -> List[bytes]:
        try:
            stream = open(self.path, "rb")
        except FileNotFoundError:  # as in `begin`
            return []
        with stream:
            # behind the last newline is nothing, or a mark that is being written
            return stream.read().split(b"\n")[:-1]


def _printed() -> int:
    """Give the bytes that this process has printed to its log; 0 where it has none."""
    try:
        return os.lseek(2, 0, os.SEEK_CUR)
    except OSError:  # a terminal or a pipe
        return 0
