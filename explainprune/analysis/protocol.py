"""What was stated before there were results: written, hashed, and held to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.lookup import check_keys, name_of, nearest
from explainprune.types import Data
from explainprune.types.arrays import checksum
from explainprune.types.encoding import decode, encode
from explainprune.types.plain import read_toml

SECTION = "protocol"
MARGINS = ("margin", "accuracy_margin", "faithfulness_margin", "clarity_margin")
TAKEN = ("backgrounds", "copies", "effort", "k")
"""Options of `compare` that a protocol states as they are given."""


STATED = (*MARGINS, *TAKEN, "methods", "target", "background", "clusters", "rows")
"""Arguments of `compare` that a protocol states."""


HINTS = {
    "data_sha256": " Rows are hashed as the first model reads them: where it reads a table's "
    "columns by name, name both models to `explainprune protocol`."
}


@dataclass(frozen=True)
class Protocol:
    """What decides a verdict, apart from the models.

    Attributes
    ----------
    scope : str
        ``"pair"`` or ``"procedure"``.
    endpoint : str
        The metric that *same reasons?* is judged by.
    margin, accuracy_margin, faithfulness_margin, clarity_margin : float
    methods : tuple of str
    target, background, backgrounds, clusters, copies, effort, rows, k
        As in `compare`; `rows` is how many are scored, `background` how many each background has,
        or the checksum of those that were given.
    arms : tuple of str
        Reference arms beside those that every comparison makes.
    seeds : tuple of int
    data : str
    data_sha256 : str
        Checksum of all rows, labels, groups, weights and clusters.
    """

    scope: str = field(metadata={"help": "A pair of models, or a procedure."})
    endpoint: str = field(metadata={"help": "Same reasons? is judged by this."})
    margin: float = field(metadata={"help": "Most of the endpoint for preserved."})
    accuracy_margin: float
    faithfulness_margin: float
    clarity_margin: float
    methods: tuple[str, ...]
    target: str
    background: str
    backgrounds: int | None
    clusters: bool
    copies: str | None
    effort: int | None
    rows: int = field(metadata={"help": "How many are scored."})
    k: int | None = field(metadata={"help": "Leading reasons; left out: by the rule."})
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    data: str
    data_sha256: str

    @property
    def sha256(self) -> str:
        """Checksum of all that is stated, however the file is laid out."""
        text = json.dumps(encode(self), sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def protocol_of(
    data: Data,
    options: Mapping[str, Any],
    *,
    arms: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    scope: str = "pair",
) -> Protocol:
    """Return what a comparison of `data` with these `options` of `compare` would state."""
    clusters = options.get("clusters")
    plain: dict[str, Any] = {name: float(options[name]) for name in MARGINS}
    plain |= {name: options.get(name) for name in TAKEN}
    return Protocol(
        scope=scope,
        endpoint=PRIMARY,
        **plain,
        methods=tuple(name_of(method) for method in options["methods"]),
        target=str(options.get("target", "dense prediction")),
        background=_background(data, options["background"]),
        clusters=clusters is not None or getattr(data, "clusters", None) is not None,
        rows=min(len(data), options["rows"] or len(data)),
        arms=tuple(sorted(arms)),
        seeds=tuple(int(seed) for seed in seeds),
        data=data.name,
        data_sha256=data_sha256(data, clusters),
    )


def _background(data: Data, asked: Any) -> str:
    """Say how many rows are drawn, or which were given."""
    given = data.background if data.background is not None else asked
    if isinstance(given, (int, np.integer)):
        return f"{given} rows"
    parts = given if isinstance(given, dict) else {"x": given}
    return f"given rows, SHA-256 {checksum(sorted(parts.items()))}"


def data_sha256(data: Data, clusters: Any = None) -> str:
    """Return a checksum of all rows, and of what comes with each of them."""
    named: list[tuple[str, Any]] = []
    for rows in (data.scored, data.train, data.validation):
        if rows is not None:
            parts = rows.x if isinstance(rows.x, dict) else {"x": rows.x}
            named += sorted(parts.items())
            for each in fields(rows)[1:]:
                if each.name == "raw":  # it only says what the rows are called
                    continue
                held = getattr(rows, each.name)
                named += sorted(held.items()) if isinstance(held, dict) else [(each.name, held)]
    return checksum([*named, ("clusters", clusters)])


def held_to(path: str | Path, asked: Protocol) -> str:
    """Return a protocol's hash, if what is asked for is what it states.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no protocol, was changed after it was written, or states something else: the
        field and both values are named.
    """
    stated, digest = read_protocol(path)
    for each in fields(Protocol):
        ours, theirs = getattr(asked, each.name), getattr(stated, each.name)
        if ours != theirs:
            hint = HINTS.get(each.name, "")
            raise ValueError(
                f"{Path(path).name!r} states {each.name} = {_shown(theirs)}, but "
                f"{each.name} = {_shown(ours)} was asked for. Ask for what was stated, or leave "
                f"the protocol out: margins then count as stated with the results.{hint}"
            )
    return digest


def read_protocol(path: str | Path) -> tuple[Protocol, str]:
    """Read a protocol and its hash.

    Raises
    ------
    FileNotFoundError, ValueError
        As `held_to`.
    """
    path = Path(path)
    if not path.is_file():
        near = nearest(path.name, [each.name for each in path.parent.glob("*.toml")])
        raise FileNotFoundError(f"There is no protocol {str(path)!r}.{near}")
    plain = read_toml(path, repr(path.name))
    values = plain.get(SECTION)
    if not isinstance(values, dict):
        raise ValueError(f"{path.name!r} is no protocol: it has no table [{SECTION}].")
    values = dict(values)
    written = values.pop("sha256", None)
    names = [each.name for each in fields(Protocol)]
    check_keys(values, names, f"[{SECTION}]")
    # TOML has no null: what wasn't said was left out.
    found = decode({name: values.get(name) for name in names}, Protocol)
    if found.sha256 != written:
        raise ValueError(
            f"{path.name!r} was changed after it was written: its content's hash is "
            f"{found.sha256}, but it says {written}. Write it anew, before there are results."
        )
    return found, found.sha256


def _shown(value: Any) -> str:
    return json.dumps(encode(value), ensure_ascii=False)
