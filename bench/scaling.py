"""scaling.py: does cost grow as the work grows? make bench-scaling

usage: scaling.py [--seconds 3] [--rounds 2] [--chart docs/scaling.svg]
       scaling.py --from build/scaling.jsonl --chart FILE     draws again, measures nothing

Time of a step against batch, width and picture size, of training against threads, and of nemg train
against examples. JSON lines go to build/scaling.jsonl. Each panel holds times against time = c x work,
with the arithmetic counted from the table of layers as work (for examples: a straight line with what
a run costs before its first example) and says the exponent of time against work: 1 where cost grows
as the work does. A point off the line by more than 10 % is a departure and is named.
"""

import argparse
import math
import os
import tempfile

import measuring
from chart import Chart, Curve
from measuring import bench_net, median, nemg, say

DEPARTS = 0.1
# panel, axis, of bench_net's lines the value on the axis, and what is measured on it
SERIES = [
    ("inference against batch", "batch", "batch",
     [("inference", b, "inception_v4", 299, 1, None) for b in (1, 2, 4, 8, 16, 32)]),
    ("training against batch", "batch", "batch",
     [("training", b, "inception_v4", 139, 0.5, None) for b in (1, 2, 4, 8, 16, 32)]),
    ("training against width", "width", "width",
     [("training", 8, "inception_v4", 139, w, None) for w in (0.125, 0.25, 0.5, 0.75, 1)]),
    ("training against picture size", "pixels a side", "image_size",
     [("training", 8, "inception_v4", s, 0.5, None) for s in (107, 139, 187, 235, 299)]),
    ("training against threads", "threads", "threads",
     [("training", 8, "inception_v4", 139, 0.5, n) for n in range(1, (os.cpu_count() or 1) + 1)]),
]
EXAMPLES = (150, 300, 600, 1200)  # of nemg train, two epochs
EXAMPLES_PANEL = "nemg train against examples"


def measure_series(lines, seconds, i_round):
    for title, _, _, points in SERIES:
        say(f"round {i_round}: {title}")
        for what, batch, network, size, width, threads in points:
            lines.add(*bench_net(what, batch, seconds, network, size, width, threads=threads, steps=2), panel=title,
                      round=i_round)


