"""What `attribution_peers.py` is made of: networks, contestants, truths, clocks and the page."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The matrices are small: on a busy machine, threads that wait for each other are all one measures.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
warnings.filterwarnings("ignore")  # peers warn of much; errors are errors all the same
