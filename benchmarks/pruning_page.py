"""Fill the tables of docs/pruning.md and draw its figures, from the lines in docs/pruning/*.csv.

Each of those files is made by the script that the page names. Nothing is trained here.

    python benchmarks/pruning_page.py                 some seconds
"""

from __future__ import annotations

import re
from pathlib import Path

from pruned.figures import FIGURES
from pruned.tables import TABLES

from explainprune.reporting.plot import save, styled

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "pruning.md", DOCS / "pruning" / "criteria.md")


def filled(text: str) -> str:
    """Put each table between its marks."""

    def put(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"<!-- {name} -->\n\n{TABLES[name]()}\n\n<!-- end -->"

    return re.sub(r"<!-- ([a-z ]+) -->\n.*?<!-- end -->", put, text, flags=re.DOTALL)


def main() -> None:
    """Fill the pages and draw the figures."""
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    with styled():
        for name, draw in FIGURES.items():
            save(draw(), DOCS / "pruning" / f"{name}.svg")


if __name__ == "__main__":
    main()
