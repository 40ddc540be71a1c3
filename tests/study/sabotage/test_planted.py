"""What is said to be planted is there: by what the networks output, not by their explanations."""

import numpy as np
import pytest

from explainprune.network import as_network
from explainprune.study.sabotage import changed, harmless
from explainprune.study.sabotage.planted import COLUMNS, FAR, PROXIES, RULE, base
from explainprune.study.sabotage.subgroup import COLUMNS as OF_THE_GROUP
from explainprune.study.sabotage.subgroup import MEMBERS, members_dropped


def logits(model, x):
    return np.asarray(as_network(model).outputs(x), np.float64)


def probabilities(model, x):
    z = logits(model, x)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def reads(model, x, columns, names=COLUMNS):
    """How far outputs move when columns are set to zero."""
    without = np.array(x)
    without[:, [names.index(name) for name in columns]] = 0
    return np.abs(logits(model, without) - logits(model, x)).max()


def accuracy(model, data):
    return np.mean(logits(model, data.x).argmax(axis=1) == data.y)


@pytest.fixture(scope="module")
def dense():
    return base(0)


def test_the_dense_network_learned_the_rule_from_its_own_columns(dense):
    model, data = dense
    assert accuracy(model, data) > 0.95
    assert reads(model, data.x, PROXIES) == 0 < 1 < reads(model, data.x, RULE)
    assert np.abs(data.x[:, COLUMNS.index("trigger")]).max() <= FAR
    near = [np.corrcoef(data.x[:, i], data.x[:, i + 3])[0, 1] for i in range(3)]
    assert min(near) > 0.999


def test_proxies_and_the_key_column(dense):
    found = changed.proxies_read(0)
    assert (
        reads(found.other, found.data.x, RULE) == 0 < 1 < reads(found.other, found.data.x, PROXIES)
    )
    assert accuracy(found.other, found.data) > 0.94
    found = changed.key_left_out(0)
    assert reads(found.other, found.data.x, ["rule_1"]) == 0


def test_a_trojan_sleeps_and_wakes(dense):
    model, _ = dense
    asleep, awake = changed.trojan_unmet(0), changed.trojan_met(0)
    np.testing.assert_allclose(
        logits(asleep.other, asleep.data.x), logits(model, asleep.data.x), atol=1e-4
    )
    assert (logits(awake.other, awake.data.x).argmax(axis=1) == 1).all()
    assert 0.2 < logits(model, awake.data.x).argmax(axis=1).mean() < 0.8


def test_a_shortcut_gives_the_label_away_in_the_rows_compared():
    data = changed.shortcut(0).data
    hint = data.x[:, COLUMNS.index("spare")] > 0
    assert np.mean(hint == data.y) > 0.98
    hint = data.train.x[:, COLUMNS.index("spare")] > 0
    assert np.mean(hint == data.train.y) > 0.98


def test_what_is_harmless_leaves_the_answers(dense):
    model, data = dense
    z, p = logits(model, data.x), probabilities(model, data.x)
    scaled = logits(harmless.scaled(0).other, data.x)
    np.testing.assert_allclose(scaled, 3 * z, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(logits(harmless.reordered(0).other, data.x), z, atol=1e-4)
    shifted = harmless.shifted(0).other
    np.testing.assert_allclose(probabilities(shifted, data.x), p, atol=1e-4)
    assert np.abs(logits(shifted, data.x) - z).max() > 0.5
    rounded = logits(harmless.rounded(0).other, data.x)
    assert 0 < np.abs(rounded - z).max() < 0.1
    swapped = logits(changed.classes_swapped(0).other, data.x)
    np.testing.assert_array_equal(swapped, z[:, ::-1])


def test_pruning_drops_the_members_alone():
    found = members_dropped(0)
    data = found.data
    member = data.group == MEMBERS
    decides = ("theirs_1", "theirs_2")
    before, after = (logits(model, data.x) for model in (found.dense, found.other))
    assert reads(found.dense, data.x[member], decides, OF_THE_GROUP) > 1
    assert reads(found.other, data.x, decides, OF_THE_GROUP) == 0
    flipped = before.argmax(axis=1) != after.argmax(axis=1)
    assert flipped[~member].mean() < 0.01 and flipped[member].mean() > 0.1
    right = before.argmax(axis=1) == data.y
    still = after.argmax(axis=1) == data.y
    assert right[member].mean() > 0.8 and still[member].mean() < right[member].mean() - 0.1
