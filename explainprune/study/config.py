"""What a study runs: every setting, its default, and the check of what a user wrote."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from explainprune.lookup import check_keys, unknown
from explainprune.options import PruneOptions, ReadOptions, said
from explainprune.types.encoding import decode, encode
from explainprune.types.plain import read_toml

ITS_OWN_SHARE = re.compile(r"\d+:\d+|fan_in:.*")
"""Granularities that say themselves how much is removed."""

MOST_SEEDS, MOST_WORKERS = 10_000, 1_000
"""Beyond these a number is a slip."""

ARMS = (
    "placebo",
    "retrained",
    "random_pruned",
    "repruned",
    "preserving",
    "small_dense",
    "distilled",
    "l1",
    "dropout",
    "matched_churn",
)
"""Reference arms that a study can make."""


@dataclass(frozen=True)
class _Source:
    source: str = said("digits", "A built-in set or a file.")


@dataclass(frozen=True)
class DataSettings(ReadOptions, _Source):  # in the order of a file: the last base comes first
    """Where rows come from, and how they are read.

    Attributes
    ----------
    test_share : float
        Share of the rows held out for scoring, where the source is not already split.
    seed : int
        Seed of the split; the same for every seed of the study.
    """

    test_share: float = 0.25
    seed: int = 0


@dataclass(frozen=True)
class ModelSettings:
    """The dense model: a file, the user's own function, or a multilayer perceptron.

    Attributes
    ----------
    path : str, optional
        A trained model. It is then the dense model for every seed.
    build : str, optional
        ``"module:function"``: ``function(data, *, seed) -> model``, untrained.
    recipe : str, optional
        ``"module:function"``: ``train(model, data, *, seed, after_step) -> model``.
    hidden : tuple of int
        Units of each hidden layer of the built-in perceptron.
    activation : str
    dropout : tuple of float
        After each hidden layer; one number serves all.
    l1 : float
        L1 penalty on kernels.
    epochs, batch_size : int
    learning_rate : float
    trust : bool
        Load `path` outside safe mode.
    """

    path: str | None = None
    build: str | None = said(None, '"module:function": function(data, *, seed) -> untrained model')
    recipe: str | None = said(
        None, '"module:function": train(model, data, *, seed, after_step) -> model'
    )
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: tuple[float, ...] = (0.0,)
    l1: float = 0.0
    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 1e-3
    trust: bool = False


@dataclass(frozen=True)
class PruneSettings(PruneOptions):
    """How the model is pruned: the options of `prune`, and whether the result is shrunk.

    Where nothing says how much is removed, a sparsity of 0.9 does.
    """

    shrink: bool = True

    def __post_init__(self) -> None:
        others = self.budget or self.objective or not isinstance(self.allocation, str)
        if self.sparsity is None and not others and not ITS_OWN_SHARE.fullmatch(self.granularity):
            object.__setattr__(self, "sparsity", 0.9)


@dataclass(frozen=True)
class ExplainSettings:
    """How reasons are computed and by which margins they are judged: as in `compare`.

    Two backgrounds suffice: seeds are the unit, and each has one mean over its rows and theirs.
    """

    methods: tuple[str, ...] = ("expected_gradients",)
    metrics: tuple[str, ...] | None = None
    criterion: str = "taylor"
    background: int = 20
    backgrounds: int = 2
    effort: int | None = None
    rows: int | None = None
    margin: float = 0.15
    accuracy_margin: float = 0.02
    faithfulness_margin: float = 0.05
    clarity_margin: float = 0.05
    threshold: float | None = said(None, "Chance of the second of two classes that decides for it.")


@dataclass(frozen=True)
class StudySettings:
    """What is repeated, and where it runs.

    Attributes
    ----------
    name : str
    names : (str, str)
        What to call the dense and the pruned model.
    seeds : tuple of int
        Below six there are figures but no verdict.
    levels : tuple of float
        Sparsities of the sweep; empty for none.
    arms : tuple of str
        Reference arms beside those that need no training, of `ARMS`.
    l1_penalty, dropout_rate : float
        Of the arms ``l1`` and ``dropout``.
    workers : int
        Child processes at a time. The results don't depend on it.
    threads : int
        TensorFlow threads in each child. The results may depend on it.
    """

    name: str = "study"
    names: tuple[str, ...] = ("dense", "pruned")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    levels: tuple[float, ...] = (0.5, 0.8, 0.9, 0.95)
    arms: tuple[str, ...] = ARMS[:3]
    l1_penalty: float = 1e-4
    dropout_rate: float = 0.2
    workers: int = 2
    threads: int = 1


@dataclass(frozen=True)
class StudyConfig:
    """A study's whole configuration: one section for each stage."""

    data: DataSettings = field(default_factory=DataSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    prune: PruneSettings = field(default_factory=PruneSettings)
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    study: StudySettings = field(default_factory=StudySettings)

    def __post_init__(self) -> None:
        for section, key, value in _numbers(self.to_dict()):
            if not math.isfinite(value):
                raise ValueError(f"[{section}] {key} is a finite number. Received: {value}.")
        if not self.study.seeds or len(set(self.study.seeds)) < len(self.study.seeds):
            raise ValueError(f"[study] seeds are distinct integers. Received: {self.study.seeds}.")
        for arm in self.study.arms:
            if arm not in ARMS:
                raise unknown("arm in [study]", arm, ARMS)
        for level in (self.prune.sparsity, *self.study.levels):
            if level is not None and not 0 <= level < 1:
                raise ValueError(f"A sparsity lies in [0, 1). Received: {level}.")
        cut = self.explain.threshold
        if cut is not None and not 0 < cut < 1:
            raise ValueError(f"[explain] threshold is a chance in (0, 1). Received: {cut}.")
        _check_names(self.study.names)
        if not 0 < self.data.test_share < 1:
            raise ValueError(f"[data] test_share lies in (0, 1). Received: {self.data.test_share}.")
        for name in ("workers", "threads"):
            if not 1 <= getattr(self.study, name) <= MOST_WORKERS:
                raise ValueError(
                    f"[study] {name} is at least 1 and at most {MOST_WORKERS:,}. Received: "
                    f"{getattr(self.study, name):,}."
                )
        if not self.study.l1_penalty > 0:
            raise ValueError(f"[study] l1_penalty is above 0. Received: {self.study.l1_penalty}.")
        if not 0 < self.study.dropout_rate < 1:
            raise ValueError(
                f"[study] dropout_rate lies in (0, 1). Received: {self.study.dropout_rate}."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain sections."""
        plain: dict[str, Any] = encode(self)
        return plain


def _check_names(names: tuple[str, ...]) -> None:
    """Check what the two models are called, before any work."""
    if names == StudySettings.names:
        return
    from explainprune.analysis.comparison.settings import distinct

    try:
        distinct(names, (*ARMS, "shrunk"))
    except ValueError as error:
        raise ValueError(f"[study] {error}") from None


def _numbers(sections: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    """Yield every number of a configuration that may not be one."""
    for section, settings in sections.items():
        for key, value in settings.items():
            several = value.values() if isinstance(value, dict) else value
            for each in several if isinstance(several, Iterable) else (several,):
                if isinstance(each, float):
                    yield section, key, each


def study_config(source: StudyConfig | dict[str, Any] | str | Path | None) -> StudyConfig:
    """Read a configuration from a dict of sections, a TOML file or a `StudyConfig`.

    Raises
    ------
    ValueError
        For an unknown section or key (with the nearest), or a value of the wrong type.
    FileNotFoundError
        If the file is missing.
    """
    if source is None:
        return StudyConfig()
    if isinstance(source, StudyConfig):
        return source
    plain = dict(source) if isinstance(source, dict) else _read(Path(source))
    check_keys(plain, [part.name for part in fields(StudyConfig)], "the configuration")
    sections: dict[str, Any] = {}
    for part in fields(StudyConfig):
        kind: Any = part.default_factory
        given = plain.get(part.name, {})
        if not isinstance(given, dict):
            raise ValueError(f"[{part.name}] is a table of keys. Received: {given!r}.")
        check_keys(given, [key.name for key in fields(kind)], f"[{part.name}]")
        sections[part.name] = decode(_spread(given), kind)
    return StudyConfig(**sections)


def _spread(section: dict[str, Any]) -> dict[str, Any]:
    """Let a single number stand for a tuple, and a count of seeds for the seeds."""
    section = dict(section)
    seeds = section.get("seeds")
    count = seeds if isinstance(seeds, int) else len(seeds) if isinstance(seeds, list) else 0
    if count > MOST_SEEDS:
        raise ValueError(f"[study] seeds are at most {MOST_SEEDS:,}. Received: {count:,}.")
    if isinstance(seeds, int):
        section["seeds"] = list(range(seeds))
    for key in (
        "dropout",
        "hidden",
        "class_names",
        "features",
        "drop",
        "methods",
        "metrics",
        "levels",
        "arms",
        "names",
        "protect",
    ):
        if key in section and not isinstance(section[key], (list, tuple, type(None))):
            section[key] = [section[key]]
    return section


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise FileNotFoundError(f"There is no configuration {str(path)!r}.")
    return read_toml(path, repr(str(path)))
