"""Rules for what is linear in its input: the gradient, on one row for each pair."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import Pairs

Grads = list[Any]


def passed(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Pass on the first output's gradient: identities, casts, added biases, custom gradients."""
    grad, dtype = grads[0], op.inputs[0].dtype
    if dtype.is_floating:  # the multipliers of integers and booleans are numbers all the same
        grad = tf.cast(grad, dtype)
    return [grad, *[None] * (len(op.inputs) - 1)]


def add(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Pass on to every dependent summand."""
    return [
        pairs.fit(grads[0], tensor) if depend else None
        for tensor, depend in zip(op.inputs, depends, strict=True)
    ]


def subtract(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Pass on with each side's sign."""
    a, b = op.inputs
    return [
        pairs.fit(grads[0], a) if depends[0] else None,
        pairs.fit(-grads[0], b) if depends[1] else None,
    ]


def negate(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Turn the sign."""
    return [-grads[0]]


def _convolution(op: Any) -> dict[str, Any]:
    names = ["strides", "padding", "data_format", "dilations"]
    if not op.type.startswith("Conv3D"):
        names.append("explicit_paddings")
    return {name: op.get_attr(name) for name in names}


def convolution(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through a convolution in two dimensions (one-dimensional ones become those).

    Groups of channels go one by one: TensorFlow has no gradient for them on a CPU.
    """
    kernel = op.inputs[1]
    sizes = tf.unstack(pairs.sizes(op.inputs[0]), num=4)
    groups = op.inputs[0].shape[-1] // kernel.shape[2]
    sizes[-1] = kernel.shape[2]
    parts = [
        tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.stack(sizes), filter=own, out_backprop=grad, **_convolution(op)
        )
        for own, grad in zip(
            tf.split(kernel, groups, axis=3), tf.split(grads[0], groups, axis=-1), strict=True
        )
    ]
    return [parts[0] if groups == 1 else tf.concat(parts, axis=-1), None]


def convolution_whole(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through a depthwise convolution, or one in three dimensions."""
    if op.type == "Conv3D":
        back = tf.raw_ops.Conv3DBackpropInputV2
    else:
        back = tf.raw_ops.DepthwiseConv2dNativeBackpropInput
    sizes = pairs.sizes(op.inputs[0])
    given = {"input_sizes": sizes, "filter": op.inputs[1], "out_backprop": grads[0]}
    return [back(**given, **_convolution(op)), None]


def transposed(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through a transposed convolution: a plain one."""
    plain = tf.raw_ops.Conv2D if op.type == "Conv2DBackpropInput" else tf.raw_ops.Conv3D
    return [None, None, plain(input=grads[0], filter=op.inputs[1], **_convolution(op))]


def reshaped(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Give the gradient the input's shape: reshape, squeeze, added axes."""
    grad = tf.reshape(grads[0], pairs.sizes(op.inputs[0]))
    return [grad, *[None] * (len(op.inputs) - 1)]


def transpose(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Undo the permutation."""
    return [tf.transpose(grads[0], tf.math.invert_permutation(op.inputs[1])), None]


def pad(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Cut the padding off."""
    begin = op.inputs[1][:, 0]
    grad = tf.slice(grads[0], begin, pairs.sizes(op.inputs[0]))
    return [grad, *[None] * (len(op.inputs) - 1)]


def mirror_pad(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Fold the mirrored borders back."""
    grad = tf.raw_ops.MirrorPadGrad(input=grads[0], paddings=op.inputs[1], mode=op.get_attr("mode"))
    return [grad, None]


def concatenate(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Cut the gradient into the parts that were joined."""
    axis = int(tf.get_static_value(op.inputs[-1])) % op.outputs[0].shape.rank
    parts = tf.split(grads[0], [tensor.shape[axis] for tensor in op.inputs[:-1]], axis=axis)
    return [*parts, None]


def split(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Join the parts again; those nobody read are zero."""
    at = 0 if op.type == "Split" else 2
    axis = int(tf.get_static_value(op.inputs[at]))
    parts = _filled(op, grads, pairs)
    found: Grads = [None] * len(op.inputs)
    found[1 if op.type == "Split" else 0] = tf.concat(parts, axis=axis)
    return found


def unstack(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Stack the parts again."""
    return [tf.stack(_filled(op, grads, pairs), axis=op.get_attr("axis"))]


def stack(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Hand each part its own."""
    return list(tf.unstack(grads[0], num=len(op.inputs), axis=op.get_attr("axis")))


def _filled(op: Any, grads: Grads, pairs: Pairs) -> Grads:
    dtype = next(grad.dtype for grad in grads if grad is not None)  # that of integers is a float
    return [
        tf.zeros(pairs.sizes(tensor), dtype) if grad is None else grad
        for tensor, grad in zip(op.outputs, grads, strict=True)
    ]


def strided_slice(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Put the slice back among zeros."""
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    grad = tf.raw_ops.StridedSliceGrad(
        shape=pairs.sizes(op.inputs[0]),
        begin=op.inputs[1],
        end=op.inputs[2],
        strides=op.inputs[3],
        dy=grads[0],
        **{name: op.get_attr(name) for name in names},
    )
    return [grad, None, None, None]


def tile(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Sum over the copies."""
    grad = grads[0]
    for axis, size in enumerate(op.inputs[0].shape):
        count = 1 if size is None else op.outputs[0].shape[axis] // size
        if count > 1:
            grad = tf.add_n(tf.split(grad, [size] * count, axis=axis))
    return [grad, None]


def gather(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Add what was picked back to where it came from, along a known axis."""
    axis = int(tf.get_static_value(op.inputs[2]))
    size = op.inputs[0].shape[axis]
    picked = tf.reshape(op.inputs[1], (-1,))
    grad = grads[0]
    if op.inputs[1].shape.rank == 0:
        grad = tf.expand_dims(grad, axis)
    spread = tf.one_hot(picked, size, dtype=grad.dtype)  # (picked, size)
    moved = tf.tensordot(grad, spread, axes=[[axis], [0]])  # the axis is last now
    order = [*range(axis), grad.shape.rank - 1, *range(axis, grad.shape.rank - 1)]
    return [tf.transpose(moved, order), None, None]


def einsum(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through a product of two written with indices; both dependent: as a product."""
    equation = op.get_attr("equation").decode()
    terms, result = equation.split("->")
    names = terms.split(",")
    if len(names) == 1:
        return [tf.einsum(f"{result}->{names[0]}", grads[0])]
    found: Grads = [None, None]
    for mine, other in ((0, 1), (1, 0)):
        if depends[mine]:
            factor = pairs.for_targets(
                pairs.middle(op.inputs[other], depends[other]), op.inputs[other]
            )
            found[mine] = tf.einsum(f"{result},{names[other]}->{names[mine]}", grads[0], factor)
    return found


def resize(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through an upsampling."""
    sizes = pairs.sizes(op.inputs[0])
    options = {name: op.get_attr(name) for name in ("align_corners", "half_pixel_centers")}
    if op.type == "ResizeNearestNeighbor":
        grad = tf.raw_ops.ResizeNearestNeighborGrad(grads=grads[0], size=sizes[1:3], **options)
    else:
        image = tf.zeros(sizes, op.inputs[0].dtype)
        grad = tf.raw_ops.ResizeBilinearGrad(grads=grads[0], original_image=image, **options)
    return [grad, None]


def broadcast(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Sum over the copies."""
    return [pairs.fit(grads[0], op.inputs[0]), None]


def cut(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Put a slice back among zeros."""
    begin = tf.cast(op.inputs[1], tf.int32)
    after = pairs.sizes(op.inputs[0]) - begin - tf.shape(grads[0])
    return [tf.pad(grads[0], tf.stack([begin, after], axis=1)), None, None]
