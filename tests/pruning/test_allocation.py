import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explainprune.pruning.allocation import allocate
from explainprune.pruning.shares import ALLOCATIONS

K, _ = True, False


def scores_of(**layers):
    return {name: np.array(values, dtype=float) for name, values in layers.items()}


def check(masks, **expected):
    assert list(masks) == list(expected)
    for name, mask in expected.items():
        np.testing.assert_array_equal(masks[name], np.array(mask, dtype=bool), err_msg=name)


def test_weights_by_hand():
    scores = scores_of(a=[[9, 1], [2, 8], [3, 7]], b=[[4, 0.5], [6, 5]])
    check(
        allocate(scores, 0.5, unit_axes={"a": -1, "b": -1}),
        a=[[K, _], [_, K], [_, K]],
        b=[[_, _], [K, K]],
    )
    check(
        allocate(scores, 0.5, allocation="uniform", unit_axes={"a": -1, "b": -1}),
        a=[[K, _], [_, K], [_, K]],
        b=[[_, _], [K, K]],
    )
    scores["b"] *= 100
    check(
        allocate(scores, 0.5, unit_axes={"a": -1, "b": -1}),
        a=[[K, _], [_, K], [_, _]],
        b=[[K, _], [K, K]],
    )
    check(
        allocate(scores, 0.5, allocation="uniform", unit_axes={"a": -1, "b": -1}),
        a=[[K, _], [_, K], [_, K]],
        b=[[_, _], [K, K]],
    )


def test_units_by_hand():
    scores = scores_of(a=[4, 1, 3, 2], b=[0.1, 0.3, 0.2])
    check(allocate(scores, 3 / 7), a=[K, _, K, K], b=[_, K, _])
    check(allocate(scores, 5 / 7), a=[K, _, _, _], b=[_, K, _])
    check(allocate(scores, 5 / 7, keep_at_least=0), a=[K, _, K, _], b=[_, _, _])
    check(allocate(scores, 3 / 7, keep_at_least=2), a=[K, _, K, _], b=[_, K, K])
    check(allocate(scores, 3 / 7, allocation="uniform"), a=[K, _, K, _], b=[_, K, K])


def test_the_floor_counts_incoming_weights_of_each_unit():
    scores = scores_of(a=[[9, 1], [8, 2], [7, 3]])
    check(allocate(scores, 0.5, unit_axes={"a": -1}), a=[[K, _], [K, _], [_, K]])
    check(allocate(scores, 0.5, unit_axes={"a": 0}), a=[[K, _], [K, _], [K, _]])
    check(allocate(scores, 0.5, unit_axes={"a": -1}, keep_at_least=0), a=[[K, _], [K, _], [K, _]])


def test_ties_go_from_the_end_or_by_lot():
    scores = scores_of(a=[1, 1, 1], b=[1, 1, 1])
    check(allocate(scores, 0.5, keep_at_least=0), a=[K, K, K], b=[_, _, _])
    check(allocate(scores, 0.5), a=[K, K, _], b=[K, _, _])
    drawn = [allocate(scores, 0.5, seed=s, keep_at_least=0) for s in range(30)]
    assert len({np.concatenate(list(m.values())).tobytes() for m in drawn}) > 5
    again = allocate(scores, 0.5, seed=3, keep_at_least=0)
    check(again, **drawn[3])


def test_erk_by_hand():
    # Kept in proportion to rows + columns: 12 for a's 20 weights, 20 for b's 100.
    rng = np.random.default_rng(0)
    scores = {"a": rng.random((10, 2)), "b": rng.random((10, 10))}

    def kept(number):
        masks = allocate(scores, 1 - number / 120, allocation="erk", keep_at_least=0)
        return {path: int(mask.sum()) for path, mask in masks.items()}

    assert kept(32) == {"a": 12, "b": 20}
    assert kept(24) == {"a": 9, "b": 15}
    assert kept(64) == {"a": 20, "b": 44}  # 24 and 40, but a has only 20


def test_lamp_by_hand():
    # a: 4/(4+9)=.31, 9/9=1; b: 1/(1+4+9)=.07, 4/13=.31, 1 — magnitudes of a are irrelevant.
    scores = scores_of(a=[200, 300], b=[1, 2.01, 3])
    check(allocate(scores, 0.4, allocation="lamp", keep_at_least=0), a=[_, K], b=[_, K, K])
    check(allocate(scores, 0.4, keep_at_least=0), a=[K, K], b=[_, _, K])
    check(allocate(scores, 0.6, allocation="lamp", keep_at_least=0), a=[_, K], b=[_, _, K])


