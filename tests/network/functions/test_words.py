import numpy as np
import pytest

from explainprune.network.backend import tf
from explainprune.network.functions.words import Words, _code


def decoded(words, codes):
    return [text.decode() for text in words.decode(tf.constant(codes)).numpy().ravel()]


def test_texts_come_back_whatever_was_read_in_between():
    words = Words()
    first = words.encode(np.array([["b", ""], ["ä", "b"]]))
    assert first[0, 0] == first[1, 1] and len(np.unique(first)) == 3
    function = tf.function(words.decode).get_concrete_function(tf.TensorSpec((None, 2), "float64"))
    later = words.encode(np.array([["new", "b"]]))
    assert decoded(words, first) == ["b", "", "ä", "b"]
    assert function(tf.constant(later)).numpy().tolist() == [[b"new", b"b"]]


def test_a_code_depends_on_its_text_alone():
    one, other = Words(), Words()
    one.encode(np.array(["z", "y"]))
    np.testing.assert_array_equal(one.encode(np.array(["a"])), other.encode(np.array(["a"])))
    assert _code("a") < 2**52 and _code("a") != _code("b")


def test_computing_with_codes_is_noticed():
    words = Words()
    codes = words.encode(np.array(["a", "b"]))
    for wrong in (codes.mean(keepdims=True), codes + 1, np.array([-1.0]), np.array([2.0**53])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="text was computed with"):
            words.decode(tf.constant(wrong))
