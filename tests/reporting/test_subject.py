from dataclasses import replace

import pytest

from explainprune.reporting.subject import subject_of


def test_the_first_two_models_are_the_pair(comparison, study):
    subject = subject_of(comparison)
    assert (subject.dense, subject.other, subject.main) == ("dense", "pruned", "dense|pruned")
    assert subject.pair is comparison
    assert subject.study is None
    assert subject_of(study).pair is study.pair
    assert subject_of(study).study is study


def test_partners_may_have_bars_in_their_names(table):
    subject = subject_of(table)
    assert "a|b|c" in subject.primary
    assert subject.role("a|b|c") == "mark"
    assert subject.arm_term("a|b|c").label == "Placebo (a|b|c)"


def test_one_model_is_not_enough(comparison):
    with pytest.raises(ValueError, match=r"needs two models. Received: \['dense'\]"):
        subject_of(replace(comparison, models={"dense": comparison.models["dense"]}))


def test_the_pair_must_be_compared(comparison):
    with pytest.raises(ValueError, match=r"Expected the pair 'dense\|pruned'.*dense\|placebo"):
        subject_of(
            replace(
                comparison, comparisons={"dense|placebo": comparison.comparisons["dense|placebo"]}
            )
        )
