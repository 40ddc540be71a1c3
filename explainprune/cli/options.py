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


def option(names: str, help: str, panel: str | None = None, metavar: str | None = None) -> Any:
    """Declare an option that its environment variable can set; names are as in ``-q --quiet``."""
    variable = names.split()[-1].split("/")[0].lstrip("-").replace("-", "_").upper()
    return typer.Option(
        *names.split(),
        help=help,
        envvar=f"EXPLAINPRUNE_{variable}",
        show_envvar=False,
        rich_help_panel=panel,
        metavar=metavar,
    )


def flag(names: str, help: str, panel: str | None = None, metavar: str | None = None) -> Any:
    """Declare an option that must be given on the command line: what overwrites or only looks."""
    return typer.Option(*names.split(), help=help, rich_help_panel=panel, metavar=metavar)


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
    "--data", "A built-in set, or a .npz, .npy, .csv, .parquet or .h5 file.", DATA_PANEL, "SOURCE"
)
DataFile = Annotated[str, _DATA]
MaybeData = Annotated[str | None, _DATA]
Schema = Annotated[
    Path | None,
    option(
        "--schema",
        'How rows are read, said once: a .toml whose table "data" has these options as keys.',
        DATA_PANEL,
        "FILE",
    ),
]
Trust = Annotated[
    bool, flag("--trust", "Let the model file run code (Lambda layers). Only for files you trust.")
]

# What to explain, and against what.
Background = Annotated[
    str, option("--background", "Reference rows: how many, or a file.", DATA_PANEL, "N|FILE")
]
Backgrounds = Annotated[int, option("--backgrounds", "How many backgrounds to draw.", DATA_PANEL)]
Effort = Annotated[
    int | None,
    option(
        "--effort",
        "Pairs of a row and a background row to explain each model on, at most.",
        DATA_PANEL,
    ),
]
SampledRows = Annotated[
    int | None, option("--rows", "Take a seeded sample of N rows only.", DATA_PANEL)
]
Methods = Annotated[
    list[str] | None,
    option(
        "--method",
        "Attribution method; may be repeated. Default: one that suits the models.",
        REASONS_PANEL,
        "NAME",
    ),
]
Metrics = Annotated[
    list[str] | None,
    option(
        "--metric",
        "Metric; may be repeated. `default` stands for those measured anyway.",
        REASONS_PANEL,
        "NAME",
    ),
]
ExplainClass = Annotated[
    str | None,
    option(
        "--class",
        "Explain this class for all rows, in place of the (first model's) prediction.",
        REASONS_PANEL,
        "CLASS",
    ),
]
RankedBy = Annotated[str, option("--criterion", "Ranks the neurons.", REASONS_PANEL)]

# How, and where.
Seed = Annotated[int, option("--seed", "Seed of every random draw.")]
Workers = Annotated[
    int | None,
    option(
        "--workers",
        "Processes at a time; the result doesn't depend on it. With the extra 'cluster' they "
        "are Dask workers, with a dashboard.",
        WHERE_PANEL,
    ),
]
ClusterAddress = Annotated[
    str | None,
    option("--cluster", "Run on the workers of this Dask scheduler.", WHERE_PANEL, "ADDRESS"),
]

ProtocolFile = Annotated[
    Path | None,
    option(
        "--protocol",
        "What was stated before results, from `explainprune protocol`: refuses to differ.",
        REASONS_PANEL,
        "P.toml",
    ),
]

# Where to.
OutFolder = Annotated[
    Path, flag("-o --out", "Folder for the report, written as a whole.", OUTPUT_PANEL)
]
OutFile = Annotated[Path, flag("-o --out", "File to write.", OUTPUT_PANEL)]
Force = Annotated[bool, flag("--force", "Replace what is there.", OUTPUT_PANEL)]
Quiet = Annotated[bool, option("-q --quiet", "No messages and no progress.", OUTPUT_PANEL)]
Json = Annotated[bool, option("--json", "Print the result as JSON.", OUTPUT_PANEL)]
DryRun = Annotated[
    bool, flag("--dry-run", "Say what would run and about how long; do nothing.", OUTPUT_PANEL)
]
