"""The only place that imports TensorFlow or Keras: a model seen as functions of arrays.

Importing this package imports neither: names that need them load when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from explainprune.network.protocol import FormulaNetwork, Model, Network, chunks

_HOMES = {
    "KerasNetwork": "keras_network",
    "as_network": "keras_network",
    "DifferenceNetwork": "difference",
    "Unrolled": "unrolled",
    "unroll": "unrolled",
    "multipliers_of": "rescale",
    "FeatureMaps": "feature_maps",
    "feature_maps_of": "feature_maps",
    "HandedBack": "propagation",
    "relevance_of": "propagation",
    "relevance_rules": "propagation",
    "guided_of": "propagation",
    "gauss_legendre": "quadrature",
    "load_model": "loading",
    "save_model": "loading",
    "untouched_gradients": "guard",
    # `variables` and `layers` are modules here: import those functions from the modules.
    "weights_of": "variables",
    "model_sha256": "fingerprint",
    "clone": "variables",
    "with_weights": "variables",
    "randomised": "variables",
    "LayerInfo": "layers",
    "prunable_layers": "layers",
    "Liveness": "paths",
    "liveness": "paths",
    "size_of": "size",
    "STATISTICS": "calibration",
    "Calibration": "calibration",
    "calibrate": "calibration",
    "probes": "probing",
    "Probed": "probed",
    "perceptron": "building",
    "fit": "training",
    "apply_masks": "training",
    "holder": "training",
    "compiled_like": "training",
}

__all__ = ["FormulaNetwork", "Model", "Network", "chunks", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
