"""The two verdicts: every branch of their rules, and the sentences."""

import math

import numpy as np
import pytest

from explainprune.analysis.verdict import clearer, faithful, not_broken, same_reasons
from explainprune.analysis.verdict.deciding import more_needed, within
from explainprune.types import Measure


def m(value, half=0.005, n=500, unit="samples"):
    return Measure(value, (value - half, value + half), n, unit)


def judged(disagreement, noise, half=0.005, noise_half=0.005, **options):
    excess = m(disagreement - noise, half)
    return same_reasons(m(disagreement, half), excess, m(noise, noise_half), **options)


@pytest.mark.parametrize(
    ("disagreement", "noise", "half", "label"),
    [
        (0.05, 0.02, 0.01, "preserved"),  # the disagreement itself is within the margin
        (0.13, 0.06, 0.01, "preserved"),  # only its excess is, and the noise is small
        (0.20, 0.05, 0.01, "changed"),  # the excess is beyond
        (0.13, 0.05, 0.03, "inconclusive"),  # excess 5–11
        (0.14, 0.03, 0.02, "inconclusive"),  # excess 9–13
        (0.19, 0.12, 0.01, "inconclusive"),  # excess 7 %, but of a noisy explainer
        (0.50, 0.15, 0.02, "changed"),  # noise only makes this harder
        (0.08, 0.12, 0.01, "preserved"),  # the disagreement needs no excess
    ],
)
def test_labels_follow_the_rule(disagreement, noise, half, label):
    verdict = judged(disagreement, noise, half)
    assert verdict.label == label
    assert verdict.sentence.count(f": {label}") == 1
    assert (verdict.more is None) or label == "inconclusive"


def test_the_margin_is_inclusive_for_preserved_and_exclusive_for_changed():
    edge = Measure(0.08, (0.06, 0.10), 50)
    assert same_reasons(edge, edge, m(0.0)).label == "preserved"
    beyond = Measure(0.15, (0.10, 0.20), 50)
    assert same_reasons(beyond, beyond, m(0.0)).label == "inconclusive"


def test_noise_that_may_exceed_the_margin_cannot_buy_preserved():
    quiet = judged(0.13, 0.08, noise_half=0.015)
    loud = judged(0.13, 0.08, noise_half=0.025)
    assert (quiet.label, loud.label) == ("preserved", "inconclusive")
    assert quiet.conditions == ()
    assert loud.conditions == (
        "Redrawing the background alone changes 8 % (5.5–10.5), which is not within the margin of "
        "10 %: the excess doesn't count for 'preserved'.",
    )


def test_a_noisy_explainer_is_told_how_large_a_background_would_do():
    verdict = judged(0.25, 0.20, background=100, remedy="a method without draws would help")
    assert verdict.label == "inconclusive"
    # Noise falls with 1/√rows: from at most 20.5 % to 10 % takes 4.2 times as many.
    assert "about 430 background rows in place of 100 would bring it there" in verdict.sentence
    assert "; a method without draws would help" in verdict.sentence
    assert verdict.more is None


def test_noise_on_the_margin_is_told_so_too():
    verdict = judged(0.11, 0.097, noise_half=0.012, background=100)
    assert verdict.label == "inconclusive"
    assert "about 120 background rows in place of 100 would bring it there" in verdict.sentence


def test_the_sentence_of_design_section_1():
    verdict = same_reasons(
        Measure(0.06, (0.05, 0.07), 2000),
        Measure(0.045, (0.04, 0.052), 2000),
        Measure(0.02, (0.018, 0.022), 2000),
        margin=0.05,
        k=4,
    )
    assert verdict.sentence == (
        "For this pair, on 2,000 rows, 6 % of the four leading reasons differ (95 % interval 5–7; "
        "redrawing the background alone changes 2, which leaves 4.5, 4–5.2; margin 5): "
        "inconclusive; about 2,000 more rows would decide."
    )


def test_more_is_what_narrowing_with_the_root_of_n_needs():
    # Half-width 4 % on 100 rows, 2 % below the margin: half of it takes 400.
    verdict = same_reasons(m(0.08, 0.04, 100), m(0.11, 0.04, 100), m(0.0, 0.0, 100))
    assert verdict.label == "inconclusive"
    assert verdict.more == pytest.approx(300, abs=2)
    after = 100 + verdict.more
    assert 0.08 + 0.04 * math.sqrt(100 / after) <= 0.10


