"""What to do next where reasons changed: how they would be kept, and what that costs."""

from dataclasses import replace

import pytest

from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.answering import next_step
from explainprune.types import Measure

HELD = 'with preserve="attributions", which holds the reasons in fine-tuning and makes that take'


def step(results, **config):
    verdict = replace(results.verdict, label="changed")
    if config:
        results = replace(results, config={"prune": config})
    return next_step(subject_of(results), verdict)


def with_arm(study, moved):
    pair = {**study.comparisons["dense|pruned"], "moved_weight": moved}
    return replace(study, comparisons={**study.comparisons, "dense|preserving": pair})


def test_a_changed_verdict_says_how_reasons_are_kept_and_at_what_price(small, small_study):
    for results in (small, small_study):
        results = (
            replace(results, pair=replace(small, where=None))
            if results is small_study
            else (replace(results, where=None))
        )
        found = step(results)
        assert found.text.startswith(f"Prune again {HELD} ") and "times as long" in found.text
        assert not found.anchor


def test_where_it_changed_comes_first(comparison):
    assert comparison.where is not None
    found = step(comparison)
    assert found.text.startswith(f"See for which rows, then prune again {HELD}")
    assert found.anchor == "where"


@pytest.mark.parametrize("held", ["attributions", "logits"])
def test_what_was_held_already_is_not_recommended(small_study, small, held):
    plain = replace(small_study, pair=replace(small, where=None))
    assert step(plain, preserve=held).text == "Prune less or train longer, and compare again"


def test_an_arm_that_held_them_is_the_figure_to_go_by(small_study, small):
    plain = replace(small_study, pair=replace(small, where=None))
    found = step(with_arm(plain, Measure(0.083, (0.07, 0.09), 6)))
    assert (
        "hold the reasons in fine-tuning, as the arm of which 8.3\N{NO-BREAK SPACE}% moved"
        in found.text
    )
