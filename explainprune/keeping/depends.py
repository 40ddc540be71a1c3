"""What results depend on, as checksums: values, files, and code, the user's and ours."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import platform
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from uuid import uuid4

from explainprune._version import __version__

PACKAGES = ("tensorflow", "keras", "shap", "numpy", "pandas", "scipy", "scikit-learn",
            "ai-edge-litert", "onnxruntime")  # fmt: skip
"""Packages whose versions decide numbers."""

Known = Callable[[Any], str | None]
"""Returns the checksum of a value that it knows better (a model); else None."""


def mark(value: Any, known: Known = lambda value: None) -> str:
    """Return a checksum of a value: of what it is, not of where it is held.

    A function counts by its module's source, what it closes over and its defaults; an object by
    its class' source and what it holds. Of what can't be told, every mark is another: it is never
    taken for what was there before.

    >>> mark({"a": 1}) == mark({"a": 1}), mark(1) == mark(1.0)
    (True, False)
    """
    digest = hashlib.sha256()
    try:
        for text in _said(value, known, {}):
            digest.update(text.encode("utf-8", "backslashreplace") + b"\0")
    except RecursionError:
        return uuid4().hex
    return digest.hexdigest()


def _said(value: Any, known: Known, seen: dict[int, Any]) -> Iterator[str]:
    """Yield what a value is, in a fixed order."""
    import numpy as np  # here: the command line asks for locks long before it needs arrays

    from explainprune.types.arrays import checksum

    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        yield f"{type(value).__name__} {value!r}"
    elif (better := known(value)) is not None:
        yield better
    elif isinstance(value, (np.ndarray, np.generic)):
        yield checksum([("", value)])
    elif id(value) in seen:
        yield "again"
    else:
        seen[id(value)] = value  # held, so that nothing else gets its number
        yield type(value).__qualname__
        for part in _parts(value):
            yield from _said(part, known, seen)
        yield "."


def _parts(value: Any) -> Iterator[Any]:
    """Yield what a value consists of."""
    import numpy as np

    if isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            yield key
            yield value[key]
    elif isinstance(value, (set, frozenset)):
        yield from sorted(value, key=repr)
    elif isinstance(value, (list, tuple)):
        yield from value
    elif isinstance(value, functools.partial):
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, (FunctionType, type)):
        yield from _of_code(value)
    elif isinstance(value, CodeType):
        yield from (value.co_code, value.co_names, value.co_consts)
    elif isinstance(value, ModuleType):
        yield source_mark(value.__name__)
    elif is_dataclass(value):
        yield type(value)
        yield from (getattr(value, each.name) for each in fields(value) if each.compare)
    elif hasattr(value, "iloc"):  # a table or a series
        yield from (str(getattr(value, "columns", "")), np.asarray(value))
    elif hasattr(value, "__array__"):
        yield np.asarray(value)
    elif type(value).__module__.startswith("tensorflow."):
        yield uuid4().hex
    elif getattr(value, "__dict__", None) is not None:
        yield from (type(value), vars(value))
    else:
        text = repr(value)
        yield uuid4().hex if " at 0x" in text else text


def _of_code(value: Any) -> Iterator[Any]:
    """Yield a function's or a class' source, and what it has beside it."""
    module = sys.modules.get(value.__module__)
    yield f"{value.__module__}.{value.__qualname__}"
    if _users(getattr(module, "__file__", None)):
        yield source_mark(value.__module__)
    elif value.__module__ == "__main__":  # a notebook, or what was typed
        try:
            yield inspect.getsource(value)
        except (OSError, TypeError):
            yield getattr(value, "__code__", uuid4().hex)
    if isinstance(value, FunctionType):
        cells = value.__closure__ or ()
        yield from (value.__defaults__, value.__kwdefaults__)
        yield [cell.cell_contents for cell in cells]
        yield value.__code__.co_code
        if value.__module__ == "__main__":
            names = set(value.__code__.co_names) & set(value.__globals__)
            yield {name: value.__globals__[name] for name in names}


def source_mark(module: str) -> str:
    """Return a checksum of a module's source, and of the user's own modules that it imports.

    Those of installed packages count by their versions (`code_mark`).
    """
    digest = hashlib.sha256()
    for name, path in sources(module):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def sources(module: str) -> Iterator[tuple[str, Path]]:
    """Yield a module of the user's by name and file, its packages, and what it imports of them."""
    waiting, seen = [module], set()
    while waiting:
        name = waiting.pop(0)
        path = _file(name)
        if path in seen or not _users(path):
            continue
        assert path is not None
        seen.add(path)
        yield name, Path(path)
        above = name.rpartition(".")[0]
        waiting += [*_imported(Path(path).read_bytes(), name), *([above] if above else [])]


def as_files(modules: Mapping[str, Path]) -> dict[str, Path]:
    """Return modules' files by their paths below a folder that Python searches.

    >>> as_files({"a.b": Path("x/b.py"), "a": Path("x/__init__.py")})
    {'a/b.py': PosixPath('x/b.py'), 'a/__init__.py': PosixPath('x/__init__.py')}
    """
    ends = {"__init__.py": "/__init__.py"}
    return {n.replace(".", "/") + ends.get(path.name, ".py"): path for n, path in modules.items()}


def _imported(text: bytes, name: str) -> list[str]:
    """List the modules that a source imports, wherever it does."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")
            above = parts[: len(parts) - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return found


def _file(module: str) -> str | None:
    """Find a module's source on the path, without importing it; None where there is none."""
    spec, places, parts = None, None, module.split(".")
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), places)
        if spec is None or (count < len(parts) and not spec.submodule_search_locations):
            break
        places = spec.submodule_search_locations
    else:
        return spec.origin if spec is not None and spec.has_location else None
    return getattr(sys.modules.get(module), "__file__", None) if spec is None else None


@functools.cache
def _installed() -> tuple[Path, ...]:
    """List the folders of what is installed, and of this package."""
    paths = sysconfig.get_paths()
    kept = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return (*(Path(path).resolve() for path in kept), Path(__file__).resolve().parents[1])


def _of_others(path: str | Path) -> bool:
    """Whether a path lies within what is installed."""
    whole = Path(path).resolve()
    return any(whole.is_relative_to(folder) for folder in _installed())


def _users(path: str | None) -> bool:
    """Whether a source file is the user's own."""
    found = path is not None and path.endswith(".py") and Path(path).is_file()
    return found and not _of_others(str(path))


def file_mark(path: Path) -> str:
    """Return the SHA-256 of a file, or of all the files of a folder with their names."""
    digest = hashlib.sha256()
    folder = path.is_dir()
    for each in sorted(p for p in path.rglob("*") if p.is_file()) if folder else [path]:
        if folder:
            digest.update(each.relative_to(path).as_posix().encode() + b"\0")
        with each.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that decide numbers, by name; "" of what isn't there."""
    found = {"explainprune": __version__, "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


@functools.cache
def code_mark() -> str:
    """Return a checksum of this package's source and of the versions it computes with."""
    digest = hashlib.sha256(repr((sys.version, versions())).encode())
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
