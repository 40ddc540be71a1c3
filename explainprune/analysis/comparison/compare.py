"""The verb `compare`: any two networks → Comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from explainprune.analysis.comparison.against_stored import compare_stored
from explainprune.analysis.comparison.answers import answers_of
from explainprune.analysis.comparison.arms import Remembered
from explainprune.analysis.comparison.backgrounds import with_background
from explainprune.analysis.comparison.belonging import with_clusters
from explainprune.analysis.comparison.case import Case, case_of
from explainprune.analysis.comparison.certifying import certificate_of
from explainprune.analysis.comparison.cut_offs import decided_by
from explainprune.analysis.comparison.differing import detail_of, stated_cut_off
from explainprune.analysis.comparison.figures import model_rows, pair_figures, sliced_figures
from explainprune.analysis.comparison.judging import judge_clarity, judge_reasons
from explainprune.analysis.comparison.measuring import Measured, explained, measured
from explainprune.analysis.comparison.needs import check_needs, methods_for
from explainprune.analysis.comparison.playing import with_players
from explainprune.analysis.comparison.price import price_of
from explainprune.analysis.comparison.provenance import notes_of, provenance_of
from explainprune.analysis.comparison.settings import PRIMARY, check_criterion, settled
from explainprune.analysis.comparison.steps import Progress, Steps
from explainprune.analysis.comparison.stored import is_stored
from explainprune.analysis.comparison.subjects import DENSE_PREDICTION
from explainprune.analysis.protocol import MARGINS, STATED, held_to, protocol_of
from explainprune.analysis.reasons.changes import code_changes
from explainprune.network import Model, Network, opened
from explainprune.network.failing import in_words
from explainprune.types import Comparison, Data, Masks
from explainprune.types.matching import check_index


def compare(
    dense: Model | Network,
    other: Model | Network,
    data: Any,
    *,
    arms: Mapping[str, Model | Network] | None = None,
    methods: Sequence[Any] | None = None,
    metrics: Sequence[Any] | None = None,
    target: str | int = DENSE_PREDICTION,
    margin: float = 0.15,
    accuracy_margin: float = 0.02,
    faithfulness_margin: float = 0.05,
    clarity_margin: float = 0.05,
    background: Any = 20,
    backgrounds: int = 6,
    players: Any = None,
    clusters: Any = None,
    copies: str = "clustered",
    effort: int | None = None,
    protocol: str | Path | None = None,
    rows: int | None = None,
    k: int | None = None,
    criterion: Any = "activation",
    names: Sequence[str] = ("dense", "other"),
    masks: Masks | None = None,
    kept: Mapping[str, Any] | None = None,
    detail: bool = True,
    adverse: str | int | None = None,
    threshold: float | None = None,
    reasons: int = 4,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Ask whether two networks decide for the same reasons, and whose explanations are clearer.

    Both are explained on the same rows, against the same backgrounds, with the same draws and for
    the same output: the dense model's prediction, as a centred logit. The share of the reasons'
    weight that moved (`METRICS["moved_weight"]`), averaged over rows and backgrounds, is judged by
    a margin stated before, and read beside copies with random weights and explanations of other
    rows. Neither model is trained or changed; labels aren't needed.

    Parameters
    ----------
    dense, other : keras.Model, Network, path or function of rows
        With as many inputs and outputs; the architectures may differ. Files: see `load_model`. As
        `other` also an `Attribution` that was stored of it, or its ``.npz``: what can't be known
        without the model is left out, and said so.
    data : Data, ndarray, (x, y), or whatever `load_data` takes
        All scored rows are compared.
    arms : mapping of str to model, optional
        Further models to read beside: ``{"placebo": …, "retrained": …}``.
    methods : sequence of str or callable, optional
        Attribution methods; the verdicts rest on the first, figures of the others are called
        ``"metric@method"``. None: expected gradients; permutation where a model has none.
        ``"auto"``: exact values if they are cheap for all models, else these.
    metrics : sequence of str or callable, optional
        What to measure besides what the verdicts need. None: a choice of ``METRICS`` that is cheap,
        which ``"default"`` stands for: ``["default", "road"]``.
    target : str or int
        ``"dense prediction"``, or one class for all rows, by its name or number.
    margin : float
        Largest share of the reasons' weight that may move for "preserved".
    accuracy_margin : float
        Largest fall of accuracy and of balanced accuracy (or R²) of a model that isn't broken;
        without labels the largest churn, which bounds it.
    faithfulness_margin : float
        Largest fall of NAOPC of explanations that are as faithful.
    clarity_margin : float
        Relative difference of effective features from which on explanations are clearer.
    background : int or array-like
        How many of the rows that may be learned from each background has; or rows of your own,
        which are a pool that backgrounds are drawn from; columns of a table are found by name. A
        `Data` that brings its own background uses that as the pool. One row is a baseline.
    backgrounds : int
        Backgrounds to begin with, at least 2.
    players : as `load_data` takes them, optional
        What is one reason: ``"time:10"``, ``"patch:4"``, prefixes, a file, numbers. None: those of
        the `Data`; patches of large images for methods that run the model for each; else each.
    clusters : array-like (n,) or str, optional
        Rows of one value belong together (one patient, one video): they are the unit of inference
        then. A name is that of a feature. None: those of the `Data`, else each row for itself.
    copies : {"clustered", "independent"}
        Whether exact copies of a row count as one in intervals. The mean keeps the rows as given.
    effort : int, optional
        Pairs of a row and a background row that each model may be explained on. Draws of the
        explainer and backgrounds grow within it until the floor and the variances allow a label; it
        may not suffice for all rows. None: twice what six backgrounds take, at least 50,000; only
        what they take where that is 5 × 10¹¹ operations.
    protocol : str or Path, optional
        What ``explainprune protocol`` wrote before there were results: whatever differs is
        refused, and the result repeats the protocol's hash.
    rows : int, optional
        Score a seeded sample of so many rows only.
    k : int, optional
        Leading reasons in metrics that have them. None: 4 for tables, else 5 % of the players; at
        most a third of the features.
    criterion : str or callable
        By which the page ranks neurons.
    names : (str, str)
        What to call the two.
    masks : Masks, optional
        What was pruned, for the provenance.
    kept : mapping of str to ndarray of int, optional
        For each layer of a physically smaller model, the original index of every unit.
    detail : bool
        Whether to gather drawings, units, features and samples, and to look for where they differ.
    adverse : str or int, optional
        A class that counts as an adverse decision: the leading reasons of such rows are compared
        (see `reason_codes`). With it goes `threshold`.
    threshold : float, optional
        The chance of it from which on the decision is adverse. Of two classes it is the cut-off
        that all figures of decisions use: accuracy, recall, precision, flips; without `adverse` it
        is that of the second class.
    reasons : int
        Leading reasons of each adverse row.
    seed : int
        The same seed gives the same result, bit for bit.
    progress : callable, optional
        ``progress(done, total, what)``; at 0 the price, where a model only runs forward.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        For models that don't fit the data or each other, names that aren't known (with the
        nearest), margins outside (0, 1), an empty background, `k` above the number of features,
        anything that isn't as the protocol states it.

    Examples
    --------
    >>> import numpy as np
    >>> from explainprune.network import FormulaNetwork
    >>> x = np.random.default_rng(0).normal(size=(200, 6))
    >>> network = FormulaNetwork(lambda x: x @ np.arange(1.0, 7.0), 6)
    >>> result = compare(network, network, x, background=20)
    >>> result.verdict.label, result.clarity.label
    ('preserved', 'same')
    >>> result.comparisons["dense|other"]["moved_weight"].value
    0.0
    """
    asked = dict(locals())
    return compare_stored(asked, defaults()) if is_stored(other) else compared(**asked)[0]


