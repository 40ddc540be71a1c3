"""What `attribution_peers.py` is made of: networks, contestants, truths, clocks and the page."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")  # peers warn of much; errors are errors all the same
