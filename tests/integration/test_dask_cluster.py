"""A real Dask scheduler with two worker processes, one of which is killed in mid-run."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time

import pytest
from small_matrix import FEW, copy_of, table

distributed = pytest.importorskip("distributed")


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.processes = {}
        self.port = str(port)
        self.scheduler()

    def scheduler(self):
        options = ["--host", "127.0.0.1", "--port", self.port]
        self.start("scheduler", "distributed.cli.dask_scheduler", *options)

    def start(self, name, module, *arguments):
        log = (self.folder / f"{name}.log").open("wb")
        command = [sys.executable, "-m", module, "--no-dashboard", *arguments]
        self.processes[name] = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
        )
        log.close()

    def worker(self, name):
        local = str(self.folder / name)
        options = ["--nthreads", "1", "--no-nanny", "--name", name, "--local-directory", local]
        self.start(name, "distributed.cli.dask_worker", self.address, *options)

    def stop(self):
        # workers that lose their scheduler while they close sometimes hang: they are killed first
        for name, process in reversed(self.processes.items()):
            process.kill() if name != "scheduler" else process.terminate()
            process.wait(timeout=30)

    def servers(self, name):
        """Find the pinned processes that a worker has started."""
        command = ["pgrep", "-f", f"serve.py.*{self.folder / name}/"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return found.stdout.split()


@pytest.fixture
def cluster(tmp_path):
    found = Cluster(tmp_path)
    found.worker("one")
    found.worker("two")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def base(small_measured):
    """Give the project whose small matrix is measured once; tests work with copies of it."""
    return small_measured


def test_the_table_of_a_cluster_is_that_of_one_machine(base, cluster, tmp_path_factory):
    other = copy_of(base, tmp_path_factory)
    (other.root / ".nox" / "env-sklearn-1.2.2").unlink()  # the driver has no environment at all
    (other.root / ".nox" / "env-sklearn-1.3.2").unlink()

    other.crossload("run", "small", "--executor", "dask", "--scheduler", cluster.address)

    assert table(other) == table(base)
    assert not list((other.root / ".nox").glob("env-*"))
    again = other.crossload("run", "small", "--executor", "dask", "--scheduler", cluster.address)
    assert "nothing to measure" in again.stdout


def test_a_worker_that_is_killed_costs_nothing_but_time(base, cluster, tmp_path_factory):
    slow = FEW.replace("PAUSE = 0.0", "PAUSE = 3.0")
    local = copy_of(base, tmp_path_factory, slow)
    local.crossload("run", "small")
    other = copy_of(base, tmp_path_factory, slow)
    running = other.start("run", "small", "--executor", "dask", "--scheduler", cluster.address)
    end = time.monotonic() + 120
    while not cluster.servers("two"):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end, "the second worker gets nothing to do"
        time.sleep(0.1)
    time.sleep(0.5)
    cluster.processes["two"].send_signal(signal.SIGKILL)
    _, errors = running.communicate(timeout=240)

    assert running.returncode == 0, errors
    assert table(other) == table(local)
    assert json.loads((other.root / "reports" / "small" / "summary.json").read_text())["complete"]
    end = time.monotonic() + 20
    while cluster.servers("two"):
        assert time.monotonic() < end, "the killed worker has left processes behind"
        time.sleep(0.1)


def test_a_scheduler_that_does_not_answer_is_told(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory)

    found = other.crossload(
        "run", "small", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9", code=8
    )

    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in found.stderr


def test_an_executor_without_a_scheduler_is_refused(base):
    assert "go together" in base.crossload("run", "small", "--executor", "dask", code=2).stderr


def test_a_scheduler_that_is_killed_ends_the_run_and_the_next_one_goes_on(
    base, cluster, tmp_path_factory
):
    slow = FEW.replace("PAUSE = 0.0", "PAUSE = 3.0")
    local = copy_of(base, tmp_path_factory, slow)
    local.crossload("run", "small")
    other = copy_of(base, tmp_path_factory, slow)
    command = ["run", "small", "--executor", "dask", "--scheduler", cluster.address]
    running = other.start(*command)
    end = time.monotonic() + 120
    while not (cluster.servers("one") or cluster.servers("two")):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end, "no worker gets anything to do"
        time.sleep(0.1)
    cluster.processes["scheduler"].kill()
    cluster.processes["scheduler"].wait(timeout=30)
    _, errors = running.communicate(timeout=150)
    assert running.returncode == 8, errors
    assert "Traceback" not in errors
    assert "does not answer any more" in errors

    # workers may come back by themselves, close, or hang while they do: one that is new suffices
    cluster.scheduler()
    cluster.worker("three")
    done = other.crossload(*command, seconds=240, code=None)

    assert done.returncode == 0, done.stderr
    assert table(other) == table(local)
