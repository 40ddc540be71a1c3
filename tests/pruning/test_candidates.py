import keras
import pytest
from keras import layers as kl
from keras_cases import sequential

from explainprune.network.listing import LayerInfo
from explainprune.pruning.candidates import candidates


def nested():
    inner = sequential((4,), kl.Dense(4, name="a"), kl.Dense(4, name="b"))
    inner.name = "block"
    return sequential((4,), inner, kl.Dense(4, name="c"), kl.Dense(2, name="out"), kl.Softmax())


def names(model, **options):
    return [info.path for info in candidates(model, **options)]


def test_outputs_are_protected_and_do_not_count():
    assert names(nested()) == ["block/a", "block/b", "c"]


def test_protected_by_name_by_what_holds_them_or_by_a_function():
    assert names(nested(), protect=["block/b"]) == ["block/a", "c"]
    assert names(nested(), protect="block/b") == ["block/a", "c"]
    assert names(nested(), protect=["block"]) == ["c"]
    assert names(nested(), protect=["out"]) == ["block/a", "block/b", "c"]
    assert names(nested(), protect=lambda info: info.path.endswith("a")) == ["block/b", "c"]


def test_errors():
    with pytest.raises(ValueError, match=r"Unknown layer in protect 'blok/a'. .*'block/a'\?"):
        candidates(nested(), protect=["blok/a"])
    with pytest.raises(
        ValueError, match=r"nothing prunable: all its layers .* more\], are outputs"
    ):
        candidates(nested(), protect=["block", "c"])
    flat = keras.Sequential([keras.Input((4,)), kl.ReLU()], name="flat")
    with pytest.raises(
        ValueError, match="'flat' has nothing prunable: no layer of it has a kernel"
    ):
        candidates(flat)


def test_unit_axes_of_all_kernels_of_a_layer():
    info = LayerInfo("s", "SeparableConv2D", "s/p", further=("s/depthwise_kernel",), unit_axis=3)
    assert info.axis_of("s/p", 4) == 3
    assert info.axis_of("s/depthwise_kernel", 4) == 2
    info = LayerInfo("s", "LSTM", "s/kernel", further=("s/recurrent_kernel",), unit_axis=1)
    assert info.axis_of("s/recurrent_kernel", 2) == 1
