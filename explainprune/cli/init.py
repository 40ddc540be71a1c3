"""``explainprune init``: a configuration to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from explainprune.cli.console import Console
from explainprune.cli.options import Force, Quiet
from explainprune.cli.outputs import check_file, whole_files
from explainprune.cli.settings import config_text


def init(
    path: Annotated[Path, typer.Argument(help="File to write.", metavar="PATH")] = Path(
        "explainprune.toml"
    ),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a configuration with every setting at its default."""
    from explainprune.study import StudyConfig

    check_file(path, (".toml",), force=force)
    text = (
        "# A study of explainprune: every setting at its default. Run it with\n"
        f"#     explainprune run {path.name} -o reports/study\n\n"
    ) + config_text(StudyConfig())
    with whole_files({"config": path}) as files:
        files["config"].write_text(text, encoding="utf-8")
    Console(quiet).say(f"Wrote {path}. Run it with: explainprune run {path} -o reports/study")
