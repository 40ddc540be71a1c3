import keras
import numpy as np
import pytest
from keras import layers as kl

from explainprune.network.variables import variables
from explainprune.network.ways.size import size_of
from explainprune.pruning import prune, shrink
from explainprune.pruning.candidates import candidates
from explainprune.pruning.granularity import Sharing, view

K, _ = True, False


def residual():
    x = keras.Input((6, 6, 2))
    y = kl.Conv2D(4, 3, padding="same", activation="relu", name="stem")(x)
    z = kl.Conv2D(5, 3, padding="same", activation="relu", name="inner")(y)
    z = kl.Conv2D(4, 3, padding="same", name="last")(z)
    z = kl.ReLU()(kl.Add(name="sum")([y, z]))
    model = keras.Model(x, kl.Dense(3, name="out")(kl.GlobalAveragePooling2D()(z)), name="res")
    rng = np.random.default_rng(0)
    for variable in variables(model).values():
        variable.assign(rng.uniform(-0.5, 1.0, variable.shape))
    return model


def see(model, **options):
    return view("coupled", model, candidates(model, **options))


def test_what_a_sum_joins_goes_together():
    seen = see(residual())
    assert sorted(seen.sizes.values()) == [4, 5]
    joined = next(key for key, size in seen.sizes.items() if size == 4)
    assert set(joined.split("+")) == {"stem", "last"}
    scores = {
        "stem": np.array([1.0, 5, 5, 5]),
        "last": np.array([5.0, 0, 5, 5]),
        "inner": np.array([9.0, 9, 9, 4, 9]),
    }
    # Sums: stem+last 6, 5, 10, 10; inner 4 is lowest, then 5.
    kept = seen.choose(scores, 2 / 9, None, Sharing())
    np.testing.assert_array_equal(kept[joined], [K, _, K, K])
    np.testing.assert_array_equal(kept["inner"], [K, K, K, _, K])
    masks = seen.masks(kept)
    assert not masks["stem/kernel"][..., 1].any()
    assert not masks["last/kernel"][..., 1].any()
    assert not masks["inner/kernel"][:, :, 1].any()
    assert not masks["last/kernel"][:, :, 3].any()
    assert not masks["out/kernel"][1].any()
    assert masks.sparsity == 2 / 9


def test_a_model_pruned_so_shrinks_to_what_it_keeps():
    model = residual()
    pruned = prune(
        model, criterion="magnitude", granularity="coupled", sparsity=4 / 9, schedule="one_shot"
    )
    small = shrink(pruned.model, masks=pruned.masks)
    x = np.random.default_rng(1).normal(size=(4, 6, 6, 2)).astype("float32")
    np.testing.assert_allclose(small.model(x), pruned.model(x), atol=1e-4)
    kept = {key: int(mask.sum()) for key, mask in pruned.masks.entries.items()}
    inner = kept.pop("inner")
    (joined,) = kept.values()
    params = 9 * 2 * joined + joined + 9 * joined * inner + inner + 9 * inner * joined + joined
    assert size_of(small.model).params == params + joined * 3 + 3


def test_a_protected_member_protects_its_group():
    assert see(residual(), protect=["stem"]).sizes == {"inner": 5}
    with pytest.raises(ValueError, match="'res' has no unit that can be removed"):
        see(residual(), protect=["stem", "inner"])


def test_the_last_group_stays():
    seen = see(residual(), protect=["stem"])
    with pytest.raises(ValueError, match="needs at least 1"):
        seen.choose({"inner": np.arange(5.0)}, 0.99, None, Sharing(keep_at_least=0))
