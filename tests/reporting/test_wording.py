import pytest

from explainprune.reporting.formatting import KINDS
from explainprune.reporting.wording import ARMS, TERMS, arm, split_role, term


@pytest.mark.parametrize("key", TERMS)
def test_every_term_is_written_in_a_known_kind(key):
    assert term(key) is TERMS[key]
    assert term(key).kind in KINDS
    assert split_role(key) == (key, "")


@pytest.mark.parametrize("key", ARMS)
def test_every_arm_can_be_told_from_a_quantity(key):
    assert split_role(f"gini_{key}") == ("gini", key)
    assert arm(key).label == ARMS[key].label


def test_what_is_not_listed_keeps_its_name():
    assert term("my_metric").label == "my metric"
    assert term("share_of_x").kind == "share"
    assert term("x_features").kind == "amount"
    assert arm("my_arm").label == "my arm"
