"""What a kernel reads at each place."""

from __future__ import annotations

from typing import Any

from explainprune.network.layers.registry import kind_of


def has_patches(layer: Any) -> bool:
    """Tell whether `patches_of` knows what this layer's kernel reads."""
    return (
        kind_of(layer).patches is not None
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "padding", "valid") != "causal"
        and getattr(layer, "data_format", "channels_last") == "channels_last"
    )


def patches_of(layer: Any, values: Any) -> Any:
    """Return what a layer reads, laid beside its kernel: (n, ...) → (places, incoming weights)."""
    gather = kind_of(layer).patches
    assert gather is not None
    return gather(layer, values)
