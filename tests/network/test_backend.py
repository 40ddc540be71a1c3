import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("backend", ["jax", "torch", "numpi"])
def test_another_backend_is_refused_in_one_sentence(backend, tmp_path):
    command = [sys.executable, "-m", "explainprune", "attribute", "a.keras"]
    ran = subprocess.run(
        [*command, "--data", "digits", "-o", str(tmp_path / "a.npz")],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    said = ran.stderr.strip().splitlines()[-1]
    assert f"TensorFlow backend. Received: KERAS_BACKEND='{backend}'" in said
    assert said.endswith("Set KERAS_BACKEND=tensorflow.") and "Traceback" not in ran.stderr
