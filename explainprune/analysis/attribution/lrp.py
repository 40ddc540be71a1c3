"""Layer-wise relevance propagation."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.handed_back import handed_back
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.analysis.attribution.sampling.replicates import check_positive
from explainprune.lookup import unknown
from explainprune.network import HandedBack, Network, relevance_of, relevance_rules
from explainprune.types import Array


def lrp(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rule: str = "composite",
    epsilon: float = 1e-6,
) -> Explained:
    r"""Hand the output back layer by layer, to inputs in proportion to what they contributed.

    .. math:: R_i = \sum_j \frac{q_{ij}}{Q_j} R_j, \qquad R_{\text{output}} = f(x)

    Unit j of a layer with a kernel shares by

    - ``"epsilon"``: :math:`q_{ij} = a_i w_{ij}`, with :math:`Q_j = z_j \pm \epsilon \max |z|`
      where z is all that the unit sums; its bias keeps its own share;
    - ``"zplus"``: :math:`q_{ij} = \max(a_i w_{ij}, 0)`, with Q_j their sum;
    - ``"flat"``: :math:`q_{ij} = 1` for each weight that isn't zero, with Q_j their number;
    - ``"composite"``: flat in the convolutions that read the input, zplus in the others, epsilon
      in Dense layers.

    Batch normalisation right behind a layer counts as part of its weights. Activation functions
    pass relevance on, the two factors of a product get half each, what is normalised takes all,
    and everything else shares by input · gradient.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The network is of a Keras model. The background is
        not used: relevance shares the output itself, not its change from a background.
    rule : {"composite", "epsilon", "zplus", "flat"}
    epsilon : float
        Keeps quotients finite, and absorbs relevance: larger ones leave less noise.

    Returns
    -------
    Explained
        The base is 0, so that the gap is what biases, epsilon, and units without positive
        contributions absorbed.

    Raises
    ------
    ValueError
        If `rule` is unknown, the network isn't a Keras model's, or an operation hands nothing
        back: the steps of recurrent layers do, other loops don't.

    References
    ----------
    Bach et al. 2015, doi:10.1371/journal.pone.0130140; Montavon et al. 2019,
    doi:10.1007/978-3-030-28954-6_10; Kohlbrenner et al. 2020, arXiv:1910.09840 (composite);
    Achtibat et al. 2024, arXiv:2402.05602 (products and normalisation).
    """
    back = relevance_by(unwrapped(network), rule, epsilon)
    values = handed_back(back, network, x, targets)
    base = np.zeros(len(x) if targets is not None else (len(x), network.n_outputs))
    return Explained(values, base)


def relevance_by(network: Any, rule: str, epsilon: float) -> HandedBack:
    """Return the way back under a rule, and raise for one that isn't known."""
    rules = relevance_rules()
    if rule not in rules:
        raise unknown("rule of lrp", rule, rules)
    return relevance_of(network, rule, check_positive("epsilon", epsilon))
