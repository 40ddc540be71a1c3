"""A Dask cluster as its users start one: a scheduler and workers, each a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import explainprune

PACKAGE = Path(explainprune.__file__).parent.parent


def started(*words, path=(), log):
    """Start `dask` with some words, logging to a file; `path` is searched for modules first."""
    folders = [*map(str, path), str(PACKAGE), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    with log.open("w") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders))},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def awaited(log, pattern, seconds=60):
    """Wait until a log says something, and return what."""
    end = time.monotonic() + seconds
    while not (found := re.search(pattern, log.read_text() if log.exists() else "")):
        assert time.monotonic() < end, f"waited too long: {log.read_text()}"
        time.sleep(0.05)
    return found[1]


class DaskCluster:
    """Processes of a scheduler and of workers, and where the scheduler listens."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        log = folder / "scheduler.log"
        words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.scheduler = started(*words, log=log)
        self.processes.append(self.scheduler)
        self.address = awaited(log, r"Scheduler at: +(tcp://\S+)")

    def worker(self, *words, path=(), nanny=True):
        """Start a worker of one thread, and wait until it is there."""
        number = len(self.processes)
        log = self.folder / f"worker-{number}.log"
        local = ("--local-directory", str(self.folder / f"local-{number}"), "--no-dashboard")
        kind = "--nanny" if nanny else "--no-nanny"
        here = ("worker", self.address, "--nthreads", "1", "--host", "127.0.0.1")
        process = started(*here, kind, *local, *words, path=path, log=log)
        self.processes.append(process)
        awaited(log, r"Registered to: +(tcp://\S+)")
        return process

    def end(self):
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def dask_cluster(folder, workers=2):
    """Run a scheduler and some workers."""
    cluster = DaskCluster(Path(folder))
    try:
        for _ in range(workers):
            cluster.worker()
        yield cluster
    finally:
        cluster.end()
