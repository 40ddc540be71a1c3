"""The public verb: results → a folder with the page, the numbers, the tables and the figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from explainprune.reporting.figures import write_figures
from explainprune.reporting.folder import check_free, whole_folder
from explainprune.reporting.overview_page import render_overview
from explainprune.reporting.page import render
from explainprune.reporting.profile_page import render_profile
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.overview import folder_of
from explainprune.types import (
    AnyResults,
    Comparison,
    Detail,
    Overview,
    Profile,
    Sample,
    read_results,
)

PAGE = "report.html"
RESULTS = "results.json"
MANIFEST = "manifest.json"
CERTIFICATE = "certificate.json"
UNIT_COLUMNS = ("layer", "unit", "before", "after", "rank_before", "rank_after", "kept")
ATTRIBUTION_COLUMNS = ("row", "feature", "x", "dense", "other")


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
        Folder to write: ``report.html``, ``results.json``, ``units.csv``, ``attributions.csv``,
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
    if isinstance(results, (str, Path)):
        results, known = load_results(results)
        manifest = known if manifest is None else manifest
    check_free(out, force=force)
    with whole_folder(out, force=force) as folder:
        if isinstance(results, Mapping):
            write_several(results, folder, manifest=manifest)
        else:
            write_report(results, folder, manifest=manifest)
    return Path(out) / PAGE


def write_report(
    results: AnyResults, folder: str | Path, *, manifest: dict[str, Any] | None = None
) -> None:
    """Write a report's files into a folder that exists: for callers that have more to put there.

    Use it inside `whole_folder`.
    """
    folder = Path(folder)
    if isinstance(results, Profile | Overview):
        _write_alone(results, folder, manifest)
        return
    subject = subject_of(results)
    detail = subject.pair.detail
    _write(folder / PAGE, render(results, manifest))
    _write(folder / RESULTS, results.to_json())
    if manifest is not None:
        text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
        _write(folder / MANIFEST, f"{text}\n")
    if subject.pair.certificate is not None:
        subject.pair.certificate.save(folder / CERTIFICATE)
    write_units(detail, folder / "units.csv")
    write_attributions(detail, folder / "attributions.csv")
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
    results: Profile | Overview, folder: Path, manifest: dict[str, Any] | None
) -> None:
    """Write the page, the numbers and the manifest of one model, or of several."""
    of_one = isinstance(results, Profile)
    page = render_profile(results, manifest) if of_one else render_overview(results)  # type: ignore[arg-type]
    _write(folder / PAGE, page)
    _write(folder / RESULTS, results.to_json())
    if manifest is not None:
        text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
        _write(folder / MANIFEST, f"{text}\n")
    if isinstance(results, Profile):
        write_units(results.detail, folder / "units.csv")
        write_attributions(results.detail, folder / "attributions.csv")


def write_units(detail: Detail, path: Path) -> None:
    """Write ``units.csv``: one line for each neuron; an empty cell is a unit without that score."""
    _write_csv(
        path,
        UNIT_COLUMNS,
        ([getattr(unit, column) for column in UNIT_COLUMNS] for unit in detail.units),
    )


def write_attributions(detail: Detail, path: Path) -> None:
    """Write ``attributions.csv``: one line for each feature of each sample in the gallery."""
    lines = (line for sample in detail.samples for line in _sample(sample, detail.feature_names))
    _write_csv(path, ATTRIBUTION_COLUMNS, lines)


def _sample(sample: Sample, names: tuple[str, ...]) -> Iterator[list[Any]]:
    count = len(sample.dense)
    known = names if len(names) == count else tuple(f"x{i}" for i in range(count))
    inputs = sample.x if len(sample.x) == count else (None,) * count
    others = sample.other or (None,) * count  # of one model there is no other
    for name, x, dense, other in zip(known, inputs, sample.dense, others, strict=True):
        yield [sample.row, name, x, dense, other]


def _write_csv(path: Path, columns: Iterable[str], lines: Iterable[list[Any]]) -> None:
    """Write numbers so that reading them gives the same bits; None is an empty cell."""
    # Lone surrogates, which no encoding holds, are written as escapes.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in line] for line in lines)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else value


def load_results(path: str | Path) -> tuple[AnyResults, dict[str, Any] | None]:
    """Read results, and the manifest beside them if there is one.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If they can't be read.
    """
    file = Path(path)
    file = file / RESULTS if file.is_dir() else file
    if not file.is_file():
        raise FileNotFoundError(
            f"No results at {path}. Expected a {RESULTS}, or a folder that holds one."
        )
    try:
        results = read_results(file.read_text(encoding="utf-8"))
        beside = file.with_name(MANIFEST)
        manifest = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else None
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} can't be read: {error}") from None
    return results, manifest


def _write(path: Path, text: str) -> None:
    # A lone surrogate has no UTF-8 form; as an escape it is what JSON itself would write.
    path.write_bytes(text.encode("utf-8", errors="backslashreplace"))
