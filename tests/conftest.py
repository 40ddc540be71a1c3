"""Shared by all tests: a quiet, deterministic TensorFlow."""

import os

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
# shap compiles its maskers for half a minute, which small tests never earn back.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

import pytest


@pytest.fixture(autouse=True, scope="session")
def every_written_results_file_fits_its_schema():
    """Hold each results.json that a test writes in this process against the JSON Schema."""
    from results_schema import problems

    from explainprune.reporting import writing

    written = writing._write_results

    def checked(results, folder, text):
        written(results, folder, text)
        if text is None:  # else it was read, and is kept as it is
            assert not problems((folder / writing.RESULTS).read_text(encoding="utf-8"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_write_results", checked)
        yield
