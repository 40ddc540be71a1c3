"""Decisions over cut-offs, and the first screen's word on what falls."""

import re
from dataclasses import replace
from html import unescape

import pytest

from explainprune.reporting import render
from explainprune.reporting.subject import subject_of
from explainprune.reporting.svg.lines import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from explainprune.reporting.views.answering import works
from explainprune.reporting.views.cut_offs import decisions
from explainprune.types import Measure


def section(html, anchor):
    (found,) = re.findall(rf'<section id="{anchor}".*?</section>', html, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found)))


def with_answers(comparison, **changes):
    return replace(comparison, answers=replace(comparison.answers, **changes))


def test_every_defined_point_of_both_models_is_drawn(comparison):
    found, known = decisions(subject_of(comparison)), comparison.answers.cut_offs
    for (title, svg), quantity in zip(
        found.charts, ("recall", "false_alarms", "precision"), strict=True
    ):
        assert title.lower().startswith(quantity.replace("_", " "))
        drawn = [d.count("M") for d in re.findall(r'd="([^"]+)" class="marker"', svg)]
        defined = [
            sum(getattr(point, quantity).value is not None for point in curve)
            for curve in known.curve.values()
        ]
        assert drawn == defined
    assert min(defined) < 9  # nothing is decided at the highest cut-off
    x = LEFT + (WIDTH - LEFT - RIGHT) * known.stated
    line = re.search(r'<line x1="([\d.]+)" x2="([\d.]+)" y1="(\d+)" y2="(\d+)"', found.charts[0][1])
    assert [float(v) for v in line.groups()] == [
        pytest.approx(x, abs=0.01), pytest.approx(x, abs=0.01), TOP, HEIGHT - BOTTOM,
    ]  # fmt: skip


def test_the_table_has_both_models_in_all_and_within_groups(comparison):
    found, known = decisions(subject_of(comparison)), comparison.answers.cut_offs
    assert [label for label, _ in found.rows] == ["all rows", "group east", "group west"]
    _, figures = found.rows[1]
    each = known.within["group east"]
    assert figures[1] == (each["dense"].recall, each["pruned"].recall)
    assert found.columns == ("decided so", "recall", "false alarms", "precision")
    text = section(render(comparison), "performance")
    assert "A row is decided as 1 from a chance of 30 % on: the cut-off that all" in text


def test_without_a_stated_cut_off_the_likelier_class_is_decided(comparison):
    plain = with_answers(comparison, cut_offs=replace(comparison.answers.cut_offs, stated=None))
    assert "from a chance of 50 % on: the likelier class." in section(render(plain), "performance")
    assert 'class="reference"' not in decisions(subject_of(plain)).charts[0][1]
    none = render(with_answers(comparison, cut_offs=None))
    assert "Decisions by a cut-off" not in none


def test_what_falls_most_stands_on_the_first_screen_with_its_rows(comparison):
    found = works(subject_of(comparison))
    assert (found.fall, found.sure) == (comparison.answers.fall, True)
    text = section(render(comparison), "verdicts")
    assert (
        "It falls most in class 3 : from 94.4 % to 77.8 % of its rows, by 16.7 % (1.2–32.1) of "
        "them, n = 36 . The interval allows for all 11 classes and groups that have rows enough."
    ) in text


def test_a_fall_that_may_be_chance_is_called_so(comparison):
    fall = replace(comparison.answers.fall, fall=Measure(0.05, (-0.1, 0.2), 36))
    text = section(render(with_answers(comparison, fall=fall)), "verdicts")
    assert "The largest fall, which may be chance, is in class 3 " in text
    assert "falls most" not in text
    assert "fall" not in section(render(with_answers(comparison, fall=None)), "verdicts")


def test_without_labels_there_is_no_such_line(comparison):
    blank = {"accuracy": None, "auc": None, "log_loss": None, "intervals": {}, "slices": {}}
    models = {key: replace(row, **blank) for key, row in comparison.models.items()}
    unlabelled = replace(with_answers(comparison, fall=None), models=models)
    assert works(subject_of(unlabelled)) is None
    assert "Does it still work?" not in section(render(unlabelled), "verdicts")


def test_why_it_is_not_called_so_is_said_on_the_first_screen(comparison):
    sentence = (
        "The pruned model's explanations are not called less clear, because the other model is "
        "broken: accuracy fell by 6.6 points (interval 4.4–8.6; margin 2)."
    )
    clarity = replace(comparison.clarity, label="inconclusive", sentence=sentence)
    text = section(render(replace(comparison, clarity=clarity)), "verdicts")
    assert "It isn't called less clear, because the pruned model is broken." in text


def test_on_a_studys_page_the_fall_is_said_to_be_the_first_seeds(study):
    assert works(subject_of(study)).of_first_seed
    text = section(render(study), "verdicts")
    assert "In the first seed: It falls most in" in text or "In the first seed: The largest" in text
