"""``explainprune protocol``: what decides a verdict, written and hashed before results."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from explainprune.cli.compare import compare
from explainprune.cli.console import Console
from explainprune.cli.declared import as_declared, taken
from explainprune.cli.inputs import described
from explainprune.cli.options import Force, Json, Quiet, flag
from explainprune.cli.outputs import check_file, whole_files
from explainprune.cli.study import config_of, run
from explainprune.options import PruneOptions, ReadOptions

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
        given = {k: v for k, v in values.items() if k in written or v not in (None, [])}
        for kind in (ReadOptions, PruneOptions):
            given |= as_declared(kind, given)
        command(**given)

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
            metavar="[CONFIG.toml | DENSE OTHER...]",
        ),
    ] = None,
    out: Annotated[Path, flag("-o --out", "File to write.")] = Path("protocol.toml"),
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
        asked = _of_study if _is_study(words, given) else _of_pair
        stated, reading = asked(words, given)
    plain = {**encode(stated), "sha256": stated.sha256}
    comments = {
        SECTION: "Stated before there are results. Whatever is changed here changes the hash.",
        **{f"{SECTION}.{k}": v.metadata["help"] for k, v in _fields(stated) if v.metadata},
        "data": "How the rows were read; --schema and --protocol read them so again.",
    }
    with whole_files({"protocol": out}) as files:
        text = to_toml({SECTION: plain, "data": encode(reading)}, comments)
        files["protocol"].write_text(text, encoding="utf-8")
    console.show(f"Wrote {out}: {stated.sha256}", {"protocol": str(out), **plain})


def _fields(stated: Any) -> list[tuple[str, Any]]:
    return list(type(stated).__dataclass_fields__.items())


def _is_study(words: list[str] | None, given: dict[str, Any]) -> bool:
    """Whether it is `run` whose options these are: a configuration, or a flag that it alone has."""
    alone = {name for name, value in given.items() if value and name not in OF_PAIR}
    return any(word.endswith(".toml") for word in words or []) or bool(alone)


def _of_study(words: list[str] | None, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    from explainprune.study.run import study_protocol

    strange = sorted(name for name, value in given.items() if value and name not in OF_STUDY)
    if len(words or []) > 1 or strange:
        raise ValueError(
            f"A protocol is of `run` or of `compare`. Received: {', '.join(words or [])} "
            f"with options that only `compare` has: {', '.join(strange) or 'none'}."
        )
    config = config_of(Path(words[0]) if words else None, **given)
    return study_protocol(config), vars(config.data)


def _of_pair(words: list[str] | None, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Read the rows as `compare` does; its options but for those are Python's, name by name."""
    import explainprune as xp
    from explainprune.analysis.comparison.compare import defaults
    from explainprune.analysis.comparison.needs import methods_for
    from explainprune.analysis.protocol import protocol_of
    from explainprune.cli.models import arms_of

    if "data" not in given:
        raise ValueError("A protocol of a pair needs --data; one of a study a CONFIG.toml.")
    options = dict(given)
    source = options.pop("data")
    reading = described(options.pop("schema", None)) | taken(options, ReadOptions)
    background = options.pop("background", None)
    if background is not None and background.isdigit():
        options["background"] = int(background)
    read_as: dict[str, Any] = {"background": None if "background" in options else background}
    if "explain_class" in options:
        options["target"] = options.pop("explain_class")
    methods = options.pop("method", None)
    arms = list(arms_of(options.pop("arm", [])))
    seeds = (options.get("seed", 0),)
    trust = bool(options.pop("trust", False))
    models = [xp.load_model(word, trust=trust) for word in words or []]
    if models:  # rows are hashed as the first model reads them
        read_as["model"] = models[0]
    rows = xp.load_data(source, **reading, **read_as)
    options["methods"] = methods_for(methods and tuple(methods), models, rows)
    stated = protocol_of(rows, defaults() | options, arms=arms, seeds=seeds)
    return stated, {"source": source, **reading}
