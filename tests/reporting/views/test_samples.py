"""Rows that are shown one by one."""

from dataclasses import replace

import pytest

from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.samples import gallery, largest_of, of_each_kind


def test_each_sample_has_one_symmetric_scale(comparison):
    for shown in gallery(subject_of(comparison)).shown:
        sample = shown.sample
        difference = [b - a for a, b in zip(sample.dense, sample.other, strict=True)]
        largest = max(abs(v) for v in (*sample.dense, *sample.other, *difference))
        assert shown.largest == largest_of(sample) == pytest.approx(largest)
        assert len(shown.panels) == 4


def test_rows_of_each_kind_are_shown_alike_in_their_order(comparison):
    samples = comparison.detail.samples
    shown = [each.sample for each in gallery(subject_of(comparison)).shown]
    assert shown == list(samples[:9])  # the three kinds take turns there
    lopsided = (*samples[::3], *samples[1:2], *samples[2:3])
    assert of_each_kind(lopsided, 4) == [*samples[0:4:3], samples[1], samples[2]]
    assert of_each_kind(lopsided, 99) == list(lopsided)


def test_only_another_class_is_a_flip(comparison):
    shown = gallery(subject_of(comparison)).shown
    assert [s.flipped for s in shown] == [s.sample.why == "prediction flipped" for s in shown]
    assert sum(s.flipped for s in shown) == 3
    regression = replace(comparison, provenance={"task": "regression"})
    assert not any(shown.flipped for shown in gallery(subject_of(regression)).shown)
