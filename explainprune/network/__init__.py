"""The only place that imports TensorFlow or Keras: a model seen as functions of arrays.

- `functions`: outputs, gradients and activations of flat rows, numpy in and numpy out
- `statistics`: what criteria score by, from weights and from one pass over calibration rows
- `graph`: one reading of the graph of layers
- `layers`: what each family of layers is, said once
- `ways`: what is alive along the graph, and what it costs
- `shrinking`: the same model, physically smaller
- `scalars`: a network as scalar elements, for Shapley values without sampling
- `walks`: contributions walked back through a traced graph
- `training`: training with masks held, weights fitted anew, and how well a model does
- `tracing`, `files`: traced functions and what they take; models in and out of files

Importing this package imports neither: names that need them load when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from explainprune.network.protocol import FormulaNetwork, Model, Network, chunks

_HOMES = {
    "KerasNetwork": "functions.keras_network",
    "as_network": "functions.networks",
    "parts_of_model": "functions.signature",
    "DifferenceNetwork": "functions.difference",
    "Unrolled": "scalars.elements",
    "unroll": "scalars.reading",
    "multipliers_of": "walks.multipliers",
    "MAX_POOLS": "walks.rescale.rules",
    "FeatureMaps": "statistics.feature_maps",
    "feature_maps_of": "statistics.feature_maps",
    "HandedBack": "walks.handed_back",
    "relevance_of": "walks.handed_back",
    "relevance_rules": "walks.relevance.rules",
    "guided_of": "walks.handed_back",
    "gauss_legendre": "quadrature",
    "load_model": "functions.artefacts.opening",
    "opened": "functions.artefacts.opening",
    "Artefact": "functions.artefacts.artefact",
    "ForwardNetwork": "functions.artefacts.forward_network",
    "save_model": "files.loading",
    "columns_of": "files.columns",
    "learn_inputs": "functions.subclassed",
    "check_weights": "soundness",
    "untouched_gradients": "tracing.guard",
    # `variables` is a module here: import that function from it.
    "weights_of": "variables",
    "model_sha256": "files.fingerprint",
    "clone": "variables",
    "with_weights": "variables",
    "randomised": "redrawing",
    "with_noise": "redrawing",
    "redrawn_by_layer": "redrawing",
    "LayerInfo": "listing",
    "prunable_layers": "listing",
    "Liveness": "ways.paths",
    "liveness": "ways.paths",
    "size_of": "ways.size",
    "STATISTICS": "statistics.calibration",
    "Calibration": "statistics.calibration",
    "calibrate": "statistics.calibration",
    "probes": "statistics.probing",
    "Probed": "statistics.probed",
    "perceptron": "building",
    "fit": "training.fitting",
    "apply_masks": "training.fitting",
    "holder": "training.fitting",
    "compiled_like": "training.fitting",
    "with_l1": "training.regularising",
    "with_dropout": "training.regularising",
    "distilled": "training.distilling",
    "ready_to_train": "functions.losses",
    "set_random_seed": "functions.losses",
}

__all__ = ["FormulaNetwork", "Model", "Network", "chunks", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
