import numpy as np
import pytest

from explainprune.network.functions.targets import flat_index

ONE = (["out"], [(3,)])
STEPS = (["tags"], [(4, 3)])
SEVERAL = (["kind", "size", "tags"], [(3,), (1,), (4, 2)])


@pytest.mark.parametrize(
    ("target", "outputs", "expected"),
    [
        (2, ONE, 2),
        (np.int64(1), ONE, 1),
        ((1,), ONE, 1),
        (("out", 1), ONE, 1),
        ((2, 1), STEPS, 7),
        (7, STEPS, 7),
        (("tags", 3, 2), STEPS, 11),
        (("kind", 2), SEVERAL, 2),
        ((0, 2), SEVERAL, 2),
        ("size", SEVERAL, 3),
        (("size",), SEVERAL, 3),
        (("size", 0), SEVERAL, 3),
        ((1,), SEVERAL, 3),
        (("tags", 1, 1), SEVERAL, 7),
        ((2, 3, 1), SEVERAL, 11),
        (11, SEVERAL, 11),
    ],
)
def test_an_output_is_found_where_it_lies(target, outputs, expected):
    names, shapes = outputs
    assert flat_index(target, names, shapes) == expected
    flat, start = {}, 0
    for name, shape in zip(names, shapes, strict=True):
        size = int(np.prod(shape))
        flat[name] = np.arange(start, start + size).reshape(shape)
        start += size
    if isinstance(target, tuple) and isinstance(target[0], str) and len(target) > 1:
        assert flat[target[0]][target[1:]] == expected


@pytest.mark.parametrize(
    ("target", "outputs", "message"),
    [
        (3, ONE, r"Target 3 is out of range: expected 0 … 2 \(output shapes: \(3,\)\)"),
        (-1, ONE, r"Target -1 is out of range"),
        ((4, 0), STEPS, r"Target \(4, 0\) is out of range: expected 0 … 3"),
        ((1,), STEPS, r"does not fit output 'tags' of shape \(4, 3\): expected 2 indices"),
        (("kind",), SEVERAL, r"does not fit output 'kind' of shape \(3,\): expected 1 indices"),
        (("knd", 0), SEVERAL, r"Unknown output 'knd'\. Did you mean 'kind'\?"),
        ((5, 0), SEVERAL, r"one of the outputs kind, size, tags\. Received: 5"),
        ((), SEVERAL, r"one of the outputs kind, size, tags\. Received: None"),
        (True, ONE, r"does not fit"),
        (1.5, ONE, r"does not fit"),
    ],
)
def test_what_is_no_output_is_refused(target, outputs, message):
    with pytest.raises(ValueError, match=message):
        flat_index(target, *outputs)