@in_words
def compared(
    dense: Model | Network,
    other: Model | Network,
    data: Any,
    *,
    remembered: Remembered | None = None,
    **options: Any,
) -> tuple[Comparison, Case, Measured]:
    """Compare as `compare` does, and return what the figures were made of as well.

    Options of `compare` that aren't given are at their defaults; what was measured is that of the
    first method.
    """
    asked = SimpleNamespace(**(defaults() | options))
    check_index(data, asked.clusters, "clusters")
    dense, other = opened(dense), opened(other)
    data, asked.background = with_background(data, asked.background, dense)
    arms = {name: opened(model) for name, model in (asked.arms or {}).items()}
    asked.methods = methods_for(asked.methods, (dense, other, *arms.values()), data, asked.players)
    stated = None
    if asked.protocol is not None:
        said = {key: value for key, value in vars(asked).items() if key in STATED}
        of_all = protocol_of(data, said, arms=list(arms), seeds=(asked.seed,))
        stated = held_to(asked.protocol, of_all)
    check_criterion(asked.criterion)
    case, said_of_players = begun(asked, dense, other, data, arms, remembered)
    settings = case.settings
    cut = stated_cut_off(case, asked.adverse, asked.threshold, asked.reasons)
    case, coded = decided_by(case, cut), asked.adverse is not None
    extra = asked.detail + coded
    steps = Steps(asked.progress, len(settings.methods) * explained(case) + 1 + extra)
    steps.tell(price_of(case))
    found: list[tuple[str | None, Measured]] = []
    for name, method in settings.methods.items():
        found.append((name if found else None, measured(case, method, steps.tick)))
    first = found[0][1]
    figures: dict[str, dict[str, Any]] = {}
    for method_name, each in found:
        for pair, part in pair_figures(case, each, method_name).items():
            figures.setdefault(pair, {}).update(part)
    models = model_rows(case, found)
    steps.tick("measured")
    shown: dict[str, Any] = {}
    primary = next(iter(settings.methods.values()))
    if cut is not None and coded:
        shown["codes"] = code_changes(case, primary, cut)
        steps.tick("compared reasons of adverse decisions")
    if asked.detail:
        shown |= detail_of(case, first, primary, asked.criterion, asked.kept)
        steps.tick("gathered details")
    result = Comparison(
        verdict=judge_reasons(case, first),
        clarity=judge_clarity(case, first, models),
        models=models,
        comparisons=figures,
        slices=sliced_figures(case, first),
        primary=PRIMARY,
        metrics=settings.said,
        answers=answers_of(case),
        certificate=certificate_of(case, asked.kept),
        **shown,
        provenance=provenance_of(case, first, asked.masks, asked.criterion)
        | ({} if stated is None else {"protocol": {"hash": stated}}),
        notes=(*said_of_players, *notes_of(case, first)),
    )
    return result, case, first


def begun(
    asked: SimpleNamespace,
    dense: Model | Network,
    other: Model | Network,
    data: Data,
    arms: Mapping[str, Model | Network],
    remembered: Remembered | None = None,
) -> tuple[Case, tuple[str, ...]]:
    """Settle what was asked and set up the case; nothing is explained yet."""
    settings = settled(
        names=asked.names,
        methods=asked.methods,
        metrics=asked.metrics,
        margins={name: getattr(asked, name) for name in MARGINS},
        arms=list(arms),
        k=asked.k,
        effort=asked.effort,
        copies=asked.copies,
        seed=asked.seed,
    )
    data, said_of_players = with_players(data, asked.players, settings.methods.values())
    check_needs(settings, data)
    case = case_of(
        dense,
        other,
        with_clusters(data, asked.clusters),
        arms,
        settings,
        target=asked.target,
        background=asked.background,
        backgrounds=asked.backgrounds,
        rows=asked.rows,
        remembered=remembered,
    )
    return case, said_of_players


def defaults() -> dict[str, Any]:
    """Return the options of `compare` as they are when they aren't given."""
    return {each.name: each.default for each in signature(compare).parameters.values()}
