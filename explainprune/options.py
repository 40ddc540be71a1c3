"""Options said once: how rows are read and pruned, in Python, on the command line, in studies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def said(help: str, metavar: str | None = None) -> dict[str, Any]:
    """Say what an option does, in a few words, and what its values look like."""
    return {"help": help, "metavar": metavar}


@dataclass(frozen=True)
class ReadOptions:
    """How rows are read, in plain values; the docstring of `load_data` says what each means.

    A new option is a field here, an argument of `load_data` and its use: the flags of every command
    that reads rows, the keys of a study's ``[data]`` and of a schema follow.
    """

    target: str | None = field(
        default=None,
        metadata=said(
            "Column (or array) of the labels; '' for none. Default: target, label or y.", "COLUMN"
        ),
    )
    group: str | None = field(default=None, metadata=said("Column that groups the rows.", "COLUMN"))
    clusters: str | None = field(
        default=None,
        metadata=said("Column that says which rows belong together (a patient).", "COLUMN"),
    )
    weight: str | None = field(
        default=None,
        metadata=said("Column (or array) that says how much each row counts.", "COLUMN"),
    )
    features: tuple[str, ...] | None = field(
        default=None,
        metadata=said("Columns the model reads, in its order. Default: all others.", "A,B,..."),
    )
    drop: tuple[str, ...] = field(
        default=(), metadata=said("Columns the model doesn't read.", "A,B,...")
    )
    players: str | None = field(
        default=None,
        metadata=said(
            "What is one reason: time:N (steps of a series), channel, patch:N (of an image), "
            "each, a prefix of columns, or a .json, .toml, .csv or .npy file.",
            "FORM|PREFIX|FILE",
        ),
    )
    preprocess: str | None = field(
        default=None,
        metadata=said("Function that maps raw rows to the model's inputs.", "MODULE:FUNCTION"),
    )
    class_names: tuple[str, ...] | None = field(
        default=None,
        metadata=said(
            "Names of the classes in the order of the outputs, for labels that are text.",
            "A,B,...",
        ),
    )
    task: str | None = field(
        default=None,
        metadata=said("classification or regression, where the labels leave it open.", "TASK"),
    )
    labels: str | None = field(
        default=None,
        metadata=said(
            "Your words for features, classes, groups, channels and players: a .toml, .json or "
            ".csv file.",
            "FILE",
        ),
    )
    raw: str | None = field(
        default=None,
        metadata=said(
            "The scored rows as their readers know them, a .csv or .parquet table: shown, never "
            "computed with.",
            "FILE",
        ),
    )


@dataclass(frozen=True)
class PruneOptions:
    """What `prune` takes in plain values; its docstring says what each means.

    A field's type is that of plain values, as a TOML file holds them. A new option is a field here,
    an argument of `prune` and its use: the flags of the command line and the keys of a study's
    ``[prune]`` follow.
    """

    criterion: str = field(default="taylor", metadata=said("Who goes: see `list criteria`."))
    granularity: str = field(
        default="weight",
        metadata=said("weight, unit, coupled, input, fan_in:K, N:M or block:RxC."),
    )
    sparsity: float | None = field(default=None, metadata=said("Share to remove."))
    budget: dict[str, float] | None = field(
        default=None, metadata=said("What may be left instead.", "NAME=VALUE")
    )
    allocation: str | dict[str, Any] = field(
        default="global",
        metadata=said("How removal is shared: a name, or shares by layer.", "NAME|LAYER=SHARE"),
    )
    schedule: str = field(default="cubic", metadata=said("How sparsity grows."))
    steps: int = field(default=5, metadata=said("Rounds."))
    finetune_epochs: int | None = field(default=None, metadata=said("Over all rounds."))
    protect: tuple[str, ...] = field(
        default=(), metadata=said("Layer to leave whole; may be repeated.", "LAYER")
    )
    keep_at_least: int = field(default=1, metadata=said("Floor against layer collapse."))
    keep_zeros: bool = field(
        default=True, metadata=said("Whether weights that are 0 to begin with stay 0.")
    )
    class_weight: str | dict[str, float] | None = field(
        default=None, metadata=said("What classes weigh: balanced, or each.", "balanced|CLASS=W")
    )
    patience: int | None = field(
        default=None, metadata=said("Stop after so many epochs without a lower loss.", "EPOCHS")
    )
    preserve: str | None = field(
        default=None,
        metadata=said(
            "What fine-tuning holds to the given model's: attributions, gradients or logits.",
            "WHAT",
        ),
    )
    preserve_weight: float | None = field(
        default=None,
        metadata=said("Of that, the loss having 1. Default: 5, or 1 for logits.", "WEIGHT"),
    )
    refit: bool | str = field(
        default=False, metadata=said("Refit what reads removed units: true, false or obs.", "HOW")
    )
    objective: str | None = field(
        default=None,
        metadata=said("clear: the fewest inputs, then connections, within the margins.", "clear"),
    )
    margins: dict[str, float] | None = field(
        default=None,
        metadata=said(
            "What an objective may cost: accuracy=0.02, moved_weight=0.15.", "NAME=VALUE"
        ),
    )
