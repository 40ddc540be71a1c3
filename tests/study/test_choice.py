"""The sparsest level that is preserved: in which order, by which rows, in which words."""

from study_cases import seed_of

from explainprune.study.choice import NO_VALIDATION, chosen
from explainprune.study.config import ExplainSettings
from explainprune.types import Level, Measure

SETTINGS = ExplainSettings()
SEEDS = [seed_of(0.05 + 0.001 * number) for number in range(8)]


def figure(value, half=0.01):
    return Measure(value, (value - half, value + half), 8, "seeds", "by hand")


def level(sparsity, validation, test, arm="pruned", accuracy=0.9):
    measures = {"moved_weight": figure(test), "accuracy": figure(accuracy)}
    if validation is not None:
        measures["validation_moved_weight"] = figure(validation)
    return Level(arm, sparsity, sparsity, measures)


def test_the_sparsest_level_up_to_which_all_pass_is_chosen_and_judged_on_other_rows():
    levels = [level(0.9, 0.3, 0.3), level(0.5, 0.05, 0.06), level(0.8, 0.1, 0.11)]
    found = chosen(levels, SEEDS, SETTINGS)
    assert (found.sparsity, found.verdict.label) == (0.8, "preserved")
    assert found.verdict.evidence["moved_weight"] == figure(0.11)
    assert found.sentence == (
        "Chosen on validation rows: a sparsity of 80 %, up to which every level lies within the "
        "margin of 15 % (10 % moved (interval 9–11 %)). On the scored rows 11 % moved (interval "
        "10–12 %): confirmed. Its accuracy there is 90 % (interval 89–91 %)."
    )


def test_a_sparser_level_that_passes_behind_one_that_fails_is_not_reached():
    levels = [level(0.5, 0.05, 0.05), level(0.8, 0.2, 0.05), level(0.9, 0.05, 0.05)]
    assert chosen(levels, SEEDS, SETTINGS).sparsity == 0.5


def test_the_scored_rows_may_say_otherwise():
    found = chosen([level(0.5, 0.13, 0.30)], SEEDS, SETTINGS)
    assert (found.sparsity, found.verdict.label) == (0.5, "changed")
    assert "30 % moved (interval 29–31 %): not confirmed: changed." in found.sentence
    near = chosen([level(0.5, 0.13, 0.145)], SEEDS, SETTINGS)
    assert near.verdict.label == "inconclusive" and "not confirmed." in near.sentence


def test_where_nothing_can_be_chosen_it_says_why():
    assert chosen([], SEEDS, SETTINGS) is None
    assert chosen([level(0.5, 0.1, 0.1, arm="random_pruned")], SEEDS, SETTINGS) is None
    assert chosen([level(0.5, None, 0.05)], SEEDS, SETTINGS).sentence == NO_VALIDATION
    found = chosen([level(0.5, 0.145, 0.05), level(0.9, 0.05, 0.05)], SEEDS, SETTINGS)
    assert (found.sparsity, found.verdict) == (None, None)
    assert found.sentence == (
        "No level was chosen: on validation rows 14.5 % moved (interval 13.5–15.5 %) already at a "
        "sparsity of 50 %, not surely within the margin of 15 %."
    )


def test_few_seeds_and_doubts_stand_in_the_way():
    few = chosen([level(0.5, 0.05, 0.05)], SEEDS[:5], SETTINGS)
    assert few.verdict.label == "inconclusive"
    assert "Five seeds can't decide" in few.sentence
    doubtful = [seed_of(0.05, conditions=("They differ.",)) for _ in range(8)]
    found = chosen([level(0.5, 0.05, 0.05)], doubtful, SETTINGS)
    assert found.verdict.label == "inconclusive" and "They differ." in found.sentence
