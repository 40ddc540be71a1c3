"""``explainprune report``: the page again, from results."""

from __future__ import annotations

from collections.abc import Mapping
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
        Path | None, flag("-o --out", "Folder to write. Default: the report's own, rendered again.")
    ] = None,
    dossier: Annotated[
        Path | None,
        flag(
            "--dossier",
            "Write the change's dossier, to sign: .md, or .pdf (extra pdf).",
            metavar="FILE",
        ),
    ] = None,
    card: Annotated[
        Path | None, flag("--card", "Write the second model's card, as Markdown.", metavar="FILE")
    ] = None,
    mlflow: Annotated[
        str | None,
        flag(
            "--mlflow",
            "Log it to this experiment (extra mlflow), where MLFLOW_TRACKING_URI says.",
            metavar="EXPERIMENT",
        ),
    ] = None,
    open_page: Annotated[bool, flag("--open", "Open the page in a browser.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Render a report again from its results; needs no TensorFlow."""
    from explainprune.reporting import report as write

    documents = {"dossier": dossier, "card": card}
    asked = {name: path for name, path in documents.items() if path is not None}
    for name, path in asked.items():
        check_file(path, (".md", ".pdf") if name == "dossier" else (".md",), force=force)
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
                path.write_bytes(texts[name])
    files = {"report": str(page)} | {name: str(path) for name, path in asked.items()}
    if mlflow is not None:
        from explainprune.reporting.tracking import log_report

        files["mlflow"] = log_report(page.parent, mlflow)
    console.show("\n".join(files.values()), files)
    if open_page:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


def _documents(results: Path, asked: Mapping[str, Path]) -> dict[str, bytes]:
    """Return the text of each document that is asked for of results."""
    from explainprune.reporting import dossier, load_results
    from explainprune.types import Comparison, Study

    if not asked:
        return {}
    found, manifest = load_results(results)
    if not isinstance(found, Comparison | Study):
        raise ValueError("--dossier and --card are of two models. Received: another report.")
    texts = {name: getattr(dossier, name)(found, manifest) for name in asked}
    return {name: _as(asked[name].suffix, text) for name, text in texts.items()}


def _as(ending: str, text: str) -> bytes:
    """Return a document in the form that its file's name asks for."""
    if ending != ".pdf":
        return text.encode("utf-8", errors="backslashreplace")
    try:
        from explainprune.reporting.pdf import pdf
    except ImportError:
        raise ImportError(
            "A .pdf needs fpdf2, which isn't installed: pip install 'explainprune[pdf]', or "
            "write .md."
        ) from None
    return pdf(text)
