"""SavedModels as Keras models: they can be explained, not pruned or shrunk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.protocol import Model


def load_saved_model(path: Path, *, trust: bool = False) -> Model:
    """Wrap the serving function of a SavedModel of one input in a Functional model.

    Raises
    ------
    ValueError
        If the folder holds no SavedModel, it isn't trusted, or has no serving function of one
        input.
    """
    if not (path / "saved_model.pb").exists():
        raise ValueError(
            f"{str(path)!r} is a folder without a SavedModel. Expected a .keras or .h5 file, or a "
            "folder with saved_model.pb."
        )
    if not trust:
        raise ValueError(
            f"{str(path)!r} is a SavedModel: it can run code of its own. If you trust where it "
            "comes from, load it with trust=True (--trust)."
        )
    try:
        signature = tf.saved_model.load(str(path)).signatures.get("serving_default")
    except Exception as error:
        raise ValueError(
            f"{str(path)!r} could not be read as a SavedModel: {type(error).__name__}."
        ) from None
    specs: dict[str, Any] = signature.structured_input_signature[1] if signature else {}
    if len(specs) != 1:
        raise ValueError(
            f"{str(path)!r} needs a serving_default function of one input. Found: "
            f"{', '.join(specs) or 'none'}."
        )
    [(name, spec)] = specs.items()
    x = keras.Input(spec.shape[1:], dtype=spec.dtype.name, name=name)
    layer = keras.layers.TFSMLayer(str(path), call_endpoint="serving_default", trainable=False)
    return keras.Model(x, keras.tree.flatten(layer(x)), name=path.name)
