"""Where two models differ, and reasons for adverse decisions, as the page has them."""

import re
from dataclasses import replace

import pytest

from explainprune.reporting import render
from explainprune.reporting.page import SECTIONS
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.codes import codes
from explainprune.reporting.views.samples import gallery
from explainprune.reporting.views.where import whereabouts
from explainprune.types import Exemplars, Where


def text_of(html, anchor):
    """The words of one section."""
    (section,) = re.findall(rf'<section id="{anchor}".*?</section>', html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))


def test_rules_lie_on_one_axis_those_that_hold_first(comparison):
    shown = whereabouts(subject_of(comparison))
    assert [len(part) for part in (shown.confirmed, shown.tried)] == [2, 1]
    first = shown.confirmed[0]
    assert first.conditions == ("age is at most 30", "duration is over 24")
    rule = comparison.where.rules[0]
    assert [line.measures[0][1] for line, _ in first.scale.rows] == [rule.inside, rule.outside]
    assert len({each.scale.axis for each in (*shown.confirmed, *shown.tried)}) == 1


def test_the_page_says_what_a_rule_does_and_how_it_was_found(comparison):
    text = text_of(render(comparison), "where")
    assert "age is at most 30 and duration is over 24" in text
    assert "on the other (180)" in text
    assert re.search(
        r"A difference of 32\.0 % \(25\.0–39\.0\) ; its interval allows for 3 rules", text
    )
    assert "Tried and not confirmed (1)" in text
    assert "Rules could be about age , duration , job" in text


def test_without_a_search_or_a_rule_there_is_no_figure(comparison):
    assert 'id="where"' not in render(replace(comparison, where=None))
    none = replace(comparison, where=Where("No rule was worth trying.", (), ("age",)))
    text = text_of(render(none), "where")
    assert "No rule was worth trying." in text
    assert "Tried" not in text


def test_exemplars_are_shown_before_other_rows_with_their_nulls(comparison):
    shown = gallery(subject_of(comparison))
    assert len(shown.exemplars) == 2 and shown.twins
    text = text_of(render(comparison), "samples")
    assert text.index("Same prediction, other reasons") < text.index("Typical rows, those that")
    assert ", 6.2 % by other background rows, 18.0 % in arm retrained." in text.replace(" ,", ",")
    none = replace(comparison, exemplars=Exemplars("No row of 348 has other reasons."))
    text = text_of(render(none), "samples")
    assert "No row of 348 has other reasons." in text
    assert "Same prediction, other reasons" not in text
    assert "had no" not in text_of(render(replace(comparison, exemplars=None)), "samples")


def test_values_are_shown_as_the_user_knows_them(table):
    sample = replace(table.detail.samples[0], said=("thirty",) * 30)
    page = render(replace(table, detail=replace(table.detail, samples=(sample,))))
    assert text_of(page, "samples").count("= thirty") == 5


def test_reasons_that_change_are_held_against_what_changes_them_otherwise(comparison):
    shown = codes(subject_of(comparison))
    assert [line.label for line, _ in shown.changed.rows] == [
        "another set of reasons",
        "another set or order",
        "another leading reason",
        "Set, for scale: another draw of those that just pass",
        "Set, for scale: Retrained",
    ]
    assert [line.label for line, _ in shown.slices.rows] == ["group east", "group west"]
    (_, dense, other), (_, _, none) = shown.examples
    assert [shared for _, shared in dense] == [True, True, False, False]
    assert [shared for _, shared in other] == [True, True, False]
    assert none == ()


def test_the_page_names_the_reasons_of_both_models(comparison):
    text = text_of(render(comparison), "codes")
    assert "Of 60 rows with a chance of deny of 50 % or more in both models, 25 %" in text
    assert "history = 0.62 usual among those that just pass: 0.36" in text
    assert "requests = 0.62 (only here) usual among" in text
    assert "age of account = missing (only here)" in text
    assert "nothing speaks for it" in text
    assert "in dense : 50 of 301 passing rows" in text
    assert 'id="codes"' not in render(replace(comparison, codes=None))


@pytest.mark.parametrize("anchor", ["where", "codes"])
def test_a_study_says_that_it_is_the_first_seeds(study, anchor):
    assert "first seed" in text_of(render(study), anchor)
    assert anchor in SECTIONS
