import numpy as np
import pytest

from explainprune.types import Importance, Masks


def test_frame_is_best_first_with_ranks_that_share_ties():
    scores = {"a": np.array([0.5, 2.0, 0.5]), "b": np.array([1.0])}
    frame = Importance("taylor", "unit", scores).to_frame()
    assert frame["layer"].tolist() == ["a", "a", "a", "b"]
    assert frame["unit"].tolist() == [1, 0, 2, 0]
    assert frame["rank"].tolist() == [1.0, 2.5, 2.5, 1.0]
    assert frame["std_error"].isna().all() and frame["kept"].isna().all()


def test_frame_of_a_shrunk_model_names_original_units():
    imp = Importance(
        "taylor",
        "unit",
        {"a": np.array([1.0, 3.0])},
        std_error={"a": np.array([0.1, 0.2])},
        original={"a": np.array([4, 7])},
        kept={"a": np.array([True, False])},
    )
    frame = imp.to_frame()
    assert frame["unit"].tolist() == [7, 4]
    assert frame["std_error"].tolist() == [0.2, 0.1] and frame["kept"].tolist() == [False, True]


def test_weights_are_named_by_variable_and_flat_index():
    frame = Importance("magnitude", "weight", {"a/kernel": np.array([[1.0, 4.0]])}).to_frame()
    assert list(frame.columns[:2]) == ["variable", "index"] and frame["index"].tolist() == [1, 0]


def test_it_cannot_change_and_says_itself_briefly():
    imp = Importance("taylor", "unit", {"a": np.ones(3), "b": np.ones(2)})
    assert repr(imp) == "Importance('taylor', 5 units in 2 layers)"
    with pytest.raises(ValueError, match="read-only"):
        imp["a"][0] = 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"level": "layer"}, r"level is 'unit' or 'weight'. Received: 'layer'"),
        ({"scores": {"a": np.array([np.nan])}}, r"Scores of 'a' by 'taylor' are not all finite"),
        ({"std_error": {"a": np.ones(2)}}, r"std_error\['a'\] has shape \(2,\); .* have \(3,\)"),
        ({"kept": {"b": np.ones(3, bool)}}, r"kept names 'b', which has no scores"),
    ],
)
def test_importances_that_are_refused(fields, message):
    given = {"criterion": "taylor", "level": "unit", "scores": {"a": np.ones(3)}, **fields}
    with pytest.raises(ValueError, match=message):
        Importance(**given)


def test_units_of_a_shrunk_model_are_called_by_their_first_index():
    imp = Importance("taylor", "unit", {"a": np.array([1.0, 3.0]), "b": np.ones(2)})
    named = imp.with_original({"a": np.array([4, 7]), "elsewhere": np.arange(9)})
    assert named.to_frame()["unit"].tolist() == [7, 4, 0, 1]
    assert imp.original is None
    with pytest.raises(ValueError, match=r"original\['a'\] has shape \(3,\)"):
        imp.with_original({"a": np.arange(3)})
    by_weight = Importance("taylor", "weight", {"a/kernel": np.ones((2, 3))})
    with pytest.raises(ValueError, match="Only units have original indices"):
        by_weight.with_original({})


def test_masks_say_what_is_kept():
    imp = Importance("taylor", "unit", {"a": np.array([1.0, 3.0, 2.0]), "b": np.ones(2)})
    kernel = np.array([[True, False, True], [False, False, True]])
    masks = Masks({"a/kernel": kernel, "b/kernel": np.ones((3, 4), bool)})
    frame = imp.with_kept(masks).to_frame()
    assert frame["kept"][:3].tolist() == [False, True, True]
    assert frame["kept"][3:].isna().all()  # the kernel of b is of another width
    decided = Masks({"a/kernel": kernel}, entries={"a": np.array([False, True, False])})
    assert imp.with_kept(decided).kept["a"].tolist() == [False, True, False]
    by_weight = Importance("taylor", "weight", {"a/kernel": np.ones((2, 3))}).with_kept(masks)
    np.testing.assert_array_equal(by_weight.kept["a/kernel"], kernel)
