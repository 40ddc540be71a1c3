"""What survives: kills, pairs of writers, damaged stores, mutants of files. Prints its table.

    python tests/soak.py                       as `make soak`: about a quarter of an hour
    python tests/soak.py --seconds 60          each row stops at its share of a minute
    python tests/soak.py --studies 10          with so many kills of whole studies (a minute each)

Rows are written as they are done; the exit code is 1 if anything was lost or wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parent / "cases"))

from killing import killed_at
from mutations import READERS, tried

from explainprune.analysis.attribution import attribute_to
from explainprune.network import FormulaNetwork
from explainprune.reporting.folder import check_free, whole_folder

X = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
WEIGHTS = np.random.default_rng(1).normal(size=(6, 3))
RESULTS = '{\n "schema": "explainprune/results/2", "text": "'

Outcome = tuple[bool, str]
"""Whether it happened (a kill may come too late), and what went wrong."""


def stream(out: Path, **more: object) -> object:
    """Explain rows part by part."""
    network = FormulaNetwork(lambda x: np.tanh(x @ WEIGHTS), 6, n_outputs=3)
    settings = {"background": X[:4], "method": "permutation", "draws": 2, "rows_at_once": 4}
    return attribute_to(out, network, X, force=True, **settings, **more)  # type: ignore[arg-type]


def report(out: Path, text: str) -> None:
    """Write a report in place of one that may be there."""
    with whole_folder(out, force=True) as folder:
        (folder / "results.json").write_text(f"{RESULTS}{text}")
        (folder / "report.html").write_text(text)


def killed_stream(folder: Path, rng: random.Random) -> Outcome:
    """Kill a stream at some step on disk, go on, and compare bytes."""
    out = folder / "a.npz"
    killed = killed_at(rng.randrange(70), lambda: stream(out))
    stream(out, resume=True)
    whole = folder / "whole.npz"
    stream(whole)
    same = out.read_bytes() == whole.read_bytes()
    left = sorted(path.name for path in folder.iterdir() if path.suffix != ".npz")
    return killed, "" if same and not left else f"other bytes: {not same}, left: {left}"


def killed_swap(folder: Path, rng: random.Random) -> Outcome:
    """Kill a report's writer at some step; what is there is one report, and a note is kept."""
    out = folder / "out"
    report(out, "old")
    (out / "notes.txt").write_text("mine")
    killed = killed_at(rng.randrange(24), lambda: report(out, "new"))
    check_free(out, force=True)
    texts = {
        (out / "results.json").read_text().removeprefix(RESULTS),
        (out / "report.html").read_text(),
    }
    note = (out / "notes.txt").read_text() == "mine"
    return killed, "" if note and texts in ({"old"}, {"new"}) else f"{texts}, note kept: {note}"


def two_writers(folder: Path, rng: random.Random) -> Outcome:
    """Let two processes write one name at once: a whole file of one, and nobody else's."""
    out, processes = folder / "out", []
    for name in ("first", "second"):
        process = os.fork()
        if process == 0:
            try:
                with whole_folder(out, force=True) as work:
                    for file in ("results.json", "report.html"):
                        (work / file).write_text(f"{RESULTS}{name}")
                        time.sleep(rng.random() / 5)
            except BlockingIOError:
                os._exit(2)
            os._exit(0)
        processes.append(process)
        time.sleep(rng.random() / 50)
    codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
    texts = {(out / name).read_text() for name in ("results.json", "report.html")}
    left = [path.name for path in folder.iterdir() if path != out]
    fine = len(texts) == 1 and set(codes) <= {0, 2} and 0 in codes and not left
    return 2 in codes, "" if fine else f"{texts}, exit codes {codes}, left {left}"


def damaged_store(folder: Path, rng: random.Random) -> Outcome:
    """Damage a part of a stopped stream; it is said, explained anew, and the bytes are the same."""
    out = folder / "a.npz"

    def stop(rows: int, total: int | None) -> None:
        if rows >= 24:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        stream(out, progress=stop)
    part = rng.choice(sorted((folder / "a.npz.partial").glob("0*.npz")))
    data = bytearray(part.read_bytes())
    if rng.random() < 0.5:
        del data[rng.randrange(len(data)) :]
    else:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    part.write_bytes(bytes(data))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        stream(out, resume=True)
    stream(folder / "whole.npz")
    same = out.read_bytes() == (folder / "whole.npz").read_bytes()
    told = any("is damaged" in str(each.message) for each in said)
    return told, "" if same and told else f"other bytes: {not same}, said: {told}"


