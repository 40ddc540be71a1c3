"""Times foreseen from a small part, on a clock that the work itself moves."""

import pytest

from explainprune.analysis import timing
from explainprune.analysis.timing import pace


class Work:
    """Takes what it is told to on a clock of its own."""

    def __init__(self, monkeypatch, fixed, each, first):
        self.now, self.fixed, self.each, self.first, self.sizes = 0.0, fixed, each, first, []
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def __call__(self, units):
        self.now += self.fixed + units * self.each + (0 if self.sizes else self.first)
        self.sizes.append(units)


@pytest.mark.parametrize(("fixed", "each"), [(0.01, 0.02), (0.0, 1e-4), (0.3, 0.0)])
def test_what_takes_time_for_each_unit_is_foreseen(monkeypatch, fixed, each):
    work = Work(monkeypatch, fixed, each, first=3.0)
    found = pace(work, 10_000)
    assert found.seconds(10_000) == pytest.approx(3 + fixed + 10_000 * each, rel=1e-6)
    assert work.now < 3 + 12 * timing.ENOUGH or each == 0.0


def test_slow_work_is_timed_on_little_of_it(monkeypatch):
    work = Work(monkeypatch, 0.0, 2.0, first=1.0)
    assert pace(work, 1000).seconds(1000) == pytest.approx(2001)
    assert work.sizes == [2, 2]


def test_little_work_is_timed_whole(monkeypatch):
    work = Work(monkeypatch, 0.0, 0.001, first=0.0)
    assert pace(work, 1).seconds(1) == pytest.approx(0.001) and set(work.sizes) == {1}
