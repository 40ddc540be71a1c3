"""The layout's rules: which folder may import which, what stays lazy, how long a file may be."""

import subprocess
import sys

import pytest
from source import FILES, PACKAGE, imports

import explainprune

# types, lookup ← network ← {data, criteria} ← {pruning, analysis} ← study ← cli
ALLOWED = {
    "types": {"types", "lookup"},
    "lookup": set(),
    "options": set(),
    "_version": set(),
    "network": {"types", "lookup"},
    "data": {"types", "lookup", "network"},
    "criteria": {"types", "lookup", "network"},
    "keeping": {"types", "lookup", "_version"},
    "engine": {"types", "lookup", "keeping"},
    "reporting": {"types", "lookup", "_version", "keeping"},
    "pruning": {"types", "lookup", "network", "data", "criteria"},
    "analysis": {"types", "lookup", "network", "data", "criteria", "_version", "keeping", "engine"},
}
LOWER = {"types", "lookup", "_version", "network", "data", "criteria", "engine", "reporting"}
LOWER.add("keeping")
ALLOWED["study"] = LOWER | {"options", "pruning", "analysis"}
ALLOWED["cli"] = ALLOWED["study"] | {"study"}
ALLOWED["__main__"] = {"cli"}

# Within network/, each imports only those before it. The names of Keras' own classes stand with
# the layers, and the graph is told by them; what a layer reads as is said in scalars' words.
ROOMS = (
    *("protocol", "reasons", "failing", "quadrature", "integrals", "backend", "copier"),
    *("variables", "masking", "building", "redrawing", "files", "tracing"),
    *("layers.families", "graph"),
    *(f"scalars.{name}" for name in ("affine", "elements", "functions", "tensors", "windows")),
    "layers",
    *("soundness", "listing", "ways", "functions", "scalars", "walks", "shrinking", "statistics"),
    "training",
)


def stage(path):
    """The folder or file directly under the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def room(parts):
    """The place of a module of network/ in their order; None for network itself."""
    names = [".".join(parts[2:4]), *parts[2:3]]
    return next((ROOMS.index(name) for name in names if name in ROOMS), None)


def violations(path, modules):
    """Modules of the package that `path` may not import."""
    own = stage(path)
    within = room(module_of(path).split("."))
    for module in modules:
        parts = module.split(".")
        if parts[0] != "explainprune" or len(parts) < 2:
            continue
        if not (PACKAGE / parts[1]).is_dir() and not (PACKAGE / f"{parts[1]}.py").is_file():
            continue  # a name of explainprune/__init__.py, such as __version__
        if parts[1] != own:
            if parts[1] not in ALLOWED[own]:
                yield module
        elif own == "network" and None not in (within, room(parts)) and room(parts) > within:
            yield module


def module_of(path, root=PACKAGE.parent):
    """The name by which a file is imported."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def circle(files, root):
    """Modules among `files` that import each other in a circle, inside functions or not."""
    known = {module_of(path, root): path for path in files}
    reads = {
        name: {n if n in known else n.rpartition(".")[0] for n in imports(path)} & known.keys()
        for name, path in known.items()
    }
    while True:  # what imports nothing that is left, or isn't imported by it, is on no circle
        imported = set().union(*reads.values())
        left = {n: read & reads.keys() for n, read in reads.items() if n in imported and read}
        if left == reads:
            return sorted(reads)
        reads = left


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    if stage(path) == "__init__":
        return  # the public names: it may name every stage, lazily
    assert list(violations(path, imports(path))) == []


def test_a_wrong_direction_is_seen():
    engine, types = PACKAGE / "engine" / "cells.py", PACKAGE / "types" / "attribution.py"
    assert list(violations(engine, ["explainprune.network.backend"]))
    assert list(violations(types, ["explainprune.analysis"]))
    graph, ways = (
        PACKAGE / "network" / "graph" / "nodes.py",
        PACKAGE / "network" / "ways" / "size.py",
    )
    assert list(violations(graph, ["explainprune.network.layers.kind"]))
    assert list(violations(graph, ["explainprune.network.listing"]))
    assert not list(violations(ways, ["explainprune.network.graph.nodes", "explainprune.network"]))
    assert not list(violations(engine, ["explainprune.types", "numpy", "explainprune"]))


def test_every_folder_of_network_has_its_place():
    found = {path.stem for path in (PACKAGE / "network").iterdir() if path.name[0] != "_"}
    assert found == {name for name in ROOMS if "." not in name}


def test_no_imports_go_in_a_circle():
    assert circle(FILES, PACKAGE.parent) == []


def test_a_circle_is_seen_also_inside_functions(tmp_path):
    texts = {
        "a": "import p.b",
        "b": "def f():\n    from p import c",
        "c": "def f():\n    from p.a import name",
        "apart": "import p.a",
        "low": "",
    }
    (tmp_path / "p").mkdir()
    for name, text in texts.items():
        (tmp_path / "p" / f"{name}.py").write_text(text)
    files = sorted(tmp_path.rglob("*.py"))
    assert circle(files, tmp_path) == ["p.a", "p.b", "p.c"]
    (tmp_path / "p" / "c.py").write_text("from p import low")
    assert circle(files, tmp_path) == []


@pytest.mark.parametrize("heavy", ["tensorflow", "keras"])
def test_only_network_imports_tensorflow(heavy):
    users = {stage(p) for p in FILES if heavy in {m.split(".")[0] for m in imports(p)}}
    assert users == {"network"}


def test_shap_is_imported_in_one_file():
    users = [
        p.relative_to(PACKAGE).as_posix()
        for p in FILES
        if "shap" in {module.split(".")[0] for module in imports(p)}
    ]
    assert users == ["types/explanation.py"]


def modules_after(code):
    """Names of the heavy modules that `code` leaves imported in a fresh interpreter."""
    heavy = {"tensorflow", "keras", "pandas", "shap", "sklearn", "matplotlib", "scipy"}
    code = f"import sys\n{code}\nprint(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_explainprune_is_light():
    assert modules_after("import explainprune") == []
    assert modules_after("import explainprune.types, explainprune.engine") == []
    assert modules_after("import explainprune.network, explainprune.data") == []


def test_the_command_line_starts_light():
    assert modules_after("import explainprune.cli") == []


def test_reports_need_neither_tensorflow_nor_matplotlib():
    assert not {"tensorflow", "keras", "shap", "matplotlib"} & set(
        modules_after("import explainprune.reporting as r; r.report")
    )


def test_every_public_name_is_there():
    for name in explainprune.__all__:
        assert getattr(explainprune, name) is not None, name
    assert set(explainprune.__all__) <= set(dir(explainprune))


def test_public_names_are_functions_whatever_was_imported_before():
    """A file named like what it defines is bound to its folder when it is imported."""
    code = (
        "import importlib, pkgutil, types, explainprune as xp\n"
        "for found in pkgutil.walk_packages(xp.__path__, 'explainprune.'):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)\n"
        "print(*[n for n in xp.__all__ if isinstance(getattr(xp, n), types.ModuleType)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["plot"]  # which is one


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(AttributeError, match=r"no public name 'prun'. Did you mean 'prune'"):
        explainprune.prun  # noqa: B018


def test_no_folder_shadows_a_public_name():
    folders = {path.stem for path in PACKAGE.iterdir()}
    assert folders & set(explainprune.__all__) == set()


@pytest.mark.parametrize("folder", ["explainprune", "examples", "benchmarks"])
def test_no_file_is_longer_than_300_lines(folder):
    long = {
        str(path.relative_to(PACKAGE.parent)): lines
        for path in (PACKAGE.parent / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}
