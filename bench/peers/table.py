"""table.py: the JSON lines of bench_peers.sh as a Markdown table of medians over rounds."""

import json
import statistics
import sys

rows = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    name = r["program"] + (", channels last" if r.get("layout") == "channels_last" else "")
    rows.setdefault((r["mode"], r["batch"]), {}).setdefault(name, []).append(r)

print("| what | program | version | ms a step | images/s | peak memory, MB | nemg is faster by |")
print("|---|---|---|---|---|---|---|")
for (mode, batch), programs in sorted(rows.items()):
    ours = statistics.median(r["ms"] for r in programs["nemg"])
    for name, runs in programs.items():
        ms = statistics.median(r["ms"] for r in runs)
        memory = max(r["peak_rss_mb"] for r in runs)
        ratio = "" if name == "nemg" else f"{ms / ours:.2f} x"
        print(f"| {mode}, batch {batch} | {name} | {runs[0]['engine']} | {ms:.1f} | {1000 * batch / ms:.2f} "
              f"| {memory:.0f} | {ratio} |")
