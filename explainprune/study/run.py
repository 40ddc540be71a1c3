"""The verb `run_study`: every seed in a child process, then the figures over seeds."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explainprune.analysis.comparison.compare import defaults
from explainprune.analysis.protocol import Protocol, held_to, protocol_of
from explainprune.engine import run_cells
from explainprune.reporting import check_free, whole_folder, write_report
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
from explainprune.study.manifest import manifest, models_sha256
from explainprune.study.recipes import check_functions
from explainprune.study.sources import sources_over_seeds
from explainprune.study.verdicts import on_scale, procedure_clarity, procedure_verdict
from explainprune.types import Comparison, Study

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
        Use what an interrupted run with the same configuration left in ``OUT.cells``.
    force : bool
        Whether a report in `out` may be replaced.
    cluster : str, optional
        Address of a Dask cluster.
    command : str, optional
        The command line, for the manifest.
    protocol : str or Path, optional
        What was stated before there were results; anything else is refused, and the results repeat
        its hash. See `explainprune.analysis.protocol`.
    progress : callable, optional
        ``progress(done, total, cell)`` after each seed; before the first one, where an interrupted
        run left something, with ``{"reused": seeds}`` as the cell: none, where it was another's.

    Returns
    -------
    Study

    Raises
    ------
    ValueError
        For whatever in the configuration, the data or the model doesn't fit.
    FileExistsError
        If `out` exists and `force` is false.
    """
    config = study_config(config)
    check_functions(config.model)
    stated = None if protocol is None else held_to(protocol, study_protocol(config))
    if out is not None:
        check_free(out, force=force)
    started = time.time()
    kept = None if out is None else _Kept(Path(f"{out}.cells"), config, resume)
    results = _results(config, kept, cluster, progress)
    study = _study(config, results, stated)
    if out is not None:
        assert kept is not None
        with whole_folder(out, force=force) as folder:
            kept.move_models(folder)
            record = manifest(
                study,
                config=config.to_dict(),
                seeds=config.study.seeds,
                checksums=models_sha256(folder),
                command=command or "explainprune.run_study(...)",
                seconds=time.time() - started,
            )
            write_report(study, folder, manifest=record)
        kept.remove()
    return study


def kept_seeds(out: str | Path) -> int:
    """Count the seeds that an interrupted run has left beside `out`."""
    return len([*Path(f"{out}.cells").glob("seed-*.json")])


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


def _results(
    config: StudyConfig, kept: _Kept | None, cluster: str | None, progress: Progress | None
) -> list[dict[str, Any]]:
    """Compute the cells that aren't there yet, and return all in the order of the seeds."""
    plain = config.to_dict()
    seeds = config.study.seeds
    cells = []
    for position, seed in enumerate(seeds):
        folder = None if kept is None else str(kept.folder)
        first = position == 0
        cells.append(
            {"config": plain, "seed": seed, "detail": first, "folder": folder if first else None}
        )
    known = {} if kept is None else kept.read(seeds)
    waiting = [cell for cell in cells if cell["seed"] not in known]
    if progress is not None and kept is not None and (known or kept.dropped):
        progress(len(known), len(cells), {"reused": sorted(known)})

    def report(done: int, total: int, cell: dict[str, Any]) -> None:
        if progress is not None:
            progress(done + len(known), len(cells), cell)

    function = CELL if kept is None else "explainprune.study.run:keep_cell"
    if kept is not None:
        waiting = [cell | {"keep": str(kept.folder)} for cell in waiting]
    found = run_cells(
        function,
        waiting,
        workers=config.study.workers,
        threads=config.study.threads,
        progress=report,
        cluster=cluster,
    )
    by_seed = known | {result["seed"]: result for result in found}
    return [by_seed[seed] for seed in seeds]


def keep_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """Run a cell and keep its result, so that an interrupted study can go on."""
    from explainprune.study.cell import run_cell

    result = run_cell({key: value for key, value in cell.items() if key != "keep"})
    target = Path(cell["keep"]) / f"seed-{cell['seed']}.json"
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(result, allow_nan=False), encoding="utf-8")
    partial.replace(target)
    return result


class _Kept:
    """Results of single seeds beside the final folder, for `resume`.

    `dropped` says whether there were some of another configuration.
    """

    def __init__(self, folder: Path, config: StudyConfig, resume: bool) -> None:
        self.folder = folder
        plain = config.to_dict()
        plain["study"] = {**plain["study"], "workers": None}  # results don't depend on it
        text = json.dumps(plain, sort_keys=True)
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        mark = folder / "config.sha256"
        same = mark.is_file() and mark.read_text(encoding="utf-8") == self.digest
        self.dropped = resume and mark.is_file() and not same
        if not (resume and same):
            self.remove()
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(self.digest, encoding="utf-8")

    def read(self, seeds: tuple[int, ...]) -> dict[int, dict[str, Any]]:
        """Return the results that are there; the first seed counts only with its models."""
        found = {}
        for position, seed in enumerate(seeds):
            path = self.folder / f"seed-{seed}.json"
            if path.is_file() and (position or (self.folder / "masks.npz").is_file()):
                found[seed] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def move_models(self, folder: Path) -> None:
        """Move the first seed's models and masks into the report's folder."""
        for name in ("models", "masks.npz"):
            source = self.folder / name
            if source.exists():
                source.rename(folder / name)

    def remove(self) -> None:
        """Remove the folder, if it is one of ours."""
        import shutil

        if (self.folder / "config.sha256").is_file():
            shutil.rmtree(self.folder)


def _study(config: StudyConfig, results: list[dict[str, Any]], stated: str | None = None) -> Study:
    """Put the seeds' figures together."""
    seeds = [Comparison.from_dict(result["comparison"]) for result in results]
    if stated is not None:
        seeds[0].provenance["protocol"] = {"hash": stated}
    comparisons = comparisons_over_seeds(seeds)
    place = on_scale(seeds)
    if place is not None and place.value is not None:
        comparisons["dense|pruned"]["placebo_to_retrained"] = place
    levels = levels_over_seeds(results, seeds[0].metrics)
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
        levels=levels,
        choice=chosen(levels, seeds, config.explain),
        sources=sources_over_seeds(parts, one_file=config.model.path is not None),
        per_seed=tuple(per_seed(results, seeds)),
        config=plain,
        notes=tuple(dict.fromkeys(note for c in seeds for note in c.notes)),
    )
