"""What the page says of answers: flips, confusions and whether confidence holds."""

import re
from dataclasses import replace

import pytest

from explainprune.reporting import render
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.answers import answered
from explainprune.types import Answers, Bin, Measure


@pytest.fixture
def shown(comparison):
    def laid_out(**changes):
        answers = replace(comparison.answers, **changes)
        return answered(subject_of(replace(comparison, answers=answers)))

    return laid_out


def test_flips_are_counted_both_ways(shown):
    found = shown(
        rows=360,
        flips=((0, 1, 7), (2, 0, 3)),
        negative=((0, 1, 5),),
        positive=2,
        classes=("0", "1", "2"),
    )
    assert found.flips == (
        "10 of 360 predictions changed: 5 were right and are wrong now (negative flips), "
        "2 were wrong and are right now, 3 are wrong both times."
    )
    label, cells = found.changed.rows[0]
    assert (label, cells[1].count, cells[1].lost, cells[1].tint) == ("0", 7, 5, 5)
    assert found.changed.rows[2][1][0].tint == 3


def test_without_labels_only_the_count_is_said(shown):
    found = shown(flips=((0, 1, 7),), negative=(), confusion={}, reliability={})
    assert found.flips == "7 of 360 predictions changed."
    assert not found.confusion
    assert not found.curve
    assert shown(flips=(), negative=()).flips == "No prediction changed on 360 rows."


def test_a_confusion_is_coloured_by_the_share_of_the_true_class(shown):
    found = shown(
        confusion={"dense": ((0, 1, 3), (1, 1, 2)), "pruned": ((0, 0, 9), (0, 1, 1), (1, 1, 2))}
    )
    (_, first), (_, second), *others = found.confusion.rows
    assert [(cell.was, cell.count, cell.tint) for cell in first[:2]] == [(0, 9, 5), (3, 1, 1)]
    assert (second[1].was, second[1].count) == (None, 2)  # as many as before
    assert not any(cell.count or cell.was for _, cells in others for cell in cells)


def test_many_classes_are_listed_not_drawn(shown):
    names = tuple(f"class {i}" for i in range(40))
    found = shown(classes=names, flips=((3, 4, 9), (0, 1, 2)), negative=((3, 4, 4),))
    assert found.changed is None
    assert found.confusion is None
    (a, b, cell), _ = found.listed
    assert (a, b, cell.count, cell.lost) == ("class 3", "class 4", 9, 4)


def test_the_curve_has_every_bin_and_the_diagonal(shown, comparison):
    found = shown()
    bins = comparison.answers.reliability
    marks = re.findall(r'd="([^"]+)" class="marker"', found.curve)
    assert [d.count("M") for d in marks] == [len(each) for each in bins.values()]
    assert found.curve.count('class="reference"') == 1
    assert [role for role, _ in found.bins] == ["dense"] * 4 + ["other"] * 4


def test_class_names_are_inert_on_the_page(comparison, factory):
    named = Answers(
        factory.HOSTILE[:3],
        10,
        {"dense": ((0, 1, 10),), "pruned": ((0, 2, 10),)},
        ((1, 2, 10),),
        reliability={"dense": (Bin(0.9, Measure(0.0, (0.0, 0.3), 10)),)},
    )
    page = render(replace(comparison, answers=named))
    assert "<script>document.title" not in page
    assert "<img src=x" not in page
    assert "&lt;scrip" in page


def test_results_without_answers_have_no_such_part(comparison):
    assert answered(subject_of(replace(comparison, answers=Answers()))) is None
    assert "Does confidence hold?" not in render(replace(comparison, answers=Answers()))


@pytest.mark.parametrize("text", ["Does confidence hold?", "before → now"])
def test_the_page_has_it(text, comparison):
    assert text in render(comparison)
