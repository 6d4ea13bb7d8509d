"""neighbour.py: what is left where another program keeps one core busy: make bench-neighbour

usage: neighbour.py [--batch 4] [--seconds 6] [--rounds 3] [--what training]

nemg and, where PEERS_PYTHON names a Python that has it, PyTorch (channels last), on as many threads
as there are cores and on one less, each on the quiet machine and beside a process that spins on core 0,
in turns. JSON lines go to build/neighbour.jsonl, a Markdown table to standard output.
"""

import argparse
import contextlib
import os
import signal

import measuring
from measuring import ROOT, bench_net, median, run, say

PYTHON = os.environ.get("PEERS_PYTHON")


class Neighbour:
    """A process that never rests, on core 0, while the block runs."""

    def __enter__(self):
        self.pid = os.fork()
        if self.pid == 0:
            os.sched_setaffinity(0, {0})
            while True:
                pass

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def ask(program, a, threads):
    if program == "nemg":
        return bench_net(a.what, a.batch, a.seconds, size=a.side, threads=threads, steps=2)
    return run([PYTHON, f"{ROOT}/bench/peers/torch_net.py", a.what, "--batch", a.batch, "--threads", threads,
                "--seconds", a.seconds, "--steps", 2, "--side", a.side, "--variant", "channels_last"])


def close(lines):
    groups = {}
    for x in lines:
        groups.setdefault((x["program"], x["threads"], x["neighbour"]), []).append(x["images_per_s"])
    print("\n| program | threads | quiet, images/s | with a neighbour | left | against its best on the quiet machine |")
    print("|---|---|---|---|---|---|")
    best = {}
    for (program, _, _), each in groups.items():
        best[program] = max(best.get(program, 0), median(each))
    for (program, threads, is_busy), each in sorted(groups.items()):
        if not is_busy:
            continue
        quiet, busy = median(groups[program, threads, False]), median(each)
        print(f"| {program} | {threads} | {quiet:.2f} | {busy:.2f} | {100 * busy / quiet:.0f} % "
              f"| {100 * busy / best[program]:.0f} % |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--what", choices=["inference", "training"], default="training")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--side", type=int, default=299)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    n = os.cpu_count()
    lines = measuring.Lines("neighbour.jsonl")
    for i in range(1, a.rounds + 1):
        for threads in dict.fromkeys((n, max(1, n - 1))):
            for program in ("nemg", "torch") if PYTHON else ("nemg",):
                for is_busy in (False, True):
                    say(f"round {i}: {program} on {threads} threads{', with a neighbour' if is_busy else ''}")
                    with Neighbour() if is_busy else contextlib.nullcontext():
                        lines.add(*ask(program, a, threads), round=i, neighbour=is_busy)
    print(f"\n{a.what}, batch {a.batch}, {a.side} px; {measuring.machine_text(lines.machine)}")
    close(lines.all)


main()
