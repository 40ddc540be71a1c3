"""Options that several commands share; each can be set by ``EXPLAINPRUNE_<NAME>`` as well."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

DATA_PANEL = "Data"
REASONS_PANEL = "Reasons and margins"
PRUNING_PANEL = "Pruning"
OUTPUT_PANEL = "Output"
WHERE_PANEL = "Where it runs"


def option(*names: str, help: str, panel: str | None = None, metavar: str | None = None) -> Any:
    """Declare an option that its environment variable can set."""
    variable = names[-1].split("/")[0].lstrip("-").replace("-", "_").upper()
    return typer.Option(
        *names,
        help=help,
        envvar=f"EXPLAINPRUNE_{variable}",
        show_envvar=False,
        rich_help_panel=panel,
        metavar=metavar,
    )


def flag(*names: str, help: str, panel: str | None = None, metavar: str | None = None) -> Any:
    """Declare an option that must be given on the command line: what overwrites or only looks."""
    return typer.Option(*names, help=help, rich_help_panel=panel, metavar=metavar)


def where(cluster: str | None, workers: int | None) -> str | None:
    """Return where a cluster is: by its address, or here, if several workers and Dask are.

    >>> where("tcp://10.0.0.1:8786", 4), where(None, None), where(None, 1)
    ('tcp://10.0.0.1:8786', None, None)
    """
    if cluster or workers is None or workers < 2 or find_spec("distributed") is None:
        return cluster
    from explainprune.engine import LOCAL

    return LOCAL


def names_of(text: str | None) -> list[str] | None:
    """Read names separated by commas.

    >>> names_of("no, yes"), names_of(None)
    (['no', 'yes'], None)
    """
    return None if text is None else [name.strip() for name in text.split(",")]


MODELS = ".keras, legacy .h5, .tflite or .onnx, or module:function"
"""What stands for a model that is only run."""

# What to read.
AnyModel = Annotated[Path, typer.Argument(help=f"A model: {MODELS}.", metavar="MODEL")]
DenseFile = Annotated[Path, typer.Argument(help=f"The model before: {MODELS}.", metavar="DENSE")]
ModelFile = Annotated[Path, typer.Argument(help="A .keras or legacy .h5 file.", metavar="MODEL")]
_DATA = option(
    "--data",
    help="A built-in set, or a .npz, .npy, .csv, .parquet or .h5 file.",
    panel=DATA_PANEL,
    metavar="SOURCE",
)
DataFile = Annotated[str, _DATA]
MaybeData = Annotated[str | None, _DATA]
Schema = Annotated[
    Path | None,
    option(
        "--schema",
        help='How rows are read, said once: a .toml whose table "data" has these options as keys.',
        panel=DATA_PANEL,
        metavar="FILE",
    ),
]
Trust = Annotated[
    bool,
    flag("--trust", help="Let the model file run code (Lambda layers). Only for files you trust."),
]

# What to explain, and against what.
Background = Annotated[
    str,
    option(
        "--background",
        help="Reference rows: how many, or a file.",
        panel=DATA_PANEL,
        metavar="N|FILE",
    ),
]
Backgrounds = Annotated[
    int, option("--backgrounds", help="How many backgrounds to draw.", panel=DATA_PANEL)
]
Effort = Annotated[
    int | None,
    option(
        "--effort",
        help="Pairs of a row and a background row to explain each model on, at most.",
        panel=DATA_PANEL,
    ),
]
SampledRows = Annotated[
    int | None, option("--rows", help="Take a seeded sample of N rows only.", panel=DATA_PANEL)
]
Methods = Annotated[
    list[str] | None,
    option(
        "--method",
        help="Attribution method; may be repeated. Default: one that suits the models.",
        metavar="NAME",
        panel=REASONS_PANEL,
    ),
]
Metrics = Annotated[
    list[str] | None,
    option(
        "--metric",
        help="Metric; may be repeated. `default` stands for those measured anyway.",
        metavar="NAME",
        panel=REASONS_PANEL,
    ),
]
ExplainClass = Annotated[
    str | None,
    option(
        "--class",
        help="Explain this class for all rows, in place of the (first model's) prediction.",
        metavar="CLASS",
        panel=REASONS_PANEL,
    ),
]
RankedBy = Annotated[str, option("--criterion", help="Ranks the neurons.", panel=REASONS_PANEL)]

# How, and where.
Seed = Annotated[int, option("--seed", help="Seed of every random draw.")]
Workers = Annotated[
    int | None,
    option(
        "--workers",
        help="Processes at a time; the result doesn't depend on it. With the extra 'cluster' they "
        "are Dask workers, with a dashboard.",
        panel=WHERE_PANEL,
    ),
]
ClusterAddress = Annotated[
    str | None,
    option(
        "--cluster",
        help="Run on the workers of this Dask scheduler.",
        panel=WHERE_PANEL,
        metavar="ADDRESS",
    ),
]

ProtocolFile = Annotated[
    Path | None,
    option(
        "--protocol",
        help="What was stated before results, from `explainprune protocol`: refuses to differ.",
        panel=REASONS_PANEL,
        metavar="P.toml",
    ),
]

# Where to.
OutFolder = Annotated[
    Path, flag("-o", "--out", help="Folder for the report, written as a whole.", panel=OUTPUT_PANEL)
]
OutFile = Annotated[Path, flag("-o", "--out", help="File to write.", panel=OUTPUT_PANEL)]
Force = Annotated[bool, flag("--force", help="Replace what is there.", panel=OUTPUT_PANEL)]
Quiet = Annotated[
    bool,
    option("-q", "--quiet", help="No messages and no progress.", panel=OUTPUT_PANEL),
]
Json = Annotated[bool, option("--json", help="Print the result as JSON.", panel=OUTPUT_PANEL)]
DryRun = Annotated[
    bool,
    flag(
        "--dry-run", help="Say what would run and about how long; do nothing.", panel=OUTPUT_PANEL
    ),
]
