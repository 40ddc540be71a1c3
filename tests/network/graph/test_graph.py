import keras
import numpy as np
import pytest
from keras import layers as kl

from explainprune.network.graph.graph import in_inference, read_graph
from explainprune.network.graph.nodes import has_graph

RNG = np.random.default_rng(0)


def rows(model):
    """Draw five rows for each input of a model."""
    return [RNG.normal(size=(5, *t.shape[1:])).astype(t.dtype) for t in model.inputs]


def nested():
    inner_in = keras.Input((4,))
    inner = keras.Model(inner_in, kl.Dense(4, "tanh", name="d")(inner_in), name="inner")
    x = keras.Input((4,))
    return keras.Model(x, kl.Dense(2, name="out")(inner(inner(x)) + 1.0))


def deeply_nested():
    middle = keras.Sequential([keras.Input((3,)), kl.Dense(3, name="a")], name="middle")
    outer = keras.Sequential([keras.Input((3,)), middle, kl.ReLU(name="r")], name="outer")
    return keras.Sequential([keras.Input((3,)), outer, kl.Dense(1, name="b")])


def shared():
    one, two = keras.Input((3,)), keras.Input((3,))
    layer = kl.Dense(4, name="shared")
    return keras.Model([one, two], kl.Add(name="sum")([layer(one), layer(two)]))


def in_training():
    x = keras.Input((6,))
    return keras.Model(x, kl.BatchNormalization(name="n")(kl.Dense(3)(x), training=True))


def model_in_training():
    inner = keras.Sequential([keras.Input((3,)), kl.BatchNormalization()], name="inner")
    x = keras.Input((3,))
    return keras.Model(x, inner(x, training=True))


def several_outputs():
    x = keras.Input((5, 3))
    made, state = kl.GRU(4, return_state=True, name="gru")(x)
    return keras.Model(x, [made, kl.Dense(2, name="head")(state), x])


def read_twice():
    x = keras.Input((3,))
    y = kl.Dense(3, name="d")(x)
    return keras.Model(x, y * y)


def masked():
    x, told = keras.Input((5, 3)), keras.Input((5,))
    return keras.Model([x, told], kl.LSTM(2, name="lstm")(x, mask=told > 0))


MODELS = [nested, deeply_nested, shared, several_outputs, read_twice, masked]


@pytest.mark.parametrize("make", MODELS)
def test_a_run_gives_what_the_model_gives(make):
    model = make()
    graph, given = read_graph(model), rows(model)
    values = graph.run(given)
    expected = keras.tree.flatten(model(given if len(given) > 1 else given[0], training=False))
    for number, tensor in zip(graph.outputs, expected, strict=True):
        np.testing.assert_array_equal(values[number], tensor)
    assert sorted(values) == list(range(len(graph.shapes)))
    for number, value in values.items():
        assert (
            tuple(value.shape[1:]) == graph.shapes[number][1:] and graph.shapes[number][0] is None
        )


@pytest.mark.parametrize("make", MODELS)
def test_each_call_comes_after_what_it_reads(make):
    graph = read_graph(make())
    known = set(graph.inputs)
    for call in graph.calls:
        assert known.issuperset(call.read) and known.isdisjoint(call.outputs)
        known.update(call.outputs)
    assert known.issuperset(graph.outputs)


@pytest.mark.parametrize("make", MODELS)
def test_a_rerun_equals_a_run_and_leaves_the_rest(make):
    model = make()
    graph, given = read_graph(model), rows(model)
    before = graph.run(given)
    for place, number in enumerate(graph.inputs):
        other = [*given]
        other[place] = -3 * given[place]
        again, fresh = graph.rerun(before, {number: other[place]}), graph.run(other)
        for n in fresh:
            np.testing.assert_array_equal(again[n], fresh[n])
    late = graph.calls[-1].inputs[0]
    changed = graph.rerun(before, {late: before[late] + 1})
    hanging = {late, *(n for call in graph.calls if late in call.read for n in call.outputs)}
    for number in set(before) - hanging - set(graph.calls[-1].outputs):
        assert changed[number] is before[number]


