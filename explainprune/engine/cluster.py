"""Cells on a Dask cluster, as its client sees them."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from explainprune.engine.children import Cell
from explainprune.engine.process import failure
from explainprune.engine.worker import pickled
from explainprune.keeping import code_mark, file_mark, versions

LOCAL = "local"
"""In place of a cluster's address: one that is started here, and ended with the run."""
PIECE = 1 << 24
"""Bytes of a file that are sent at a time."""
ANSWERS = 10.0
"""Seconds within which a scheduler must answer."""
TRIES = 5
"""How often a cell may come back because its worker lacks a file that was sent."""


def _ask(what: str, *arguments: Any, dask_worker: Any = None) -> Any:
    """Run a function of `serving` on a worker; a worker without it says so."""
    from importlib import import_module

    from distributed import get_worker

    worker = dask_worker or get_worker()  # out of band it is given, in tasks it is asked for
    try:
        serving = import_module("explainprune.engine.serving")
    except ImportError as error:
        said = f"can't import explainprune of this version ({error})"
        return {"refused": said, "at": worker.address}
    return getattr(serving, what)(worker, *arguments)


async def _ask_aside(what: str, *arguments: Any, dask_worker: Any = None) -> Any:
    """Run a function of `serving` beside the worker's event loop."""
    return await asyncio.to_thread(_ask, what, *arguments, dask_worker=dask_worker)


# Sent as what they are, not by their names: a worker without this package must be able to answer.
_ask.__module__ = _ask_aside.__module__ = "__main__"


