"""Parts explained in other processes: children of this one, or on the workers of a cluster."""

from __future__ import annotations

import hashlib
import importlib
import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from explainprune.analysis.attribution.explainer import Explainer, explainer_for
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.data.reading import Samples, first_rows
from explainprune.engine import each_cell
from explainprune.keeping import as_files, sources

NAME = "explainer.pickle"
PART = f"{__name__}:explain_part"
FIRST = 16
"""Rows that a network is rewritten on and held against."""

Part = tuple[Samples, Callable[[Path], Any]]
"""Rows, and what writes their attribution to a path."""


def explained_elsewhere(
    lacking: Iterable[Samples],
    model: Any,
    explainer: Explainer,
    first: Samples,
    keywords: Mapping[str, Any],
    *,
    workers: int | None,
    cluster: str | None,
    told: Callable[[str], None] | None,
) -> Generator[Part, None, None]:
    """Yield parts as they are explained, by processes of one thread each.

    The model, the background and what else is settled travel once to each process; rows with the
    parts that they belong to.
    """
    with TemporaryDirectory() as folder:
        ends = background_for(explainer.network, keywords["background"], first, explainer.seed)
        needs = _written(Path(folder), model, first, {**keywords, "background": ends})
        there = str(needs[NAME]) if cluster is None else NAME
        sha256 = hashlib.sha256(needs[NAME].read_bytes()).hexdigest()
        under_way: list[Samples | None] = []

        def cells() -> Iterator[dict[str, Any]]:
            for samples in lacking:
                under_way.append(samples)
                own = {"rows": samples.start, "explainer": there, "sha256": sha256}
                yield {**own, "samples": _light(samples)}

        found = each_cell(PART, cells(), workers=workers, cluster=cluster, needs=needs, told=told)
        with closing(found):
            for index, result in found:
                samples, under_way[index] = under_way[index], None
                assert samples is not None
                yield samples, _writing(result["part"])


def _writing(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)


def _light(samples: Samples) -> Samples:
    """Leave out of a `Data` the rows that aren't explained."""
    if samples.data is None:
        return samples
    data = samples.data.with_(train=None, validation=None, background=None)
    return replace(samples, data=data, known_task=samples.task)


def _written(
    folder: Path, model: Any, first: Samples, keywords: Mapping[str, Any]
) -> dict[str, Path]:
    """Write what explains parts to a file; return it, and the user's modules that it needs.

    Raises
    ------
    ValueError
        If the model, or a function, can't be sent.
    """
    import cloudpickle  # comes with shap

    settled = {**keywords, "model": model, "samples": first_rows(_light(first), FIRST)}
    files = {name: files for name in _modules(model, keywords) if (files := dict(sources(name)))}
    try:
        content = cloudpickle.dumps((sorted(files), cloudpickle.dumps(settled)))
    except Exception as error:  # of whatever kind the model's parts are
        raise ValueError(
            "The model can't be sent to another process "
            f"({type(error).__name__}: {_short(error)}). Explain it without "
            "workers."
        ) from error
    (folder / NAME).write_bytes(content)
    needs = {NAME: folder / NAME}
    for each in files.values():
        needs |= as_files(each)
    return needs


def _modules(model: Any, keywords: Mapping[str, Any]) -> set[str]:
    """Name the modules that a model's layers, a method and functions come from."""
    layers = [model, *getattr(model, "_flatten_layers", list)()]
    values = [keywords["method"], keywords["target"], *keywords["options"].values()]
    values += [getattr(model, "run", None)]
    functions = {value.__module__ for value in values if hasattr(value, "__module__")}
    return ({type(each).__module__ for each in layers} | functions) - {"__main__", "builtins"}


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


_READY: dict[str, Explainer] = {}
"""The explainer that this process has made ready, by the checksum of its file."""


def explain_part(cell: dict[str, Any]) -> dict[str, Any]:
    """Explain a part's rows in this process: the file that is kept of them."""
    explainer = _ready(Path(cell["explainer"]), cell["sha256"])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "part.npz"
        explainer.explain(cell["samples"]).save(path)
        return {"part": path.read_bytes()}


def _ready(path: Path, sha256: str) -> Explainer:
    if sha256 not in _READY:
        names, content = pickle.loads(path.read_bytes())
        try:
            for name in names:  # before the model: they register its own layers
                importlib.import_module(name)
            settled = pickle.loads(content)
        except Exception as error:
            raise ValueError(
                "The model can't be put together again in another process "
                f"({type(error).__name__}: {_short(error)}). Explain it without workers, or keep "
                "what is your own of it in a module."
            ) from error
        _READY.clear()
        _READY[sha256] = explainer_for(**settled)
    return _READY[sha256]