def killed_worker(folder: Path, rng: random.Random) -> Outcome:
    """Kill one of two Dask workers while they explain a stream, and compare bytes."""
    from dask_cases import dask_cluster

    out, killed = folder / "a.npz", threading.Event()
    with dask_cluster(folder) as cluster:
        nanny = psutil.Process(cluster.processes[rng.choice((1, 2))].pid)
        victim = max(nanny.children(), key=lambda each: each.memory_info().rss)

        def kill() -> None:
            victim.kill()
            killed.set()

        timer = threading.Timer(6 * rng.random(), kill)
        timer.start()
        stream(out, cluster=cluster.address)
        timer.cancel()
    stream(folder / "whole.npz")
    same = out.read_bytes() == (folder / "whole.npz").read_bytes()
    return killed.is_set(), "" if same else "other bytes"


CONFIG = """
[data]
source = "wine"
[model]
hidden = [4]
epochs = 1
[prune]
sparsity = 0.3
steps = 1
finetune_epochs = 0
[explain]
rows = 20
metrics = []
methods = ["gradient_input"]
[study]
seeds = 3
levels = []
arms = []
"""


def killed_study(folder: Path, rng: random.Random) -> Outcome:
    """Kill a study after some time, go on with it, and compare results.json."""
    (folder / "c.toml").write_text(CONFIG)
    call = [sys.executable, "-m", "explainprune", "run", "c.toml", "-q", "-o"]
    process = subprocess.Popen([*call, "out"], cwd=folder, start_new_session=True)
    try:
        process.wait(3 + 60 * rng.random())
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    killed = process.returncode < 0
    if killed and not (folder / "out").exists():
        subprocess.run([*call, "out", "--resume"], cwd=folder, check=True)
    subprocess.run([*call, "whole"], cwd=folder, check=True)
    first, second = ((folder / name / "results.json").read_bytes() for name in ("out", "whole"))
    return killed, "" if first == second else "other bytes"


def mutants(count: int, seconds: float) -> Iterator[str]:
    """Read mutants of every kind of file, in rounds until the time is up; yield the rows."""
    refused, done, wrong = dict.fromkeys(READERS, 0), dict.fromkeys(READERS, 0), []
    end, seed, each = time.monotonic() + seconds, 1, 50
    while sum(done.values()) < count and time.monotonic() < end:
        for name in READERS:
            with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                some, said = tried(name, folder, each, seed)
            refused[name] += some
            done[name] += each
            wrong += said
        seed += 1
    for name in READERS:
        mine = [each for each in wrong if f" of {name}:" in each]
        yield row(f"mutants of {name}", done[name], refused[name], mine)


def row(what: str, tried: int, happened: int, wrong: list[str]) -> str:
    for each in wrong[:5]:
        print(f"    {each}", file=sys.stderr)
    return f"| {what} | {tried:,} | {happened:,} | {len(wrong)} |"


def repeated(
    call: Callable[[Path, random.Random], Outcome], times: int, seconds: float
) -> tuple[int, int, list[str]]:
    """Call something so often, or for so long, each time in an empty folder."""
    happened, wrong, number, end = 0, [], 0, time.monotonic() + seconds
    while number < times and time.monotonic() < end:
        folder = Path(tempfile.mkdtemp(prefix="soak."))
        try:
            did, said = call(folder, random.Random(number))
        except Exception as error:
            did, said = True, f"{type(error).__name__}: {error}"
        happened += did
        if said:
            wrong.append(f"{call.__name__} {number}: {said}")
        shutil.rmtree(folder, ignore_errors=True)
        number += 1
    return number, happened, wrong


def main() -> None:
    """Print the table, and exit with 1 if anything was lost or wrong."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seconds", type=float, default=900)
    asked.add_argument("--studies", type=int, default=0)
    asked.add_argument("--mutants", type=int, default=6000)
    options = asked.parse_args()
    share = options.seconds / 7
    rows = {
        "swaps of reports, killed": (killed_swap, 100),
        "streams of parts, killed": (killed_stream, 100),
        "pairs of writers, one refused": (two_writers, 50),
        "stores, damaged": (damaged_store, 50),
        "workers of a Dask cluster, killed while a stream runs": (killed_worker, 20),
        "studies, killed": (killed_study, options.studies),
    }
    print("| what | tried | of these | lost or wrong |\n|---|---|---|---|", flush=True)
    failed = False
    for what, (call, times) in rows.items():
        if times:
            found = repeated(call, times, share if call is not killed_study else 1e9)
            print(row(what, *found), flush=True)
            failed = failed or bool(found[2])
    for line in mutants(options.mutants, 2 * share):
        print(line, flush=True)
        failed = failed or not line.endswith("| 0 |")
    sys.exit(failed)


if __name__ == "__main__":
    main()
