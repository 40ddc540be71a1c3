"""A whole study on a Dask cluster: the bytes of one without, through kills, and going on."""

import json
import os
import signal
from pathlib import Path

import pytest
from dask_cases import dask_cluster
from small_studies import config as small
from small_studies import laid_out

from explainprune.study import run_study
from explainprune.study.kept import elsewhere


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """All that a study reads, on a disk that workers don't see."""
    laid_out(tmp_path, monkeypatch)
    monkeypatch.setattr("explainprune.engine.cluster._where", lambda path: "/no/such/disk")
    return tmp_path


def config(**study):
    return small(study={"seeds": 4, **study})


def test_a_configuration_names_its_files_as_they_lie_elsewhere(folder):
    plain, files = elsewhere(config())
    assert plain["data"]["source"] == "data.source/rows.npz"
    assert plain["data"]["players"] == "data.players/players.json"
    assert plain["model"] == config().to_dict()["model"]
    assert {name: path.name for name, path in files.items()} == {
        "data.source/rows.npz": "rows.npz",
        "data.players/players.json": "players.json",
        "recipe_of_mine.py": "recipe_of_mine.py",
        "rate_of_mine.py": "rate_of_mine.py",
    }


@pytest.mark.slow
def test_the_bytes_are_those_of_one_process_through_a_kill(folder):
    run_study(config(), folder / "alone")
    expected = (folder / "alone" / "results.json").read_bytes()
    seen = []

    def kill_one(done, total, cell):
        seen.append((done, total))
        if done == 1:  # the other worker is at work on its first seed
            os.kill(children_of(cluster.processes[1].pid)[0], signal.SIGKILL)

    with dask_cluster(folder) as cluster:
        run_study(config(), folder / "out", cluster=cluster.address, progress=kill_one)
    assert (folder / "out" / "results.json").read_bytes() == expected
    assert seen[1:] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {path.name for path in (folder / "out" / "models").iterdir()} == {
        path.name for path in (folder / "alone" / "models").iterdir()
    }
    run_study(config(workers=2), folder / "local", cluster="local")
    assert (folder / "local" / "results.json").read_bytes() == expected


def children_of(pid):
    import psutil

    return [each.pid for each in psutil.Process(pid).children(recursive=True)]


@pytest.mark.slow
def test_a_study_whose_scheduler_is_gone_goes_on(folder):
    def kill_it(done, total, cell):
        if done == 1:
            os.kill(cluster.scheduler.pid, signal.SIGKILL)

    with (
        dask_cluster(folder, workers=1) as cluster,
        pytest.raises(ConnectionError, match=r"scheduler at tcp://\S+ is gone.*go on with resume"),
    ):
        run_study(config(), folder / "out", cluster=cluster.address, progress=kill_it)
    run_study(config(), folder / "out", resume=True)
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["resumed"]["reused"]
    run_study(config(), folder / "alone")
    results = [Path(name, "results.json").read_bytes() for name in ("out", "alone")]
    assert results[0] == results[1]
