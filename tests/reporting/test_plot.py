import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from explainprune.reporting import plot


def scan(layers=2, called="l"):
    rows = [{"layer": None, "achieved": 0.0, "loss": 0.2, "accuracy": 0.9}]
    for number in range(layers):
        for share in (0.5, 0.25):  # in any order
            lost = share * (number + 1) / layers
            layer = f"{called}{number}"
            rows.append({"layer": layer, "achieved": share, "loss": 1.0, "accuracy": 0.9 - lost})
    return pd.DataFrame(rows)


def test_a_line_for_each_layer_from_the_whole_model():
    axes = plot.sensitivity(scan())
    whole, first, second = axes.lines
    assert list(whole.get_ydata()) == [0.9, 0.9]
    assert list(first.get_xdata()) == list(second.get_xdata()) == [0, 25, 50]
    assert list(first.get_ydata()) == pytest.approx([0.9, 0.775, 0.65])
    assert list(second.get_ydata()) == pytest.approx([0.9, 0.65, 0.4])
    assert axes.get_ylabel() == "accuracy"


def test_axes_that_are_given_are_drawn_into_and_returned():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    before = dict(mpl.rcParams)
    assert plot.sensitivity(scan(), ax=right) is right
    assert (len(left.lines), len(right.lines)) == (0, 3)
    assert dict(mpl.rcParams) == before


def test_without_labels_of_classes_the_loss():
    axes = plot.sensitivity(scan().drop(columns="accuracy"))
    assert axes.get_ylabel() == "loss"
    assert list(axes.lines[1].get_ydata()) == [0.2, 1.0, 1.0]


def test_of_many_layers_those_that_lose_most(tmp_path):
    axes = plot.sensitivity(scan(20))
    labels = [line.get_label() for line in axes.lines[1:]]
    assert labels == [f"l{number}" for number in range(5, 20)]
    plot.save(axes.figure, tmp_path / "scan.svg")
    assert "the 15 of 20 layers that lose most" in (tmp_path / "scan.svg").read_text("utf-8")


@pytest.mark.parametrize("called", ["_", "$\\frac{", "\u4e2d"])
def test_any_name_is_shown_as_it_is(called, tmp_path):
    plot.save(plot.sensitivity(scan(called=called)).figure, tmp_path / "scan.svg")
    assert f"{called}1" in (tmp_path / "scan.svg").read_text("utf-8")


def test_files_are_the_same_bytes_whatever_the_user_has_set(tmp_path):
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": None}):
        plot.save(plot.sensitivity(scan()).figure, tmp_path / "a.svg")
    plot.save(plot.sensitivity(scan()).figure, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_what_is_no_scan():
    with pytest.raises(ValueError, match=r"Received: DataFrame without achieved, layer, loss"):
        plot.sensitivity(pd.DataFrame({"a": [1]}))
