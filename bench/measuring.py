"""measuring.py: what the drivers of this folder share: the machine, child processes, JSON lines.

Only Python's standard library. Programs and threads come from the environment:
  THREADS  of every program, 2 unless said (1 on a machine of one core)
  DTYPES   "float32 bfloat16 int8": number types to try; what the processor or the program lacks is
           left out and said
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
THREADS = int(os.environ.get("THREADS", min(2, os.cpu_count())))
DTYPES = os.environ.get("DTYPES", "float32 bfloat16 int8").split()
# What decides about kernels, of all that /proc/cpuinfo lists.
FLAGS = ("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16",
         "amx_int8")
# A user's settings of OpenMP would be felt by some programs and not by others.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}


def facts_of(path, separator=":"):
    """the first value of each name in a file of "name: value" lines"""
    facts = {}
    with open(path, encoding="utf-8") as f:
        for text in f:
            name, _, value = text.partition(separator)
            facts.setdefault(name.strip(), value.strip().strip('"'))
    return facts


def machine():
    cpu = facts_of("/proc/cpuinfo")
    has = set(cpu.get("flags", "").split())
    return {"cpu": cpu.get("model name", platform.machine()), "cores": os.cpu_count(),
            "flags": [f for f in FLAGS if f in has],
            "memory_gb": round(int(facts_of("/proc/meminfo")["MemTotal"].split()[0]) / 2**20),
            "system": facts_of("/etc/os-release", "=").get("PRETTY_NAME", platform.system()),
            "kernel": platform.release(), "max_isa": os.environ.get("ONEDNN_MAX_CPU_ISA"),
            "date": time.strftime("%Y-%m-%d")}


def machine_text(m):
    best = [f for f in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8") if f in m["flags"]]
    limit = f", limited to {m['max_isa']}" if m["max_isa"] else ""
    return f"{m['cpu']}, {m['cores']} cores, {', '.join(best)}{limit}; {m['memory_gb']} GB; {m['system']}; {m['date']}"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Lines:
    """JSON lines: on standard output, in a file of build/, and here."""

    def __init__(self, name):
        self.all = []
        self.machine = machine()
        self.path = os.path.join(BUILD, name)
        self.file = open(self.path, "w", encoding="utf-8")
        if os.getloadavg()[0] > 0.5:
            say(f"the machine is busy (load {os.getloadavg()[0]:.1f}): times will be long")

    def add(self, *lines, **more):
        for line in lines:
            line |= more
            self.all.append(line)
            text = json.dumps(line | {"load": round(os.getloadavg()[0], 2), "machine": self.machine})
            print(text, flush=True)
            print(text, file=self.file, flush=True)


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(text) for text in f if text.strip()]


class Failed(Exception):
    pass


def run(command, wanted=True, env=None):
    """The JSON lines that a program prints. Not wanted: one that fails gives none, and is said."""
    done = subprocess.run([str(x) for x in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=ENVIRONMENT | (env or {}), check=False)
    if done.returncode == 0:
        return [json.loads(text) for text in done.stdout.splitlines() if text.startswith("{")]
    last = (done.stderr.strip().splitlines() or [""])[-1]
    why = f"{' '.join(map(str, command))}: exit status {done.returncode}: {last[:300]}"
    if wanted:
        raise Failed(why)
    say(why)
    return []


def timed(command):
    """(wall seconds, largest resident memory in MB, JSON) of a command that prints one JSON object"""
    start = time.perf_counter()
    with subprocess.Popen([str(x) for x in command], stdout=subprocess.PIPE, env=ENVIRONMENT) as child:
        out = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise Failed(f"{' '.join(map(str, command))}: exit status {child.returncode}")
    return time.perf_counter() - start, round(usage.ru_maxrss / 1024), json.loads(out)


def nemg(*args):
    return timed([f"{BUILD}/nemg", *args, "--json", "--quiet"])


def bench_net(what, batch, seconds, network="inception_v4", size=0, width=1, *, dtype="float32", steps=1, threads=None,
              memory_mb=0, dataset=None):
    command = [f"{BUILD}/bench_net", "--dtype", dtype, "--steps", steps, "--memory-mb", memory_mb, what, batch,
               threads or THREADS, seconds, network, size, width]
    return run(command + ([dataset] if dataset else []), wanted=dtype == "float32")


def bench_gemm(lines, seconds, dtypes, threads=None):
    """A product of matrices in each number type, for what networks are held against."""
    for dtype in dtypes:
        lines.add(*run([f"{BUILD}/bench_gemm", dtype, threads or THREADS, seconds]))


def ceilings(lines):
    """(dtype, threads): GFLOP/s of the best shape in the best turn"""
    best = {}
    for x in lines:
        if x["what"] == "gemm":
            key = x["dtype"], x["threads"]
            best[key] = max(best.get(key, 0), x["gflop_per_s"])
    return best


def median(values):
    return statistics.median(list(values))


def spread(values):
    """(most - least) / median"""
    values = list(values)
    return (max(values) - min(values)) / median(values)


def table(head, rows):
    """Text in columns, numbers to the right."""
    rows = [head, *([str(x) for x in row] for row in rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(x.ljust(w) if i == 0 else x.rjust(w) for i, (x, w) in enumerate(zip(row, widths))).rstrip())
