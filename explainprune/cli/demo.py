"""``explainprune demo``: the built-in study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from explainprune.cli.console import Console
from explainprune.cli.options import DryRun, Json, Quiet, flag
from explainprune.cli.study import PrintConfig, study_of


def demo(
    out: Annotated[
        Path, flag("-o --out", "Folder of the report; the demo replaces its own.")
    ] = Path("reports/demo"),
    print_config: PrintConfig = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Prune a network for handwritten digits, and ask what that did to its reasons."""
    from explainprune.study import StudyConfig
    from explainprune.study.config import PruneSettings, StudySettings

    study_of(
        StudyConfig(
            prune=PruneSettings(sparsity=0.5), study=StudySettings(name="demo", levels=(0.5, 0.9))
        ),
        out,
        Console(quiet, json),
        print_config=print_config,
        dry_run=dry_run,
        force=True,
    )
