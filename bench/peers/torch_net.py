"""torch_net.py: bench_net's question asked of PyTorch.

usage: torch_net.py inference|training [options of peer.py]
       --variant contiguous|channels_last|compiled    compiled: channels last through torch.compile
       --dtype float32|bfloat16                       bfloat16: autocast

Inception v4 with both heads, three classes. Inference: eval mode without gradients and
without the auxiliary head. Training: both losses forward, backward, RMSprop. One JSON line, as bench_net's.

usage: torch_net.py export FILE: writes the inference network as ONNX, for any batch.
"""

import os
import sys

import peer
import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "tensorflow"))
import inception_v4


class Net(torch.nn.Module):
    """Makes its layers from inception_v4.Shapes, then walks the same table."""

    def __init__(self, side):
        super().__init__()
        shapes = inception_v4.Shapes()
        inception_v4.build(shapes, (side, 3), peer.N_CLASSES)
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

    def forward(self, x):
        return inception_v4.build(Walk(self), x, peer.N_CLASSES, with_aux=self.training)


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


def export(path, side=299):
    torch.manual_seed(1)
    torch.onnx.export(Net(side).eval(), torch.zeros(1, 3, side, side), path, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "n"}, "logits": {0: "n"}}, dynamo=False)


def main():
    if sys.argv[1:2] == ["export"]:
        return export(sys.argv[2])
    a = peer.arguments(["contiguous", "channels_last", "compiled"], ["float32", "bfloat16"])
    libraries_mb = peer.resident_mb()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    order = torch.contiguous_format if a.variant == "contiguous" else torch.channels_last
    net = Net(a.side).to(memory_format=order)
    net.train(a.what == "training")
    x = (torch.rand(a.batch, 3, a.side, a.side) * 2 - 1).to(memory_format=order)
    y = torch.arange(a.batch) % peer.N_CLASSES
    optimizer = torch.optim.RMSprop(net.parameters(), lr=0.0001, alpha=0.9, eps=1.0, momentum=0.9, weight_decay=0.00004)
    # Freezing folds batch norms and lays weights out once, as PyTorch advises for inference on CPUs.
    freezes = {"freezing": a.what == "inference"}
    answer = torch.compile(net, options=freezes) if a.variant == "compiled" else net
    is_low = a.dtype == "bfloat16"

    def step():
        if a.what == "inference":
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=is_low):
                return answer(x)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_low):
            logits, aux = answer(x)
        (F.cross_entropy(logits.float(), y) + 0.4 * F.cross_entropy(aux.float(), y)).backward()
        optimizer.step()

    peer.tell("PyTorch", torch.__version__, a, peer.measure(step, a), libraries_mb)


main()
