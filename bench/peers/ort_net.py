"""ort_net.py: bench_net's question about inference asked of ONNX Runtime.

usage: ort_net.py inference --file FILE.onnx [options of peer.py]
       --dtype float32|int8    int8: FILE is what this wrote:

usage: ort_net.py quantize FILE.onnx OUT.onnx [SIDE]

The quantised network has QDQ nodes, unsigned activations and signed weights, a scale for each
channel of the weights; where the processor has no VNNI the weights keep 7 bits, as its
documentation wants it. Ranges come from noise, for only time is measured.
"""

import sys

import numpy as np
import onnxruntime as ort
import peer


def noise(batch, side, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, (batch, 3, side, side)).astype(np.float32)


def quantize(path, out, side=299):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Noise(CalibrationDataReader):
        def __init__(self):
            self.rest = [{"input": noise(1, side, seed)} for seed in range(4)]

        def get_next(self):
            return self.rest.pop() if self.rest else None

    with open("/proc/cpuinfo", encoding="utf-8") as f:
        has_vnni = "vnni" in f.read()
    quant_pre_process(path, out + ".prepared", skip_symbolic_shape=True)
    quantize_static(out + ".prepared", out, Noise(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, reduce_range=not has_vnni)


def main():
    if sys.argv[1:2] == ["quantize"]:
        return quantize(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
    a = peer.arguments(["onnx"], ["float32", "int8"])
    libraries_mb = peer.resident_mb()
    options = ort.SessionOptions()
    options.intra_op_num_threads = a.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(a.file, options, providers=["CPUExecutionProvider"])
    x = noise(a.batch, a.side)
    ms = peer.measure(lambda: session.run(None, {"input": x}), a)
    peer.tell("ONNX Runtime", ort.__version__, a, ms, libraries_mb)


main()
