"""The edge runtime: shelf node, in-store aggregator and the technician's command line."""

import os

# OpenBLAS reads it when numpy is loaded, which is later. Its threads spin while they wait: to weigh up
# 500 SKUs takes 17 ms of processor time with two of them, and 0.6 ms with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
