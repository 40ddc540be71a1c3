"""The verb `run_study`: every seed in a child process, then the figures over seeds."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from explainprune.analysis.comparison.compare import defaults
from explainprune.analysis.protocol import Protocol, held_to, protocol_of
from explainprune.engine import each_cell
from explainprune.reporting import check_free, reserved, whole_folder, write_report
from explainprune.study.aggregate import (
    comparisons_over_seeds,
    levels_over_seeds,
    models_over_seeds,
    per_seed,
    slices_over_seeds,
)
from explainprune.study.cell import study_data
from explainprune.study.choice import chosen
from explainprune.study.config import StudyConfig, study_config
from explainprune.study.kept import Kept, elsewhere
from explainprune.study.manifest import manifest, models_sha256
from explainprune.study.recipes import check_functions
from explainprune.study.sources import sources_over_seeds
from explainprune.study.verdicts import on_scale, procedure_clarity, procedure_verdict
from explainprune.types import Comparison, Level, Study

CELL = "explainprune.study.cell:run_cell"

Progress = Callable[[int, int, dict[str, Any]], None]


def run_study(
    config: StudyConfig | dict[str, Any] | str | Path | None = None,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    force: bool = False,
    cluster: str | None = None,
    command: str | None = None,
    protocol: str | Path | None = None,
    progress: Progress | None = None,
) -> Study:
    """Train, prune, explain and compare over seeds, and judge the procedure.

    Parameters
    ----------
    config : dict, StudyConfig, or path of a TOML file, optional
        Sections ``data``, ``model``, ``prune``, ``explain`` and ``study``; what isn't given has
        its default.
    out : str or Path, optional
        Folder for the report; it appears whole or not at all. None: nothing is written.
    resume : bool
        Use what an interrupted run left in ``OUT.cells``, seed by seed, where everything it depends
        on is the same: configuration, version, data, model and the source of your functions. A
        warning, and the manifest, say what wasn't used.
    force : bool
        Whether a report in `out` may be replaced.
    cluster : str, optional
        Address of a Dask scheduler, whose workers compute the seeds; ``"local"`` starts as many
        workers as the configuration says, here.
    command : str, optional
        The command line, for the manifest.
    protocol : str or Path, optional
        What was stated before there were results; anything else is refused, and the results repeat
        its hash. See `explainprune.analysis.protocol`.
    progress : callable, optional
        ``progress(done, total, cell)`` after each seed; before the first one, where an interrupted
        run left something, with ``{"reused": seeds}`` as the cell: none, where it was another's;
        and with ``{"dashboard": where}`` on a cluster.

    Returns
    -------
    Study

    Raises
    ------
    ValueError
        For whatever in the configuration, the data or the model doesn't fit.
    FileExistsError
        If `out` exists and `force` is false, or ``OUT.cells`` or ``OUT.partial`` aren't ours.
    BlockingIOError
        If another process writes `out`.
    """
    config = study_config(config)
    check_functions(config.model)
    stated = None if protocol is None else held_to(protocol, study_protocol(config))
    if out is None:
        return _study(config, _results(config, None, cluster, progress), stated)
    check_free(out, force=force)
    started = time.time()
    with reserved(out) as final:
        kept = Kept(final.with_name(f"{final.name}.cells"), config, resume)
        results = _results(config, kept, cluster, progress)
        study = _study(config, results, stated)
        with whole_folder(final, force=force) as folder:
            kept.copy_models(_cells(config, keep=True)[0], results[0], folder)
            record = manifest(
                study,
                config=config.to_dict(),
                seeds=config.study.seeds,
                checksums=models_sha256(folder),
                command=command or "explainprune.run_study(...)",
                seconds=time.time() - started,
                resumed=kept.said,
            )
            write_report(study, folder, manifest=record)
        kept.remove()
    return study


def kept_seeds(out: str | Path) -> int:
    """Count the seeds that an interrupted run has left beside `out`."""
    found = Path(f"{out}.cells").glob("seed-*.json")
    return len({path.stem.split("-")[1] for path in found})


def study_protocol(config: StudyConfig) -> Protocol:
    """Return what a study with this configuration would state before its results."""
    asked = vars(config.explain)
    options = {key: asked.get(key, default) for key, default in defaults().items()}
    return protocol_of(
        study_data(config),
        options,
        arms=config.study.arms,
        seeds=config.study.seeds,
        scope="procedure",
    )


def _cells(config: StudyConfig, *, keep: bool) -> list[dict[str, Any]]:
    """Return what each seed is computed from; the page shows the first one's details."""
    plain = config.to_dict()
    return [
        {"config": plain, "seed": seed, "detail": position == 0, "save": keep and position == 0}
        for position, seed in enumerate(config.study.seeds)
    ]


def _results(
    config: StudyConfig, kept: Kept | None, cluster: str | None, progress: Progress | None
) -> list[dict[str, Any]]:
    """Compute the cells that aren't there yet, and return all in the order of the seeds."""
    cells = _cells(config, keep=kept is not None)
    by_seed = {} if kept is None else kept.read(cells)
    tell = progress or (lambda done, total, cell: None)
    if kept is not None and kept.said:
        tell(len(by_seed), len(cells), {"reused": sorted(by_seed)})
    waiting = [cell for cell in cells if cell["seed"] not in by_seed]
    cluster = cluster if waiting else None
    plain, needs = (None, None) if cluster is None else elsewhere(config)
    found = each_cell(
        CELL,
        waiting if plain is None else [cell | {"config": plain} for cell in waiting],
        workers=config.study.workers,
        threads=config.study.threads,
        cluster=cluster,
        needs=needs,
        told=lambda where: tell(len(by_seed), len(cells), {"dashboard": where}),
    )
    with closing(found):
        for index, result in found:
            cell = waiting[index]
            by_seed[cell["seed"]] = result if kept is None else kept.put(cell, result)
            tell(len(by_seed), len(cells), cell)
    return [by_seed[seed] for seed in config.study.seeds]


def _study(config: StudyConfig, results: list[dict[str, Any]], stated: str | None = None) -> Study:
    """Put the seeds' figures together."""
    seeds = [Comparison.from_dict(result["comparison"]) for result in results]
    if stated is not None:
        seeds[0].provenance["protocol"] = {"hash": stated}
    comparisons = comparisons_over_seeds(seeds)
    place = on_scale(seeds)
    if place is not None and place.value is not None:
        comparisons["|".join(config.study.names)]["placebo_to_retrained"] = place
    levels = levels_over_seeds(results, seeds[0].metrics)
    choice = chosen(levels, seeds, config.explain)
    parts = [result["variance"] for result in results]
    plain = config.to_dict()
    plain["study"] = {k: v for k, v in plain["study"].items() if k != "workers"}
    return Study(
        verdict=procedure_verdict(seeds, config.explain),
        clarity=procedure_clarity(seeds, config.explain),
        models=models_over_seeds(seeds),
        comparisons=comparisons,
        pair=seeds[0],
        seeds=config.study.seeds,
        slices=slices_over_seeds(seeds),
        metrics=seeds[0].metrics,
        levels=tuple(_called(level, config.study.names[1]) for level in levels),
        choice=choice,
        sources=sources_over_seeds(parts, one_file=config.model.path is not None),
        per_seed=tuple(per_seed(results, seeds)),
        config=plain,
        notes=tuple(dict.fromkeys(note for c in seeds for note in c.notes)),
    )


def _called(level: Level, name: str) -> Level:
    """Call the pruned model of a sweep as it is called elsewhere."""
    return replace(level, arm=name) if level.arm == "pruned" else level
