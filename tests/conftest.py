"""Shared by all tests: a quiet, deterministic TensorFlow."""

import os

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
# shap compiles its maskers for half a minute, which small tests never earn back.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")
