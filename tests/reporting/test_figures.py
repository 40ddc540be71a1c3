import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from explainprune.reporting import render
from explainprune.reporting.figures import FIGURES, write_figures
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import subject_of
from explainprune.types import Detail

SVG = "{http://www.w3.org/2000/svg}"


def charts(text, depth):
    """Cut out every SVG element that lies in `depth` others."""
    found, starts = [], []
    for tag in re.finditer(r"<svg\b[^>]*?(/?)>|</svg>", text):
        if tag[0] != "</svg>":
            starts.append(tag.start())
        if tag[0] == "</svg>" or tag[1]:
            start = starts.pop()
            if len(starts) == depth:
                found.append(text[start : tag.end()])
    return found


def written(results, folder):
    write_figures(subject_of(results), folder)
    return {path.stem: path.read_text("utf-8") for path in folder.iterdir()}


@pytest.mark.parametrize("which", ["comparison", "study", "table"])
def test_files_hold_the_pages_charts_and_no_others(request, which, tmp_path):
    results = request.getfixturevalue(which)
    # What stands in a key is written into the template, or is a dot of a model's colour.
    page = {d for d in charts(render(results), 0) if "sample" not in d.partition(">")[0]}
    files = {d for text in written(results, tmp_path).values() for d in charts(text, 3)}
    assert {d for d in files if not re.match(r'<svg><path d="M13 7h0" class="dot', d)} == page
    assert len(page) > 60


def test_every_figure_has_a_title_a_ground_and_colours_of_its_own(small_study, tmp_path):
    files = written(small_study, tmp_path)
    assert set(files) == set(FIGURES)
    for stem, text in files.items():
        tree = ElementTree.fromstring(text)
        assert tree.tag == f"{SVG}svg"
        assert tree.find(f"{SVG}title").text == FIGURES[stem][0]
        assert tree.find(f"{SVG}desc").text.startswith("pruned against dense; ")
        assert tree.find(f"{SVG}rect").get("fill") == "#ffffff"
        style = tree.find(f"{SVG}style").text
        assert ".dense { color: #0b5f9e; }" in style
        assert "var(" not in text
        assert not re.search(r"(https?:)?//(?!www\.w3\.org/2000/svg\")|url\(|@import", text)


def test_words_beside_the_charts_are_the_pages(small_study, small, tmp_path):
    files = written(small_study, tmp_path)
    texts = {
        k: [e.text for e in ElementTree.fromstring(v).iter(f"{SVG}text")] for k, v in files.items()
    }
    before = sum(edges.total for edges in small.detail.drawings["dense"].edges)
    assert before == 5 * 4 + 4 * 3
    assert "Moved weight" in texts["reasons"]
    assert "dense: 32 of 32 connections drawn as lines" in texts["network"]
    assert {"Moved weight", "Moved weight against accuracy", "Placebo"} <= set(texts["levels"])
    sample = small.detail.samples[0]
    assert f"row {sample.row}: {sample.dense_says} → {sample.other_says}" in texts["samples"]


def test_hostile_names_are_text(table, factory, tmp_path):
    for stem, text in written(table, tmp_path).items():
        tree = ElementTree.fromstring(text)
        tags = {e.tag.removeprefix(SVG) for e in tree.iter()}
        assert tags <= {
            "svg",
            "g",
            "title",
            "desc",
            "style",
            "text",
            "tspan",
            "rect",
            "line",
            "path",
            "circle",
        }
        assert not [k for e in tree.iter() for k in e.attrib if k.startswith("on") or "href" in k]
        assert len(list(tree.iter(f"{SVG}style"))) == 1
        if stem == "features":
            assert name(factory.HOSTILE[7], 40) in [e.text for e in tree.iter(f"{SVG}text")]


def test_nothing_to_draw_is_no_file(small, tmp_path):
    bare = written(replace(small, detail=Detail(), where=None, codes=None), tmp_path)
    assert set(bare) == {"reasons", "clarity", "performance", "reliability", "cut_offs"}
