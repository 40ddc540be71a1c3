"""What is the same keeps its mark, whatever holds it; what differs has another."""

import functools
import subprocess
import sys
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from explainprune.keeping import file_mark, mark, source_mark


@dataclass
class Named:
    name: str
    calls: list = field(default_factory=list, compare=False)


class Held:
    def __init__(self, value):
        self.value = value

    def method(self):
        return self.value


def adding(n, by=1):
    def added(x, *, twice=False):
        return x + n

    added.__defaults__ = (by,)
    return added


VALUES = {
    "nothing": lambda: None,
    "zero": lambda: 0,
    "false": lambda: False,
    "float": lambda: 0.0,
    "text": lambda: "0",
    "bytes": lambda: b"0",
    "list": lambda: [0, [1], 2],
    "nested otherwise": lambda: [0, [1, 2]],
    "flat": lambda: [0, 1, 2],
    "tuple": lambda: (0, 1, 2),
    "set": lambda: {"a", "b", "c"},
    "dict": lambda: {"b": 1, "a": 2},
    "array": lambda: np.arange(3),
    "array of floats": lambda: np.arange(3.0),
    "column": lambda: np.arange(3)[:, None],
    "words": lambda: np.array(["a", "b"], dtype=object),
    "table": lambda: pd.DataFrame({"a": [1, 2]}),
    "other column": lambda: pd.DataFrame({"b": [1, 2]}),
    "series": lambda: pd.Series([1, 2]),
    "dataclass": lambda: Named("a"),
    "other dataclass": lambda: Named("b"),
    "object": lambda: Held(1),
    "other object": lambda: Held(2),
    "method": lambda: Held(1).method,
    "other method": lambda: Held(2).method,
    "function": lambda: adding(1),
    "closed over another": lambda: adding(2),
    "other default": lambda: adding(1, by=2),
    "partial": lambda: functools.partial(adding, 1),
    "other partial": lambda: functools.partial(adding, 2),
    "numpy's": lambda: np.tanh,
    "numpy's other": lambda: np.sin,
    "type": lambda: Held,
    "other type": lambda: Named,
}


def test_every_value_has_a_mark_of_its_own_and_keeps_it():
    marks = {name: mark(make()) for name, make in VALUES.items()}
    assert {name: mark(make()) for name, make in VALUES.items()} == marks
    assert len(set(marks.values())) == len(VALUES)


def test_what_does_not_compare_does_not_count():
    assert mark(Named("a", [1])) == mark(Named("a", [2]))


def test_marks_are_those_of_other_processes():
    code = (
        "import numpy as np\nfrom explainprune.keeping import mark\n"
        "print(mark({'b': {'x', 'y', 'z'}, 'a': np.arange(3), 'f': np.tanh}))"
    )
    here = mark({"b": {"x", "y", "z"}, "a": np.arange(3), "f": np.tanh})
    for seed in "12":
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        assert done.stdout.strip() == here


def test_what_can_not_be_told_is_never_the_same():
    lock = __import__("threading").Lock()
    assert mark(lock) != mark(lock)
    assert mark(Held(lock)) != mark(Held(lock))


def test_a_circle_ends():
    circle = [1]
    circle.append(circle)
    assert mark(circle) == mark(circle)


def test_what_is_known_better_is_asked():
    assert mark([Held(1)], lambda v: "known" if isinstance(v, Held) else None) == mark(
        [Held(2)], lambda v: "known" if isinstance(v, Held) else None
    )


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Modules of a user's: one that imports others in each way there is."""
    for name, text in {
        "recipe_of_mine": "import numpy\nfrom helper_of_mine import R\nimport parts_of_mine.first",
        "helper_of_mine": "R = 1",
        "parts_of_mine/__init__": "",
        "parts_of_mine/first": "from . import second\nfrom .third import x",
        "parts_of_mine/second": "y = 1",
        "parts_of_mine/third": "x = 1",
        "other_of_mine": "z = 1",
    }.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_source_counts_with_what_it_imports(package):
    first = source_mark("recipe_of_mine")
    assert source_mark("recipe_of_mine") == first
    marks = {first}
    names = ("helper_of_mine", "parts_of_mine/second", "parts_of_mine/third", "recipe_of_mine")
    for name in names:
        path = package / f"{name}.py"
        path.write_text(path.read_text() + "\n# another")
        marks.add(source_mark("recipe_of_mine"))
    assert len(marks) == 1 + len(names)
    (package / "other_of_mine.py").write_text("z = 2")
    assert source_mark("recipe_of_mine") in marks
    assert not {"recipe_of_mine", "helper_of_mine", "parts_of_mine"} & set(sys.modules)


def test_what_is_installed_counts_by_its_version_alone():
    assert source_mark("numpy") == source_mark("pandas") == source_mark("nowhere.at.all")


def test_files_and_folders_count_by_their_bytes_and_names(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "b").write_text("x")
    one, folder = file_mark(tmp_path / "a"), file_mark(tmp_path / "f")
    (tmp_path / "f" / "b").rename(tmp_path / "f" / "c")
    assert file_mark(tmp_path / "f") != folder
    assert file_mark(tmp_path / "f" / "c") == one
