import numpy as np
import pytest

from explainprune.types import Masks


def test_sparsity_is_counted_over_prunable_entries():
    masks = Masks(
        {"a/kernel": np.array([[True, False]]), "a/bias": np.array([False, False])}, ("a/kernel",)
    )
    assert (masks.removed, masks.total, masks.sparsity) == (1, 2, 0.5)


def test_sparsity_is_counted_over_units_where_units_were_decided_on():
    masks = Masks(
        {"a/kernel": np.array([[True, False, True], [True, False, False]])},
        entries={"a": np.array([True, False, True, True])},
    )
    assert (masks.removed, masks.total, masks.sparsity) == (1, 4, 0.25)


def test_round_trip(tmp_path):
    masks = Masks(
        {"a/kernel": np.array([[True, False]]), "a/bias": np.array([True])},
        ("a/kernel",),
        {"in/a": np.array([True, False])},
    )
    masks.save(tmp_path / "masks.npz")
    again = Masks.load(tmp_path / "masks.npz")
    assert again.prunable == masks.prunable
    for mine, theirs in ((again.arrays, masks.arrays), (again.entries, masks.entries)):
        assert list(mine) == list(theirs)
        for path, mask in theirs.items():
            np.testing.assert_array_equal(mine[path], mask)


def test_masks_are_boolean_copies_that_cannot_change():
    array = np.array([True, False])
    masks = Masks({"a": array})
    array[0] = False
    assert masks["a"][0]
    with pytest.raises(ValueError, match="read-only"):
        masks["a"][0] = False
    with pytest.raises(TypeError, match=r"A mask is boolean.*'a' with dtype=int64"):
        Masks({"a": np.array([1, 0])})
    with pytest.raises(TypeError, match=r"'b' with dtype=float64"):
        Masks({"a": array}, entries={"b": np.ones(2)})
    with pytest.raises(ValueError, match=r"Prunable paths without a mask: \['b'\]"):
        Masks({"a": array}, ("b",))
