"""peers_table.py: the lines of peers.py as Markdown on standard output, and as a chart.

usage: peers_table.py [build/peers.jsonl [CHART.svg]]

Times are medians over rounds of each process's median; "rounds" is the least and the most of these.
"nemg is faster by" compares with nemg in the same number type, round by round, and gives the median
ratio and its range; "nemg's best" with the fastest number type of nemg.
"""

import os
import sys

import measuring
from chart import Bar, Chart
from measuring import median

NAMES = {"": "", "contiguous": "contiguous", "channels_last": "channels last", "compiled": "compiled", "onnx": "",
         "graph": ""}
SHORT = {"float32": "f32", "bfloat16": "bf16", "int8": "int8"}


def name_of(x):
    variant = NAMES[x.get("variant", "")]
    return x["program"] + (f", {variant}" if variant else "")


class Result:
    """All rounds of one contender at one question."""

    def __init__(self, lines):
        first = lines[0]
        self.name, self.dtype, self.engine, self.batch = name_of(first), first["dtype"], first["engine"], first["batch"]
        self.threads, self.is_ours = first["threads"], first["program"] == "nemg"
        self.by_round = {x["round"]: x["ms"] for x in lines}
        self.ms = median(self.by_round.values())
        self.p90, self.p99 = median(x["ms_p90"] for x in lines), median(x["ms_p99"] for x in lines)
        self.peak_mb = median(x["peak_rss_mb"] for x in lines)
        self.gflop = first.get("gflop")

    def images_per_s(self, ms=None):
        return 1000 * self.batch / (ms or self.ms)


def collect(lines):
    """{(what, batch): [Result, the fastest first]}"""
    groups = {}
    for x in lines:
        if x["what"] in ("inference", "training"):
            group = groups.setdefault((x["what"], x["batch"]), {})
            group.setdefault((name_of(x), x["dtype"]), []).append(x)
    return {q: sorted((Result(x) for x in group.values()), key=lambda r: r.ms) for q, group in sorted(groups.items())}


def ratio(theirs, ours):
    """how many times longer theirs takes: median over the rounds that have both, and its range"""
    each = sorted(theirs.by_round[i] / ours.by_round[i] for i in theirs.by_round if i in ours.by_round)
    if not each:
        return ""
    around = f" ({each[0]:.2f} to {each[-1]:.2f})" if len(each) > 1 else ""
    return f"{median(each):.2f} ×{around}"


def rows_of(results, top):
    ours = {r.dtype: r for r in results if r.is_ours}
    best = min(ours.values(), key=lambda r: r.ms, default=None)
    gflop = best.gflop if best else None
    for r in results:
        same = ours.get(r.dtype)
        ceiling = top.get((r.dtype, r.threads))
        share = f"{100 * gflop / r.ms * 1000 / ceiling:.0f} %" if gflop and ceiling else ""
        rounds = f"{min(r.by_round.values()):.1f} to {max(r.by_round.values()):.1f}"
        yield (r.name, r.engine, SHORT[r.dtype], f"{r.ms:.1f}", rounds, f"{r.images_per_s():.2f}", share,
               f"{r.peak_mb:.0f}", "" if r.is_ours or not same else ratio(r, same),
               "" if r.is_ours or not best else ratio(r, best))


def markdown(head, rows):
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print()


def tell_latency(results):
    print("Latency at batch 1, in ms:\n")
    markdown(("program", "type", "median", "90 %", "99 %"),
             ((r.name, SHORT[r.dtype], f"{r.ms:.1f}", f"{r.p90:.1f}", f"{r.p99:.1f}") for r in results))


def tell_aims(groups):
    """Ours beside the best of each peer, as one would set it up who cares."""
    rows = []
    for (what, batch), results in groups.items():
        for r in (r for r in results if r.is_ours):
            for dtype in ("float32", "bfloat16", "int8"):
                others = {}
                for x in results:  # the fastest first
                    if not x.is_ours and x.dtype == dtype:
                        others.setdefault(x.name.split(",")[0], x)
                rows += [(what, batch, SHORT[r.dtype], x.name, SHORT[x.dtype], ratio(x, r),
                          f"{r.peak_mb / x.peak_mb:.2f} ×") for x in others.values()]
    print("nemg against each program's fastest way in each number type:\n")
    markdown(("what", "batch", "nemg in", "against", "in", "nemg is faster by", "memory of nemg"), rows)


def draw(path, groups, below):
    c = Chart("Inception v4: nemg and what one would take instead", below, columns=2)
    for (what, batch), results in groups.items():
        c.bars(f"{what}, batch {batch}", "images/s",
               [Bar(f"{r.name.split(' (')[0]}, {SHORT[r.dtype]}", r.images_per_s(),
                    r.images_per_s(max(r.by_round.values())), r.images_per_s(min(r.by_round.values())), r.is_ours)
                for r in results])
    c.write(path)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(measuring.BUILD, "peers.jsonl")
    lines = measuring.read_lines(path)
    groups, top = collect(lines), measuring.ceilings(lines)
    side = next(x["image_size"] for x in lines if "image_size" in x)
    threads = next(x["threads"] for x in lines if "threads" in x)
    below = f"{side} px, {threads} threads; {measuring.machine_text(lines[0]['machine'])}"
    print(f"Inception v4, {below}.", end="")
    for (dtype, n), gflops in top.items():
        print(f" Ceiling of {dtype} on {n} threads: {gflops:.0f} GFLOP/s.", end="")
    print("\n")
    for (what, batch), results in groups.items():
        print(f"**{what.capitalize()}, batch {batch}**\n")
        markdown(("program", "version", "type", "ms", "rounds", "images/s", "of ceiling", "peak MB",
                  "nemg is faster by", "nemg's best"), rows_of(results, top))
        if (what, batch) == ("inference", 1):
            tell_latency(results)
    tell_aims(groups)
    if len(sys.argv) > 2:
        draw(sys.argv[2], groups, below)


main()
