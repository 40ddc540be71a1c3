"""One seed of a study, from data to figures: what a child process computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from explainprune import network
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.compare import compared
from explainprune.analysis.comparison.measuring import Measured
from explainprune.analysis.comparison.variance import variance_parts
from explainprune.data import DATASETS, holdout, load_data
from explainprune.network import Model
from explainprune.study.arms import Arms, train_arms
from explainprune.study.config import StudyConfig, study_config
from explainprune.study.levels import sweep
from explainprune.study.recipes import build, trained
from explainprune.types import Data
from explainprune.types.encoding import encode

OF_THE_STUDY = ("source", "test_share")
"""Settings of data that `load_data` doesn't take by name."""


def study_data(config: StudyConfig, model: Model | None = None) -> Data:
    """Load the study's data as its model reads it, and hold rows out where it came whole.

    A model that is built for the data sees columns side by side, and reads them as it says then.
    `model` is the trained one that the configuration names, where it is loaded already.
    """
    settings, built_in = config.data, config.data.source in DATASETS
    given = {key: value for key, value in vars(settings).items() if key not in OF_THE_STUDY}
    if model is None and not built_in:
        model = trained(config.model)
    data = load_data(settings.source, model=None if built_in else model, **given)
    if config.model.build is not None and not built_in:
        data = load_data(data, model=build(config.model, data, settings.seed))
    return holdout(data, settings.test_share, settings.seed)


def run_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """Train, prune, explain and compare for one seed.

    Parameters
    ----------
    cell : dict
        ``config`` (plain sections), ``seed``, ``detail`` (whether the page's pictures are wanted)
        and ``save`` (whether this seed's models are).

    Returns
    -------
    dict
        ``seed``, ``comparison`` (plain), ``levels``, ``certificate``, ``variance`` and ``files``
        (the models and masks, by their names in the report).
    """
    config = study_config(cell["config"])
    seed = int(cell["seed"])
    given = trained(config.model)
    data = study_data(config, given)
    arms = train_arms(config, data, seed, given)
    shrunk, extra = arms.shrunk, dict(arms.others)
    if shrunk is not None:
        extra["shrunk"] = shrunk.model
    explain = config.explain
    comparison, case, measured = compared(
        arms.dense,
        arms.pruned,
        data,
        arms=extra,
        methods=explain.methods,
        metrics=explain.metrics,
        margin=explain.margin,
        accuracy_margin=explain.accuracy_margin,
        faithfulness_margin=explain.faithfulness_margin,
        clarity_margin=explain.clarity_margin,
        background=explain.background,
        backgrounds=explain.backgrounds,
        effort=explain.effort,
        rows=explain.rows,
        criterion=explain.criterion,
        names=config.study.names,
        threshold=explain.threshold,
        masks=arms.masks,
        detail=bool(cell["detail"]),
        seed=seed,
    )
    columns = None if config.data.labels or isinstance(data.x, dict) else data.feature_names
    levels, left_out = sweep(config, arms.dense, data, seed)
    plain = comparison.to_dict()
    plain["notes"] = [*plain["notes"], *arms.notes, *left_out]
    certificate = None if shrunk is None else encode(shrunk.certificate)
    if shrunk is not None:
        plain["provenance"]["certificate"] = str(shrunk.certificate)
    return {
        "seed": seed,
        "comparison": plain,
        "levels": levels,
        "certificate": certificate,
        "variance": _variance(case, measured),
        "files": _files(arms, columns) if cell["save"] else {},
    }


def _variance(case: Case, measured: Measured) -> dict[str, Any]:
    """Split the variance of this seed's moved weight; nothing where it has none."""
    if case.certain or np.isnan(measured.moved[case.other.name]).all():
        return {}
    return variance_parts(case, measured, again="repruned")


def _files(arms: Arms, columns: Sequence[str] | None) -> dict[str, bytes]:
    """Return the models of the seed whose details the page shows, and their masks, as files."""
    with TemporaryDirectory() as folder:
        _save(Path(folder), arms, columns)
        found = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _save(folder: Path, arms: Arms, columns: Sequence[str] | None) -> None:
    models = folder / "models"
    models.mkdir()
    network.save_model(arms.dense, models / "dense.keras", columns)
    network.save_model(arms.pruned, models / "pruned.keras", columns)
    if arms.shrunk is not None:
        network.save_model(arms.shrunk.model, models / "shrunk.keras", columns)
        arms.shrunk.certificate.save(models / "shrunk.certificate.json")
    arms.masks.save(folder / "masks.npz")
