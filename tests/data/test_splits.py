import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainprune.data import holdout
from explainprune.data.splits import split
from explainprune.types import Data, Rows


@given(
    strata=st.lists(st.integers(0, 4), min_size=1, max_size=120),
    first=st.floats(0.1, 0.8),
    seed=st.integers(0, 2**31),
)
def test_parts_are_disjoint_whole_sized_and_stratified(strata, first, seed):
    strata = np.array(strata)
    shares = (first, (1 - first) / 2, (1 - first) / 2)
    found = split(strata, shares, seed)
    assert sorted(np.concatenate(found)) == list(range(len(strata)))
    for part, share in zip(found, shares, strict=True):
        assert abs(len(part) - share * len(strata)) <= 1
        assert (np.diff(part) > 0).all()
    # A part's own cuts move by a fraction of a row for each stratum: within two rows of its share.
    for stratum in np.unique(strata):
        size = (strata == stratum).sum()
        for part, share in zip(found, shares, strict=True):
            assert abs((strata[part] == stratum).sum() - share * size) <= 1 + 1 + share


def test_no_row_is_favoured():
    held = np.zeros(10)
    for seed in range(2000):
        held[split(np.arange(10) % 2, (0.6, 0.4), seed)[1]] += 1
    np.testing.assert_allclose(held / 2000, 0.4, atol=0.05)


def classes(n, **fields):
    x = np.arange(2.0 * n).reshape(n, 2)
    return Data(Rows(x, np.arange(n) % 2, np.arange(n) % 3), task="classification", **fields)


def test_holdout_keeps_rows_labels_and_groups_together():
    whole = classes(40, feature_names=("a", "b"), name="mine")
    data = holdout(whole, 0.25, seed=2)
    assert (len(data.train), len(data.validation), len(data)) == (24, 6, 10)
    assert data.feature_names == ("a", "b") and data.name == "mine"
    for rows in (data.train, data.validation, data.scored):
        index = (rows.x[:, 0] / 2).astype(int)
        assert (rows.y == index % 2).all() and (rows.group == index % 3).all()
        assert abs((rows.y == 0).sum() - len(rows) / 2) <= 1


def test_holdout_leaves_split_data_alone():
    data = holdout(classes(40))
    assert holdout(data, 0.5, seed=9) is data


def test_a_regression_is_held_out_across_its_range():
    y = np.linspace(0, 1, 100)
    whole = Data(Rows(y[:, None], y), task="regression")
    data = holdout(whole, 0.2, validation=0)
    assert data.validation is None and len(data) == 20
    # Two rows of each tenth.
    assert (np.bincount((data.y * 9.999).astype(int)) == 2).all()


def test_unlabelled_data_is_held_out_at_random():
    data = holdout(Data(Rows(np.zeros((8, 2)))), 0.25, validation=0)
    assert (len(data.train), len(data)) == (6, 2)


@pytest.mark.parametrize(("share", "validation"), [(0, 0), (1, 0), (0.5, 0.5), (0.3, -0.1)])
def test_shares_out_of_range(share, validation):
    with pytest.raises(ValueError, match=r"share is in \(0, 1\), validation in \[0, 1\)"):
        holdout(classes(10), share, validation=validation)


def test_too_few_rows():
    with pytest.raises(ValueError, match=r"1 rows are too few to hold 25% of them out"):
        holdout(classes(1))
