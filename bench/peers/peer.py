"""peer.py: what the peers share: their command line, the timing of steps, the JSON line.

The timing and the names in the line are bench_net's: three steps warm up (one where a step takes
longer than SECONDS), then steps are timed until SECONDS are over and STEPS are done.
"""

import argparse
import json
import resource
import sys
import time

N_CLASSES = 3


def arguments(variants, dtypes):
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["inference", "training"])
    parser.add_argument("--file", help="the network as ONNX, for programs that read it")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--steps", type=int, default=1, help="at least")
    parser.add_argument("--side", type=int, default=299, help="of the pictures, in pixels")
    parser.add_argument("--dtype", choices=dtypes, default=dtypes[0])
    parser.add_argument("--variant", choices=variants, default=variants[0])
    return parser.parse_args()


def resident_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(step, a):
    """sorted milliseconds of each step"""
    start = time.perf_counter()
    for _ in range(3):
        step()
        if time.perf_counter() - start > a.seconds:
            break
    ms, end = [], time.perf_counter() + a.seconds
    while len(ms) < max(1, a.steps) or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        ms.append(1000 * (time.perf_counter() - start))
    return sorted(ms)


def tell(program, engine, a, ms, libraries_mb):
    """libraries_mb: resident before the network was made"""
    line = {"program": program, "engine": engine, "variant": a.variant, "what": a.what, "network": "inception_v4",
            "image_size": a.side, "batch": a.batch, "dtype": a.dtype, "threads": a.threads, "steps": len(ms)}
    quantiles = {"ms": 0.5, "ms_least": 0, "ms_p25": 0.25, "ms_p75": 0.75, "ms_p90": 0.9, "ms_p99": 0.99, "ms_most": 1}
    line |= {name: round(ms[int(q * (len(ms) - 1) + 0.5)], 3) for name, q in quantiles.items()}
    line |= {"images_per_s": round(1000 * a.batch / line["ms"], 2), "peak_rss_mb": round(resident_mb()),
             "libraries_mb": round(libraries_mb)}
    print(json.dumps(line))
    sys.stdout.flush()
