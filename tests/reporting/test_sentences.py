"""Sentences that were false or odd, and their kin: none on any page."""

import re
from dataclasses import replace

import pytest

from explainprune.reporting import render
from explainprune.reporting.formatting import number
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.answering import decide
from explainprune.reporting.views.answers import answered
from explainprune.reporting.views.features import laid_out
from explainprune.reporting.views.sentences import sentences as sentences_of
from explainprune.types import Detail

PAGES = ("comparison", "study", "small", "small_study", "big_comparison", "big_study", "big_table")
FORBIDDEN = {
    "what Python calls things": r"\b(Comparison|Study|Measure|Verdict|Data|dtype)\b\(|<class",
    "values that are none": r"\b(None|nan|NaN|inf|undefined:)\b(?!: <)",
    "numbers that nobody can grasp": r"10[⁰¹²³⁴⁵⁶⁷⁸⁹]{3,}",
    "one of several": r"(?<![\d,.])1 (rows|seeds|were|are|units|features|slices|backgrounds)\b",
    "pixels that are channels": r"all [\d,]+ pixels",
    "a bound that isn't": r"nothing real|can be smaller",
    "unfinished sentences": r"\.\.|\s[.,;:](?=\s|$)|\(\s*\)|\{\{|\}\}",
    "a wrapped percent sign": r"\d %",
}


def sentences(html):
    """Return what a reader reads, paragraph by paragraph; code and names of files aside."""
    main = re.search(r"<main>.*</main>", html, re.DOTALL)[0]
    main = re.sub(r"<(svg|pre)\b.*?</\1>", "", main, flags=re.DOTALL)
    main = re.sub(r"<code>.*?</code>", "a file", main)
    blocks = re.split(
        r"</?(?:p|div|li|t[dhr]|table|caption|h\d|dt|dd|figcaption|summary)\b[^>]*>", main
    )
    plain = (re.sub(r"<[^>]+>", "", block) for block in blocks)
    return [re.sub(r"[ \t\n]+", " ", text).strip() for text in plain if text.strip()]


@pytest.fixture(scope="module")
def said(request):
    return {which: sentences(render(request.getfixturevalue(which))) for which in PAGES}


@pytest.mark.parametrize("kind", FORBIDDEN)
@pytest.mark.parametrize("which", PAGES)
def test_no_page_says_so(said, which, kind):
    found = [text for text in said[which] if re.search(FORBIDDEN[kind], text)]
    assert not found, found[:3]
    assert len(said[which]) > 100


@pytest.mark.parametrize("which", PAGES)
def test_the_first_screen_has_no_brackets_within_brackets(request, which):
    html = render(request.getfixturevalue(which))
    (first,) = re.findall(r'<section id="verdicts".*?</section>', html, re.DOTALL)
    answers = re.findall(r'<p class="sentence">(.*?)</p>', first, re.DOTALL)
    assert len(answers) == 2
    for text in answers:
        assert "(" not in text
        assert 1 <= len(re.findall(r"[.?](?= |$)", text.strip())) <= 2
        for sentence in re.split(r"(?<=[.?]) ", text.strip()):
            assert len(re.findall(r"\d[\d.,]*", sentence)) <= 2  # a figure, and the margin
    assert first.count("<strong>Next:</strong>") == 2


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((8, 8), "8 × 8 pixels"),
        ((32, 32, 3), "32 × 32 pixels, channels added up"),
        ((28, 28, 1), "28 × 28 pixels"),
        ((64, 48, 3), "64 × 48 pixels, channels added up, averaged over blocks of 2 × 2"),
    ],
)
def test_a_map_says_what_its_cells_are(shape, said):
    assert laid_out(Detail(image_shape=shape)) == said


def test_nobody_is_told_to_train_thousands_of_seeds(comparison, study):
    for results, more, advice in (
        (study, 40, "40 more seeds would"), (study, 1300, ""), (study, 1, "1 more seed would"),
        (comparison, 1300, "1,300 more rows would"), (comparison, 10**7, ""),
    ):  # fmt: skip
        verdict = replace(results.verdict, more=more, more_backgrounds=0)
        assert decide(verdict).startswith(advice)
        assert bool(decide(verdict)) == bool(advice)


def test_one_prediction_is_one(comparison):
    answers = replace(
        comparison.answers, rows=99, flips=((0, 1, 2), (1, 0, 1)), negative=((0, 1, 1),), positive=1
    )
    assert answered(subject_of(replace(comparison, answers=answers))).flips == (
        "3 of 99 predictions changed: 1 was right and is wrong now (negative flips), 1 was wrong "
        "and is right now, 1 is wrong both times."
    )


@pytest.mark.parametrize("value", [2.7e303, 1e31, -1e40, 1e-300])
def test_numbers_beyond_grasp_are_said_to_be_so(value):
    for kind in ("count", "plain"):
        assert not re.search(FORBIDDEN["numbers that nobody can grasp"], number(value, kind))


def test_every_figure_has_a_sentence_of_its_numbers(study, comparison):
    found = sentences_of(subject_of(study))
    assert all(found.values())
    rows = comparison.detail.features
    by = {part: sorted(rows, key=lambda row: -getattr(row, part)) for part in ("dense", "other")}
    leads = {part: {row.name for row in order[:10]} for part, order in by.items()}
    said = found["features"].replace("\u00a0", " ")
    assert f"{by['dense'][0].name} ({100 * by['dense'][0].dense:.1f} % of all" in said
    assert f"they share {len(leads['dense'] & leads['other'])} of the 10 features" in said
    lost = min(rows, key=lambda row: row.other - row.dense)
    assert f"The share of {lost.name} falls most, from {100 * lost.dense:.1f} % to" in said
    assert "4.5\u00a0% of the weights" in found["sizes"]  # 402 of 8,906
    bins = [(b.confidence, b.right.value) for b in comparison.answers.reliability["pruned"]]
    sure, right = max(bins, key=lambda pair: abs(pair[0] - pair[1]))
    assert f"{100 * sure:.1f}\u00a0% sure, {100 * right:.1f}\u00a0% of its" in found["reliability"]
    kept = sum(unit.kept for unit in comparison.detail.units)
    assert found["units"].startswith(f"{kept} of {len(comparison.detail.units)} neurons stay")
    assert set(sentences_of(subject_of(replace(comparison, detail=Detail()))).values()) > {""}