def measure_examples(lines, scratch, i_round):
    """Two epochs of a small network on more and more drawn sweeps, three classes of ten patients."""
    for n in EXAMPLES:
        say(f"round {i_round}: {n} examples")
        folder = f"{scratch}/{n}"
        if not os.path.isdir(folder):
            measuring.run([f"{measuring.BUILD}/draw_sweeps", f"{folder}-pictures", 10, n // 30, 1])
            nemg("dataset", "build", "--images", f"{folder}-pictures", "--out", folder)
        for threads in (1, 2):
            wall, peak_mb, answer = nemg(
                "train", "--dataset", folder, "--run", f"{folder}-{threads}-{i_round}", "--model", "resnet18",
                "--width", 0.25, "--image-size", 107, "--batch", 16, "--epochs", 2, "--threads", threads)
            lines.add({"program": "nemg", "what": "training run", "network": "resnet18", "width": 0.25,
                       "image_size": 107, "batch": 16, "epochs": 2, "examples": n, "threads": threads,
                       "dtype": "float32", "seconds": round(answer["seconds"], 3), "ms": round(1000 * wall, 1),
                       "peak_rss_mb": peak_mb},
                      panel=EXAMPLES_PANEL, round=i_round)


def points_of(lines, axis):
    """[(value on the axis, median ms over rounds, work)] in ascending order"""
    groups = {}
    for x in lines:
        groups.setdefault(x[axis], []).append(x)
    return [(v, median(x["ms"] for x in g), g[0].get("gflop", v)) for v, g in sorted(groups.items())]


def exponent(points):
    """least squares of log time against log work"""
    logs = [(math.log(w), math.log(t)) for _, t, w in points]
    mw, mt = (sum(v) / len(logs) for v in zip(*logs))
    return sum((w - mw) * (t - mt) for w, t in logs) / sum((w - mw) ** 2 for w, _ in logs)


def proportional(points):
    """c of time = c x work: the median over the points"""
    c = median(t / w for _, t, w in points)
    return [(v, c * w) for v, _, w in points]


def straight(points):
    """time = a + b x work, least squares of relative errors"""
    s = {k: sum(w**k / t**2 for _, t, w in points) for k in (0, 1, 2)}
    u = {k: sum(w**k / t for _, t, w in points) for k in (0, 1)}
    b = (s[0] * u[1] - s[1] * u[0]) / (s[0] * s[2] - s[1] ** 2)
    a = (u[0] - b * s[1]) / s[0]
    return a, b, [(v, a + b * w) for v, _, w in points]


def inverse(points):
    """time = c / threads, from one thread"""
    return [(v, points[0][1] / v) for v, _, _ in points]


def departures(points, line, axis):
    for (v, t, _), (_, expected) in zip(points, line):
        if abs(t / expected - 1) > DEPARTS:
            yield f"{axis} {v:g}: {100 * (t / expected - 1):+.0f} %"


def panel(title, axis, key, lines):
    """(curves, notes) of one panel"""
    points = points_of(lines, key)
    measured = [(v, t) for v, t, _ in points]
    if key == "threads":
        line = inverse(points)
        notes = [f"{n:g} threads: {points[0][1] / t:.2f} times as fast as one" for n, t, _ in points[1:]]
        return [Curve("measured; line: one thread's time / threads", measured, line)], notes
    line = proportional(points)
    notes = [f"exponent of time against arithmetic: {exponent(points):.2f}"]
    notes += list(departures(points, line, axis)) or ["no point is off the line by more than 10 %"]
    return [Curve("measured; line: c × arithmetic", measured, line)], notes


def examples_panel(lines):
    curves, notes = [], []
    for threads in sorted({x["threads"] for x in lines}):
        points = points_of([x for x in lines if x["threads"] == threads], "examples")
        a, b, line = straight(points)
        word = "thread" if threads == 1 else "threads"
        label = f"{threads} {word}: {a / 1000:.2f} s + {b:.2f} ms an example"
        curves.append(Curve(label, [(v, t) for v, t, _ in points], line))
        notes += [f"{threads} {word}, {x}" for x in departures(points, line, "examples")]
    return curves, notes or ["no point is off its line by more than 10 %"]


def draw(lines, path):
    c = Chart("nemg: cost against work", measuring.machine_text(lines[0]["machine"]))
    of = {}
    for x in lines:
        of.setdefault(x["panel"], []).append(x)
    for title, axis, key, _ in SERIES:
        if len({x[key] for x in of.get(title, [])}) > 1:
            first = of[title][0]
            curves, notes = panel(title, axis, key, of[title])
            facts = [f"{n} {first[k]:g}" for n, k in (("batch", "batch"), ("size", "image_size"), ("width", "width"))
                     if k != key]
            c.curves(title, axis, "ms a step", curves, [f"{first['network']}, {', '.join(facts)}", *notes])
            print(f"{title}: {'; '.join(notes)}")
    if EXAMPLES_PANEL in of:
        curves, notes = examples_panel(of[EXAMPLES_PANEL])
        c.curves(EXAMPLES_PANEL, "examples", "ms a run", curves, ["resnet18, size 107, width 0.25, two epochs", *notes])
        print(f"{EXAMPLES_PANEL}: {'; '.join(x.label for x in curves)}; {'; '.join(notes)}")
    c.write(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--chart", default=os.path.join(measuring.BUILD, "scaling.svg"))
    parser.add_argument("--from", dest="source")
    a = parser.parse_args()
    if a.source:
        return draw(measuring.read_lines(a.source), a.chart)
    lines = measuring.Lines("scaling.jsonl")
    with tempfile.TemporaryDirectory() as scratch:
        for i in range(1, a.rounds + 1):
            measure_series(lines, a.seconds, i)
            measure_examples(lines, scratch, i)
    return draw(measuring.read_lines(lines.path), a.chart)


main()
