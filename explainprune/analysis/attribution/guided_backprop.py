"""Guided backpropagation."""

from __future__ import annotations

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.analysis.attribution.handed_back import handed_back
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.network import Network, guided_of
from explainprune.types import Array


def guided_backprop(
    network: Network, x: Array, background: Array, targets: Array | None
) -> Explained:
    r"""Return the gradient, cut at every ReLU where what comes back is negative.

    .. math:: g_{\text{in}} = \mathbb 1[z > 0] \; \mathbb 1[g_{\text{out}} > 0] \; g_{\text{out}}

    Sharp pictures, but hardly of the network: much of them is edges of the input, whatever the
    later layers hold (Adebayo et al. 2018). Without a ReLU it is `gradient`, and says so.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The network is of a Keras model, the background
        only for the base.

    Returns
    -------
    Explained
        Values in units of output per unit of input; they don't add up to anything.

    Raises
    ------
    ValueError
        If the network isn't a Keras model's.

    References
    ----------
    Springenberg et al. 2015, arXiv:1412.6806; Adebayo et al. 2018, arXiv:1810.03292.
    """
    back, rectifiers = guided_of(unwrapped(network))
    values = handed_back(back, network, x, targets)
    note = "The model has no ReLU: guided_backprop is its gradient."
    return Explained(
        values,
        base_output(network, background, targets, len(x)),
        notes=() if rectifiers else (note,),
    )
