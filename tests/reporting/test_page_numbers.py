"""Numbers on the page: those of the results, rounded as their kind asks, or why there is none."""

import json
import re

from reporting_page_reading import Page

from explainprune.reporting import render
from explainprune.reporting.subject import subject_of
from explainprune.reporting.tables import write_tables


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
        advised = "About 920 more rows and 6 more backgrounds would decide" in "".join(page.text)
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


def test_figures_without_interval_say_why(comparison):
    html = render(comparison)
    text = " ".join("".join(Page(html).text).split())
    html = html.partition('id="metrics"')[2]
    below = dict(re.findall(r"<sup>(\d+)</sup> <bdi>([^<]+)</bdi>", html))
    assert list(below.values()) == [
        "a constant", "U = L for all rows", "a search has no interval", "one row",
    ]  # fmt: skip
    assert html.count("no interval¹") == 7
    assert html.count("undefined²") == 1
    assert "1 only two rows" in text
    assert "Sizes are counted, not estimated" in text


def test_n_is_said_in_every_figure(comparison):
    text = "".join(Page(render(comparison)).text)
    assert text.count("n\xa0=\xa0360") > 5
    assert "n\xa0=\xa036" in text
