"""Pages of one model and of several: what is on them, and the folders they lie in."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from explainprune.reporting import load_results, report
from explainprune.reporting.overview_page import render_overview
from explainprune.reporting.profile_page import SECTIONS, render_profile
from explainprune.reporting.views.profile import MOST_UNITS, units
from explainprune.types import Detail, Overview, Profile, Verdict


@pytest.fixture(scope="module")
def profile(comparison):
    detail = comparison.detail
    return Profile(
        sentence="On 360 rows, an explanation rests on 26 features.",
        name="dense",
        models={"dense": comparison.models["dense"]},
        marks={
            arm: comparison.comparisons[f"dense|{arm}"]["moved_weight"]
            for arm in ("redrawn_background", "random_weights")
        },
        metrics=comparison.metrics,
        answers=comparison.answers,
        detail=replace(detail, drawings={"dense": detail.drawings["dense"]}, rewired=()),
        provenance=comparison.provenance,
        notes=("said once",),
    )


@pytest.fixture(scope="module")
def overview(comparison):
    def named(label):
        return replace(comparison.verdict, label=label)

    models = {
        "dense": comparison.models["dense"],
        "half": replace(comparison.models["pruned"], nonzero=3000, accuracy=0.95),
        "tenth <b>": replace(comparison.models["pruned"], nonzero=600, accuracy=0.93),
        "worse": replace(comparison.models["pruned"], nonzero=3000, accuracy=0.90),
    }
    moved = comparison.comparisons["dense|pruned"]["moved_weight"]
    return Overview(
        dense="dense",
        models=models,
        verdicts={
            "half": named("preserved"),
            "tenth <b>": named("changed"),
            "worse": named("preserved"),
        },
        clarities=dict.fromkeys(("half", "tenth <b>", "worse"), comparison.clarity),
        moved=dict.fromkeys(("half", "tenth <b>", "worse"), moved),
        metrics=comparison.metrics,
        provenance=comparison.provenance,
        notes=(),
    )


def test_a_page_of_one_model_has_every_section(profile):
    page = render_profile(profile)
    found = re.findall(r'<section id="(\w+)"', page)
    assert found == list(SECTIONS)
    assert profile.sentence in page and "<li><bdi>said once</bdi></li>" in page
    assert page == render_profile(profile) and "<script src" not in page
    for word in ("Other background rows", "Random weights", "Accuracy"):
        assert word in page


def test_sections_without_content_are_left_out(profile):
    bare = replace(profile, marks={}, detail=Detail(features=profile.detail.features))
    found = re.findall(r'<section id="(\w+)"', render_profile(bare))
    assert found == ["rests", "works", "provenance"]


def test_all_layers_together_draw_as_many_neurons_as_there_is_room_for(profile):
    first = profile.detail.units[0]
    made = [
        replace(first, layer=layer, unit=unit, before=1.0 + unit, rank_before=50 - unit)
        for layer in ("one", "two", "three")
        for unit in range(50)
    ]
    drawn = units(replace(profile, detail=replace(profile.detail, units=tuple(made))))
    kept = [f"{layer}, unit {u}" for layer in ("one", "two", "three") for u in range(49, 29, -1)]
    assert (len(kept), [line.label for line in drawn.rows]) == (MOST_UNITS, kept)
    assert units(replace(profile, detail=replace(profile.detail, units=()))).rows == ()


def test_a_report_of_one_model_is_a_folder_and_rendered_again(profile, tmp_path):
    page = report(profile, tmp_path / "out")
    names = {path.name for path in page.parent.iterdir()}
    assert names == {
        "attributions.csv", "connections.csv", "features.csv", "figures", "filters.csv",
        "models.csv", "report.html", "results.json", "slices.csv", "trust.csv", "units.csv",
    }  # fmt: skip
    figures = {path.stem: path.read_text("utf-8") for path in (page.parent / "figures").iterdir()}
    assert set(figures) == {"features", "rows", "trust", "works", "network", "filters", "units"}
    for text in figures.values():
        assert ElementTree.fromstring(text).tag.endswith("svg") and "var(" not in text
    again, _ = load_results(tmp_path / "out")
    assert again == profile and render_profile(again) == page.read_text(encoding="utf-8")


def test_the_frontier_holds_what_nothing_beats(overview):
    assert overview.frontier() == ("half", "tenth <b>")
    least = replace(overview.moved["half"], value=0.05, interval=(0.04, 0.06))
    lone = replace(overview, moved={**overview.moved, "worse": least})
    assert lone.frontier() == ("half", "tenth <b>", "worse")


def test_the_page_over_several_names_them_smallest_first(overview):
    page = render_overview(overview)
    links = re.findall(r'<a href="([^"#]+)"><bdi>(.*?)</bdi>', page)
    assert links == [
        ("tenth__b_/report.html", "tenth &lt;b&gt;"),
        ("half/report.html", "half"),
        ("worse/report.html", "worse"),
    ]
    share = 100 * 3000 / overview.models["dense"].nonzero
    assert (
        "Of three models two decide for the same reasons as dense; the smallest of these is half"
        in page
    )
    assert f"{share:.1f}\u00a0% of the parameters" in page and "<b>" not in page


def test_reports_of_several_lie_below_the_overview(small, tmp_path):
    page = report({"pruned": small}, tmp_path / "out", manifest={"command": "x"})
    inner = tmp_path / "out" / "pruned"
    assert (inner / "report.html").is_file() and (inner / "results.json").is_file()
    found = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert list(found["verdicts"]) == ["pruned"] and page == tmp_path / "out" / "report.html"
    overview, manifest = load_results(tmp_path / "out")
    assert isinstance(overview, Overview) and manifest == {"command": "x"}
    assert isinstance(overview.verdicts["pruned"], Verdict)
