"""inception_v4.py: Inception v4 as TF-Slim builds it, told once for every framework used here.

build(ops, x, classes) walks the network and asks `ops` for each operation, so the same few lines
list the variables (Shapes below), run in TensorFlow (check_forward.py) and in PyTorch
(bench/peers/torch_net.py). It is written from TF-Slim's table of layers and shares nothing with
the C code it is compared with.

What `ops` offers; x is whatever the framework calls a picture or a feature map:
  conv(x, scope, c_out, kh, kw, stride, same)   convolution, batch norm, ReLU
  max_pool(x)        3 x 3, stride 2, VALID
  average_pool(x)    3 x 3, stride 1, SAME, padding not counted
  aux_pool(x)        5 x 5 average, stride 3, VALID
  concat(list)       along the channels
  side(x)            height = width of x
  mean(x)            over height and width
  dropout(x)         keeps 0.8 of the values in training
  flatten(x)
  dense(x, scope, n)

Source: tensorflow/models, research/slim/nets/inception_v4.py.
"""

# A branch is a list of (scope, channels), with the kernel's size at the end of the scope's name.
# MAX and AVERAGE are the pools; VALID behind the channels gives the stride and takes away the padding.
MAX, AVERAGE = "max", "average"

INCEPTION_A = [
    [("Conv2d_0a_1x1", 96)],
    [("Conv2d_0a_1x1", 64), ("Conv2d_0b_3x3", 96)],
    [("Conv2d_0a_1x1", 64), ("Conv2d_0b_3x3", 96), ("Conv2d_0c_3x3", 96)],
    [AVERAGE, ("Conv2d_0b_1x1", 96)],
]
INCEPTION_B = [
    [("Conv2d_0a_1x1", 384)],
    [("Conv2d_0a_1x1", 192), ("Conv2d_0b_1x7", 224), ("Conv2d_0c_7x1", 256)],
    [("Conv2d_0a_1x1", 192), ("Conv2d_0b_7x1", 192), ("Conv2d_0c_1x7", 224), ("Conv2d_0d_7x1", 224),
     ("Conv2d_0e_1x7", 256)],
    [AVERAGE, ("Conv2d_0b_1x1", 128)],
]
# A list inside a branch is a fork: its convolutions read the same input and are concatenated.
INCEPTION_C = [
    [("Conv2d_0a_1x1", 256)],
    [("Conv2d_0a_1x1", 384), [("Conv2d_0b_1x3", 256), ("Conv2d_0c_3x1", 256)]],
    [("Conv2d_0a_1x1", 384), ("Conv2d_0b_3x1", 448), ("Conv2d_0c_1x3", 512),
     [("Conv2d_0d_1x3", 256), ("Conv2d_0e_3x1", 256)]],
    [AVERAGE, ("Conv2d_0b_1x1", 256)],
]
STEM = [("Conv2d_1a_3x3", 32, 2), ("Conv2d_2a_3x3", 32, 1), ("Conv2d_2b_3x3", 64)]
BLOCKS = {
    "Mixed_3a": [[MAX], [("Conv2d_0a_3x3", 96, 2)]],
    "Mixed_4a": [
        [("Conv2d_0a_1x1", 64), ("Conv2d_1a_3x3", 96, 1)],
        [("Conv2d_0a_1x1", 64), ("Conv2d_0b_1x7", 64), ("Conv2d_0c_7x1", 64), ("Conv2d_1a_3x3", 96, 1)],
    ],
    "Mixed_5a": [[("Conv2d_1a_3x3", 192, 2)], [MAX]],
    **{"Mixed_5" + c: INCEPTION_A for c in "bcde"},
    "Mixed_6a": [
        [("Conv2d_1a_3x3", 384, 2)],
        [("Conv2d_0a_1x1", 192), ("Conv2d_0b_3x3", 224), ("Conv2d_1a_3x3", 256, 2)],
        [MAX],
    ],
    **{"Mixed_6" + c: INCEPTION_B for c in "bcdefgh"},
    "Mixed_7a": [
        [("Conv2d_0a_1x1", 192), ("Conv2d_1a_3x3", 192, 2)],
        [("Conv2d_0a_1x1", 256), ("Conv2d_0b_1x7", 256), ("Conv2d_0c_7x1", 320), ("Conv2d_1a_3x3", 320, 2)],
        [MAX],
    ],
    **{"Mixed_7" + c: INCEPTION_C for c in "bcd"},
}


def step(ops, x, scope, item):
    if item == MAX:
        return ops.max_pool(x)
    if item == AVERAGE:
        return ops.average_pool(x)
    if isinstance(item, list):
        return ops.concat([step(ops, x, scope, part) for part in item])
    name, c_out = item[:2]
    kh, kw = map(int, name.split("_")[-1].split("x"))
    same, stride = (True, 1) if len(item) == 2 else (False, item[2])
    return ops.conv(x, scope + name, c_out, kh, kw, stride, same)


def build(ops, x, classes, with_aux=True):
    """(logits, logits of the auxiliary head or None)"""
    aux = None
    for item in STEM:
        x = step(ops, x, "InceptionV4/", item)
    for block, branches in BLOCKS.items():
        ends = []
        for i, branch in enumerate(branches):
            y = x
            for item in branch:
                y = step(ops, y, f"InceptionV4/{block}/Branch_{i}/", item)
            ends.append(y)
        x = ops.concat(ends)
        if block == "Mixed_6h" and with_aux:
            scope = "InceptionV4/AuxLogits/"
            aux = ops.conv(ops.aux_pool(x), scope + "Conv2d_1b_1x1", 128, 1, 1, 1, True)
            side = ops.side(aux)
            aux = ops.conv(aux, scope + "Conv2d_2a", 768, side, side, 1, False)
            aux = ops.dense(ops.flatten(aux), scope + "Aux_logits", classes)
    x = ops.dropout(ops.flatten(ops.mean(x)))
    return ops.dense(x, "InceptionV4/Logits/Logits", classes), aux


class Shapes:
    """Runs the network on (side, channels) pairs and collects every variable's shape."""

    def __init__(self):
        self.variables = {}

    def conv(self, x, scope, c_out, kh, kw, stride, same):
        side, c_in = x
        self.variables[scope + "/weights"] = (kh, kw, c_in, c_out)
        for name in ("beta", "moving_mean", "moving_variance"):
            self.variables[f"{scope}/BatchNorm/{name}"] = (c_out,)
        return (side if same else (side - max(kh, kw)) // stride + 1), c_out

    def max_pool(self, x):
        return (x[0] - 3) // 2 + 1, x[1]

    def average_pool(self, x):
        return x

    def aux_pool(self, x):
        return (x[0] - 5) // 3 + 1, x[1]

    def concat(self, parts):
        return parts[0][0], sum(c for _, c in parts)

    def side(self, x):
        return x[0]

    def mean(self, x):
        return 1, x[1]

    def dropout(self, x):
        return x

    def flatten(self, x):
        return x[0] * x[0] * x[1]

    def dense(self, x, scope, n):
        self.variables[scope + "/weights"] = (x, n)
        self.variables[scope + "/biases"] = (n,)
        return n


def variable_shapes(classes, side=299):
    """name -> shape of the 608 model variables, in the order in which the network makes them"""
    ops = Shapes()
    build(ops, (side, 3), classes)
    return ops.variables