class Cluster:
    """Cells under way on the workers of a Dask cluster.

    Cells and results travel as plain arguments of tasks, so that whatever a lost worker held is
    computed again; files go to each worker once, on demand, and are known by their checksums.

    Parameters
    ----------
    function : str
    threads : int
        Of each child process.
    address : str
        Of a scheduler, the file that it wrote, or `LOCAL`.
    workers : int
        Of a local cluster.
    needs : mapping of str to Path
        Files that cells read.
    told : callable, optional
        Told where the dashboard is.

    Attributes
    ----------
    sent : dict of str to int
        Bytes of files that were sent to each worker.
    """

    def __init__(
        self,
        function: str,
        threads: int,
        address: str,
        workers: int,
        needs: Mapping[str, Path],
        told: Callable[[str], None] | None,
    ) -> None:
        self.address, self._run = address, uuid4().hex
        marks = {name: file_mark(path) for name, path in needs.items()}
        self._files = {marks[name]: path for name, path in needs.items()}
        self._request = {
            "run": self._run,
            "function": function,
            "threads": threads,
            "versions": versions(),
            "code": code_mark(),
            "needs": [(name, marks[name], _where(path)) for name, path in needs.items()],
        }
        self.sent: dict[str, int] = {}
        self._had: set[tuple[str, str]] = set()
        self._out: dict[Any, tuple[int, Cell, int]] = {}
        self._seats = (0.0, 0)
        self._stack = ExitStack()
        try:
            self._distributed = _distributed()
            self._stack.enter_context(_quiet())
            self._client = self._stack.enter_context(_client(address, workers))
            self._done = self._distributed.as_completed(loop=self._client.loop)
            if told is not None:
                told(f"{self._client.dashboard_link} ({self._threads()} at work)")
            self._greet()
        except BaseException:
            self._stack.close()
            raise

    def _greet(self) -> None:
        """Refuse workers that aren't like us before any work, and send what all of them lack."""
        said = self._client.run(_ask_aside, "greet", self._request)
        self._refuse(said.values())
        for checksum in self._files:
            lacking = [address for address, each in said.items() if checksum in each["lacks"]]
            self._send(checksum, lacking)

    def _refuse(self, said: Any) -> None:
        refused = [f"{each['at']} {each['refused']}" for each in said if "refused" in each]
        if refused:
            raise ValueError(
                f"Not every worker computes what this process would: the worker "
                f"{'; the worker '.join(sorted(refused))}. Install the same packages there."
            )

    def _send(self, checksum: str, workers: list[str]) -> None:
        """Send a file to workers, a piece at a time."""
        if not workers:
            return
        path = self._files[checksum]
        size = path.stat().st_size
        with path.open("rb") as file:
            for offset in range(0, max(size, 1), PIECE):
                data = file.read(PIECE)
                last = offset + PIECE >= size
                self._client.run(
                    _ask_aside,
                    "receive",
                    checksum,
                    offset,
                    data,
                    last,
                    workers=workers,
                    on_error="ignore",  # a worker that is lost meanwhile: its cells go elsewhere
                )
        for address in workers:
            self.sent[address] = self.sent.get(address, 0) + size
            self._had.add((address, checksum))

    @property
    def room(self) -> int:
        """Cells that may be under way: two for each thread of the workers that are there."""
        return 2 * max(2, self._threads())

    def _threads(self) -> int:
        """Count the workers' threads, at most once a second."""
        asked, count = self._seats
        if time.monotonic() - asked > 1:
            with suppress(Exception):  # a scheduler that is gone is noticed by the cells
                count = sum(self._client.nthreads().values())
            self._seats = (time.monotonic(), count)
        return count

    def put(self, index: int, cell: Cell, tries: int = 0) -> None:
        """Have a cell computed by whichever worker is free."""
        import dask

        key = f"explainprune-{self._run[:8]}-{index}-{tries}"
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            request = self._request | {"cell": pickled(cell)}
            future = self._client.submit(_ask, "serve", request, key=key, pure=False)
        self._out[future] = (index, cell, tries)
        self._done.add(future)

    def get(self) -> tuple[int, dict[str, Any]]:
        """Wait for the next answer, whichever cell's it is."""
        while True:
            future = next(self._done)
            index, cell, tries = self._out.pop(future)
            answer = self._answer(future)
            if not answer.get("lacks"):
                self._refuse([answer])
                return index, answer
            if tries == TRIES:
                raise ConnectionError(f"Files don't reach the worker {answer['at']} whole.")
            for checksum in answer["lacks"]:
                if tries or (answer["at"], checksum) not in self._had:
                    self._send(checksum, [answer["at"]])
            self.put(index, cell, tries + 1)

    def _answer(self, future: Any) -> dict[str, Any]:
        """Return what a worker answered; raise where the scheduler is gone."""
        if future.status in ("cancelled", "lost"):
            raise self._gone()
        try:
            answer: dict[str, Any] = future.result()
        except self._distributed.KilledWorker as error:
            answer = failure(
                f"The workers that took it were lost, {error.allowed_failures + 1} of them: "
                "killed, or out of memory. The log of the last says more: "
                f"{error.last_worker.address}."
            )
        except (OSError, asyncio.CancelledError, TimeoutError) as error:
            raise self._gone() from error
        future.release()
        return answer

    def _gone(self) -> ConnectionError:
        return ConnectionError(
            f"The scheduler at {self.address} is gone. What an output has of the work stays: start "
            "the scheduler and its workers again, and go on with resume."
        )

    def end(self) -> None:
        """End whatever is under way, and leave the cluster as it was."""
        with suppress(Exception):
            if self._client.status == "running":
                self._client.cancel(list(self._out))
                self._client.run(_ask, "end", self._run, on_error="ignore")
        self._stack.close()


def _where(path: Path) -> str:
    """Say where a file is, for workers that see the same disk."""
    return str(path.resolve())


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError:
        raise ValueError(
            "A cluster needs dask.distributed: pip install 'explainprune[cluster]'. Without one, "
            "workers are child processes."
        ) from None


@contextmanager
def _client(address: str, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, one of our own where the address is `LOCAL`."""
    distributed = _distributed()
    with ExitStack() as stack:
        if address == LOCAL:
            with _deaf():
                where = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.CRITICAL,
                    )
                )
        else:
            where = address if not Path(address).is_file() else None
        try:
            written = {"scheduler_file": address} if where is None else {"address": where}
            client = distributed.Client(**written, timeout=ANSWERS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"No scheduler answers at {address!r} ({str(error).splitlines()[0]}). Start one "
                "with `dask scheduler`, and workers with `dask worker ADDRESS`."
            ) from None
        yield stack.enter_context(client)


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that don't hear Ctrl-C: their parent does, and ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs off stderr: what matters of it is said in a sentence."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)