def test_what_is_given_is_not_computed_again():
    graph = read_graph(deeply_nested())
    before = graph.run([np.ones((2, 3), "float32")])
    middle = graph.calls[0].outputs[0]
    both = {graph.inputs[0]: np.zeros((2, 3), "float32"), middle: before[middle]}
    np.testing.assert_array_equal(
        graph.rerun(before, both)[graph.outputs[0]], before[graph.outputs[0]]
    )


def test_nested_models_are_opened_each_time_they_are_called():
    graph = read_graph(nested())
    assert [call.path for call in graph.calls if call.is_layer] == ["inner/d", "inner/d", "out"]
    first, second = graph.calls[0], graph.calls[1]
    assert first.operation is second.operation and first.outputs == second.inputs
    assert list(graph.nested.values()) == [[list(first.inputs), list(second.inputs)]]
    paths = [call.path for call in read_graph(deeply_nested()).calls]
    assert paths == ["outer/middle/a", "outer/r", "b"]


def test_calls_of_a_layer_are_found_by_its_path():
    graph = read_graph(nested())
    assert graph.of_layer == {"inner/d": graph.calls[:2], "out": graph.calls[3:]}


def test_what_is_told_to_train_is_called_so():
    model = in_training()
    call = read_graph(model).calls[-1]
    assert call.path == "n" and call.arguments.kwargs["training"] is True
    model = model_in_training()
    (call,) = read_graph(model).calls  # not opened: its layers would run as outside training
    assert call.operation is model.layers[-1] and not read_graph(model).nested


def test_shapes_are_those_of_the_tensors_with_the_row_axis():
    graph = read_graph(several_outputs())
    gru, head = graph.calls
    assert gru.shapes_in == ((None, 5, 3),) and gru.shapes_out == ((None, 4), (None, 4))
    assert head.inputs == gru.outputs[1:] and graph.outputs[2] == graph.inputs[0]


def test_masks_are_read_beside_the_inputs():
    graph = read_graph(masked())
    compare, lstm = graph.calls
    assert lstm.inputs == (graph.inputs[0],) and lstm.masks == compare.outputs
    assert lstm.read == (graph.inputs[0], *compare.outputs) and lstm.shapes_in == ((None, 5, 3),)


def test_a_tensor_read_twice_counts_twice():
    product = read_graph(read_twice()).calls[-1]
    assert len(product.inputs) == 2 and len(set(product.inputs)) == 1


def test_weights_are_read_where_asked_for_and_masked():
    model = shared()
    graph = read_graph(model)
    assert all(call.weights == {} for call in graph.calls)
    kernel = model.get_layer("shared").kernel
    mask = RNG.random((3, 4)) < 0.5
    full, part = graph.weighted(), graph.weighted({id(kernel): mask})
    for call, cut in zip(full.calls[:2], part.calls[:2], strict=True):
        np.testing.assert_array_equal(call.weights["kernel"], kernel.numpy())
        np.testing.assert_array_equal(cut.weights["kernel"], np.where(mask, kernel.numpy(), 0))
    assert full.calls[0].weights is full.calls[1].weights and full.calls[2].weights == {}
    kernel.assign(np.zeros((3, 4)))
    assert full.calls[0].weights["kernel"].any()


class Tied(kl.Layer):
    def __init__(self, other, **kwargs):
        super().__init__(**kwargs)
        self.kernel = other.kernel

    def call(self, x):
        return x @ self.kernel


def test_layers_that_share_a_weight_are_tied():
    x = keras.Input((3,))
    one, other = kl.Dense(3, name="one"), kl.Dense(3, name="other")
    y = one(x)
    model = keras.Model(x, other(Tied(one, name="tied")(y)))
    assert [call.tied for call in read_graph(model).calls] == [True, True, False]


def test_a_call_can_be_run_otherwise():
    model = nested()
    seen = []

    def call(each, args, kwargs):
        seen.append(each.path)
        return in_inference(each, args, kwargs)

    graph = read_graph(model)
    graph.run(rows(model), call)
    assert seen == [each.path for each in graph.calls]


def test_a_subclassed_model_has_no_graph():
    class Own(keras.Model):
        def call(self, x):
            return x

    model = Own(name="own")
    assert not has_graph(model) and has_graph(nested()) and not has_graph(kl.Dense(2))
    with pytest.raises(ValueError, match="'own' of type Own has no layer graph"):
        read_graph(model)
