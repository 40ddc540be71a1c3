"""Work that is killed at any of its steps on disk, in a process of its own."""

import os
import signal
import time
import traceback
from pathlib import Path

STEPS = ("rename", "replace", "unlink", "rmdir", "mkdir", "open")


def killed_at(step, work):
    """Run `work` in a forked process that is killed before its step-th change of the disk.

    Returns whether there was such a step: False once the work had ended before.
    """
    process = os.fork()
    if process == 0:
        left = [step]

        def counted(call):
            def stepping(*args, **kwargs):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return call(*args, **kwargs)

            return stepping

        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work itself failed"
    return os.WIFSIGNALED(status)


def alive(pid):
    """Whether a process runs (a zombie doesn't)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
