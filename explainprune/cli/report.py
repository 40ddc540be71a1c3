"""``explainprune report``: the page again, from results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from explainprune.cli.console import Console
from explainprune.cli.options import Force, Json, Quiet, flag


def report(
    results: Annotated[
        Path, typer.Argument(help="A report's folder, or a results.json.", metavar="RESULTS")
    ],
    out: Annotated[
        Path | None,
        flag("-o", "--out", help="Folder to write. Default: the report's own, rendered again."),
    ] = None,
    open_page: Annotated[bool, flag("--open", help="Open the page in a browser.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Render a report again from its results; needs no TensorFlow."""
    from explainprune.reporting import report as write

    in_place = results if results.is_dir() else results.parent
    if out is None and not (in_place / "report.html").is_file() and results.is_file():
        raise ValueError(f"{results.name!r} lies beside no report. Name a folder to write: -o DIR.")
    console = Console(quiet, json)
    with console.working("Rendering"):
        page = write(results, in_place if out is None else out, force=force or out is None)
    console.show(str(page), {"report": str(page)})
    if open_page:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
