from dataclasses import replace
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from explainprune.reporting.figures import FIGURES, write_figures
from explainprune.reporting.figures.style import save, styled
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import subject_of
from explainprune.types import Detail


def texts(path):
    tree = ElementTree.parse(path)
    return [e.text for e in tree.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def drawn(small_study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    write_figures(subject_of(small_study), folder)
    return folder


def test_every_figure_is_written_with_live_text(drawn, small):
    assert {path.stem for path in drawn.iterdir()} == set(FIGURES)
    assert "Moved weight" in texts(drawn / "reasons.svg")
    total = sum(edges.total for edges in small.detail.drawings["dense"].edges)
    assert total == 5 * 4 + 4 * 3
    assert "dense: 32 of 32 edges drawn" in texts(drawn / "network.svg")
    assert {"Moved weight", "Moved weight against accuracy"} <= set(texts(drawn / "levels.svg"))


def test_figures_are_the_same_bytes_whatever_the_user_has_set(small_study, drawn, tmp_path):
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": None}):
        before = dict(mpl.rcParams)
        write_figures(subject_of(small_study), tmp_path)
        assert dict(mpl.rcParams) == before
    for path in drawn.iterdir():
        again = (tmp_path / path.name).read_bytes()
        assert again == path.read_bytes(), path.name
        assert b"dc:date" not in again


def test_dots_stand_where_their_numbers_say(small):
    with styled():
        axes = FIGURES["reasons"](subject_of(small)).axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    keys = ("moved_weight", "worst_class", "worst_group", "floor", "stability")
    evidence = [small.verdict.evidence[key] for key in keys]
    assert [line.get_xdata()[0] for line in dots] == [measure.value for measure in evidence]
    spans = [tuple(s[:, 0]) for c in axes.collections for s in c.get_segments()]
    assert spans == [measure.interval for measure in evidence]


def test_every_edge_is_a_line_of_the_network(small):
    with styled():
        figure = FIGURES["network"](subject_of(small))
    for axes, drawing in zip(figure.axes, small.detail.drawings.values(), strict=True):
        ends = sum(len(line.get_xdata()) for line in axes.lines)
        assert ends == 3 * sum(len(edges.weight) for edges in drawing.edges) > 0


@pytest.mark.parametrize("figure", ["features", "network", "samples", "performance"])
def test_hostile_names_are_text_and_draw_without_a_word(
    table, factory, tmp_path, recwarn, capfd, figure
):
    with styled():
        save(FIGURES[figure](subject_of(table)), tmp_path / "x.svg")
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")
    tags = {e.tag.split("}")[-1] for e in ElementTree.parse(tmp_path / "x.svg").iter()}
    assert not tags & {"script", "iframe", "foreignObject", "img"}
    if figure == "features":
        assert name(factory.HOSTILE[7], 36) in texts(tmp_path / "x.svg")


def test_nothing_to_draw_is_no_figure(small):
    subject = subject_of(replace(small, detail=Detail()))
    assert [key for key, draw in FIGURES.items() if draw(subject) is not None] == [
        "reasons", "clarity", "performance",
    ]  # fmt: skip
