"""Services that trials disturb: a Dask cluster, and a store behind a network that fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from disturbances import Trial, send
from failing_proxy import FailingProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60
"""A service that does not answer by then is not going to."""


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on a port."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def service(folder: Path, name: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python as a process, and kill it at the end."""
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def scheduler(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Dask scheduler."""
    words = ["distributed.cli.dask_scheduler", "--no-dashboard", "--host", "127.0.0.1"]
    with service(folder, "scheduler", *words, "--port", str(port)) as process:
        wait_for_port(port)
        yield process


@contextmanager
def worker(folder: Path, port: int, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Dask worker with one thread."""
    words = ["distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", "--no-dashboard"]
    place = str(folder / name)
    options = ["--nthreads", "1", "--no-nanny", "--name", name, "--local-directory", place]
    with service(folder, name, *words, *options) as process:
        yield process


def dask(whom: str) -> object:
    """Give a disturbance: a process of a cluster is killed, and stands up again later."""

    def disturb(trial: Trial) -> None:
        folder, port = trial.project.root, free_port()
        trial.run = ("run", "some", "--executor", "dask", "--scheduler", f"tcp://127.0.0.1:{port}")
        with ExitStack() as stack:
            processes = {"scheduler": stack.enter_context(scheduler(folder, port))}
            for name in ("one", "two"):
                processes[name] = stack.enter_context(worker(folder, port, name))
            with trial.running() as driver:
                if trial.sleep(driver, 8):
                    name = "scheduler" if whom == "scheduler" else trial.rng.choice(["one", "two"])
                    send(trial, processes[name].pid, signal.SIGKILL, f"{name} of Dask")
        # finished on this machine, because the cluster is no more
        trial.run = ("run", "some")

    return disturb


class ObjectStore:
    """A server that speaks S3, for all trials of a session."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.stack = ExitStack()
        words = ["moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.stack.enter_context(service(folder, "moto", *words))
        wait_for_port(self.port)

    def close(self) -> None:
        """End the server."""
        self.stack.close()

    def make_bucket(self, name: str) -> None:
        """Make a bucket; the server takes requests that nobody signed."""
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("PUT", f"/{name}", headers={"Host": "s3.amazonaws.com"})
        assert connection.getresponse().status == 200


def failing_store(store: ObjectStore) -> object:
    """Give a disturbance: requests to the store of outcomes fail now and then."""

    def disturb(trial: Trial) -> None:
        bucket = f"trial-{os.getpid()}-{trial.rng.randrange(10**9)}"
        store.make_bucket(bucket)
        share = trial.rng.choice([0.05, 0.2, 0.5, 1.0])
        proxy = FailingProxy(store.port, share, trial.rng.randrange(10**9))
        trial.project.environ |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "2",
        }
        trial.run = ("run", "some", "--store", f"s3://{bucket}/store")
        with trial.running():
            pass
        trial.note(f"{proxy.failed} of {proxy.failed + proxy.passed} requests failed ({share:.0%})")
        proxy.share = 0.0

    return disturb
