"""Commands whose work others do: the same bytes, and what is said of it."""

import pytest

from explainprune.engine import cluster

ATTRIBUTE = ("attribute", "dense.keras", "--data", "d.csv", "--rows-at-once", "20", "--seed", "1")


@pytest.mark.slow
def test_several_workers_are_a_cluster_with_a_dashboard(cli, files):
    first, second = (
        cli(*ATTRIBUTE, "-o", f"{workers}.npz", "--workers", workers) for workers in (1, 2)
    )
    assert first.code == second.code == 0, (first, second)
    assert "Dashboard: http://127.0.0.1:" in second.err and "(2 at work)" in second.err
    assert "Dashboard" not in first.err
    assert (files / "1.npz").read_bytes() == (files / "2.npz").read_bytes()
    assert not list(files.glob("*.partial"))


def test_a_scheduler_that_does_not_answer_is_a_sentence(cli, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWERS", 0.5)
    outcome = cli(*ATTRIBUTE, "-o", "a.npz", "--cluster", "tcp://127.0.0.1:9")
    assert outcome.code == 2
    assert outcome.error.startswith("No scheduler answers at 'tcp://127.0.0.1:9' (")
    assert outcome.error.endswith("with `dask scheduler`, and workers with `dask worker ADDRESS`.")
