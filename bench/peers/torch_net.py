"""torch_net.py: bench_net's question asked of PyTorch.

usage: torch_net.py inference|training BATCH THREADS SECONDS contiguous|channels_last

Inception v4 with both heads, three classes, float32. Inference: eval mode under inference_mode,
without the auxiliary head. Training: both losses forward, backward, RMSprop. One JSON line, as
bench_net prints it.

usage: torch_net.py export FILE: writes the inference network as ONNX for ort_net.py.
"""

import json
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "tensorflow"))
import inception_v4

N_CLASSES = 3


class Net(torch.nn.Module):
    """Makes its layers from inception_v4.Shapes, then walks the same table."""

    def __init__(self, side=299):
        super().__init__()
        shapes = inception_v4.Shapes()
        inception_v4.build(shapes, (side, 3), N_CLASSES)
        self.layers = torch.nn.ModuleDict()
        for name, shape in shapes.variables.items():
            scope, kind = name.rsplit("/", 1)
            key = scope.replace("/", "-")
            if kind == "weights" and len(shape) == 4:
                kh, kw, c_in, c_out = shape
                self.layers[key] = torch.nn.Conv2d(c_in, c_out, (kh, kw), bias=False)
                self.layers[key + "-bn"] = torch.nn.BatchNorm2d(c_out, eps=0.001, momentum=0.0003)
            elif kind == "weights":
                self.layers[key] = torch.nn.Linear(*shape)
        self.strides = {}

    def forward(self, x):
        return inception_v4.build(Walk(self), x, N_CLASSES, with_aux=self.training)


class Walk:
    def __init__(self, net):
        self.net = net

    def conv(self, x, scope, c_out, kh, kw, stride, same):
        key = scope.replace("/", "-")
        w = self.net.layers[key].weight
        pad = ((kh - 1) // 2, (kw - 1) // 2) if same else 0
        return F.relu(self.net.layers[key + "-bn"](F.conv2d(x, w, stride=stride, padding=pad)), inplace=True)

    def max_pool(self, x):
        return F.max_pool2d(x, 3, 2)

    def average_pool(self, x):
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)

    def aux_pool(self, x):
        return F.avg_pool2d(x, 5, 3)

    def concat(self, parts):
        return torch.cat(parts, 1)

    def side(self, x):
        return x.shape[2]

    def mean(self, x):
        return x.mean((2, 3))

    def dropout(self, x):
        return F.dropout(x, 0.2, self.net.training)

    def flatten(self, x):
        return torch.flatten(x, 1)

    def dense(self, x, scope, n):
        return self.net.layers[scope.replace("/", "-")](x)


def export(path):
    net = Net().eval()
    torch.onnx.export(net, torch.zeros(1, 3, 299, 299), path, input_names=["input"], output_names=["logits"],
                      dynamo=False)


def main():
    if sys.argv[1] == "export":
        return export(sys.argv[2])
    mode, batch, threads, seconds, layout = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    order = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    net = Net().to(memory_format=order)
    x = (torch.rand(batch, 3, 299, 299) * 2 - 1).to(memory_format=order)
    y = torch.arange(batch) % N_CLASSES
    net.train(mode == "training")
    optimizer = torch.optim.RMSprop(net.parameters(), lr=0.0001, alpha=0.9, eps=1.0, momentum=0.9, weight_decay=0.00004)

    def step():
        if mode == "inference":
            with torch.inference_mode():
                return net(x)
        optimizer.zero_grad(set_to_none=True)
        logits, aux = net(x)
        (F.cross_entropy(logits, y) + 0.4 * F.cross_entropy(aux, y)).backward()
        optimizer.step()

    for _ in range(3):
        step()
    ms, end = [], time.monotonic() + seconds
    while not ms or time.monotonic() < end:
        start = time.monotonic()
        step()
        ms.append(1000 * (time.monotonic() - start))
    ms.sort()
    print(json.dumps({
        "program": "PyTorch", "engine": torch.__version__, "layout": layout, "mode": mode, "batch": batch,
        "threads": threads, "steps": len(ms), "ms": round(ms[len(ms) // 2], 2), "ms_least": round(ms[0], 2),
        "images_per_s": round(1000 * batch / ms[len(ms) // 2], 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))


main()