def test_isomorphic_layers_compete_among_themselves():
    scores = scores_of(a=[1, 2, 3, 4], b=[10, 20, 30, 40], c=[0.1, 0.2, 0.3, 0.4])
    kinds = {"a": "block", "b": "block", "c": "stem"}
    masks = allocate(scores, 0.5, allocation="isomorphic", kinds=kinds, keep_at_least=0)
    check(masks, a=[_, _, _, _], b=[K, K, K, K], c=[_, _, K, K])


def test_own_sparsity_or_limits_for_a_layer():
    scores = scores_of(a=[1, 2, 3, 4], b=[10, 20, 30, 40], c=[5, 6, 7, 8])
    check(allocate(scores, 0.5), a=[_, _, _, K], b=[K, K, K, K], c=[_, _, _, K])
    masks = allocate(scores, 0.5, allocation={"a": 0.25})
    check(masks, a=[_, K, K, K], b=[_, _, K, K], c=[_, _, _, K])
    masks = allocate(scores, 0.5, allocation={"a": (0, 0.5), "b": (0.25, 1)})
    check(masks, a=[_, _, K, K], b=[_, K, K, K], c=[_, _, _, K])


def slowly(scores, sparsity, keep_at_least, axes, kept):
    """Remove the lowest one by one, never below a unit's floor: the definition, by a sort."""
    entries = [(p, i) for p in scores for i in np.ndindex(scores[p].shape)]
    gone = {(p, i) for p, i in entries if not kept[p][i]}
    number = round(sparsity * len(entries))

    def unit(p, i):
        return (p, i[axes[p]]) if axes else p

    left = {}
    for p, i in entries:
        left[unit(p, i)] = left.get(unit(p, i), 0) + ((p, i) not in gone)
    order = {entry: position for position, entry in enumerate(entries)}
    for p, i in sorted(entries, key=lambda e: (scores[e[0]][e[1]], -order[e])):
        if (p, i) not in gone and len(gone) < number and left[unit(p, i)] > keep_at_least:
            gone.add((p, i))
            left[unit(p, i)] -= 1
    assume(len(gone) == number)
    return {
        p: np.array([(p, i) not in gone for i in np.ndindex(s.shape)]) for p, s in scores.items()
    }


few = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])
kernels = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=few)


@given(
    st.lists(kernels, min_size=1, max_size=3),
    st.floats(0, 0.99),
    st.integers(0, 2),
    st.booleans(),
    st.data(),
)
def test_global_equals_removing_the_lowest_one_by_one(kernels, sparsity, floor, by_unit, data):
    scores = {f"layer{i}": kernel for i, kernel in enumerate(kernels)}
    axes = dict.fromkeys(scores, 1) if by_unit else None
    kept = {p: data.draw(arrays(bool, s.shape)) for p, s in scores.items()}
    expected = slowly(scores, sparsity, floor, axes, kept)
    masks = allocate(scores, sparsity, keep_at_least=floor, unit_axes=axes, kept=kept)
    for path, mask in expected.items():
        np.testing.assert_array_equal(masks[path].ravel(), mask)


@pytest.mark.parametrize("allocation", [*ALLOCATIONS, {"layer0": (0.0, 0.6)}])
@given(
    st.lists(
        arrays(
            np.float64,
            st.tuples(st.integers(1, 6), st.integers(1, 6)),
            elements=st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1),
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.floats(0, 0.99), min_size=1, max_size=4),
    st.integers(0, 2),
    st.none() | st.integers(0, 5),
)
def test_counts_are_exact_and_what_is_removed_stays_removed(
    allocation, kernels, sparsities, floor, seed
):
    scores = {f"layer{i}": kernel for i, kernel in enumerate(kernels)}
    axes = dict.fromkeys(scores, 1)
    total = sum(s.size for s in scores.values())
    before = None
    for sparsity in sorted(sparsities):
        try:
            masks = allocate(
                scores,
                sparsity,
                allocation=allocation,
                keep_at_least=floor,
                unit_axes=axes,
                kept=before,
                seed=seed,
            )
        except ValueError as error:
            assert "closest within reach" in str(error)
            return
        assert sum(int((~m).sum()) for m in masks.values()) == round(sparsity * total)
        for path, mask in masks.items():
            assert (mask.sum(axis=0) >= min(floor, mask.shape[0])).all()
            if before is not None:
                assert not (mask & ~before[path]).any()
        before = masks


