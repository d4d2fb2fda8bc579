"""Children of a process that supervises: forked or started anew, ended with all they start."""

import os
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Optional

from .errors import Mended, Stopped
from .machine import DISK_ERRORS, die_with_parent, is_of_disk

EXIT_AGAIN = 75
"""Exit code of a child that has removed damaged byte code: its item is to be measured again."""

EXIT_DISK = 73
"""Exit code of a child that could not write an outcome (sysexits' EX_CANTCREAT)."""


class Child(object):
    """A running child, forked or spawned."""

    def __init__(self, pid: int, process: Optional[Any] = None) -> None:
        self.pid = pid
        self.process = process
        """The Popen object of a spawned child; None for a forked one."""

    def poll(self) -> Optional[int]:
        """Give the exit code (negative: signal), or None while the child runs."""
        if self.process is not None:
            code: Optional[int] = self.process.poll()
            return code
        done, status = os.waitpid(self.pid, os.WNOHANG)
        if not done:
            return None
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def kill(self) -> None:
        """Kill the child and all that it started."""
        if self.process is not None and os.name == "nt":
            # there are no process groups of this kind: what the child started is left to itself
            self.process.kill()
        else:
            # SIGKILL, because hung native code runs no handler of Python.  The group first, as long
            # as its leader is there to name it; then the child itself, which between fork and
            # setsid has no group of its own yet.
            for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
                try:
                    kill(target, signal.SIGKILL)
                except OSError:
                    continue  # gone already, or not yet the leader of its group
        # reap it: its number must not be given to another process while it is still in use here
        while self.poll() is None:
            time.sleep(0.001)


def forks(job: Dict[str, Any]) -> bool:
    """Tell whether children are forks: Windows has none; tests ask for the other way."""
    return hasattr(os, "fork") and not job.get("no_fork")


def fork(work: Callable[[], None], log: str) -> Child:
    """Fork a child that does ``work`` with its output in a log file, and never returns.

    Parameters
    ----------
    work
        Called in the child. A SystemExit ends the child with its code; any other exception is
        printed to the log, and ends it with 1.
    log
        Path of the log file, which is emptied.
    """
    # the child has a copy of these buffers, and would write what is in them a second time
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 1
    try:
        # leader of a group of its own, so that one kill reaches all that a library starts
        os.setsid()
        # killed, the supervisor kills nobody: the kernel does
        die_with_parent()
        # the handler of the parent would end it by SystemExit, which libraries may catch
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # models have deleted the folder that they ran in
        os.makedirs(os.path.dirname(log), exist_ok=True)
        # file descriptors, not sys.stdout: compiled code prints past Python
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        # stdin is the parent's list of jobs: a library that asks a question must not read from it
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        work()
        code = 0
    except SystemExit as wanted:
        code = wanted.code if isinstance(wanted.code, int) else 1
    except BaseException as error:
        import traceback

        # also where the log cannot be opened: that is no crash of the item
        code = EXIT_DISK if is_of_disk(error) else 1
        try:
            traceback.print_exc()
        except OSError as broken:
            code = EXIT_DISK if broken.errno in DISK_ERRORS else 1
    finally:
        # Not sys.exit: the stack above is the parent's loop, and exit handlers that libraries have
        # registered there may wait for threads that no fork has.
        os._exit(code)


def die_alike(status: int) -> None:
    """Die as a fork of this child died, by the status that ``os.waitpid`` gave.

    The supervisor then knows the culprit by its mark, and goes on behind it.
    """
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
        # the signal need not be delivered before the call returns, and may be ignored here
        time.sleep(5)
    os._exit(os.WEXITSTATUS(status) or 1)


def spawn(arguments: List[str], log: str) -> Child:
    """Start a fresh interpreter instead, where there is no fork."""
    with open(log, "wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and files
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            # as setsid does in `fork`
            start_new_session=os.name != "nt",
        )
    return Child(process.pid, process)


def end_child(error: BaseException) -> None:
    """End a child whose outcome says nothing of the model; raise any other error again.

    Raises
    ------
    SystemExit
        With `EXIT_AGAIN`, or `EXIT_DISK` where outcomes cannot be written.
    """
    if isinstance(error, Mended):
        sys.exit(EXIT_AGAIN)
    if not (isinstance(error, Stopped) or is_of_disk(error)):
        raise error
    sys.stderr.write("outcomes cannot be written: %s\n" % error)
    # not a crash of the item: the supervisor must not try to write that either
    sys.exit(EXIT_DISK)


def resident_mb(pid: int) -> int:
    """Measure the resident memory of a process in MB; 0 where the system does not tell.

    The limit is watched from outside: RLIMIT_AS would limit address space, of which libraries
    reserve more than they use.
    """
    try:
        with open("/proc/%d/statm" % pid) as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except (OSError, IndexError, ValueError):
        pass
    # a Linux whose process has just ended comes here too, and needs no ps
    if os.name == "nt" or os.path.isdir("/proc/self"):
        return 0
    try:  # macOS and BSD have ps
        found = subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])  # noqa: S603, S607
        return int(found.strip() or b"0") >> 10
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0
