"""Options said once: how rows are read and pruned, in Python, on the command line, in studies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def said(default: Any, help: str, metavar: str | None = None) -> Any:
    """Return a field with its default, what it does in a few words, and what values look like."""
    return field(default=default, metadata={"help": help, "metavar": metavar})


@dataclass(frozen=True)
class ReadOptions:
    """How rows are read, in plain values; the docstring of `load_data` says what each means.

    A new option is a field here, an argument of `load_data` and its use: the flags of every command
    that reads rows, the keys of a study's ``[data]`` and of a schema follow.
    """

    target: str | None = said(
        None, "Column (or array) of the labels; '' for none. Default: target, label or y.", "COLUMN"
    )
    group: str | None = said(None, "Column that groups the rows.", "COLUMN")
    clusters: str | None = said(
        None, "Column that says which rows belong together (a patient).", "COLUMN"
    )
    weight: str | None = said(
        None, "Column (or array) that says how much each row counts.", "COLUMN"
    )
    features: tuple[str, ...] | None = said(
        None, "Columns the model reads, in its order. Default: all others.", "A,B,..."
    )
    drop: tuple[str, ...] = said((), "Columns the model doesn't read.", "A,B,...")
    players: str | None = said(
        None,
        "What is one reason: time:N (steps of a series), channel, patch:N (of an image), "
        "each, a prefix of columns, or a .json, .toml, .csv or .npy file.",
        "FORM|PREFIX|FILE",
    )
    preprocess: str | None = said(
        None, "Function that maps raw rows to the model's inputs.", "MODULE:FUNCTION"
    )
    class_names: tuple[str, ...] | None = said(
        None,
        "Names of the classes in the order of the outputs, for labels that are text.",
        "A,B,...",
    )
    task: str | None = said(
        None, "classification or regression, where the labels leave it open.", "TASK"
    )
    labels: str | None = said(
        None,
        "Your words for features, classes, groups, channels and players: a .toml, .json or "
        ".csv file.",
        "FILE",
    )
    raw: str | None = said(
        None,
        "The scored rows as their readers know them, a .csv or .parquet table: shown, never "
        "computed with.",
        "FILE",
    )


@dataclass(frozen=True)
class PruneOptions:
    """What `prune` takes in plain values; its docstring says what each means.

    A field's type is that of plain values, as a TOML file holds them. A new option is a field here,
    an argument of `prune` and its use: the flags of the command line and the keys of a study's
    ``[prune]`` follow.
    """

    criterion: str = said("taylor", "Who goes: see `list criteria`.")
    granularity: str = said("weight", "weight, unit, coupled, input, fan_in:K, N:M or block:RxC.")
    sparsity: float | None = said(None, "Share to remove.")
    budget: dict[str, float] | None = said(None, "What may be left instead.", "NAME=VALUE")
    allocation: str | dict[str, Any] = said(
        "global", "How removal is shared: a name, or shares by layer.", "NAME|LAYER=SHARE"
    )
    schedule: str = said("cubic", "How sparsity grows.")
    steps: int = said(5, "Rounds.")
    finetune_epochs: int | None = said(None, "Over all rounds.")
    protect: tuple[str, ...] = said((), "Layer to leave whole; may be repeated.", "LAYER")
    keep_at_least: int = said(1, "Floor against layer collapse.")
    keep_zeros: bool = said(True, "Whether weights that are 0 to begin with stay 0.")
    class_weight: str | dict[str, float] | None = said(
        None, "What classes weigh: balanced, or each.", "balanced|CLASS=W"
    )
    patience: int | None = said(None, "Stop after so many epochs without a lower loss.", "EPOCHS")
    preserve: str | None = said(
        None,
        "What fine-tuning holds to the given model's: attributions, gradients or logits.",
        "WHAT",
    )
    preserve_weight: float | None = said(
        None, "Of that, the loss having 1. Default: 5, or 1 for logits.", "WEIGHT"
    )
    refit: bool | str = said(False, "Refit what reads removed units: true, false or obs.", "HOW")
    objective: str | None = said(
        None, "clear: the fewest inputs, then connections, within the margins.", "clear"
    )
    margins: dict[str, float] | None = said(
        None, "What an objective may cost: accuracy=0.02, moved_weight=0.15.", "NAME=VALUE"
    )
