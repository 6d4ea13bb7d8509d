"""peers.py: Inception v4 here and in the programs that one would take instead: make bench-peers.

usage: peers.py [--programs nemg,torch,...] [--what inference,training] [--batches 1,8,16,32]
                [--training-batches 8,16] [--dtypes float32,...] [--rounds 3] [--seconds 8] [--steps 3]
                [--side 299] [--list]

Each measurement is a process of its own. A round asks every program the same question before it
goes on to the next one, and begins with products of matrices for the ceiling; rounds are repeated.
JSON lines go to build/peers.jsonl; peers_table.py makes the tables and the chart of them. --list
says what would be run, and runs nothing.
"""

import argparse
import os
import sys

import measuring
from measuring import BUILD, ROOT, THREADS, bench_gemm, bench_net, run, say

PYTHON = os.environ.get("PEERS_PYTHON", sys.executable)
ONNX = os.path.join(BUILD, "inception_v4.onnx")
INT8_ONNX = os.path.join(BUILD, "inception_v4.int8.onnx")
INT8_XML = os.path.join(BUILD, "inception_v4.int8.xml")
CACHE = {"TORCHINDUCTOR_CACHE_DIR": os.path.join(BUILD, "torchinductor")}
BOTH = ("inference", "training")


class Contender:
    """A program, one way to set it up, one number type."""

    def __init__(self, program, variant, dtype, whats, file=None):
        self.program, self.variant, self.dtype, self.whats, self.file = program, variant, dtype, whats, file

    def __str__(self):
        return f"{self.program} {self.variant} {self.dtype}"

    def ask(self, what, batch, a):
        if self.program == "nemg":
            return bench_net(what, batch, a.seconds, size=a.side, dtype=self.dtype, steps=a.steps)
        command = [PYTHON, f"{ROOT}/bench/peers/{self.program}_net.py", what, "--batch", batch, "--threads", THREADS,
                   "--seconds", a.seconds, "--steps", a.steps, "--side", a.side, "--dtype", self.dtype, "--variant",
                   self.variant]
        return run(command + (["--file", self.file] if self.file else []), wanted=False, env=CACHE)


CONTENDERS = [
    Contender("nemg", "", "float32", BOTH),
    Contender("nemg", "", "bfloat16", BOTH),
    Contender("nemg", "", "int8", ("inference",)),
    Contender("torch", "contiguous", "float32", BOTH),
    Contender("torch", "channels_last", "float32", BOTH),
    Contender("torch", "compiled", "float32", BOTH),
    Contender("torch", "channels_last", "bfloat16", BOTH),
    Contender("torch", "compiled", "bfloat16", BOTH),
    Contender("ort", "onnx", "float32", ("inference",), ONNX),
    Contender("ort", "onnx", "int8", ("inference",), INT8_ONNX),
    Contender("openvino", "onnx", "float32", ("inference",), ONNX),
    Contender("openvino", "onnx", "bfloat16", ("inference",), ONNX),
    Contender("openvino", "onnx", "int8", ("inference",), INT8_XML),
    Contender("keras", "graph", "float32", BOTH),
    Contender("keras", "graph", "bfloat16", BOTH),
]


def write_networks(contenders):
    """The ONNX file and its quantised sisters, where they are wanted and missing."""
    wanted = {c.file for c in contenders if c.file}
    makers = [(ONNX, ["torch_net.py", "export", ONNX]), (INT8_ONNX, ["ort_net.py", "quantize", ONNX, INT8_ONNX]),
              (INT8_XML, ["openvino_net.py", "quantize", ONNX, INT8_XML])]
    for path, (script, *args) in makers:
        if path in wanted or (path == ONNX and wanted):
            if not os.path.exists(path):
                say(f"making {os.path.basename(path)}")
                run([PYTHON, f"{ROOT}/bench/peers/{script}", *args])


def arguments():
    def words(text):
        return text.split(",")

    def numbers(text):
        return [int(x) for x in text.split(",")]

    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=words, default=["nemg", "torch", "ort", "openvino", "keras"])
    parser.add_argument("--what", type=words, default=list(BOTH))
    parser.add_argument("--batches", type=numbers, default=[1, 8, 16, 32])
    parser.add_argument("--training-batches", type=numbers, default=[8, 16])
    parser.add_argument("--dtypes", type=words, default=measuring.DTYPES)
    parser.add_argument("--variants", type=words, help="of PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--side", type=int, default=299)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def choose(a):
    flags = measuring.machine()["flags"]
    has = {"float32": True, "int8": True, "bfloat16": "avx512_bf16" in flags or "amx_bf16" in flags}
    for dtype in a.dtypes:
        if not has[dtype]:
            say(f"{dtype}: not of this processor, left out")
    return [c for c in CONTENDERS if c.program in a.programs and c.dtype in a.dtypes and has[c.dtype] and
            (not a.variants or c.program != "torch" or c.variant in a.variants)]


def main():
    a = arguments()
    contenders = choose(a)
    questions = [(what, batch) for what in a.what
                 for batch in (a.batches if what == "inference" else a.training_batches)]
    if a.list:
        for what, batch in questions:
            print(f"{what}, batch {batch}:", "; ".join(str(c) for c in contenders if what in c.whats))
        return 0
    write_networks(contenders)
    lines = measuring.Lines("peers.jsonl")
    failed = set()
    for i in range(1, a.rounds + 1):
        for what, batch in questions:
            say(f"round {i} of {a.rounds}: {what}, batch {batch}")
            bench_gemm(lines, min(2, a.seconds), sorted({c.dtype for c in contenders if what in c.whats}))
            for c in contenders:
                if what not in c.whats or (c, what) in failed:
                    continue
                answer = c.ask(what, batch, a)
                if answer:
                    lines.add(*answer, round=i)
                else:
                    failed.add((c, what))  # said; not tried again
    return 0


sys.exit(main())
