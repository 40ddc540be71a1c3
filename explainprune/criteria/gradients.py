"""How the loss follows weights, gates and activations."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def gradient(kernel_gradient: Array) -> Array:
    """``|E ∂L/∂w|``: the mean over samples first, then the absolute value.

    >>> gradient(np.array([[0.5, -0.25]]))
    array([[0.5 , 0.25]])
    """
    return np.abs(kernel_gradient)


def taylor(kernel: Array, kernel_gradient: Array) -> Array:
    """``|w · E ∂L/∂w|``: first order, mean before the absolute value.

    Not ``w² · E (∂L/∂w)²``, which is `fisher`. Molchanov et al., "Importance estimation for neural
    network pruning", 2019, arXiv:1906.10771.

    >>> taylor(np.array([[2.0, 3.0]]), np.array([[0.5, -0.25]]))
    array([[1.  , 0.75]])
    """
    return np.asarray(np.abs(kernel * kernel_gradient))


def snip(kernel: Array, kernel_gradient: Array) -> Array:
    """``|∂L/∂c|`` at ``c = 1``, where a gate c multiplies the weight; equal to ``|w · E ∂L/∂w|``.

    The same formula as `taylor`; SNIP is its use before training. Its division by the sum over all
    connections changes no rank and is left out. Lee, Ajanthan & Torr, "SNIP: single-shot network
    pruning based on connection sensitivity", 2019, arXiv:1810.02340.

    >>> snip(np.array([[2.0, 3.0]]), np.array([[0.5, -0.25]]))
    array([[1.  , 0.75]])
    """
    return np.asarray(np.abs(kernel * kernel_gradient))


def fisher(kernel: Array, kernel_gradient_squared: Array) -> Array:
    """``½ w² · E (∂L/∂w)²``: second order; each sample's gradient is squared before the mean.

    LeCun, Denker & Solla, "Optimal brain damage", 1989; with the Fisher information for the
    Hessian, Theis et al., 2018, arXiv:1801.05787.

    >>> fisher(np.array([[2.0]]), np.array([[0.5]]))
    array([[1.]])
    """
    return np.asarray(kernel**2 * kernel_gradient_squared / 2)


def movement(kernel: Array, kernel_gradient: Array) -> Array:
    """``−w · E ∂L/∂w``: positive where a step of gradient descent would make ``|w|`` grow.

    One step of the score that is summed up during training in Sanh, Wolf & Rush, "Movement
    pruning", 2020, arXiv:2005.07683. It says most where the loss isn't at its minimum.

    >>> movement(np.array([[2.0, 2.0]]), np.array([[0.5, -0.5]]))
    array([[-1.,  1.]])
    """
    return np.asarray(-kernel * kernel_gradient)


def grasp(kernel: Array, hessian_gradient: Array) -> Array:
    """``w · (H g)``: to first order, half of what ``‖g‖²`` loses if the weight becomes zero.

    g is the mean gradient of the loss and H its mean Hessian, over all kernels. Negative: without
    the weight the gradient would grow. Logits are not divided by a temperature, as the authors
    do. Wang, Zhang & Grosse, "Picking winning tickets before training by preserving gradient
    flow", 2020, arXiv:2002.07376, whose score is the negative of this one.

    >>> grasp(np.array([[2.0, 3.0]]), np.array([[0.5, -1.0]]))
    array([[ 1., -3.]])
    """
    return np.asarray(kernel * hessian_gradient)


def batchnorm_taylor(scale: Array, scale_gradient: Array) -> Array:
    """``|γ · E ∂L/∂γ|`` of the batch normalisation that follows; other layers are left out.

    Molchanov et al., "Importance estimation for neural network pruning", 2019, arXiv:1906.10771.

    >>> batchnorm_taylor(np.array([0.5, -1.0]), np.array([2.0, 0.5]))
    array([1. , 0.5])
    """
    return np.asarray(np.abs(scale * scale_gradient))


def activation_taylor(mean_abs_contribution: Array) -> Array:
    """``E |Σ_positions a · ∂L/∂a|``: the absolute value is taken for each sample.

    Molchanov, Tyree, Karras, Aila & Kautz, "Pruning convolutional neural networks for resource
    efficient inference", 2017, arXiv:1611.06440.
    """
    return mean_abs_contribution