@pytest.mark.parametrize("value", [0.05, 0.09, 0.13])
@pytest.mark.parametrize("n", [3, 12, 400])
@pytest.mark.parametrize("scope", ["pair", "procedure"])
def test_more_decides_and_one_fewer_does_not(value, n, scope):
    from scipy.stats import t

    def half(size):
        width = 1 / math.sqrt(size)
        return width if scope == "pair" else t.ppf(0.975, size - 1) * width

    scale = 0.3 / half(n)
    measure = m(value, 0.3, n)
    more = more_needed(measure, 0.10, scope)
    assert scale * half(n + more) < abs(value - 0.10) * 1.0001
    assert scale * half(n + more - 1) > abs(value - 0.10) * 0.9999


def test_more_is_unknown_where_no_number_would_do():
    assert more_needed(m(0.10, 0.02), 0.10, "pair") is None
    assert more_needed(Measure(0.3, None, 1, note="one"), 0.10, "pair") is None
    assert more_needed(m(0.1 - 1e-9, 0.1, 10), 0.10, "pair") is None
    assert more_needed(m(0.02, 0.01, 3), 0.10, "procedure") == 3  # six seeds at least
    assert more_needed(m(0.02, 0.01, 9), 0.10, "procedure") == 0


def test_within_is_open_between():
    assert within(m(0.04, 0.01), 0.06) is True
    assert within(m(0.08, 0.01), 0.06) is False
    assert within(m(0.065, 0.01), 0.06) is None
    assert within(Measure(0.0, None, note="none"), 0.06) is None


def test_one_row_cannot_decide():
    one = Measure(0.25, None, 1, note="one")
    verdict = same_reasons(one, one, one, k=4)
    assert verdict.label == "inconclusive"
    assert verdict.sentence == (
        "For this pair, on one row, 25 % of the four leading reasons differ (95 % interval none; "
        "redrawing the background alone changes 25; margin 10): inconclusive; one row can't decide."
    )


def test_a_single_leading_reason_is_written_so():
    assert "% of the leading reasons differ" in judged(0.3, 0.0, k=1).sentence


def test_undefined_agreement_says_so():
    none = Measure(None, None, 0, note="undefined for all samples")
    verdict = same_reasons(none, none, none)
    assert "agreement of the leading reasons is undefined: inconclusive; nothing to judge by." in (
        verdict.sentence
    )


@pytest.mark.parametrize(("seeds", "illustrative"), [(3, True), (5, True), (6, False)])
def test_few_seeds_are_an_illustration(seeds, illustrative):
    small = m(0.03, 0.01, seeds, "seeds")
    verdict = same_reasons(small, small, small, scope="procedure", k=4)
    assert verdict.label == "preserved"
    assert verdict.illustrative is illustrative
    assert verdict.sentence.endswith("Fewer than 6 seeds: illustrative.") is illustrative
    assert verdict.sentence.startswith("For this procedure, over ")
    ratio = m(0.5, 0.01, seeds, "seeds")
    clarity = clearer(ratio, ratio, ratio, scope="procedure")
    assert clarity.illustrative is illustrative


def test_reference_arms_are_named_for_scale():
    marks = {"random_weights": m(0.84), "shuffled_samples": m(0.7), "gone": Measure(None, note="x")}
    verdict = judged(0.03, 0.01, marks=marks)
    assert verdict.sentence.endswith(" For scale: random weights 84 %, shuffled samples 70 %.")
    assert list(verdict.evidence) == ["disagreement", "excess", "noise", *marks]


@pytest.mark.parametrize("margin", [0, 1, -0.1, 10])
def test_margins_are_shares(margin):
    with pytest.raises(ValueError, match=f"between 0 and 1. Received: {margin}"):
        judged(0.1, 0.1, margin=margin)


def clarity(ratio, half=0.01, *conditions, **options):
    r = m(ratio, half, 90)
    return clearer(r, m(26.0, 2, 90), m(26.0 * ratio, 1, 90), conditions, **options)


WORKS = not_broken(m(0.005, 0.01), 0.02)
OPEN = not_broken(m(0.015, 0.01, 100), 0.02)
BROKEN = not_broken(m(0.12, 0.02), 0.02)
AS_FAITHFUL = faithful(m(-0.01, 0.02), 0.05)
UNFAITHFUL = faithful(m(0.2, 0.02), 0.05)


