"""program.py: nemg itself, timed as a user runs it: a long recording, and heads on kept features."""

import os
import random

import measuring
from measuring import BUILD, THREADS, nemg

RATE_HZ, MINUTES = 48000, 10


def write_recording(folder):
    """ten minutes of noise of 100 uV at 48 kHz, one channel, as WFDB; its header's path"""
    n, source = 60 * MINUTES * RATE_HZ, random.Random(1)
    with open(f"{folder}/long.dat", "wb") as f:
        for _ in range(60 * MINUTES):
            f.write(source.randbytes(2 * RATE_HZ))
    with open(f"{folder}/long.hea", "w", encoding="ascii") as f:
        f.write(f"long 1 {RATE_HZ} {n}\nlong.dat 16 327.67/uV 16 0 0 0 0 EMG\n")
    return f"{folder}/long.hea"


def long_recording(scratch):
    """A recording of ten minutes in windows of 100 ms, each half over the last, by the network that
    nemg takes for signals. What the weights are changes no time: they have seen 20 steps."""
    nemg("simulate", "--out", f"{scratch}/sim", "--patients", 4, "--sites", 4, "--seconds", 4, "--severity", 3)
    nemg("dataset", "build", "--recordings", f"{scratch}/sim", "--manifest", f"{scratch}/sim/manifest.csv", "--out",
         f"{scratch}/signals")
    nemg("train", "--dataset", f"{scratch}/signals", "--run", f"{scratch}/signals-run", "--steps", 20, "--batch", 16)
    recording = write_recording(scratch)
    model = f"{scratch}/signals-run/model"
    seconds, peak_mb, answer = nemg("classify", "--model", model, "--threads", THREADS, recording)
    n = len(answer["results"][0]["windows"])
    return {"program": "nemg", "what": "long recording", "network": "resnet1d", "signal_s": 60 * MINUTES,
            "rate_hz": RATE_HZ, "windows": n, "threads": THREADS, "dtype": "float32", "seconds": round(seconds, 3),
            "windows_per_s": round(n / seconds), "times_real_time": round(60 * MINUTES / seconds),
            "peak_rss_mb": peak_mb}


def count_examples(dataset):
    _, _, facts = nemg("dataset", "show", dataset)
    return sum(split["n"] for split in facts["splits"].values())


def features(scratch, *, side=0, width=1, batch=32, few=50, many=450):
    """Heads of Inception v4 on a frozen trunk. Three runs: the first computes the features and keeps
    them; the others read them and differ in the number of steps only."""
    nemg_train = ["train", "--dataset", f"{scratch}/few", "--model", "inception_v4", "--image-size", side, "--width",
                  width, "--threads", THREADS]
    measuring.run([f"{BUILD}/draw_sweeps", f"{scratch}/few-pictures", 4, 5, 1])
    nemg("dataset", "build", "--images", f"{scratch}/few-pictures", "--out", f"{scratch}/few")
    nemg(*nemg_train, "--run", f"{scratch}/trunk", "--steps", 1, "--batch", 1)
    head = [*nemg_train, "--checkpoint", f"{scratch}/trunk/model.ckpt-1", "--batch", batch, "--validate-every", many,
            "--save-every", many]
    times = {}
    for name, steps in (("computing", few), ("few", few), ("many", many)):
        _, _, answer = nemg(*head, "--run", f"{scratch}/heads-{name}", "--phases", f"heads:{steps}")
        times[name] = answer["seconds"]
    n = count_examples(f"{scratch}/few")
    trunk_ms = 1000 * (times["computing"] - times["few"]) / n * batch
    head_ms = 1000 * (times["many"] - times["few"]) / (many - few)
    return {"program": "nemg", "what": "heads on kept features", "network": "inception_v4", "image_size": side or 299,
            "width": width, "batch": batch, "threads": THREADS, "dtype": "float32", "examples": n,
            "ms": round(head_ms, 3), "trunk_ms": round(trunk_ms, 1),
            "times_faster": round((trunk_ms + head_ms) / head_ms),
            "seconds": {k: round(v, 2) for k, v in times.items()}}


def pictures(scratch):
    """a data set of drawn sweeps for steps that load; the lines of bench_data about building and loading"""
    measuring.run([f"{BUILD}/draw_sweeps", f"{scratch}/pictures", 10, 20, 1])
    return measuring.run([f"{BUILD}/bench_data", f"{scratch}/pictures", f"{scratch}/set", 299])

