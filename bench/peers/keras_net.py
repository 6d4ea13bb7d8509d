"""keras_net.py: bench_net's question asked of Keras on TensorFlow.

usage: keras_net.py inference|training [options of peer.py]
       --dtype float32|bfloat16    bfloat16: Keras's mixed_bfloat16

Inception v4 from the same table as torch_net.py, pictures as NHWC, the step as one graph
(tf.function). Training: both losses forward, backward, RMSprop.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no notes about graphics cards
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import peer
import tensorflow as tf
from keras import layers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "tensorflow"))
import inception_v4


class Layers:
    def conv(self, x, scope, c_out, kh, kw, stride, same):
        x = layers.Conv2D(c_out, (kh, kw), stride, "same" if same else "valid", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(scale=False, epsilon=0.001, momentum=0.9997)(x))

    def max_pool(self, x):
        return layers.MaxPooling2D(3, 2)(x)

    def average_pool(self, x):
        return layers.AveragePooling2D(3, 1, "same")(x)

    def aux_pool(self, x):
        return layers.AveragePooling2D(5, 3)(x)

    def concat(self, parts):
        return layers.Concatenate()(parts)

    def side(self, x):
        return x.shape[1]

    def mean(self, x):
        return layers.GlobalAveragePooling2D()(x)

    def dropout(self, x):
        return layers.Dropout(0.2)(x)

    def flatten(self, x):
        return layers.Flatten()(x)

    def dense(self, x, scope, n):
        return layers.Dense(n, dtype="float32")(x)


def make_step(a, net, x, y):
    optimizer = keras.optimizers.RMSprop(0.0001, rho=0.9, momentum=0.9, epsilon=1.0, weight_decay=0.00004)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if a.what == "training":
        optimizer.build(net.trainable_variables)

    @tf.function
    def infer():
        return net(x, training=False)

    @tf.function
    def train():
        with tf.GradientTape() as tape:
            logits, aux = net(x, training=True)
            total = loss(y, logits) + 0.4 * loss(y, aux)
        optimizer.apply_gradients(zip(tape.gradient(total, net.trainable_variables), net.trainable_variables))
        return total

    run = infer if a.what == "inference" else train
    return lambda: run().numpy()


def main():
    a = peer.arguments(["graph"], ["float32", "bfloat16"])
    libraries_mb = peer.resident_mb()
    tf.config.threading.set_intra_op_parallelism_threads(a.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy("mixed_bfloat16" if a.dtype == "bfloat16" else "float32")
    inputs = keras.Input((a.side, a.side, 3))
    logits, aux = inception_v4.build(Layers(), inputs, peer.N_CLASSES, with_aux=a.what == "training")
    net = keras.Model(inputs, logits if aux is None else [logits, aux])
    x = tf.random.uniform((a.batch, a.side, a.side, 3), -1, 1)
    y = tf.range(a.batch) % peer.N_CLASSES
    ms = peer.measure(make_step(a, net, x, y), a)
    peer.tell("Keras (TensorFlow)", f"{keras.__version__} ({tf.__version__})", a, ms, libraries_mb)


main()
