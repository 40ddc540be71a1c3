"""Seeds that are done, kept beside a study's folder until all are."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from explainprune.keeping import Store, as_files, code_mark, file_mark, hashed, source_mark, sources
from explainprune.lookup import imported
from explainprune.study.config import StudyConfig

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
    for place, text, path in _named(plain):
        marks[place] = source_mark(text.partition(":")[0]) if path is None else file_mark(path)
    return marks


def elsewhere(config: StudyConfig) -> tuple[dict[str, Any], dict[str, Path]]:
    """Return the configuration for a machine that has none of its files, and these files.

    They are named by where they lie in the working folder there, modules as Python finds them.
    """
    plain = config.to_dict()
    moved: dict[tuple[str, str], str] = {}
    files: dict[str, Path] = {}
    for place, text, path in _named(plain):
        if path is None:
            files |= as_files(dict(sources(text.partition(":")[0])))
            continue
        there = moved[place, text] = f"{place}/{path.name}"
        inside = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
        files |= {(there / each.relative_to(path)).as_posix(): each for each in inside}
    return _with(plain, moved), files


def _named(plain: dict[str, Any]) -> Iterator[tuple[str, str, Path | None]]:
    """Yield what a configuration names: its place, its text, and the path where it is a file."""
    for place, text in _texts(plain):
        if _FUNCTION.fullmatch(text):
            with suppress(ValueError):  # any other text may look like it
                imported(text, place)  # so that the working folder is searched
                yield place, text, None
        with suppress(OSError, ValueError):  # no text that could be a path
            path = Path(text)
            if path.is_file() or (path / "saved_model.pb").is_file():
                yield place, text, path


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


def _with(plain: Any, moved: Mapping[tuple[str, str], str], place: str = "") -> Any:
    """Return a configuration with other texts in some places."""
    if isinstance(plain, str):
        return moved.get((place, plain), plain)
    if isinstance(plain, dict):
        return {k: _with(v, moved, f"{place}.{k}".lstrip(".")) for k, v in plain.items()}
    return [_with(each, moved, place) for each in plain] if isinstance(plain, list) else plain


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
        self.config, self.store = config, Store(folder)
        self.store.begin(depends(config), resume=resume)
        self.said: dict[str, Any] = {}

    def _key(self, cell: dict[str, Any]) -> str:
        return self.store.key(seed=cell["seed"], detail=cell["detail"])

    def put(self, cell: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        """Keep a seed's result and its models, so that an interrupted study can go on.

        Returns the result with the models' names in place of them.

        Raises
        ------
        ValueError
            If something it depends on was changed meanwhile: nothing says which of the two it read.
        """
        now = depends(self.config)
        changed = [place for place in now if now[place] != self.store.plan.get(place)]
        if changed:
            raise ValueError(
                f"{', '.join(changed)} changed while the study ran. Run it again; with --resume "
                "the seeds that are done stay."
            )
        name, key = _name(cell), self._key(cell)
        for file, content in result["files"].items():
            part = Path(file)
            self.store.put(f"{name}.{part.stem}", key, part.suffix, _writing(content))
        result = result | {"files": list(result["files"])}
        text = json.dumps(result, allow_nan=False)
        self.store.put(name, key, ".json", _writing(text.encode()))
        return result

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
        path = self.store.get(_name(cell), self._key(cell), ".json")
        if path is None:
            return None
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result if len(list(self._files(cell, result))) == len(result["files"]) else None

    def _files(self, cell: dict[str, Any], result: dict[str, Any]) -> Iterator[tuple[str, Path]]:
        """Yield each file of a seed, by its name in the report, that is there and undamaged."""
        for name in result["files"]:
            part = Path(name)
            path = self.store.get(f"{_name(cell)}.{part.stem}", self._key(cell), part.suffix)
            if path is not None:
                yield name, path

    def copy_models(self, cell: dict[str, Any], result: dict[str, Any], folder: Path) -> None:
        """Copy a seed's models and masks into the report's folder; a kill there loses nothing."""
        store, self.store = self.store, Store(self.store.folder)
        self.store.plan = store.plan
        for name, path in self._files(cell, result):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / name)
        self.store = store

    def remove(self) -> None:
        """Remove what was kept."""
        Store(self.store.folder).remove()


def _writing(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)
