"""The package's own files, and what a file imports."""

import ast
from pathlib import Path

import explainprune

PACKAGE = Path(explainprune.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def imports(path):
    """All that a file imports, module and name, wherever it does; import_module("...") counts."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "import_module":
                yield node.args[0].value
