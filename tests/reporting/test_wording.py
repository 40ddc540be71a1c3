import pytest

from explainprune.reporting.formatting import KINDS
from explainprune.reporting.wording import ARMS, TERMS, WRITTEN, arm, split_role, term
from explainprune.types import Metric
from explainprune.types.metric import KINDS as METRIC_KINDS


@pytest.mark.parametrize("key", TERMS)
def test_every_term_is_written_in_a_known_kind(key):
    assert term(key, {}) is TERMS[key]
    assert term(key, {}).kind in KINDS
    assert split_role(key) == (key, "")


@pytest.mark.parametrize("key", ARMS)
def test_every_arm_can_be_told_from_a_quantity(key):
    assert split_role(f"gini_{key}") == ("gini", key)
    assert arm(key).label == ARMS[key].label


def test_what_is_not_listed_keeps_its_name():
    assert term("my_metric", {}).label == "my metric"
    assert arm("my_arm").label == "my arm"


@pytest.mark.parametrize("kind", METRIC_KINDS)
def test_a_metric_is_written_as_it_says_by_every_method(kind):
    mine = {"mine": Metric(kind, "<b>My\nown", "what I mean")}
    for key, label in (("mine", "<b>My own"), ("mine@exact", "<b>My own, by exact")):
        found = term(key, mine)
        assert (found.label, found.meaning) == (label, "what I mean")
        assert found.kind == WRITTEN[kind]
        assert found.kind in KINDS
