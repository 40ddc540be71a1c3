"""Cells on a Dask cluster of real processes: the same results, through whatever happens to it."""

import os
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from dask_cases import dask_cluster
from killing import alive, wait_until

from explainprune.engine import each_cell, run_cells
from explainprune.engine.cluster import Cluster

HERE = Path(__file__).parent
CELLS = {"cells.py": HERE / "cells.py"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def computed(function, cells, cluster, **more):
    """Results in the order of the cells; the function's module is sent."""
    found = each_cell(function, cells, workers=1, cluster=cluster, needs=CELLS, **more)
    with closing(found):
        return [result for _, result in sorted(found, key=lambda each: each[0])]


def test_results_are_those_of_child_processes(cluster, monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    cells = [{"seed": seed} for seed in (0, 1, 0)]
    assert computed("cells:dense", cells, cluster.address) == run_cells(
        "cells:dense", cells, workers=1
    )


def test_children_have_fixed_threads_and_a_clean_state(cluster):
    names = ["TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "PYTHONHASHSEED"]
    (found,) = computed("cells:environment", [{"names": names}], cluster.address, threads=3)
    assert [found[name] for name in names] == ["3", "3", "0"]
    first, *others = computed("cells:randomness", [{}] * 3, cluster.address)
    assert others == [first, first]


def test_both_workers_work_and_their_children_end_with_the_run(cluster, tmp_path):
    cells = [{"n": n, "seconds": 0.5} for n in range(4)]
    results = computed("cells:where", cells, cluster.address)
    assert [each["n"] for each in results] == [0, 1, 2, 3]
    assert len({each["worker"] for each in results}) == 2
    assert not any(children(each["worker"]) for each in results)


def children(pid):
    """Ids of a process' child processes that compute cells."""
    import psutil

    found = psutil.Process(pid).children()
    return [each.pid for each in found if "explainprune.engine.worker" in each.cmdline()]


@pytest.mark.parametrize("nanny", [True, False])
def test_a_worker_that_is_killed_changes_nothing(tmp_path, nanny):
    with dask_cluster(tmp_path, workers=0) as cluster:
        for _ in range(2):
            cluster.worker(nanny=nanny)
        folder = tmp_path / "started"
        folder.mkdir()
        cells = [{"n": n, "seconds": 1, "folder": str(folder)} for n in range(5)]
        found = each_cell("cells:where", cells, workers=1, cluster=cluster.address, needs=CELLS)
        results, killed = {}, None
        with closing(found):
            for index, result in found:
                results[index] = result
                if killed is None:  # the other one is at work on something
                    wait_until(lambda: len(workers(folder)) == 2)
                    (killed,) = workers(folder) - {result["worker"]}
                    orphans = children(killed)
                    os.kill(killed, signal.SIGKILL)
        assert [results[n]["n"] for n in range(5)] == [0, 1, 2, 3, 4]
        wait_until(lambda: not alive(killed) and not any(map(alive, orphans)))


def workers(folder):
    return {int(path.read_text() or 0) for path in folder.iterdir()} - {0}


def test_a_scheduler_that_is_gone_is_said(tmp_path):
    with dask_cluster(tmp_path, workers=1) as cluster:
        cells = [{"n": n, "seconds": 0.2} for n in range(50)]
        found = each_cell("cells:where", cells, workers=1, cluster=cluster.address, needs=CELLS)
        said = r"The scheduler at tcp://\S+ is gone\. What"
        with pytest.raises(ConnectionError, match=said), closing(found):
            next(found)
            os.kill(cluster.scheduler.pid, signal.SIGKILL)
            for _ in found:
                pass


def test_no_scheduler_no_work(monkeypatch):
    monkeypatch.setattr("explainprune.engine.cluster.ANSWERS", 0.5)
    with pytest.raises(ConnectionError, match=r"No scheduler answers at 'tcp://127.0.0.1:9'"):
        computed("cells:where", [{"n": 0}], "tcp://127.0.0.1:9")
    with pytest.raises(ConnectionError, match=r"No scheduler answers at 'nowhere'"):
        computed("cells:where", [{"n": 0}], "nowhere")


LACKING = "import sys\nsys.modules['explainprune'] = None\n"
OLDER = (
    "import explainprune.keeping.depends as d\n"
    "d.versions = lambda found=d.versions(): {**found, 'explainprune': '0.0.1', 'numpy': ''}\n"
    "import explainprune.keeping\nexplainprune.keeping.versions = d.versions\n"
)
OTHER = "import explainprune.keeping\nexplainprune.keeping.code_mark = lambda: 'other'\n"


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (LACKING, r"can't import explainprune of this version \("),
        (OLDER, r"has explainprune 0\.0\.1 \(there [\d.]+\), numpy not at all \(there [\d.]+\)"),
        (OTHER, r"has explainprune of another source, under one version"),
    ],
)
def test_a_worker_that_would_compute_something_else_is_refused(tmp_path, site, said):
    (tmp_path / "sitecustomize.py").write_text(site)
    with dask_cluster(tmp_path, workers=0) as cluster:
        cluster.worker(path=[tmp_path])
        with pytest.raises(ValueError, match=rf"the worker tcp://\S+ {said}.*Install the same"):
            computed("cells:where", [{"n": 0}], cluster.address)


def test_one_that_joins_later_is_refused_as_well(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(LACKING)
    with dask_cluster(tmp_path, workers=1) as cluster:
        found = each_cell(
            "cells:where",
            [{"n": n, "seconds": 0.5} for n in range(100)],
            workers=1,
            cluster=cluster.address,
            needs=CELLS,
        )
        with pytest.raises(ValueError, match=r"can't import explainprune"), closing(found):
            next(found)
            cluster.worker(path=[tmp_path])
            for _ in found:
                pass


def test_memory_that_runs_out_is_said_and_the_worker_lives(tmp_path):
    with dask_cluster(tmp_path, workers=0) as cluster:
        cluster.worker("--memory-limit", "600 MB")
        said = r"The worker tcp://\S+ ran out of memory: \d\.\d\d GB of 0\.57 GB\. .*cell times=20"
        with pytest.raises(ChildProcessError, match=said):
            computed("cells:fills_memory", [{"times": 20}], cluster.address)
        assert computed("cells:fills_memory", [{"times": 1}], cluster.address) == [{"n": 1}]


def test_a_cell_that_takes_its_worker_with_it_is_given_up(tmp_path):
    with dask_cluster(tmp_path, workers=2) as cluster:
        (tmp_path / "kills.py").write_text(
            "import os, signal\ndef parent(cell):\n    os.kill(os.getppid(), signal.SIGKILL)\n"
        )
        found = each_cell(
            "kills:parent", [{"n": 7}], workers=1, cluster=cluster.address,
            needs={"kills.py": tmp_path / "kills.py"},
        )  # fmt: skip
        with pytest.raises(ChildProcessError, match=r"took it were lost, 4 of them.*cell n=7"):
            next(found)


READS = """
import numpy as np
from beside_of_mine import FACTOR

def reads(cell):
    return {"sum": FACTOR * int(np.fromfile("data/rows.bin", np.uint8).sum())}
"""


def test_files_go_to_each_worker_once(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("explainprune.engine.cluster._where", lambda path: "/no/such/disk")
    monkeypatch.setattr("explainprune.engine.cluster.PIECE", 1000)
    rows = np.random.default_rng(0).integers(0, 255, 4321).astype(np.uint8)
    rows.tofile(tmp_path / "rows.bin")
    (tmp_path / "beside.py").write_text("FACTOR = 3")
    (tmp_path / "reads.py").write_text(READS)
    needs = {
        "data/rows.bin": tmp_path / "rows.bin",
        "beside_of_mine.py": tmp_path / "beside.py",
        "reads_of_mine.py": tmp_path / "reads.py",
    }
    size = sum(path.stat().st_size for path in needs.values())
    pools = []
    for _ in range(2):
        pool = Cluster("reads_of_mine:reads", 1, cluster.address, 1, needs, None)
        pools.append(pool)
        for index in range(6):
            pool.put(index, {"n": index})
        answers = [pool.get()[1] for _ in range(6)]
        pool.end()
        assert [each["result"]["sum"] for each in answers] == [3 * int(rows.sum())] * 6
    assert sorted(pools[0].sent.values()) == [size, size]
    assert pools[1].sent == {}  # they have them


def test_a_worker_that_joins_later_is_sent_files_too(tmp_path, monkeypatch):
    monkeypatch.setattr("explainprune.engine.cluster._where", lambda path: "/no/such/disk")
    with dask_cluster(tmp_path, workers=1) as cluster:
        pool = Cluster("cells:where", 1, cluster.address, 1, CELLS, None)
        try:
            for index in range(12):
                pool.put(index, {"n": index, "seconds": 0.5})
            pool.get()
            cluster.worker()
            found = {pool.get()[1]["result"]["worker"] for _ in range(11)}
        finally:
            pool.end()
        size = CELLS["cells.py"].stat().st_size
        assert len(found) == 2 and list(pool.sent.values()) == [size, size]


def test_a_cluster_of_our_own_is_started_and_ended(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    told = []
    cells = [{"n": n, "seconds": 0.3} for n in range(4)]
    found = each_cell("cells:where", cells, workers=2, cluster="local", told=told.append)
    with closing(found):
        results = dict(found)
    assert sorted(each["n"] for each in results.values()) == [0, 1, 2, 3]
    pids = {each["worker"] for each in results.values()}
    assert len(pids) == 2 and not any(map(alive, pids))
    assert told and told[0].startswith("http://127.0.0.1:")
    assert threading.active_count() < 20


def test_without_dask_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'explainprune\[cluster\]'"):
        run_cells("cells:where", [{"n": 0}], workers=1, cluster="tcp://x:1")
