"""The page as text: what it holds, what it leaves out, that names stay names and numbers theirs."""

import hashlib
import json
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from explainprune.reporting import render
from explainprune.reporting.page import SECTIONS
from explainprune.reporting.subject import subject_of
from explainprune.reporting.tables import write_tables
from explainprune.types import Detail, Measure

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Tags, attributes, text by element, and whether every tag is closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.values, self.ids, self.open, self.text = Counter(), [], [], [], []
        self.attributes = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, *pair) for pair in attrs]
        values = dict(attrs)
        exact = values.get("data-value", values["value"] if tag == "data" else "")
        self.values += map(float, exact.split())
        self.ids += [values["id"]] if "id" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module", params=["comparison", "study", "table"])
def results(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def html(results):
    return render(results, {"command": "explainprune run", "versions": {"numpy": "2.4"}})


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def numbers_in(value):
    """Return every number in nested JSON values."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, (int, float)):
        return [float(value)]
    parts = value.values() if isinstance(value, dict) else value
    return [number for part in parts for number in numbers_in(part)]


def numbers_of(path):
    """Return every number in a table; a page may come without it."""
    cells = path.read_text("utf-8").replace("\n", ",").split(",") if path.is_file() else ()
    return {float(cell) for cell in cells if re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)}


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


def test_every_number_of_the_results_head_is_on_the_page(page, results, tmp_path):
    """On it, or in a table beside it where there is no room for all of them."""
    shown, plain = set(page.values), json.loads(results.to_json())
    write_tables(subject_of(results), tmp_path)
    for name in ("slices", "seeds", "levels", "metrics"):
        shown |= numbers_of(tmp_path / f"{name}.csv")
    for model in plain["models"].values():
        model["slices"] = model["slices"].pop("all rows")
        del model["n"]
    for verdict in (plain["verdict"], plain["clarity"]):
        more, backgrounds = verdict.pop("more"), verdict.pop("more_backgrounds")
        advised = "912 more rows and 6 more backgrounds would decide" in "".join(page.text)
        # Nobody trains as many seeds.
        assert (more, backgrounds) == (None, 0) or advised == (verdict["scope"] == "pair")
    without_n = re.sub(r'"n": \d+', '"n": null', json.dumps(plain))
    plain = json.loads(without_n)
    of_pairs = ("verdict", "clarity", "models", "comparisons", "slices")
    for part in (*of_pairs, "levels", "sources", "per_seed"):
        found = set(numbers_in(plain.get(part, {})))
        seeds = set(plain.get("seeds", ())) if part == "per_seed" else set()
        assert found - seeds <= shown, part
    assert len(set(numbers_in(plain["comparisons"]))) > 10


def test_every_number_of_the_page_is_in_the_results(page, results):
    held = {abs(value) for value in numbers_in(json.loads(results.to_json()))}
    missing = [value for value in page.values if abs(value) not in held]
    assert not missing
    assert len(page.values) > 100


def test_numbers_are_written_as_their_value_says(html):
    pairs = re.findall(r'<data(?: class="[^"]*")? value="([^" ]+)">([^<]+)</data>', html)
    pairs += re.findall(r'data-value="([^" ]+)[^"]*">([^<\n]+)', html)
    assert len(pairs) > 200
    for value, text in pairs:
        written = text.split("\xa0")[0].split(" (")[0]
        digits = re.sub(r"[^0-9.]", "", written.replace(",", "")) or "0"
        if "×" in text or "10³⁰" in text:
            continue
        shown, exact = float(digits), abs(float(value))
        close = [shown, shown / 100] if "<" not in text and ">" not in text else [0.0]
        assert any(abs(exact - c) <= max(0.0051 * exact, 0.051) for c in close), (value, text)


def test_how_many_edges_are_drawn_is_said(page, results):
    detail = (results.pair if hasattr(results, "pair") else results).detail
    text = re.sub(r"\s+", " ", "".join(page.text))
    for drawing in detail.drawings.values():
        drawn = sum(len(edges.weight) for edges in drawing.edges)
        total = sum(edges.total for edges in drawing.edges)
        assert f": {drawn:,} of {total:,} edges drawn." in text
        for edges in drawing.edges:
            assert f": {len(edges.weight):,} of {edges.total:,} edges" in text


def test_figures_without_interval_say_why(comparison):
    html = render(comparison)
    text = " ".join("".join(Page(html).text).split())
    html = html.partition('id="metrics"')[2]
    below = dict(re.findall(r"<sup>(\d+)</sup> <bdi>([^<]+)</bdi>", html))
    assert list(below.values()) == ["a constant", "U = L for all rows", "one row"]
    assert html.count("no interval¹") == 7
    assert html.count("undefined²") == 1
    assert "1 only two rows" in text
    assert "Sizes are counted, not estimated" in text


def test_n_is_said_in_every_figure(comparison):
    text = "".join(Page(render(comparison)).text)
    assert text.count("n\xa0=\xa0360") > 5
    assert "n\xa0=\xa036" in text


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
        (
            "inconclusive",
            "?",
            7,
            "7 more rows would decide with a chance of nine in ten.",
        ),
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
    drawn = re.findall(r": ([0-9,]+) of [0-9,]+ edges drawn", "".join(Page(html).text))
    assert 6900 < sum(int(count.replace(",", "")) for count in drawn) <= 7000
