"""``explainprune report``: the page again, from results."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from explainprune.cli.console import Console
from explainprune.cli.options import Force, Json, Quiet, flag
from explainprune.cli.outputs import check_file, whole_files


def report(
    results: Annotated[
        Path, typer.Argument(help="A report's folder, or a results.json.", metavar="RESULTS")
    ],
    out: Annotated[
        Path | None,
        flag("-o", "--out", help="Folder to write. Default: the report's own, rendered again."),
    ] = None,
    dossier: Annotated[
        Path | None,
        flag("--dossier", help="Write the change's dossier, to sign, as Markdown.", metavar="FILE"),
    ] = None,
    card: Annotated[
        Path | None,
        flag("--card", help="Write the second model's card, as Markdown.", metavar="FILE"),
    ] = None,
    open_page: Annotated[bool, flag("--open", help="Open the page in a browser.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Render a report again from its results; needs no TensorFlow."""
    from explainprune.reporting import report as write

    documents = {"dossier": dossier, "card": card}
    asked = {name: path for name, path in documents.items() if path is not None}
    for path in asked.values():
        check_file(path, (".md",), force=force)
    in_place = results if results.is_dir() else results.parent
    if out is None and not (in_place / "report.html").is_file() and results.is_file():
        raise ValueError(f"{results.name!r} lies beside no report. Name a folder to write: -o DIR.")
    console = Console(quiet, json)
    with console.working("Rendering"):
        texts = _documents(results, asked)
        page = write(results, in_place if out is None else out, force=force or out is None)
    if asked:
        with whole_files(asked) as written:
            for name, path in written.items():
                path.write_text(texts[name], encoding="utf-8")
    files = {"report": str(page)} | {name: str(path) for name, path in asked.items()}
    console.show("\n".join(files.values()), files)
    if open_page:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


def _documents(results: Path, asked: Iterable[str]) -> dict[str, str]:
    """Return the text of each document that is asked for of results."""
    from explainprune.reporting import dossier, load_results
    from explainprune.types import Comparison, Study

    if not asked:
        return {}
    found, manifest = load_results(results)
    if not isinstance(found, Comparison | Study):
        raise ValueError("--dossier and --card are of two models. Received: another report.")
    return {name: getattr(dossier, name)(found, manifest) for name in asked}
