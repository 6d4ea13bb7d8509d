"""ort_net.py: bench_net's question about inference asked of ONNX Runtime.

usage: ort_net.py FILE.onnx BATCH THREADS SECONDS (the file: torch_net.py export)
"""

import json
import resource
import sys
import time

import numpy as np
import onnxruntime as ort

path, batch, threads, seconds = sys.argv[1], *map(int, sys.argv[2:5])
options = ort.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
x = np.random.default_rng(1).uniform(-1, 1, (batch, 3, 299, 299)).astype(np.float32)
for _ in range(3):
    session.run(None, {"input": x})
ms, end = [], time.monotonic() + seconds
while not ms or time.monotonic() < end:
    start = time.monotonic()
    session.run(None, {"input": x})
    ms.append(1000 * (time.monotonic() - start))
ms.sort()
print(json.dumps({
    "program": "ONNX Runtime", "engine": ort.__version__, "mode": "inference", "batch": batch, "threads": threads,
    "steps": len(ms), "ms": round(ms[len(ms) // 2], 2), "ms_least": round(ms[0], 2),
    "images_per_s": round(1000 * batch / ms[len(ms) // 2], 2),
    "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
