"""Text has no gradient: methods that walk back through a model can't read models that encode it."""

from __future__ import annotations

from typing import Any


def refuse_text(network: Any) -> None:
    """Raise if a network's model reads text.

    Raises
    ------
    ValueError
        Naming the inputs and the methods that only call the model forward.
    """
    texts = getattr(getattr(network, "signature", None), "texts", ())
    if texts:
        raise ValueError(
            f"The model reads text (input {', '.join(map(repr, texts))}), which has no gradient "
            "and no way back. Use a method that only calls the model forward: 'permutation', "
            "'kernel', 'leverage', 'occlusion' or 'exact'."
        )
