"""suite.py: what this machine does, in less than five minutes: make bench.

Prints a JSON line per measurement, keeps them in build/bench.jsonl, and closes with a table whose
last column is the share of the ceiling: arithmetic a second against that of the best product of
matrices of the same number type, on the same threads, measured in turns with the networks.
SECONDS_EACH (3) stretches everything; see measuring.py for the rest of the environment.

usage: suite.py [--from build/bench.jsonl]    --from: the table again, measures nothing
"""

import os
import sys
import tempfile

import measuring
import program
from measuring import BUILD, DTYPES, bench_gemm, bench_net, run

SECONDS = float(os.environ.get("SECONDS_EACH", 3))
# what, network, input, width, batch, seconds in SECONDS, least steps
BIG = [
    ("inference", "inception_v4", 0, 1, 1, 3, 50),
    ("inference", "inception_v4", 0, 1, 16, 1, 2),
    ("training", "inception_v4", 0, 1, 16, 1, 1),
    ("training", "inception_v4", 0, 1, 8, 1, 2),
]
SMALL = [
    ("inference", "resnet18", 139, 1, 1, 0.5, 50),
    ("inference", "resnet18", 139, 1, 16, 0.5, 3),
    ("training", "resnet18", 139, 1, 16, 0.5, 3),
    ("inference", "resnet18", "64x68x1", 1, 16, 0.5, 3),  # a mel-spectrogram of 100 ms at 10 kHz
    ("training", "resnet18", "64x68x1", 1, 16, 0.5, 3),
    ("inference", "resnet1d", 0, 1, 1, 0.5, 50),
    ("inference", "resnet1d", 0, 1, 16, 0.5, 3),
    ("training", "resnet1d", 0, 1, 16, 0.5, 3),
]
LIMIT_MB = 1000  # of Inception v4 at batch 8, which takes 1,343 MB without one


def networks(lines, rows, dtypes, gemm_every):
    lacking = {("training", "int8")}
    for i, (what, network, size, width, batch, seconds, steps) in enumerate(rows):
        if i % gemm_every == 0:
            bench_gemm(lines, 0.3 * SECONDS, dtypes)
        for dtype in dtypes:
            if (what, dtype) in lacking:
                continue
            answer = bench_net(what, batch, seconds * SECONDS, network, size, width, dtype=dtype, steps=steps)
            if not answer:
                lacking.add((what, dtype))  # said; not tried again
            lines.add(*answer)


def loading(lines, scratch):
    """The same steps on the same noise and on pictures from the loader."""
    lines.add(*program.pictures(scratch))
    for network, width in (("resnet18", 0.25), ("inception_v4", 0.25)):
        for dataset in (None, f"{scratch}/set"):
            lines.add(*bench_net("training", 16, 0.5 * SECONDS, network, 139, width, steps=3, dataset=dataset))


def known_dtypes(wanted):
    """What bench_net has; it prints nothing for what it has not."""
    return [x for x in wanted if x == "float32" or bench_net("inference", 1, 0, "resnet1d", dtype=x)]


def name_of(x):
    h, w, c = x["input"]
    size = f"{w} px" if h == w and c == 3 else f"{w}" if h == 1 else f"{h} x {w}"
    width = f", width {x['width']:g}" if x["width"] != 1 else ""
    more = ", from the loader" if x["loads"] else ""
    more += f", within {x['memory_limit_mb']} MB" if x["memory_limit_mb"] else ""
    return f"{x['what']} {x['network']} {size}{width}, batch {x['batch']}{more}"


def tell_twins(lines):
    """What loading and a limit of memory cost, against the same network without."""
    plain = {}
    for x in lines:
        if x["what"] not in ("inference", "training"):
            continue
        key = name_of(x | {"loads": False, "memory_limit_mb": 0}), x["dtype"]
        if not x["loads"] and not x["memory_limit_mb"]:
            plain[key] = x
        elif key in plain:
            print(f"{name_of(x)}: {x['ms'] / plain[key]['ms']:.3f} times the time, "
                  f"{x['peak_rss_mb'] / plain[key]['peak_rss_mb']:.2f} times the memory of the same without")


def close(lines):
    top = measuring.ceilings(lines)
    print("\n" + measuring.machine_text(lines[0]["machine"]))
    for (dtype, threads), gflops in top.items():
        print(f"ceiling of {dtype}, {threads} threads: {gflops:.0f} GFLOP/s (matrix products)")
    rows = []
    for x in lines:
        if x["what"] not in ("inference", "training"):
            continue
        ceiling = top.get((x["dtype"], x["threads"]))
        rows.append((name_of(x), x["dtype"], f"{x['ms']:.2f}", f"{x['ms_p90']:.2f}", f"{x['ms_p99']:.2f}",
                     f"{x['images_per_s']:.2f}", x["peak_rss_mb"], f"{x['gflop_per_s']:.1f}",
                     f"{100 * x['gflop_per_s'] / ceiling:.0f} %" if ceiling else "-"))
    print()
    measuring.table(("network", "type", "ms", "p90", "p99", "images/s", "peak MB", "GFLOP/s", "of ceiling"), rows)
    print()
    for x in lines:
        if x["what"] == "long recording":
            print(f"{x['signal_s'] // 60} minutes at {x['rate_hz'] // 1000} kHz in {x['windows']} windows: "
                  f"{x['seconds']:.1f} s, {x['times_real_time']} times real time")
        elif x["what"] == "heads on kept features":
            print(f"a step of the heads: {x['ms']:.2f} ms on kept features, {x['trunk_ms'] + x['ms']:.0f} ms with the "
                  f"trunk run each time: {x['times_faster']} times faster")
    tell_twins(lines)


def main():
    if sys.argv[1:2] == ["--from"]:
        return close(measuring.read_lines(sys.argv[2]))
    lines = measuring.Lines("bench.jsonl")
    bench_gemm(lines, SECONDS, DTYPES)
    has = [dtype for dtype, _ in measuring.ceilings(lines.all)]
    dtypes = known_dtypes([x for x in DTYPES if x in has])
    with tempfile.TemporaryDirectory() as scratch:
        networks(lines, BIG, dtypes, 2)
        lines.add(*bench_net("training", 8, SECONDS, memory_mb=LIMIT_MB, steps=2))
        networks(lines, SMALL, dtypes, 3)
        loading(lines, scratch)
        lines.add(*run([f"{BUILD}/bench_signal"]))
        lines.add(program.long_recording(scratch))
        lines.add(program.features(scratch))
    return close(measuring.read_lines(lines.path))


main()
