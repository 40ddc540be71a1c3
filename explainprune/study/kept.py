"""Seeds that are done, kept beside a study's folder until all are."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from explainprune.keeping import Store, code_mark, file_mark, hashed, source_mark
from explainprune.lookup import imported
from explainprune.study.config import StudyConfig, study_config

NOT_OF_A_SEED = ("workers", "seeds", "name")
"""Settings of the study that no seed's figures depend on."""
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def depends(config: StudyConfig) -> dict[str, str]:
    """Return the checksums of all that each seed depends on, by name.

    The configuration, this package's code and versions, and every file and every function of the
    user's that the configuration names, with what it imports.
    """
    plain = config.to_dict()
    plain["study"] = {k: v for k, v in plain["study"].items() if k not in NOT_OF_A_SEED}
    marks = {"configuration": hashed(plain), "version": code_mark()}
    for place, text in _texts(plain):
        if _FUNCTION.fullmatch(text):
            with suppress(ValueError):  # any other text may look like it
                imported(text, place)  # so that the working folder is searched
                marks[place] = source_mark(text.partition(":")[0])
        with suppress(OSError, ValueError):  # no text that could be a path
            if Path(text).is_file() or (Path(text) / "saved_model.pb").is_file():
                marks[place] = file_mark(Path(text))
    return marks


def _texts(plain: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a configuration, and where it stands."""
    if isinstance(plain, str):
        yield place, plain
    elif isinstance(plain, dict):
        for key, value in plain.items():
            yield from _texts(value, f"{place}.{key}".lstrip("."))
    elif isinstance(plain, list | tuple):
        for value in plain:
            yield from _texts(value, place)


def keep_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """Run a cell and keep its result and its models, so that an interrupted study can go on.

    Raises
    ------
    ValueError
        If something it depends on was changed meanwhile: nothing says which of the two it read.
    """
    from explainprune.study.cell import run_cell

    store, name = Store(Path(cell["keep"])), _name(cell)
    saved = store.folder / f"{name}.saved"
    shutil.rmtree(saved, ignore_errors=True)
    own = {key: cell[key] for key in ("config", "seed", "detail")}
    result = run_cell(own | {"folder": str(saved) if cell["detail"] else None})
    now = depends(study_config(cell["config"]))
    changed = [place for place in now if now[place] != cell["depends"].get(place)]
    if changed:
        raise ValueError(
            f"{', '.join(changed)} changed while the study ran. Run it again; with --resume "
            "the seeds that are done stay."
        )
    files = sorted(path for path in saved.rglob("*") if path.is_file())
    for path in files:
        store.put(f"{name}.{path.stem}", cell["key"], path.suffix, path.replace)
    result["files"] = [path.relative_to(saved).as_posix() for path in files]
    text = json.dumps(result, allow_nan=False)
    store.put(name, cell["key"], ".json", lambda path: path.write_text(text, encoding="utf-8"))
    shutil.rmtree(saved, ignore_errors=True)
    return result


def _name(cell: dict[str, Any]) -> str:
    return f"seed-{cell['seed']}"


class Kept:
    """Results of single seeds beside the final folder, for `resume`.

    Parameters
    ----------
    folder : Path
    config : StudyConfig
    resume : bool

    Attributes
    ----------
    said : dict
        For the manifest: the seeds that were there, and what the others came of.
    """

    def __init__(self, folder: Path, config: StudyConfig, resume: bool) -> None:
        self.store = Store(folder)
        self.store.begin(depends(config), resume=resume)
        self.said: dict[str, Any] = {}

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Return what `keep_cell` is called with."""
        key = self.store.key(seed=cell["seed"], detail=cell["detail"])
        return {**cell, "keep": str(self.store.folder), "key": key, "depends": self.store.plan}

    def read(self, cells: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Return the results that are there, and warn of those that came of something else."""
        found = {cell["seed"]: self._result(cell) for cell in cells}
        known = {seed: result for seed, result in found.items() if result is not None}
        others = self.store.why_others("of the seeds")
        if others is not None:
            warnings.warn(others, stacklevel=4)
        if self.store.resume and not self.store.empty:
            damaged = sorted(self.store.damaged)
            self.said = {"reused": list(known), "anew": others or "", "damaged": damaged}
        return known

    def _result(self, cell: dict[str, Any]) -> dict[str, Any] | None:
        """Return a seed's result, if it is there with all its models."""
        path = self.store.get(_name(cell), cell["key"], ".json")
        if path is None:
            return None
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result if len(list(self._files(cell, result))) == len(result["files"]) else None

    def _files(self, cell: dict[str, Any], result: dict[str, Any]) -> Iterator[tuple[str, Path]]:
        """Yield each file of a seed, by its name in the report, that is there and undamaged."""
        for name in result["files"]:
            part = Path(name)
            path = self.store.get(f"{_name(cell)}.{part.stem}", cell["key"], part.suffix)
            if path is not None:
                yield name, path

    def copy_models(self, cell: dict[str, Any], result: dict[str, Any], folder: Path) -> None:
        """Copy a seed's models and masks into the report's folder; a kill there loses nothing."""
        store, self.store = self.store, Store(self.store.folder)
        for name, path in self._files(cell, result):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / name)
        self.store = store

    def remove(self) -> None:
        """Remove what was kept."""
        Store(self.store.folder).remove()
