import pandas as pd
import pytest

from explainprune.reporting import sensitivity_figure


def scan(layers=2):
    rows = [{"layer": None, "achieved": 0.0, "loss": 0.2, "accuracy": 0.9}]
    for number in range(layers):
        for share in (0.5, 0.25):  # in any order
            lost = share * (number + 1) / layers
            rows.append(
                {"layer": f"l{number}", "achieved": share, "loss": 1.0, "accuracy": 0.9 - lost}
            )
    return pd.DataFrame(rows)


def test_a_line_for_each_layer_from_the_whole_model():
    axes = sensitivity_figure(scan()).axes[0]
    whole, first, second = axes.lines
    assert list(whole.get_ydata()) == [0.9, 0.9]
    assert list(first.get_xdata()) == list(second.get_xdata()) == [0, 25, 50]
    assert list(first.get_ydata()) == pytest.approx([0.9, 0.775, 0.65])
    assert list(second.get_ydata()) == pytest.approx([0.9, 0.65, 0.4])
    assert axes.get_ylabel() == "accuracy"


def test_without_labels_of_classes_the_loss():
    axes = sensitivity_figure(scan().drop(columns="accuracy")).axes[0]
    assert axes.get_ylabel() == "loss"
    assert list(axes.lines[1].get_ydata()) == [0.2, 1.0, 1.0]


def test_of_many_layers_those_that_lose_most(tmp_path):
    figure = sensitivity_figure(scan(20), tmp_path / "scan.svg")
    labels = [line.get_label() for line in figure.axes[0].lines[1:]]
    assert labels == [f"l{number}" for number in range(5, 20)]
    assert "the 15 of 20 layers that lose most" in (tmp_path / "scan.svg").read_text("utf-8")


def test_what_is_no_scan():
    with pytest.raises(ValueError, match=r"Received: DataFrame without achieved, layer, loss"):
        sensitivity_figure(pd.DataFrame({"a": [1]}))