@given(st.lists(st.integers(1, 40), min_size=2, max_size=5), st.floats(0, 0.9))
def test_uniform_shares_differ_by_less_than_an_entry(sizes, sparsity):
    scores = {str(i): np.random.default_rng(i).random(n) for i, n in enumerate(sizes)}
    masks = allocate(scores, sparsity, allocation="uniform", keep_at_least=0)
    total = sum(sizes)
    exact = (total - round(sparsity * total)) / total
    for path, mask in masks.items():
        assert abs(mask.sum() - exact * scores[path].size) < 1


@pytest.mark.parametrize("allocation", ["lamp", "uniform", "erk"])
def test_no_layer_collapses_without_a_floor(allocation):
    rng = np.random.default_rng(1)
    scores = {"large": 100 + rng.random((50, 50)), "small": rng.random((20, 20))}
    masks = allocate(scores, 0.95, allocation=allocation, keep_at_least=0)
    assert masks["small"].any()
    assert not allocate(scores, 0.95, keep_at_least=0)["small"].any()


def test_the_closest_within_reach_can_be_passed_on():
    scores = {"a": np.random.default_rng(0).random((7, 3))}
    with pytest.raises(ValueError, match=r"closest within reach is sparsity=0.857142") as caught:
        allocate(scores, 0.95, unit_axes={"a": -1})
    closest = float(str(caught.value).rsplit("=", 1)[1].rstrip("."))
    masks = allocate(scores, closest, unit_axes={"a": -1})
    np.testing.assert_array_equal(masks["a"].sum(axis=0), [1, 1, 1])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sparsity": 1.0}, r"0 ≤ sparsity < 1. Received: 1.0"),
        ({"sparsity": -0.1}, r"Received: -0.1"),
        ({"sparsity": float("nan")}, r"Received: nan"),
        ({"sparsity": "0.5"}, r"Received: '0.5'"),
        ({"keep_at_least": -1}, r"keep_at_least is 0 or more. Received: -1"),
        ({"allocation": "globl"}, r"Unknown allocation 'globl'. Did you mean 'global'\?"),
        ({"allocation": {"b": 0.5}}, r"Unknown key in allocation 'b'. .*Known: a"),
        ({"allocation": {"a": 1.5}}, r"in \[0, 1\].* Received: 1.5 for 'a'"),
        ({"allocation": {"a": (0.9, 0.1)}}, r"Received: \(0.9, 0.1\) for 'a'"),
        ({"allocation": {"a": 0.75}}, r"limits of allocation leaves at most 1"),
        ({"scores": {}}, r"nothing to remove"),
        ({"scores": {"a": np.array([1.0, np.nan])}}, r"Scores of 'a' are not all finite"),
        ({"scores": {"a": -np.ones(4)}, "allocation": "lamp"}, r"lamp' needs scores of at least 0"),
        ({"kept": {"a": np.array([True, False, False, False])}}, r"leaves at most 1"),
        ({"allocation": lambda candidates, keep: []}, r"must put each of \['a'\] into one pool"),
    ],
)
def test_errors_say_what_is_wrong(change, text):
    arguments = {"scores": {"a": np.arange(4.0)}, "sparsity": 0.5} | change
    with pytest.raises((ValueError, TypeError), match=text):
        allocate(**arguments)


def test_an_allocation_of_the_users_own():
    def halves(candidates, keep):
        first, second = candidates.scores
        return [
            ({first: candidates.scores[first]}, keep - 1),
            ({second: candidates.scores[second]}, 1),
        ]

    scores = scores_of(a=[1, 2, 3], b=[30, 20, 10])
    check(allocate(scores, 0.5, allocation=halves), a=[_, K, K], b=[K, _, _])


def test_scores_are_left_as_they_are():
    scores = scores_of(a=[1, 2, 3])
    scores["a"].setflags(write=False)
    allocate(scores, 0.5, kept={"a": np.array([True, False, True])})
    np.testing.assert_array_equal(scores["a"], [1, 2, 3])
