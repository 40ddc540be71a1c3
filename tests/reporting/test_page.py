"""The page as text: what it holds, what it leaves out, that names stay names."""

import hashlib
import json
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from dataclasses import replace

import pytest
from reporting_page_reading import Page

from explainprune.reporting import render
from explainprune.reporting.page import SECTIONS
from explainprune.reporting.svg.wires import MOST_EDGES, wired
from explainprune.types import Detail, Measure


def test_the_page_is_well_formed_and_small(page, html):
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    assert len(html.encode("utf-8")) < 700_000
    links = [value for tag, key, value in page.attributes if (tag, key) == ("a", "href")]
    assert {link.removeprefix("#") for link in links} <= set(page.ids)


def test_nothing_is_loaded_and_nothing_is_inline(page, html):
    assert [page.tags[tag] for tag in ("script", "style", "img", "iframe", "object")] == [
        1, 1, 0, 0, 0,
    ]  # fmt: skip
    keys = {key for _, key, _ in page.attributes}
    assert not [key for key in keys if key.startswith("on")]
    assert not keys & {"style", "src", "srcset", "action", "background"}
    assert not re.search(r"(https?:)?//[a-z]", html)


def test_the_policy_allows_these_two_texts_and_no_other(page, html):
    (policy,) = [v for _, k, v in page.attributes if k == "content" and "default-src" in v]
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL).group(1)
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_every_section_is_there_and_linked(page, results):
    of_studies = ("levels", "sources")
    wanted = [s for s in SECTIONS if s not in of_studies or hasattr(results, "seeds")]
    assert [i for i in page.ids if i in SECTIONS] == wanted


def test_how_many_connections_are_drawn_is_said(page, results):
    detail = (results.pair if hasattr(results, "pair") else results).detail
    text = re.sub(r"\s+", " ", "".join(page.text))
    for drawing, shown in zip(
        detail.drawings.values(), wired(*detail.drawings.values()), strict=True
    ):
        total = sum(edges.total for edges in drawing.edges)
        assert f": {len(shown.lines):,} of {total:,} connections drawn as lines" in text
    before, after = (sum(e.total for e in d.edges) for d in detail.drawings.values())
    kept = f"has {after:,} of {before:,} connections of "
    assert (kept in text) == bool(detail.rewired)
    assert kept in text or f"has {before:,} connections, " in text


def test_the_same_results_give_the_same_bytes_in_another_process(results, html, tmp_path):
    (tmp_path / "results.json").write_bytes(results.to_json().encode("utf-8", "backslashreplace"))
    script = (
        "import hashlib, sys\n"
        "from explainprune.reporting import load_results, report\n"
        "manifest = {'command': 'explainprune run', 'versions': {'numpy': '2.4'}}\n"
        "page = report(load_results(sys.argv[1])[0], sys.argv[1] + '/out', manifest=manifest)\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'shap', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules)\n"
        "print(hashlib.sha256(page.read_bytes()).hexdigest())\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert out.stdout.strip() == hashlib.sha256(html.encode()).hexdigest()


def test_hostile_names_add_no_element(table, factory, monkeypatch):
    hostile = Page(render(table))
    monkeypatch.setattr(factory, "HOSTILE", tuple(f"harmless {i}" for i in range(12)))
    monkeypatch.setattr(factory, "LONG", "harmless")
    harmless = Page(render(factory.table_comparison()))
    assert hostile.tags == harmless.tags
    assert Counter(a[:2] for a in hostile.attributes) == Counter(a[:2] for a in harmless.attributes)
    text = "".join(hostile.text)
    assert "<script>document.title='owned'</script>" in text
    assert "{{ 7*7 }}{% raw %}" in text
    assert not set(text) & {"\u202e", "\x00", "\x08", "\ud800"}


def test_a_page_without_details_keeps_the_answer(comparison):
    page = Page(render(replace(comparison, detail=Detail(), slices={})))
    assert [i for i in page.ids if i in SECTIONS] == [
        "verdicts", "evidence", "sizes", "certificate", "performance", "where", "codes", "metrics",
        "provenance", "reading",
    ]  # fmt: skip
    assert comparison.verdict.sentence in [text.replace("\xa0", " ") for text in page.text]


def test_rows_without_labels_have_churn_but_no_accuracy(comparison):
    blank = {"accuracy": None, "auc": None, "log_loss": None, "intervals": {}, "slices": {}}
    models = {key: replace(row, **blank) for key, row in comparison.models.items()}
    text = "".join(Page(render(replace(comparison, models=models))).text)
    assert "there is no accuracy" in text
    assert "Churn" in text


@pytest.mark.parametrize(
    ("label", "glyph", "more", "said"),
    [
        ("preserved", "=", None, None),
        ("changed", "≠", None, None),
        ("inconclusive", "?", 7, "7 more rows would decide with a chance of nine in ten."),
        ("inconclusive", "?", None, None),
    ],
)
def test_cards_say_the_verdict_and_what_would_decide(comparison, label, glyph, more, said):
    verdict = replace(comparison.verdict, label=label, more=more, more_backgrounds=0)
    text = Page(render(replace(comparison, verdict=verdict))).text
    assert glyph in text
    assert label.capitalize() in text
    assert any(t.strip() == said for t in text) == bool(said)
    assert any("would decide with" in t for t in text) == bool(said)


def test_only_a_study_of_few_seeds_is_illustrative(comparison, study):
    assert "Too few seeds" not in render(comparison)
    assert render(study).count("Too few seeds for a verdict") == 2


def test_a_model_against_itself(comparison):
    one = Measure(1.0, (1.0, 1.0), 360)
    zero = Measure(0.0, (0.0, 0.0), 360)
    same = replace(
        comparison,
        models={"dense": comparison.models["dense"], "other": comparison.models["dense"]},
        comparisons={"dense|other": {"moved_weight": zero, "signed_top_k": one, "churn": zero}},
        slices={},
        verdict=replace(
            comparison.verdict,
            label="preserved",
            evidence={"moved_weight": zero, "floor": zero, "stability": zero},
        ),
    )
    text = "".join(Page(render(same)).text)
    assert "Preserved" in text
    assert "0\xa0%" in text


def test_a_wide_network_and_large_images_stay_within_the_size(comparison, factory):
    import numpy as np

    rng = np.random.default_rng(0)
    count = 28 * 28
    names = tuple(f"pixel {i // 28},{i % 28}" for i in range(count))
    border = np.zeros((28, 28))
    border[4:24, 4:24] = 1
    values = [tuple(map(float, rng.normal(size=count) * border.ravel())) for _ in range(3)]
    sample = replace(comparison.detail.samples[0], x=values[0], dense=values[1], other=values[2])
    sizes, layers = (count, 300, 100, 10), ("inputs", "a", "b", "logits")
    detail = Detail(
        {
            "dense": factory.drawing_of(sizes, layers, rng, most=5000),
            "pruned": factory.drawing_of(sizes, layers, rng, density=0.1, dead=0.2, most=5000),
        },
        factory.units_of((("a", 300), ("b", 100)), rng),
        "taylor",
        factory.feature_rows(names, rng.gamma(1, size=count), rng.gamma(1, size=count)),
        (sample,) * 12,
        names,
        (28, 28),
    )
    html = render(replace(comparison, detail=detail))
    assert len(html.encode()) < 720_000
    carried = [json.loads(v) for _, k, v in Page(html).attributes if k == "data-network"]
    listed = [sum(len(edges[3]) for edges in each["edges"]) for each in carried]
    assert 6900 < sum(listed) <= MOST_EDGES
    assert listed[0] - listed[1] in range(-3, 4)  # both have more than half of what a page bears
