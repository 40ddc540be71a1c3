"""Break single operators of the package and see whether the folder's own tests notice.

A sample of operators, each changed alone in a copy of the checkout: ``+`` for ``-``, ``<`` for
``<=``, ``and`` for ``or``, ``min`` for ``max``, and so on. Each copy runs the tests that mirror the
changed file's folder, with the file's own doctests, until one fails. What survives is listed: it is
equivalent, or it lacks a test.

    python tests/mutants.py                                200 over the whole package
    python tests/mutants.py --count 20 --only network/ways 20 in one folder
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

ROOT = Path(__file__).parent.parent
SECONDS = 400

SERVER = multiprocessing.get_context("forkserver")
"""Its processes begin with the heavy libraries imported, and nothing of the package."""
HEAVY = ["tensorflow", "keras", "shap", "pandas", "scipy.stats", "sklearn"]

SWAPS = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.MatMult: "*", ast.Mod: "*",
    ast.FloorDiv: "*", ast.Pow: "*", ast.BitAnd: "|", ast.BitOr: "&", ast.And: "or", ast.Or: "and",
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum",
         "maximum": "minimum", "argmin": "argmax", "argmax": "argmin"}  # fmt: skip


def spans(source: str) -> Iterator[tuple[int, int, str]]:
    """Yield what can be changed: start and end in the source, and what stands there instead."""
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:i])) for i in range(len(lines) + 1)]

    def at(node: ast.expr, *, end: bool = False) -> int:
        line, column = (
            (node.end_lineno, node.end_col_offset) if end else (node.lineno, node.col_offset)
        )
        return starts[line - 1] + column

    tree = ast.parse(source)
    hints = {
        id(inner)
        for node in ast.walk(tree)
        for hint in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if hint is not None
        for inner in ast.walk(hint)
    }
    for node in ast.walk(tree):
        if id(node) in hints:
            continue
        if isinstance(node, ast.BinOp):
            yield at(node.left, end=True), at(node.right), SWAPS.get(type(node.op), "")
        elif isinstance(node, ast.BoolOp):
            yield at(node.values[0], end=True), at(node.values[1]), SWAPS[type(node.op)]
        elif isinstance(node, ast.Compare):
            yield at(node.left, end=True), at(node.comparators[0]), SWAPS[type(node.ops[0])]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
            yield at(node), at(node.operand), ""
        elif isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in NAMES:
                yield at(node, end=True) - len(name), at(node, end=True), NAMES[name]


def changed(source: str, span: tuple[int, int, str]) -> str | None:
    """Return the source with one operator changed; None where that is no other Python."""
    start, end, new = span
    raw = source.encode()
    between = raw[start:end].decode()
    kept = [c for c in between if c in "()"]  # brackets of the operands beside it
    before, after = "".join(c for c in kept if c == ")"), "".join(c for c in kept if c == "(")
    text = new if between.isidentifier() else f"{before} {new} {after}"
    made = (raw[:start] + text.encode() + raw[end:]).decode()
    try:
        same = ast.dump(ast.parse(made)) == ast.dump(ast.parse(source))
    except SyntaxError:
        return None
    return None if same else made


def own_tests(path: Path) -> list[str]:
    """Return the file's own tests, if there are any, and those of the folder that mirrors its."""
    folder = Path("tests", *path.parent.parts[1:])
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    own = folder / f"test_{path.name}"
    return [str(own)] * (ROOT / own).is_file() + [str(folder)]


def run_tests(copy: Path, path: Path) -> None:
    """Run a file's tests in a copy of the checkout, quietly, until one fails; exit as they do."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    quiet = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider"]
    # Doctests by themselves: collecting them imports the module anew beneath other tests.
    failed = pytest.main([*quiet, *own_tests(path)]) or pytest.main([*quiet, str(path)])
    os._exit(failed if failed != pytest.ExitCode.NO_TESTS_COLLECTED else 0)


def survives(copy: Path, path: Path, source: str) -> bool:
    """Put a changed file into a copy of the checkout and run the folder's tests."""
    kept = (copy / path).read_text(encoding="utf-8")
    (copy / path).write_text(source, encoding="utf-8")
    tests = SERVER.Process(target=run_tests, args=(copy, path))
    try:
        tests.start()
        tests.join(SECONDS)
        if tests.is_alive():
            tests.kill()
            return False  # it no longer ends: noticed
    finally:
        (copy / path).write_text(kept, encoding="utf-8")
    return tests.exitcode == 0


def sample(count: int, seed: int, only: str) -> Iterator[tuple[Path, int, str, str]]:
    """Yield changes, as often in a file as it has operators: path, line, what became of it."""
    files = sorted((ROOT / "explainprune" / only).rglob("*.py"))
    sources = {file: file.read_text(encoding="utf-8") for file in files}
    places = [(file, span) for file, source in sources.items() for span in spans(source)]
    random.Random(seed).shuffle(places)
    for file, span in places:
        made = changed(sources[file], span)
        if made is not None and count:
            count -= 1
            line = sources[file].encode()[: span[0]].count(b"\n")
            text = made.splitlines()[line].strip()
            yield file.relative_to(ROOT), line + 1, text, made


def main() -> None:
    """Print each change as it is tried, and the share that was noticed."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--count", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--only", default="", help="a folder of explainprune/")
    options = asked.parse_args()
    SERVER.set_forkserver_preload(HEAVY)
    left_out = shutil.ignore_patterns(".git", ".venv", ".hypothesis", "reports", "__pycache__")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        copies = SimpleQueue()
        for job in range(options.jobs):
            copies.put(Path(shutil.copytree(ROOT, Path(folder, str(job)), ignore=left_out)))

        def tried(change: tuple[Path, int, str, str]) -> bool:
            path, line, text, source = change
            copy = copies.get()
            lives = survives(copy, path, source)
            copies.put(copy)
            print(f"{'SURVIVED' if lives else 'killed':9}{path}:{line}: {text}", flush=True)
            return lives

        first = next(sample(1, options.seed, options.only))[0]
        if not survives(Path(folder, "0"), first, (ROOT / first).read_text(encoding="utf-8")):
            sys.exit(f"The tests of {first} fail with nothing changed.")
        lives = list(pool.map(tried, sample(options.count, options.seed, options.only)))
    print(f"{len(lives) - sum(lives)} of {len(lives)} noticed by the folder's own tests")


if __name__ == "__main__":
    main()
