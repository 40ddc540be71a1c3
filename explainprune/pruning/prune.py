"""The verb `prune`: scores → masks → a pruned model, step by step."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from explainprune.lookup import some
from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.network.functions.feeding import feed
from explainprune.network.protocol import Model
from explainprune.network.soundness import check_adapters
from explainprune.network.training.preserving import Preserve
from explainprune.network.variables import weights_of
from explainprune.pruning.allocation import Allocation
from explainprune.pruning.budget import Outcome, cost_goal, read_budget, within_accuracy
from explainprune.pruning.candidates import Protect, candidates
from explainprune.pruning.clearest import check_alone, clearest, read_margins
from explainprune.pruning.finetuning import NOT_COMPILED, Recipe, epochs_for, preserved
from explainprune.pruning.goals import Goal, final_sparsity, sparsity_goal
from explainprune.pruning.granularity import Sharing, View, view
from explainprune.pruning.pruned import Pruned
from explainprune.pruning.repair import Refit, check_refit
from explainprune.pruning.rows import Given, given
from explainprune.pruning.run import Run
from explainprune.pruning.schedule import Schedule, epochs_of_steps
from explainprune.pruning.step import Criterion
from explainprune.pruning.weighing import ClassWeight
from explainprune.pruning.zeros import Start, start_of
from explainprune.types import Array


@in_words
def prune(
    model: Model,
    data: Any = None,
    *,
    criterion: Criterion = "taylor",
    granularity: str = "weight",
    sparsity: float | None = None,
    budget: Mapping[str, float] | None = None,
    allocation: Allocation = "global",
    schedule: str | Schedule = "cubic",
    steps: int = 5,
    finetune_epochs: int | None = None,
    recipe: Recipe | None = None,
    protect: Protect = (),
    keep_at_least: int = 1,
    refit: Refit = False,
    masks: Mapping[str, Array] | None = None,
    keep_zeros: bool = True,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    patience: int | None = None,
    objective: str | None = None,
    margins: Mapping[str, float] | None = None,
    preserve: str | Preserve | None = None,
    preserve_weight: float | None = None,
    unlabelled: Any = None,
    seed: int = 0,
) -> Pruned:
    """Remove what matters least, in steps, training in between.

    At each step every entry is scored on the model as it is then, the lowest go, and the model is
    fine-tuned with what went held at zero. What is removed stays removed.

    Parameters
    ----------
    model : keras.Model or path
        Left as it is: weights, compile state and all.
    data : Data, ndarray, dict, (x, y), (x, y, weight), tf.data.Dataset, PyDataset or None
        Rows to learn from: ``data.train`` where there is one. Several inputs and the labels of
        several outputs as a dict by name, or a list or tuple in the model's order. Rows that carry
        weights count by them: in scores, fine-tuning, budgets and the history. None for criteria
        that need no rows; the model is then not fine-tuned.
    criterion : str, callable or Importance
        A name in ``CRITERIA``, a function of calibration statistics, or scores that you have: then
        nothing is scored, and each step goes by the same scores.
    granularity : str
        What is removed: a name in ``GRANULARITIES``.
    sparsity : float
        Share of the prunable entries removed, 0 ≤ sparsity < 1; of units, for ``"unit"``. Layers
        whose units are the model's outputs are protected and, like those in `protect`, don't count.
        What is gone to begin with counts; 0 removes nothing more.
    budget : dict of str to float, optional
        What may be left, in place of `sparsity`: ``{"params_kept": 0.25}``,
        ``{"flops_kept": 0.5}``, ``{"bytes": 50_000}`` (through gzip), ``{"exact_cost": 1e5}``
        (coalitions of exact Shapley values for all outputs, mean over pairs of rows), or
        ``{"accuracy_drop": 0.01}`` on the validation rows, for which several prunings are tried.
        Requested and achieved are in the history, side by side; the exact cost is counted again
        after fine-tuning, which may move it a little.
    allocation : str, mapping or callable
        How removal is shared: a name in ``ALLOCATIONS``, or the sparsity (or a range of it) of
        single layers by path, the others sharing globally.
    schedule : str or callable
        A name in ``SCHEDULES``, or a function of progress in (0, 1] and the final sparsity.
    steps : int
    finetune_epochs : int, optional
        In total, over all steps. None: two for each step with labels, none (and a warning) without.
    recipe : callable, optional
        ``train(model, data, *, seed, after_step) -> model``: trains instead, once for each step.
    protect : str, iterable of str, or callable
        Layers that stay whole, by path, or a function that says it of a `LayerInfo`.
    keep_at_least : int
        Units of each layer, or, in weight pruning, incoming weights of each unit.
    refit : bool or str
        True: after each removal, fit what lost inputs anew by least squares on up to 2,000 rows,
        and batch normalisation's statistics, where held-out rows say that it helps; the history
        says what was kept. ``"obs"``: by the optimal brain surgeon's sweep (SparseGPT) instead,
        which takes as long for many units as for one.
    masks : Masks or mapping of str to ndarray of bool, optional
        What is gone already, by variable path, True = keep: it is set to 0 and stays 0.
    keep_zeros : bool
        Without `masks`, weights that are exactly 0 to begin with are taken to be pruned, and stay
        0; not so tensors of zeros alone. The history begins at the sparsity that they make.
    class_weight : mapping or "balanced", optional
        What rows of a class weigh in scores and fine-tuning (``data.learnable.weight``, for a
        recipe), by index or name; the others weigh 1. ``"balanced"``: all classes the same in sum.
    sample_weight : array-like (n,), optional
        What each row to learn from weighs, times the weight that it carries.
    patience : int, optional
        Stop each step's fine-tuning after so many epochs without a lower loss on the validation
        rows, and go back to the best. Where there are none, 15 % of the rows are held out.
    objective : str, optional
        ``"clear"``: in place of a sparsity or a budget, within `margins` the fewest live inputs,
        then live connections, then exact cost. Whole inputs go first, then what `granularity`
        says, each by bisection: seven prunings for each, all of them in ``frontier``.
    margins : dict of str to float, optional
        By how much the ``"accuracy"`` (R² for numbers) of the validation rows may fall, .02, and
        the ``"moved_weight"`` may reach there with the upper end of its interval over rows, .15:
        by expected gradients of the centred logit of the prediction before, 20 background rows.
        Chosen on these rows, both look better than they are: `compare` says it of others.
    preserve : str, optional
        What fine-tuning holds to the given model's, by a term added to the loss (its formula:
        `Lesson`): ``"attributions"``, the moved weight of what expected gradients attribute, at
        random points between rows; ``"gradients"``, that of the gradients at rows; ``"logits"``,
        distillation. Steps take 1.5 to 4 times as long: see `docs/preserving.md`. A
        `Preserve` holds it to another model than the given one.
    preserve_weight : float, optional
        Of that term, the loss having 1; 0 is fine-tuning without it. None: 5, or 1 for logits.
    unlabelled : array-like or Data, optional
        Rows to hold it on beside those that are learned from; their labels, if any, aren't used.
    seed : int

    Returns
    -------
    Pruned
        ``model, masks, history, notes``.

    Raises
    ------
    ValueError
        If a name is unknown, a number out of range, nothing can be pruned, weights are NaN, data
        doesn't fit the model, or so much can't be removed (the message says how much can).

    Examples
    --------
    >>> from explainprune.network import perceptron
    >>> pruned = prune(perceptron(8, 3), criterion="magnitude", sparsity=0.75, schedule="one_shot")
    >>> pruned.masks
    Masks(3,456 of 4,608 entries removed, 75.0%)
    """
    model = from_file(model)
    asked = locals().copy()  # all that an objective's own prunings are told
    check_refit(refit)
    if margins is not None and objective is None:
        raise ValueError("margins= are those of an objective: pass objective='clear'.")
    learned = given(
        data,
        model,
        class_weight=class_weight,
        sample_weight=sample_weight,
        watched=patience is not None,
        seed=seed,
    )
    _check_weights(model)
    _check_data(model, learned)
    epochs, warning = epochs_for(finetune_epochs, recipe, learned, steps, patience)
    kept = preserved(
        preserve, preserve_weight, unlabelled, dense=model, recipe=recipe, epochs=epochs
    )
    if objective is not None:
        # Later stages start from pruned models, and are held to this one all the same.
        asked |= {"preserve": kept, "preserve_weight": None, "unlabelled": None}
        held = read_margins(margins, objective)
        check_alone(granularity, sparsity, budget, allocation, masks)
        for own in ("model", "granularity", "sparsity", "masks", "objective", "margins"):
            asked.pop(own)
        found: Pruned = clearest(partial(prune, **asked), model, learned, granularity, held)
        return found
    # No unit goes with an input, so an output layer may lose the weights that read it.
    infos = candidates(model, protect=protect, outputs=granularity == "input")
    seen = view(granularity, model, infos, criterion)
    if seen.level != "unit":
        check_adapters(model)
    start = start_of(model, seen, infos, masks, keep_zeros)
    model, seen = start.model, start.view
    final = final_sparsity(seen, granularity, sparsity, budget, allocation, start.kept)
    if final and seen.sparsity is None:
        _check_start(start, final, allocation)
    begun = 0.0 if seen.sparsity is not None else start.sparsity
    sharing = Sharing(allocation, keep_at_least, seed)

    def pruned(goal: Goal) -> Outcome:
        epochs, _ = epochs_for(finetune_epochs, recipe, learned, goal.steps)
        shares = epochs_of_steps(epochs, goal.steps)
        run = Run(seen, learned, criterion, shares, recipe, refit, seed, start.kept, patience, kept)
        return run(model, goal)

    def trial(share: float) -> Outcome:
        return pruned(sparsity_goal(seen, share, schedule, steps, sharing, begun))

    notes = _notes(model, seen, epochs, [learned.note, warning], recipe)
    notes = notes if start.note is None else (*notes, start.note)
    if final is not None:
        return Pruned(*trial(final), notes, seen.left_whole)
    name, most = read_budget(budget or {})
    if name == "accuracy_drop":
        return Pruned(
            *within_accuracy(trial, seen, model, most, sharing, begun), notes, seen.left_whole
        )
    goal = cost_goal(seen, model, name, most, schedule, steps, sharing, learned, start.kept)
    return Pruned(*pruned(goal), notes, seen.left_whole)


def _check_start(start: Start, final: float, allocation: Allocation) -> None:
    """Raise where less is asked for than is gone already, of all entries or of a layer's."""
    asked = {"": final} | (dict(allocation) if isinstance(allocation, Mapping) else {})
    for layer, share in asked.items():
        keys = [key for key, own in start.view.layer_of.items() if layer in ("", own)]
        gone = sum(int((~start.kept[key]).sum()) for key in keys)
        total = sum(start.view.sizes[key] for key in keys)
        most = share[-1] if isinstance(share, tuple | list) else share
        if round(most * total) < gone:
            of = f" of {layer!r}" if layer else ""
            raise ValueError(
                f"{gone:,} of the {total:,} entries{of} are gone to begin with, a sparsity of "
                f"{gone / total:.6g}: {most:g} asks for less. Ask for more, for 0 to remove "
                "nothing more, or pass keep_zeros=False."
            )


def _check_weights(model: Model) -> None:
    """Raise for weights that are NaN or infinite."""
    for path, values in weights_of(model).items():
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise ValueError(
                f"Weights of model {model.name!r} are NaN or infinite: {bad} of {path!r}."
            )


def _check_data(model: Model, learned: Given) -> None:
    """Raise for inputs that the model can't read, whether or not they will be used."""
    for rows in (learned.learn, learned.validation):
        if rows is not None:
            feed(model, rows.x)


def _notes(
    model: Model, seen: View, epochs: int, said: list[str | None], recipe: Recipe | None
) -> tuple[str, ...]:
    """Warn of what the caller should know, and return it."""
    notes = [note for note in said if note is not None]
    if epochs > 0 and recipe is None and not getattr(model, "compiled", False):
        notes.append(NOT_COMPILED)
    if seen.left_whole:
        whole = some(seen.left_whole, "left_whole of the result")
        notes.append(f"Left whole, {len(seen.left_whole)} in all: {whole}.")
    for note in notes:
        warnings.warn(note, stacklevel=3)
    return (*notes, *seen.notes)
