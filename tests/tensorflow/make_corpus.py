"""make_corpus.py: the seeds of tests/fuzz/corpus/ that TensorFlow can write.

usage: make_corpus.py FOLDER        (in the environment of make check-tensorflow)
"""

import os
import shutil
import struct
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
ROOT = sys.argv[1]


def put(target, name, data):
    os.makedirs(f"{ROOT}/{target}", exist_ok=True)
    with open(f"{ROOT}/{target}/{name}", "wb") as f:
        f.write(data)


def picture(channels, dtype=np.uint8):
    x = np.arange(12 * 16 * channels).reshape(12, 16, channels)
    return tf.constant((x * 37 % np.iinfo(dtype).max).astype(dtype))


def bmp(bits):
    """16 x 12, bottom up; 8 bits with a palette"""
    row = (16 * bits // 8 + 3) // 4 * 4
    palette = bytes(i // 4 for i in range(1024)) if bits == 8 else b""
    at = 54 + len(palette)
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", at + row * 12, 0, 0, at, 40, 16, 12, 1, bits, 0, 0, 0, 0, 0, 0)
    return head + palette + bytes(i % 251 for i in range(row * 12))


def images():
    put("image", "rgb.jpg", tf.io.encode_jpeg(picture(3)).numpy())
    put("image", "progressive.jpg", tf.io.encode_jpeg(picture(3), progressive=True).numpy())
    put("image", "grey.jpg", tf.io.encode_jpeg(picture(1)).numpy())
    for channels, name in ((1, "grey"), (2, "grey-alpha"), (3, "rgb"), (4, "rgba")):
        put("image", f"{name}.png", tf.io.encode_png(picture(channels)).numpy())
    put("image", "16-bit.png", tf.io.encode_png(picture(3, np.uint16)).numpy())
    for bits in (8, 24, 32):
        put("image", f"{bits}.bmp", bmp(bits))


def example(**more):
    feature = {
        "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"\x89PNG"])),
        "image/format": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"png"])),
        "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[2])),
        "image/height": tf.train.Feature(int64_list=tf.train.Int64List(value=[12])),
        "image/width": tf.train.Feature(int64_list=tf.train.Int64List(value=[16])),
        **more,
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)


def examples():
    patient = tf.train.Feature(bytes_list=tf.train.BytesList(value=["Müller".encode()]))
    other = tf.train.Feature(float_list=tf.train.FloatList(value=[1, 2, 3]))
    messages = [example(), example(**{"emg/patient": patient, "other": other}), b""]
    for i, m in enumerate(messages):
        put("example", f"{i}", m)
    for kind in ("", "GZIP"):
        path = f"{ROOT}/records"
        with tf.io.TFRecordWriter(path, options=kind) as w:
            for m in messages:
                w.write(m)
        with open(path, "rb") as f:
            put("tfrecord", f"three{kind.lower()}", f.read())
        os.remove(path)


def checkpoints():
    scratch = f"{ROOT}/saved"
    for version, name in ((v1.train.SaverDef.V1, "v1"), (v1.train.SaverDef.V2, "v2")):
        os.makedirs(scratch)
        with tf.Graph().as_default(), v1.Session() as session:
            w = v1.get_variable("a/weights", initializer=np.arange(12, dtype=np.float32).reshape(3, 4), use_resource=False)
            b = v1.get_variable("a/biases", initializer=np.arange(4, dtype=np.float64), use_resource=False)
            split = v1.get_variable(
                "split", [6], tf.float32, v1.zeros_initializer(), use_resource=False,
                partitioner=v1.fixed_size_partitioner(2))
            step = v1.train.get_or_create_global_step()
            session.run(v1.global_variables_initializer())
            saver = v1.train.Saver([w, b, split, step], write_version=version)
            saver.save(session, f"{scratch}/m", global_step=7, write_meta_graph=False)
        for file in os.listdir(scratch):
            with open(f"{scratch}/{file}", "rb") as f:
                data = f.read()
            if "data-00000" not in file:
                put("checkpoint", "state" if file == "checkpoint" else name, data.replace(ROOT.encode(), b"."))
        shutil.rmtree(scratch)


os.makedirs(ROOT, exist_ok=True)
images()
examples()
checkpoints()