@pytest.mark.parametrize(
    ("ratio", "half", "conditions", "label"),
    [
        (0.42, 0.04, (WORKS, AS_FAITHFUL), "clearer"),
        (1.00, 0.02, (WORKS, AS_FAITHFUL), "same"),
        (1.30, 0.10, (WORKS, AS_FAITHFUL), "less clear"),
        (0.96, 0.03, (WORKS, AS_FAITHFUL), "inconclusive"),
        (1.00, 0.20, (WORKS, AS_FAITHFUL), "inconclusive"),
        (0.42, 0.04, (BROKEN, AS_FAITHFUL), "inconclusive"),
        (1.30, 0.04, (BROKEN, AS_FAITHFUL), "inconclusive"),
        (1.00, 0.02, (BROKEN, AS_FAITHFUL), "inconclusive"),
        (0.42, 0.04, (OPEN, AS_FAITHFUL), "inconclusive"),
        (0.42, 0.04, (WORKS, UNFAITHFUL), "inconclusive"),
        (1.00, 0.02, (WORKS, UNFAITHFUL), "same"),
        (1.30, 0.10, (OPEN, UNFAITHFUL), "less clear"),
    ],
)
def test_clearer_needs_the_endpoint_and_its_conditions(ratio, half, conditions, label):
    verdict = clarity(ratio, half, *conditions)
    assert verdict.label == label
    assert len(verdict.conditions) == len(conditions)


def test_the_sentence_of_a_clearer_model():
    beside = ["214 live connections instead of 6,464"]
    verdict = clarity(0.42, 0.04, WORKS, name="pruned", beside=beside)
    assert verdict.sentence == (
        "The pruned model's explanations are clearer: 11 effective features instead of 26 "
        "(interval 9.9–12; ratio 0.42, 0.38–0.46; margin 5 %), 214 live connections instead of "
        "6,464."
    )


def test_a_broken_model_is_named_as_the_reason():
    verdict = clarity(0.42, 0.04, BROKEN, AS_FAITHFUL)
    assert "not called clearer, because the other model is broken: accuracy fell by 12 points" in (
        verdict.sentence
    )
    assert verdict.more is None
    assert verdict.conditions[0].endswith(": fails.")
    assert verdict.conditions[1].endswith(": holds.")


def test_without_labels_churn_bounds_the_loss():
    condition = not_broken(m(0.011, 0.005), 0.02, score="churn")
    assert str(condition) == (
        "No labels: predictions differ on 1.1 % of the rows (95 % interval 0.6–1.6; margin 2), and "
        "accuracy can have fallen by no more: holds."
    )
    verdict = clarity(0.42, 0.04, condition)
    assert verdict.label == "clearer"
    assert "churn" in verdict.evidence


def test_an_open_condition_says_how_many_rows_would_settle_it():
    verdict = clarity(0.42, 0.04, OPEN, AS_FAITHFUL)
    # Half-width 1 point on 100 rows, half a point below the margin: four times the rows.
    assert verdict.more == pytest.approx(300, abs=2)
    assert "but a condition is open: accuracy fell by 1.5 points" in verdict.sentence
    assert verdict.sentence.endswith("; about 310 more rows would decide.")


def test_an_open_ratio_says_how_many_rows_would_settle_it():
    verdict = clarity(1.0, 0.08)
    edge = math.log(1.05)
    n = 90 * (math.log(1.08) / edge) ** 2, 90 * (-math.log(0.92) / edge) ** 2
    assert verdict.more == pytest.approx(max(n) - 90, abs=2)


def test_clearer_without_an_interval_is_inconclusive():
    one = Measure(0.5, None, 1, note="one")
    verdict = clearer(one, one, one)
    assert (verdict.label, verdict.more) == ("inconclusive", None)
    none = Measure(None, None, 0, note="all 0")
    assert "undefined (all 0)" in clearer(none, none, none).sentence


@pytest.mark.parametrize("margin", [0, -0.1])
def test_clarity_margins_are_above_zero(margin):
    with pytest.raises(ValueError, match=f"above 0. Received: {margin}"):
        clarity(0.5, margin=margin)


def test_a_false_verdict_is_as_rare_as_its_interval_says():
    """A pair whose true disagreement is on the margin is called preserved in 2.5 % of draws."""
    from explainprune.analysis.intervals import bootstrap_mean

    rng = np.random.default_rng(0)
    zero = Measure(0.0, (0.0, 0.0), 300)
    labels = []
    for seed in range(300):
        values = rng.choice([0, 0.25, 0.5], 300, p=[0.7, 0.2, 0.1])  # mean exactly 10 %
        d = bootstrap_mean(values, seed=seed, draws=400, bounds=(0, 1))
        labels.append(same_reasons(d, d, zero).label)
    wrong = np.mean(np.array(labels) != "inconclusive")
    assert wrong < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
    assert wrong > 0
