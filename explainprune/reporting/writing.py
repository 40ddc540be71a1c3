"""The public verb: results → a folder with the page, the numbers, the tables and the figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from explainprune.reporting.alone import write_overview, write_profile
from explainprune.reporting.figures import write_figures
from explainprune.reporting.folder import check_free, whole_folder
from explainprune.reporting.overview_page import render_overview
from explainprune.reporting.page import render
from explainprune.reporting.profile_page import render_profile
from explainprune.reporting.subject import subject_of
from explainprune.reporting.tables import write_tables
from explainprune.reporting.views.overview import folder_of
from explainprune.types import AnyResults, Comparison, Overview, Profile, read_results
from explainprune.types.certificate import FILE as CERTIFICATE
from explainprune.types.plain import read_json

PAGE = "report.html"
RESULTS = "results.json"
MANIFEST = "manifest.json"


def report(
    results: AnyResults | Mapping[str, Comparison] | str | Path,
    out: str | Path,
    *,
    manifest: dict[str, Any] | None = None,
    force: bool = False,
) -> Path:
    """Write a report: one HTML page that loads nothing, and everything on it as data.

    Parameters
    ----------
    results : Comparison, Study, Profile, mapping of str to Comparison, str or Path
        Results, or a ``results.json``, or a folder that holds one (then with its manifest). Several
        comparisons with one dense model get a folder each, and a page over all.
    out : str or Path
        Folder to write: ``report.html``, ``results.json``, a ``.csv`` for each of its tables,
        ``figures/*.svg``, and ``certificate.json`` and ``manifest.json`` where there are. It
        appears whole or not at all.
    manifest : dict, optional
        How the results came about: command, versions, checksums, times. JSON values only.
    force : bool
        Whether a report in `out` may be replaced. Files that aren't a report's stay.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    FileNotFoundError
        If `results` is a path without results.
    FileExistsError
        If `out` exists and `force` is false.
    ValueError
        If `out` holds something that is no report, or the results can't be read.

    Examples
    --------
    >>> report("nowhere", "out")
    Traceback (most recent call last):
    ...
    FileNotFoundError: No results at nowhere. Expected a results.json, or a folder that holds one.
    """
    text = None
    source: AbstractContextManager[None] = nullcontext()
    if isinstance(results, (str, Path)):
        source = that_fit(results)
        text = _results_file(results).read_bytes()
        results, known = load_results(results)
        manifest = known if manifest is None else manifest
    check_free(out, force=force)
    with whole_folder(out, force=force) as folder, source:
        if isinstance(results, Mapping):
            write_several(results, folder, manifest=manifest)
        else:
            write_report(results, folder, manifest=manifest, text=text)
    return Path(out) / PAGE


def write_report(
    results: AnyResults,
    folder: str | Path,
    *,
    manifest: dict[str, Any] | None = None,
    text: bytes | None = None,
) -> None:
    """Write a report's files into a folder that exists: for callers that have more to put there.

    Use it inside `whole_folder`. Results that were read are written as they were, by `text`: their
    checksum holds.
    """
    folder = Path(folder)
    if isinstance(results, Profile | Overview):
        _write_alone(results, folder, manifest, text)
        return
    subject = subject_of(results)
    _write(folder / PAGE, render(results, manifest))
    _write_results(results, folder, text)
    if manifest is not None:
        known = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
        _write(folder / MANIFEST, f"{known}\n")
    if subject.pair.certificate is not None:
        subject.pair.certificate.save(folder / CERTIFICATE)
    write_tables(subject, folder)
    (folder / "figures").mkdir(exist_ok=True)
    write_figures(subject, folder / "figures")


def write_several(
    found: Mapping[str, Comparison], folder: Path, *, manifest: dict[str, Any] | None = None
) -> None:
    """Write a report for each comparison, in a folder of its own, and a page over all of them."""
    for name, each in found.items():
        own = folder / folder_of(name)
        if own.exists():
            raise ValueError(f"Models need names that differ as folders do. Received: {name!r}.")
        own.mkdir()
        write_report(each, own, manifest=manifest)
    _write_alone(Overview.of(found), folder, manifest)


def _write_alone(
    results: Profile | Overview,
    folder: Path,
    manifest: dict[str, Any] | None,
    text: bytes | None = None,
) -> None:
    """Write the page, the numbers and the manifest of one model, or of several."""
    of_one = isinstance(results, Profile)
    page = render_profile(results, manifest) if of_one else render_overview(results)  # type: ignore[arg-type]
    _write(folder / PAGE, page)
    _write_results(results, folder, text)
    if manifest is not None:
        known = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
        _write(folder / MANIFEST, f"{known}\n")
    (folder / "figures").mkdir(exist_ok=True)
    if isinstance(results, Profile):
        write_profile(results, folder)
    else:
        write_overview(results, folder)


def _write_results(results: AnyResults, folder: Path, text: bytes | None) -> None:
    """Write results, or the text that they were read from."""
    known = results.to_json().encode("utf-8", errors="backslashreplace") if text is None else text
    (folder / RESULTS).write_bytes(known)


@contextmanager
def that_fit(path: str | Path, *ours: type[Exception]) -> Iterator[None]:
    """Say of results from a file that they can't be shown where parts of them don't fit together.

    What `ours` names passes, and so does what isn't about them (a full disk).
    """
    passing: tuple[type[Exception], ...] = (OSError, *ours)
    try:
        yield
    except passing:
        raise
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ValueError(f"{path} holds results that don't fit together: {said}") from error


def load_results(path: str | Path) -> tuple[AnyResults, dict[str, Any] | None]:
    """Read results, and the manifest beside them if there is one.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If they can't be read.
    """
    file = _results_file(path)
    try:
        results = read_results(file.read_text(encoding="utf-8"))
        beside = file.with_name(MANIFEST)
        manifest = read_json(beside.read_text(encoding="utf-8")) if beside.is_file() else None
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} can't be read: {error}") from None
    return results, manifest


def _results_file(path: str | Path) -> Path:
    file = Path(path)
    file = file / RESULTS if file.is_dir() else file
    if not file.is_file():
        raise FileNotFoundError(
            f"No results at {path}. Expected a {RESULTS}, or a folder that holds one."
        )
    return file


def _write(path: Path, text: str) -> None:
    # A lone surrogate has no UTF-8 form; as an escape it is what JSON itself would write.
    path.write_bytes(text.encode("utf-8", errors="backslashreplace"))
