"""Streams of randomness, and numbers drawn from them in blocks."""

import numpy as np
import pytest

from explainprune.analysis.attribution.sampling.streams import stream, uniforms


def test_streams_are_named_and_independent():
    def first(seed, name):
        return stream(seed, name).random(3).tolist()

    assert first(0, "explainer") == first(0, "explainer")
    assert first(0, "explainer") != first(0, "background")
    assert first(0, "explainer") != first(1, "explainer")


@pytest.mark.parametrize("seed", [-1, 1.5, True, "a", None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match=r"seed is an integer ≥ 0. Received: "):
        stream(seed, "x")


def test_a_samples_numbers_do_not_depend_on_the_other_samples():
    def numbers(samples, n=5, shape=(3, 2)):
        samples = np.array(samples)
        found = np.empty((len(samples), *shape))
        for part, values in uniforms(stream(0, "x"), n, shape, samples):
            found[part] = values
        return found

    every = numbers([0, 1, 2, 3, 4])
    np.testing.assert_array_equal(numbers([1, 4]), every[[1, 4]])
    assert np.unique(every).size == every.size
    assert np.all((every >= 0) & (every < 1))


def test_numbers_come_in_blocks_that_differ(monkeypatch):
    monkeypatch.setattr("explainprune.analysis.attribution.sampling.streams._NUMBERS_AT_ONCE", 4)
    blocks = list(uniforms(stream(0, "x"), 5, (2,), np.arange(5)))
    assert [part for part, _ in blocks] == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert np.unique(np.concatenate([values for _, values in blocks])).size == 10
    some = list(uniforms(stream(0, "x"), 5, (2,), np.array([3])))
    np.testing.assert_array_equal(some[0][1][0], blocks[1][1][1])
