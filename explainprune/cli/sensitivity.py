"""``explainprune sensitivity``: what each layer of a model file bears."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from explainprune.cli.console import Console
from explainprune.cli.declared import taken, with_options
from explainprune.cli.inputs import read
from explainprune.cli.options import (
    DATA_PANEL,
    PRUNING_PANEL,
    DataFile,
    Force,
    Json,
    ModelFile,
    OutFile,
    Quiet,
    Schema,
    Seed,
    Trust,
    option,
)
from explainprune.cli.outputs import check_file, whole_files
from explainprune.options import PruneOptions, ReadOptions


@with_options(ReadOptions, panel=DATA_PANEL)
@with_options(
    PruneOptions, "criterion", "granularity", "protect", "keep_at_least", panel=PRUNING_PANEL
)
def sensitivity(
    model: ModelFile,
    data: DataFile,
    out: OutFile,
    schema: Schema = None,
    sparsity: Annotated[
        list[float] | None, option("--sparsity", "Share to remove; may be repeated.", PRUNING_PANEL)
    ] = None,
    seed: Seed = 0,
    trust: Trust = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **options: Any,
) -> None:
    """Prune one layer at a time; write accuracy against sparsity as .csv, and as .svg beside it."""
    import explainprune as xp
    from explainprune.reporting import plot

    finals = {"table": out, "figure": out.with_suffix(".svg")}
    check_file(out, (".csv",), force=force)
    check_file(finals["figure"], (".svg",), force=force)
    console = Console(quiet, json)
    reading = taken(options, ReadOptions)
    rows, loaded = read(console, model, data, trust=trust, schema=schema, **reading)
    if sparsity:
        options["sparsities"] = sparsity
    with console.working(f"Scanning {model.name}"), whole_files(finals) as files:
        scan = xp.sensitivity(loaded, rows, seed=seed, **options)
        scan.to_csv(files["table"], index=False)
        plot.save(plot.sensitivity(scan).figure, files["figure"])
    _show(console, scan, finals)


def _show(console: Console, scan: Any, finals: dict[str, Path]) -> None:
    """Print accuracy by layer and sparsity, and where it was written."""
    from explainprune.reporting.plot import scored_by

    measure = scored_by(scan)
    layers = scan.dropna(subset="layer")
    wide = layers.pivot(index="layer", columns="requested", values=measure)
    wide = wide.reindex(layers["layer"].unique())
    wide.columns = [f"{share:.0%}" for share in wide.columns]
    text = f"{measure} {scan[measure].iloc[0]:.4f}; with so much of one layer removed:\n"
    lines = [text + wide.to_string(float_format="{:.4f}".format)]
    lines += [f"{name}: {path}" for name, path in finals.items()]
    records = scan.astype(object).where(scan.notna(), None).to_dict("records")
    files = {name: str(path) for name, path in finals.items()}
    console.show("\n".join(lines), {"scan": records, "files": files})
