"""What a study says of where differences come from, and which level it chose."""

from dataclasses import replace

from explainprune.reporting import render
from explainprune.reporting.formatting import number
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.levels import sweep
from explainprune.reporting.views.sources import sources


def test_sources_are_rows_by_their_own_deviation_and_the_largest_is_named(study, comparison):
    found = sources(subject_of(study))
    rows = {line.label: line for line, _ in found.scale.rows}
    assert list(rows) == ["Training seed", "Pruning seed", "Rows", "Background"]
    assert [rows["Rows"].measures[0][1], rows["Rows"].beside[0]] == [
        study.sources[2].deviation, study.sources[2].share,
    ]  # fmt: skip
    share = number(study.sources[0].share.value, "share")
    assert found.sentence == f"Most of it comes from the training seed: {share} of the variance."
    even = [
        replace(each, share=replace(each.share, value=0.4 - i / 10))
        for i, each in enumerate(study.sources[:3])
    ]
    told = sources(subject_of(replace(study, sources=tuple(even)))).sentence
    assert told == (
        "No source has half of it; the training seed has the largest part, "
        "40.0\xa0% of the variance."
    )
    assert sources(subject_of(comparison)) is None
    assert sources(subject_of(replace(study, sources=()))) is None


def test_the_chosen_level_is_said_above_the_sweep(study):
    assert sweep(subject_of(study)).choice == study.choice
    assert study.choice.sentence.replace(" %", "\xa0%") in render(study)
    assert "whose reasons are preserved</h3>" not in render(replace(study, choice=None))
