"""tf_net.py: Inception v4 in TensorFlow's graph mode, with TF-Slim's names, in inference.

The walk over the layers is inception_v4.py's; here are only TensorFlow's operations. The
preprocessing is the evaluation chain of TF-Slim's inception_preprocessing.
"""

import inception_v4
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
EPSILON = 0.001


class Ops:
    """x is NHWC; variables maps TF-Slim's names to tensors"""

    def __init__(self, variables):
        self.variables = variables

    def conv(self, x, scope, c_out, kh, kw, stride, same):
        v = {n: self.variables[f"{scope}/BatchNorm/{n}"] for n in ("beta", "moving_mean", "moving_variance")}
        x = tf.nn.conv2d(x, self.variables[scope + "/weights"], stride, "SAME" if same else "VALID")
        return tf.nn.relu((x - v["moving_mean"]) * tf.math.rsqrt(v["moving_variance"] + EPSILON) + v["beta"])

    def max_pool(self, x):
        return tf.nn.max_pool2d(x, 3, 2, "VALID")

    def average_pool(self, x):
        return tf.nn.avg_pool2d(x, 3, 1, "SAME")

    def aux_pool(self, x):
        return tf.nn.avg_pool2d(x, 5, 3, "VALID")

    def concat(self, parts):
        return tf.concat(parts, 3)

    def side(self, x):
        return x.shape[1]

    def mean(self, x):
        return tf.reduce_mean(x, [1, 2], keepdims=True)

    def dropout(self, x):
        return x

    def flatten(self, x):
        return tf.reshape(x, [-1, int(np.prod(x.shape[1:]))])

    def dense(self, x, scope, n):
        return tf.linalg.matmul(x, self.variables[scope + "/weights"]) + self.variables[scope + "/biases"]


def random_values(classes, side, seed):
    """name -> array: weights that keep the size of what flows through (He), statistics near theirs"""
    rng = np.random.default_rng(seed)
    values = {}
    for name, shape in inception_v4.variable_shapes(classes, side).items():
        kind = name.rsplit("/", 1)[1]
        if kind == "weights":
            value = rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        elif kind == "moving_variance":
            value = rng.uniform(0.8, 1.2, shape)
        else:
            value = rng.normal(0, 0.05, shape)
        values[name] = value.astype(np.float32)
    return values


class Net:
    """A graph whose variables a Saver writes and reads."""

    def __init__(self, classes, side):
        self.side = side
        self.graph = tf.Graph()
        with self.graph.as_default():
            shapes = inception_v4.variable_shapes(classes, side)
            self.variables = {n: v1.get_variable(n, s, tf.float32, use_resource=False) for n, s in shapes.items()}
            self.step = v1.train.get_or_create_global_step()
            self.pictures = v1.placeholder(tf.float32, [None, side, side, 3])
            self.logits, _ = inception_v4.build(Ops(self.variables), self.pictures, classes)
            self.session = v1.Session()

    def set(self, values):
        with self.graph.as_default():
            self.session.run(v1.global_variables_initializer())
            for name, value in values.items():
                self.variables[name].load(value, self.session)

    def save(self, path, version):
        with self.graph.as_default():
            v1.train.Saver(write_version=version).save(self.session, path, write_meta_graph=False)

    def restore(self, path):
        with self.graph.as_default():
            v1.train.Saver().restore(self.session, path)

    def run(self, pictures):
        return self.session.run(self.logits, {self.pictures: pictures})


def decode(path):
    with open(path, "rb") as f:
        data = f.read()
    if path.lower().endswith((".jpg", ".jpeg")):
        return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_FAST")
    return tf.io.decode_image(data, channels=3, expand_animations=False)


def preprocess(path, side):
    """[side][side][3] in [-1, 1]"""
    x = tf.image.convert_image_dtype(decode(path), tf.float32)
    x = tf.image.central_crop(x, 0.875)
    x = v1.image.resize_bilinear(x[tf.newaxis], [side, side], align_corners=False)[0]
    return ((x - 0.5) * 2).numpy()
