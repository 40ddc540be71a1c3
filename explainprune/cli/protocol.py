"""``explainprune protocol``: what decides a verdict, written and hashed before results."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from explainprune.cli.compare import compare
from explainprune.cli.console import Console
from explainprune.cli.options import Force, Json, Quiet, flag, names_of
from explainprune.cli.outputs import check_file, whole_files
from explainprune.cli.study import config_of, run

Command = Callable[..., None]


def _options(command: Command) -> dict[str, inspect.Parameter]:
    """Return a command's options, none of them required."""
    hints = get_type_hints(command, include_extras=True)
    found = {}
    for each in inspect.signature(command).parameters.values():
        kind = hints.get(each.name, each.annotation)
        if each.kind is inspect.Parameter.VAR_KEYWORD or _positional(kind):
            continue
        base = kind.__origin__
        found[each.name] = each.replace(
            annotation=Annotated[base if base is bool else base | None, *kind.__metadata__],
            default=False if base is bool else None,
            kind=inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )
    return found


def _positional(kind: Any) -> bool:
    return any(isinstance(each, typer.models.ArgumentInfo) for each in kind.__metadata__)


OF_PAIR, OF_STUDY = _options(compare), _options(run)


def with_options_of_both(command: Command) -> Command:
    """Give a command that ends in ``**given`` the options of `compare` and of `run`."""
    own = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    written = {
        each.name: each.replace(annotation=hints[each.name])
        for each in own.parameters.values()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    }
    both = {**OF_STUDY, **OF_PAIR, **written}

    def call(**values: Any) -> None:
        command(**{k: v for k, v in values.items() if k in written or v not in (None, [])})

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    order = [*written.values(), *(v for k, v in both.items() if k not in written)]
    call.__signature__ = own.replace(parameters=order)  # type: ignore[attr-defined]
    return call


@with_options_of_both
def protocol(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="As in `run` a CONFIG.toml, or as in `compare` the models.",
            metavar="[CONFIG.toml | DENSE OTHER]",
        ),
    ] = None,
    out: Annotated[Path, flag("-o", "--out", help="File to write.")] = Path("protocol.toml"),
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """State margins, endpoint, rows, seeds, arms and the data's hash, before there are results.

    Takes the options of `compare`, or those of `run`; either refuses to differ when it is given
    the file by --protocol, and its results repeat the hash.
    """
    from explainprune.analysis.protocol import SECTION
    from explainprune.cli.toml import to_toml
    from explainprune.types.encoding import encode

    check_file(out, (".toml",), force=force)
    console = Console(quiet, json)
    with console.noting():
        stated = _of_study(words, given) if _is_study(words, given) else _of_pair(words, given)
    plain = {**encode(stated), "sha256": stated.sha256}
    comments = {
        SECTION: "Stated before there are results. Whatever is changed here changes the hash.",
        **{f"{SECTION}.{k}": v.metadata["help"] for k, v in _fields(stated) if v.metadata},
    }
    with whole_files({"protocol": out}) as files:
        files["protocol"].write_text(to_toml({SECTION: plain}, comments), encoding="utf-8")
    console.show(f"Wrote {out}: {stated.sha256}", {"protocol": str(out), **plain})


def _fields(stated: Any) -> list[tuple[str, Any]]:
    return list(type(stated).__dataclass_fields__.items())


def _is_study(words: list[str] | None, given: dict[str, Any]) -> bool:
    """Whether it is `run` whose options these are: a configuration, or a flag that it alone has."""
    alone = {name for name, value in given.items() if value and name not in OF_PAIR}
    return any(word.endswith(".toml") for word in words or []) or bool(alone)


def _of_study(words: list[str] | None, given: dict[str, Any]) -> Any:
    from explainprune.study.run import study_protocol

    strange = sorted(name for name, value in given.items() if value and name not in OF_STUDY)
    if len(words or []) > 1 or strange:
        raise ValueError(
            f"A protocol is of `run` or of `compare`. Received: {', '.join(words or [])} "
            f"with options that only `compare` has: {', '.join(strange) or 'none'}."
        )
    return study_protocol(config_of(Path(words[0]) if words else None, **given))


def _of_pair(words: list[str] | None, given: dict[str, Any]) -> Any:
    """Read the rows as `compare` does; its options but for those are Python's, name by name."""
    import explainprune as xp
    from explainprune.analysis.comparison.compare import defaults
    from explainprune.analysis.protocol import protocol_of
    from explainprune.cli.compare import _arms

    if "data" not in given:
        raise ValueError("A protocol of a pair needs --data; one of a study a CONFIG.toml.")
    options = {key: value for key, value in given.items() if key not in READING}
    reading = {key: value for key, value in given.items() if key in READING}
    background = options.pop("background", None)
    if background is not None and background.isdigit():
        options["background"] = int(background)
    elif background is not None:
        reading["background"] = background
    reading["class_names"] = names_of(reading.get("class_names"))
    if "explain_class" in options:
        options["target"] = options.pop("explain_class")
    options["methods"] = tuple(options.pop("method", ("expected_gradients",)))
    arms = list(_arms(options.pop("arm", [])))
    seeds = (options.get("seed", 0),)
    if words:  # rows are hashed as the first model reads them
        reading["model"] = xp.load_model(words[0], trust=bool(options.pop("trust", False)))
    rows = xp.load_data(reading.pop("data"), **reading)
    return protocol_of(rows, defaults() | options, arms=arms, seeds=seeds)


READING = {"data", "target", "group", "weight", "players", "preprocess", "task", "class_names"}
"""Options that say how rows are read."""
