import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explainprune.keeping import held

HOLD = """
import sys, time
from explainprune.keeping import held
with held(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(out):
    """Start a process that holds the lock, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_is_there_while_it_is_held_and_gone_after(tmp_path):
    with held(tmp_path / "a.npz"), held(tmp_path / "a.npz"):
        (lock,) = tmp_path.iterdir()
        who = json.loads(lock.read_text())
        assert (lock.name, who["process"], who["host"]) == (
            ".a.npz.lock", os.getpid(), socket.gethostname(),
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_second_process_is_refused_and_a_killed_one_is_no_holder(tmp_path):
    out = tmp_path / "a.npz"
    process = holder(out)
    text = rf"^'a.npz' is being written by process {process.pid} on .*\. Wait for it, or "
    with pytest.raises(BlockingIOError, match=text) as caught, held(out):
        pytest.fail("two writers")
    assert caught.value.errno is None and "\n" not in str(caught.value)
    with held(tmp_path / "b.npz"):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / ".a.npz.lock").exists()
    with held(out):
        assert json.loads((tmp_path / ".a.npz.lock").read_text())["process"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_threads_are_writers_too(tmp_path):
    found = []

    def second():
        try:
            with held(tmp_path / "a"):
                found.append("two writers")
        except BlockingIOError as error:
            found.append(str(error))

    with held(tmp_path / "a"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(found) == 1 and f"process {os.getpid()}" in found[0]


def test_one_of_many_gets_it(tmp_path):
    """Threads that take and free a lock at once: never two inside."""
    inside, most, refused = [], [], []

    def write():
        for _ in range(200):
            try:
                with held(tmp_path / "a"):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except BlockingIOError:
                refused.append(1)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and len(most) + len(refused) == 800
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("locks", [True, False], ids=["flock", "no flock"])
def test_what_the_file_says_decides_where_the_system_can_not(tmp_path, monkeypatch, locks):
    if not locks:
        monkeypatch.setattr("explainprune.keeping.locks.fcntl", None)
    lock, out = tmp_path / ".a.lock", tmp_path / "a"
    elsewhere = {"process": os.getpid(), "host": "elsewhere", "started": ""}
    lock.write_text(json.dumps(elsewhere))
    with pytest.raises(BlockingIOError, match=r"on elsewhere.*If that is gone, remove '.a.lock'"):
        held(out).__enter__()
    here = {"process": 1, "host": socket.gethostname(), "started": "0"}
    started = Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19]
    lock.write_text(json.dumps(here | {"started": started}))
    with pytest.raises(BlockingIOError, match=r"by process 1 on"):
        held(out).__enter__()
    lock.write_text(json.dumps(here | {"started": "-1"}))  # its number is another process' now
    with held(out):
        pass
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lock.write_text(json.dumps(here | {"process": ended.pid}))
    with held(out):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["mine", "[1]", '{"process": "x"}', "[" * 100_000])
def test_a_file_of_the_users_is_no_lock(tmp_path, text):
    (tmp_path / ".a.lock").write_text(text)
    with pytest.raises(FileExistsError, match=r"'.a.lock' is in the way: it is no lock"):
        held(tmp_path / "a").__enter__()
    assert (tmp_path / ".a.lock").read_text() == text
