import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killing import alive, wait_until

from explainprune.engine import run_cells

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def functions_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.delitem(sys.modules, "cells", raising=False)


@pytest.mark.parametrize("workers", [None, 0, 1, 2, 5])
def test_results_come_in_the_order_of_the_cells(workers):
    # The first cell takes longest, so that it is the last to finish where there are two workers.
    cells = [{"n": n, "seconds": 0.3 if n == 0 else 0} for n in range(4)]
    seen = []
    results = run_cells(
        "cells:square",
        cells,
        workers=workers,
        progress=lambda done, total, cell: seen.append((done, total, cell["n"])),
    )
    assert [result["square"] for result in results] == [0, 1, 4, 9]
    assert [s[:2] for s in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(s[2] for s in seen) == [0, 1, 2, 3]
    if workers == 2:
        assert seen[-1][2] == 0
    pids = {result["pid"] for result in results}
    assert (pids == {os.getpid()}) is (workers is None)
    assert workers is None or len(pids) <= max(1, workers)


def test_no_cells_no_work():
    assert run_cells("cells:square", [], workers=2) == []


def test_children_have_the_threads_they_are_told_and_our_path():
    names = [
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "OMP_NUM_THREADS",
        "PYTHONHASHSEED",
    ]
    before = dict(os.environ)
    (found,) = run_cells("cells:environment", [{"names": names}], workers=1, threads=3)
    assert [found[name] for name in names] == ["3", "3", "3", "0"]
    assert str(HERE) in found["path"]
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        ((ValueError, "sparsity 2 is too much"), ValueError, "sparsity 2 is too much"),
        ((TypeError, "not a model"), TypeError, "not a model"),
        ((KeyError, "kernel"), KeyError, "kernel"),
        ((FileNotFoundError, 2, "No such file", "a"), OSError, "[Errno 2] No such file: 'a'"),
        ((UnicodeDecodeError, "utf-8", b"a", 0, 1, "bad"), RuntimeError, "can't decode byte"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_cell_raises_arrives_as_it_is_with_the_cell(error, kind, text, workers):
    cells = [{"n": n, "arm": "pruned", "error": error} for n in range(2)]
    with pytest.raises(kind) as caught:
        run_cells("cells:fail", cells, workers=workers)
    assert text in str(caught.value)
    assert "(in the cell n=1, arm='pruned')" in str(caught.value)
    assert "in fail" in caught.value.__notes__[0]  # the child's own trace, for who asks


def test_errors_that_only_the_child_knows_keep_their_name(tmp_path, monkeypatch):
    (tmp_path / "strange.py").write_text(
        "class Odd(Exception): pass\nclass Bad(ValueError): pass\n"
        "def odd(cell): raise Odd('how odd')\ndef bad(cell): raise Bad('how bad')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="Odd: how odd"):
        run_cells("strange:odd", [{}], workers=1)
    with pytest.raises(ValueError, match="Bad: how bad"):
        run_cells("strange:bad", [{}], workers=1)


def test_a_failure_ends_the_other_children_at_once():
    cells = [{"n": n, "seconds": 60, "error": (ValueError, "no")} for n in (0, 1)]
    start = time.monotonic()
    with pytest.raises(ValueError, match="no"):
        run_cells("cells:fail", cells, workers=2)
    assert time.monotonic() - start < 30


def test_warnings_come_back_once():
    with pytest.warns(UserWarning, match="no labels here") as caught:
        run_cells("cells:warn", [{}, {}, {}], workers=2)
    assert len(caught) == 1


def test_what_cells_print_disturbs_nothing(capfd):
    cells = [{"n": 0}, {"n": 1}]
    assert run_cells("cells:chatter", cells, workers=1) == [{"stdin": ""}, {"stdin": ""}]
    out, err = capfd.readouterr()
    assert out == "" and err == ""


def test_a_killed_worker_is_replaced_once(tmp_path):
    cells = [{"n": n, "mark": str(tmp_path / str(n))} for n in range(2)]
    assert run_cells("cells:killed_once", cells, workers=1) == [{"n": 0}, {"n": 1}]
    assert (tmp_path / "0").exists() and (tmp_path / "1").exists()


def test_a_worker_killed_twice_is_an_error(tmp_path):
    cells = [{"n": 0, "mark": str(tmp_path / "mark"), "always": True}]
    message = r"ended twice: it was killed by signal 9 \(SIGKILL\)\. If memory .*in the cell n=0, "
    with pytest.raises(ChildProcessError, match=message):
        run_cells("cells:killed_once", [{**cells[0]}], workers=1)
    with pytest.raises(ChildProcessError, match="ended twice: it ended with code 3"):
        run_cells("cells:leaving", [{}], workers=1)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("cells:sqare", "Did you mean 'square'"),
        ("nowhere:f", "cell function 'nowhere:f' could not be imported"),
    ],
)
def test_functions_that_are_not_there(function, message):
    with pytest.raises(ValueError, match=message):
        run_cells(function, [{"n": 1}], workers=1)


def test_results_are_plain():
    with pytest.raises(TypeError, match="a cell returns plain data, which dict isn't"):
        run_cells("cells:unpicklable", [{}], workers=1)


@pytest.mark.parametrize("options", [{"workers": -1}, {"workers": 1, "threads": 0}])
def test_numbers_out_of_range(options):
    with pytest.raises(ValueError, match="workers is at least 0 and threads at least 1"):
        run_cells("cells:square", [{"n": 1}], **options)


def test_global_randomness_is_the_same_for_every_cell():
    results = run_cells("cells:randomness", [{}, {}, {}], workers=1)
    assert results[0] == results[1] == results[2]


@pytest.mark.slow
def test_bits_and_names_do_not_depend_on_the_number_of_workers():
    cells = [{"seed": seed} for seed in (0, 1, 0)]
    one, two = (run_cells("cells:dense", cells, workers=workers) for workers in (1, 2))
    assert one == two
    assert one[0] == one[2]  # third in the same process as the first, and yet the same
    assert one[0]["bits"] != one[1]["bits"] and one[0]["names"] == one[1]["names"]


SCRIPT = """
import sys
from explainprune.engine import run_cells
sys.path.insert(0, {here!r})
run_cells("cells:sleep_with_grandchild", [{{"pids": {pids!r}}}], workers=1)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_its_parent(tmp_path, how):
    pids = tmp_path / "pids"
    code = SCRIPT.format(here=str(HERE), pids=str(pids))
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores SIGINT and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    child, grandchild = pids.read_text().split()
    parent.send_signal(how)
    _, errors = parent.communicate(timeout=20)
    assert parent.returncode == -how
    assert ("KeyboardInterrupt" in errors) is (how == signal.SIGINT)
    wait_until(lambda: not alive(child) and not alive(grandchild))


def test_a_script_needs_no_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from explainprune.engine import run_cells\n"
        "print('started')\n"
        "print(run_cells('builtins:dict', [{'n': 1}], workers=1))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "started\n[{'n': 1}]\n"
