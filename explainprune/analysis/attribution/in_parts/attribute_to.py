"""The verb `attribute_to`: more rows than memory holds, into a file, part by part."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.analysis.attribution.automatic import AUTO
from explainprune.analysis.attribution.explainer import Explainer, Method, explainer_for
from explainprune.analysis.attribution.in_parts.elsewhere import Part, explained_elsewhere
from explainprune.analysis.attribution.in_parts.files import ENDINGS
from explainprune.analysis.attribution.in_parts.store import PartStore, Written, parts_folder
from explainprune.analysis.attribution.sampling.replicates import check_count
from explainprune.data.reading import ROWS, count_of, samples_of
from explainprune.keeping import check_way, code_mark, held, mark
from explainprune.lookup import nearest
from explainprune.network import Artefact, Model, Network, model_sha256, opened
from explainprune.network.failing import in_words

Progress = Callable[[int, int | None], None]
"""``(rows done, rows in all or None)``, called after each part."""


@in_words
def attribute_to(
    out: str | Path,
    model: Model | Network,
    x: Any,
    *,
    y: Any = None,
    background: Any = None,
    method: str | Method = AUTO,
    target: Any = "predicted",
    output: str = "logit",
    players: Any = None,
    batch_size: int | None = None,
    seed: int = 0,
    rows_at_once: int = ROWS,
    top: int | None = None,
    resume: bool = False,
    force: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    told: Callable[[str], None] | None = None,
    **options: Any,
) -> Written:
    """Explain rows part by part and write them to one file, in the memory of one part.

    Each part is kept in ``OUT.partial/`` until all are done: a run that was stopped, killed or
    out of disk goes on there with ``resume=True``, and ends with the same bytes. Parts of other
    rows, or of another model, background or version, are explained anew, and a warning says so.

    Parameters
    ----------
    out : str or Path
        ``.npz`` (read it with ``Attribution.load``), ``.csv`` or ``.parquet`` (long form).
    model, y, background, method, target, output, players, batch_size, seed, **options
        As `attribute` has them.
    x : as `attribute` has it
        Of a memory-mapped array and of a ``tf.data.Dataset``, only the part at hand is read.
    rows_at_once : int
        Rows of a part. Draws depend on it, as on the seed.
    top : int, optional
        Of ``.csv`` and ``.parquet``: one line for each row, with its `top` leading features and
        what they were (``to_frame(top=…, wide=True)``). None: all, in long form.
    resume : bool
        Go on from parts that are there; False: begin anew.
    force : bool
        Replace `out` if it exists: when the new one is whole, not before.
    workers : int, optional
        Processes that explain parts, each with one thread: the same bytes for any number of them,
        on a cluster or not. None: this process does, with its own threads; last bits may differ.
    cluster : str, optional
        Address of a Dask scheduler, whose workers explain parts; ``"local"`` starts `workers` here.
    progress : callable, optional
        ``(rows done, rows in all or None)``, after each part.
    told : callable, optional
        Told where a cluster's dashboard is.

    Returns
    -------
    Written

    Raises
    ------
    ValueError
        As `attribute` does; if `out` has another ending; if the parts to resume from are another
        run's.
    FileExistsError
        If `out` exists and `force` is False, or ``OUT.partial`` isn't ours.
    BlockingIOError
        If another process writes `out`.
    ConnectionError, ChildProcessError
        If a cluster can't be reached or is lost; if a worker ends, or its memory does.
    """
    path = _checked(Path(out), force)
    check_count("rows_at_once", rows_at_once)
    if top is not None:
        check_count("top", top)
        if path.suffix == ".npz":
            raise ValueError(f"top= is for tables: .csv or .parquet. Received: {str(out)!r}.")
    keywords = {
        "background": background,
        "method": method,
        "target": target,
        "output": output,
        "players": players,
        "batch_size": batch_size,
        "seed": seed,
        "options": options,
    }
    model, total = opened(model), count_of(x)
    _check_targets(target, total)
    tell = progress or (lambda done, total: None)
    with held(path):
        check_way(parts_folder(path))
        parts = samples_of(model, x, y, rows_at_once)
        first = next(parts)  # where there are no rows, reading them raises
        explainer = explainer_for(model, first, **keywords)
        alone = workers is None and cluster is None
        plan = _plan(model, explainer, output, rows_at_once, batch_size, alone)
        store = PartStore(path, plan, resume, lambda done: tell(done, total))
        lacking = store.lacking(chain([first], parts))
        found: Generator[Part, None, None]
        if alone:
            found = ((samples, explainer.explain(samples).save) for samples in lacking)
        else:
            found = explained_elsewhere(
                lacking, model, explainer, first, keywords,
                workers=workers, cluster=cluster, told=told,
            )  # fmt: skip
        try:
            with closing(found):
                for samples, write in found:
                    store.put(samples, write)
        except BaseException:
            store.given_up()
            raise
        _check_targets(target, store.rows)
        return store.finished(top)


def _checked(path: Path, force: bool) -> Path:
    if path.suffix not in ENDINGS:
        raise ValueError(
            f"out ends in {', '.join(ENDINGS)}. Received: {str(path)!r}."
            f"{nearest(path.suffix, ENDINGS)}"
        )
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to write {path.name!r} in.")
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder. Expected the name of a file.")
    if path.exists() and not force:
        raise FileExistsError(f"{str(path)!r} exists already. Pass force=True to replace it.")
    return path


def _check_targets(target: Any, rows: int | None) -> None:
    """Raise where targets are given row by row, and there aren't as many as rows."""
    if rows is not None and isinstance(target, (list, np.ndarray)) and len(target) != rows:
        raise ValueError(
            f"target needs one index for each of the {rows:,} rows. Received: {len(target):,}."
        )


def _plan(
    model: Any,
    explainer: Explainer,
    output: str,
    rows_at_once: int,
    batch_size: int | None,
    alone: bool,
) -> dict[str, Any]:
    """Describe the run by what its numbers depend on, rows apart: what was said of it, the rest."""
    options = sorted(explainer.options.items())
    return {
        "method": explainer.name,
        "target": _shown(explainer.target),
        "output": output,
        "seed": int(explainer.seed),
        "rows_at_once": rows_at_once,
        "options": {name: _shown(value) for name, value in options},
        "model": mark(model, _known),
        "background": mark(explainer.background),
        "players": mark((explainer.given.players, explainer.joined, explainer.player_names)),
        "function": mark((explainer.method, explainer.target, options), _known),
        "batch size": batch_size,
        "threads": [os.cpu_count(), *map(os.environ.get, THREADS)] if alone else [1],
        "version": code_mark(),
    }


THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def _shown(value: Any) -> str:
    """Show what was asked for, the same in every process."""
    text = repr(value)
    array = isinstance(value, (list, np.ndarray))
    return mark(value) if array or callable(value) or " at 0x" in text else text


def _known(value: Any) -> str | None:
    """Return a file's checksum, or a Keras model's with the source of what isn't Keras' own."""
    if isinstance(value, Artefact) and value.sha256:
        return str(value.sha256)
    if not hasattr(value, "weights") or not hasattr(value, "to_json"):
        return None
    layers = [value, *getattr(value, "_flatten_layers", list)()]
    own = {type(each) for each in layers if not type(each).__module__.startswith("keras.")}
    return f"{model_sha256(value)} {mark(sorted(own, key=repr))}"
