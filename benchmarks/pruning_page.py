"""Fill the tables of docs/pruning.md and draw its figures, from the lines in docs/pruning/*.csv.

Each of those files is made by the script that the page names. Nothing is trained here.

    python benchmarks/pruning_page.py                 some seconds
"""

from __future__ import annotations

from _page import DOCS, fill
from pruned.figures import FIGURES
from pruned.tables import TABLES

from explainprune.reporting.plot import save, styled

PAGES = (DOCS / "pruning.md", DOCS / "pruning" / "criteria.md")


def main() -> None:
    """Fill the pages and draw the figures."""
    for page in PAGES:
        fill(page, TABLES)
    with styled():
        for name, draw in FIGURES.items():
            save(draw(), DOCS / "pruning" / f"{name}.svg")


if __name__ == "__main__":
    main()
