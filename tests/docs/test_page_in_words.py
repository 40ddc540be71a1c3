"""What docs/page.md shows: it names every kind and file."""

import re
import tomllib
from pathlib import Path

from explainprune.data.words import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "page.md").read_text(encoding="utf-8")
REPORTING = Path(__file__).parents[2] / "explainprune" / "reporting"
SOURCES = "".join(
    (REPORTING / name).read_text(encoding="utf-8") for name in ("tables.py", "alone.py")
)


def test_the_labels_are_of_every_kind():
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert set(tomllib.loads(text)) == set(KINDS)


def test_every_table_beside_the_page_is_named():
    # Written by its whole name, or by the key of one that is left out where it is empty.
    written = re.findall(r'"(\w+)\.csv"', SOURCES)
    written += re.findall(r'"(\w+)": \(\("', SOURCES) + re.findall(r'_figures\("(\w+)"', SOURCES)
    assert {f"{name}.csv" for name in written} == set(re.findall(r"`(\w+\.csv)`", PAGE))
