"""openvino_net.py: bench_net's question about inference asked of OpenVINO.

usage: openvino_net.py inference --file FILE [options of peer.py]    FILE: .onnx or .xml
       --dtype float32|bfloat16|int8    int8: FILE is what this wrote, by NNCF, from noise:

usage: openvino_net.py quantize FILE.onnx OUT.xml [SIDE]
"""

import sys

import numpy as np
import openvino as ov
import peer


def noise(batch, side, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, (batch, 3, side, side)).astype(np.float32)


def quantize(path, out, side=299):
    import nncf

    data = nncf.Dataset([noise(1, side, seed) for seed in range(4)])
    ov.save_model(nncf.quantize(ov.Core().read_model(path), data, subset_size=4), out)


def main():
    if sys.argv[1:2] == ["quantize"]:
        return quantize(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
    a = peer.arguments(["onnx"], ["float32", "bfloat16", "int8"])
    libraries_mb = peer.resident_mb()
    core = ov.Core()
    model = core.read_model(a.file)
    model.reshape([a.batch, 3, a.side, a.side])
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": a.threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if a.dtype == "bfloat16" else "f32"})
    request = compiled.create_infer_request()
    x = noise(a.batch, a.side)
    ms = peer.measure(lambda: request.infer([x], share_inputs=True), a)
    peer.tell("OpenVINO", ov.__version__.split("-")[0], a, ms, libraries_mb)


main()
