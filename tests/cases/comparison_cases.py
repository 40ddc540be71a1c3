"""What comparisons of formulas share: quick options, the pair's name, rows with labels."""

from explainprune.types import Data, Rows

QUICK = {"background": 15, "detail": False}


PAIR = "dense|other"


def labelled(network, x, group=None, flips=0):
    """Rows whose labels the network gets right, but for the first few."""
    y = network.outputs(x).argmax(axis=1)
    y[:flips] = (y[:flips] + 1) % network.n_outputs
    return Data(Rows(x, y, group), task="classification", name="formula")
