"""The example notebook: its cells run from top to bottom, and what they end in can be shown.

Cells are run as a script is: a kernel (nbclient, ipykernel, zmq) would be a dozen packages for
tests to hold what a namespace does as well.
"""

import ast
import json
from pathlib import Path

import matplotlib as mpl
import pytest

FILE = Path(__file__).parents[2] / "examples" / "one_pair.ipynb"


def shown(source, namespace):
    """Run a cell, and return what its last line is worth, as notebooks show it."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, FILE.name, "exec"), namespace)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), FILE.name, "eval"), namespace)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_every_cell_runs_and_shows_its_result(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    notebook = json.loads(FILE.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    namespace = {}
    results = [shown("".join(cell["source"]), namespace) for cell in cells]
    pages = [r._repr_html_() for r in results if hasattr(r, "_repr_html_")]
    assert [p.partition('title="explainprune ')[2].partition('"')[0] for p in pages] == [
        "Profile",
        "Attribution",
        "Certificate",
        "Comparison",
    ]
    drawn = [r for r in results if r is not None and not hasattr(r, "_repr_html_")]
    assert len(drawn) == 3 and all(axes.has_data() for axes in drawn)
    assert not list(tmp_path.iterdir())
