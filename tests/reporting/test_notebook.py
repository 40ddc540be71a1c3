"""Results in notebooks: the page itself, escaped into a frame that can reach nothing."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from explainprune.reporting import render
from explainprune.types import Attribution, Certificate, OutputBound, Size

HOSTILE = '"><script>alert(1)</script>'


def page_in(frame):
    """Read the one frame back, and hold that nothing escapes from its attribute."""
    found = re.fullmatch(
        r'<iframe sandbox="([^"]*)"[^>"]*(?:"[^"]*"[^>"]*)* srcdoc="([^"]*)"></iframe>', frame
    )
    assert found, frame[:200]
    assert "allow-same-origin" not in found[1] and "<script" not in frame
    return unescape(found[2])


def test_a_comparison_shows_its_page(comparison):
    assert page_in(comparison._repr_html_()) == render(comparison)


def test_a_study_shows_its_page(study):
    assert page_in(study._repr_html_()) == render(study)


def test_names_that_look_like_markup_stay_in_the_frame(table):
    assert "<script>document.title" not in page_in(table._repr_html_()).replace("&lt;", "<!")


@pytest.mark.parametrize("outputs", [(), (2,)])
def test_an_attribution_shows_its_leading_features(outputs):
    values = np.zeros((3, 4, *outputs))
    values[:, 2], values[:, 1] = 2.0, -1.0
    both = np.zeros((3, *outputs))
    found = Attribution(
        values,
        both,
        values.sum(axis=1),
        "exact",
        feature_names=(HOSTILE, "b", "c", "d"),
        notes=("said",),
    )
    page = page_in(found._repr_html_())
    names = re.findall(r'rowheader"><bdi>(.*?)</bdi>', page)
    assert names[:2] == ["c", "b"] and "<li><bdi>said</bdi></li>" in page
    assert "<script>alert" not in page and "the 4 leading of 4 features" in page


def test_an_attribution_of_several_inputs_names_them():
    values = {"age": np.ones((2, 1)), "job": np.zeros((2, 2))}
    found = Attribution(values, np.zeros(2), np.ones(2), "exact")
    assert ">age</bdi>" in page_in(found._repr_html_())


def test_a_certificate_shows_what_it_says():
    size = Size(10, 9, 20, 40, 30)
    found = Certificate("exact", "all inputs", 1e-6, 1e-7, 0, 5, size, replace(size, params=4))
    page = page_in(found._repr_html_())
    assert "parameters 10 → 4" in page and "after › params" in page


def test_a_certificate_shows_its_bound_without_the_box():
    bound = OutputBound((0.5,), (2.0,), (0.0,) * 3, (1.0,) * 3)
    found = Certificate("exact", "all inputs", 0.1, 0.1, 0, 5, None, None, bound=bound)
    page = page_in(found._repr_html_())
    assert "bound 0.5" in page and "bound › alone" in page
    assert "bound › low" not in page and "bound › high" not in page
