"""check.py: nemg's files through TensorFlow, and TensorFlow's through nemg.

usage: check.py BUILD_FOLDER PICTURES SCRATCH_FOLDER [CHECK...]

PICTURES holds class folders. Each check prints "ok NAME: what was seen" or "FAILED NAME: what";
the closing line counts them, and the exit status is 1 if any failed.
"""

import glob
import json
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no notes about graphics cards and old interfaces
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np
import tensorflow as tf
import tf_net
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

v1 = tf.compat.v1
tf.get_logger().setLevel("ERROR")
BUILD, PICTURES, SCRATCH = sys.argv[1:4]
SMALL = 139  # pixels a side of the network that is trained here
CLASSES = sorted(d for d in os.listdir(PICTURES) if os.path.isdir(os.path.join(PICTURES, d)))


def nemg(*args):
    done = subprocess.run([f"{BUILD}/nemg", *args, "--json", "--quiet"], stdout=subprocess.PIPE, check=False)
    answer = json.loads(done.stdout)
    if done.returncode:
        raise RuntimeError(f"nemg {' '.join(args)}: {answer}")
    return answer


def sample_pictures(n):
    files = sorted(f for c in CLASSES for f in glob.glob(f"{glob.escape(os.path.join(PICTURES, c))}/*"))
    return files[:: max(1, len(files) // n)][:n]


def logits_of(answer, files):
    rows = {r["file"]: r["logits"] for r in answer["results"]}
    return np.array([rows[f] for f in files])


def largest(a, b):
    return float(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max())


def wanted(condition, what):
    if not condition:
        raise AssertionError(what)


def tfrecords():
    """every record of every shard, with the keys that TF-Slim reads"""
    args = ["dataset", "build", "--images", PICTURES, "--out", f"{SCRATCH}/set"]
    built = nemg(*args, "--split", "file")
    keys = {k: tf.io.FixedLenFeature([], t) for k, t in (
        ("image/encoded", tf.string), ("image/format", tf.string), ("image/class/label", tf.int64),
        ("image/height", tf.int64), ("image/width", tf.int64), ("image/filename", tf.string))}
    n = 0
    for split, facts in built["splits"].items():
        shards = sorted(glob.glob(f"{SCRATCH}/set/*_{split}_*.tfrecord"))
        counts = dict.fromkeys(CLASSES, 0)
        for raw in tf.data.TFRecordDataset(shards):
            e = tf.io.parse_single_example(raw, keys)
            picture = tf.io.decode_image(e["image/encoded"], channels=3, expand_animations=False)
            wanted(picture.shape[:2] == (e["image/height"], e["image/width"]), "size of a picture")
            counts[CLASSES[int(e["image/class/label"])]] += 1
            n += 1
        wanted(counts == facts["per_class"], f"{split}: {counts}, dataset.json {facts['per_class']}")
    return f"{n} records parsed and decoded, classes counted as in dataset.json"


def preprocessing():
    """decoded bytes and evaluation preprocessing, pixel by pixel"""
    worst, files = 0, sample_pictures(12)
    for side in (299, SMALL):
        for f in files:
            raw = subprocess.run([f"{BUILD}/tests/dump_preprocess", f, str(side)], stdout=subprocess.PIPE, check=True)
            ours = np.frombuffer(raw.stdout, np.float32).reshape(side, side, 3)
            worst = max(worst, largest(ours, tf_net.preprocess(f, side)))
    wanted(worst <= 1e-6, f"largest difference {worst:.2g}, wanted at most 1e-6")
    return f"{len(files)} pictures at 299 and {SMALL} px, largest difference {worst:.2g}"


def forward(version, name):
    """a checkpoint that TensorFlow writes: listed, restored, and the same logits"""
    net = tf_net.Net(len(CLASSES), 299)
    net.set(tf_net.random_values(len(CLASSES), 299, 7))
    path, files = f"{SCRATCH}/{name}/inception_v4.ckpt", sample_pictures(4)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    net.save(path, version)
    listed = {t["name"] for t in nemg("checkpoint", "show", path)["tensors"]}
    wanted(listed == set(net.variables) | {"global_step"}, f"names: {listed ^ set(net.variables)}")
    theirs = net.run(np.stack([tf_net.preprocess(f, 299) for f in files]))
    ours = logits_of(nemg("classify", "--network", "inception_v4", "--checkpoint", path, "--logits", *files), files)
    wrong = largest(ours, theirs)
    # float32 through 149 layers: 1e-4 of the largest logit
    bound = 1e-4 * max(1, float(np.abs(theirs).max()))
    wanted(wrong <= bound, f"logits differ by {wrong:.2g}, wanted at most {bound:.2g}")
    return f"{len(listed)} tensors; logits up to {np.abs(theirs).max():.3g}, largest difference {wrong:.2g}"


def train():
    """the training checkpoint: every tensor read, the model restored by a Saver, the same logits"""
    run, files, start = f"{SCRATCH}/run", sample_pictures(4), f"{SCRATCH}/start/small.ckpt"
    os.makedirs(os.path.dirname(start), exist_ok=True)
    net = tf_net.Net(len(CLASSES), SMALL)
    net.set(tf_net.random_values(len(CLASSES), SMALL, 9))
    net.save(start, v1.train.SaverDef.V2)
    args = ["train", "--dataset", f"{SCRATCH}/set", "--run", run, "--image-size", str(SMALL), "--batch", "4"]
    args += ["--checkpoint", start, "--optimizer", "rmsprop", "--learning-rate", "1e-5"]
    nemg(*args, "--phases", "all:6", "--validate-every", "3", "--save-every", "3")
    path = tf.train.latest_checkpoint(run)
    reader = tf.train.load_checkpoint(path)
    shapes = reader.get_variable_to_shape_map()
    listed = nemg("checkpoint", "show", path)["tensors"]
    for t in listed:
        wanted(list(shapes[t["name"]]) == t["shape"], f"shape of {t['name']}")
        total = float(np.sum(np.asarray(reader.get_tensor(t["name"]), np.float64)))
        wanted(abs(total - t["sum"]) <= 1e-6 * max(1, abs(total)), f"sum of {t['name']}")
    wanted(len(listed) == len(shapes), "number of tensors")
    net = tf_net.Net(len(CLASSES), SMALL)
    net.restore(path)
    step = int(net.session.run(net.step))
    wanted(step == 6, f"global_step is {step}")
    theirs = net.run(np.stack([tf_net.preprocess(f, SMALL) for f in files]))
    bare = ["classify", "--network", "inception_v4", "--image-size", str(SMALL), "--checkpoint", path]
    ours = logits_of(nemg(*bare, "--logits", *files), files)
    wrong, most = largest(ours, theirs), float(np.abs(theirs).max())
    wanted(most < 100 and wrong <= 1e-4 * max(1, most), f"logits up to {most:.3g} differ by {wrong:.2g}")
    slots = [n for n in shapes if n.endswith(("/RMSProp", "/RMSProp_1"))]
    return f"{len(shapes)} tensors, {len(slots)} slots, global_step {step}; logits up to {most:.3g}, largest difference {wrong:.2g}"


def events():
    """TensorBoard's own reader on the event files of that run"""
    a = EventAccumulator(f"{SCRATCH}/run", size_guidance={"scalars": 0, "images": 0})
    a.Reload()
    tags = a.Tags()
    wanted(tags["scalars"] and tags["images"], f"tags {tags}")
    for tag in tags["scalars"]:
        wanted(all(np.isfinite(s.value) for s in a.Scalars(tag)), f"{tag} has no number")
    for tag in tags["images"]:
        picture = tf.io.decode_image(a.Images(tag)[0].encoded_image_string)
        wanted(picture.shape[0] == SMALL, f"{tag} is {picture.shape}")
    return f"{len(tags['scalars'])} scalars, {len(tags['images'])} images"


def fine_tune():
    """the workflow of 2019 on a checkpoint of TensorFlow with 1001 classes: both phases, both recipes"""
    net = tf_net.Net(1001, 299)
    net.set(tf_net.random_values(1001, 299, 8))
    path = f"{SCRATCH}/pretrained/inception_v4.ckpt"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    net.save(path, v1.train.SaverDef.V2)
    seen = []
    for recipe in ("default", "slim"):
        args = ["train", "--dataset", f"{SCRATCH}/few", "--run", f"{SCRATCH}/run-{recipe}", "--batch", "4"]
        args += ["--checkpoint", path, "--recipe", recipe, "--phases", "heads:4,all:3"]
        done = nemg(*args)
        wanted(done["steps"] == 7, f"{recipe}: {done['steps']} steps")
        seen.append(f"{recipe}: validation cross-entropy {done['final']['validation']['cross_entropy']:.4f}")
    return "; ".join(seen)


def few_pictures():
    """a data set of 24 pictures for fine_tune"""
    os.makedirs(f"{SCRATCH}/few-pictures", exist_ok=True)
    for c in CLASSES:
        os.makedirs(f"{SCRATCH}/few-pictures/{c}", exist_ok=True)
        for f in sorted(glob.glob(f"{glob.escape(os.path.join(PICTURES, c))}/*"))[:8]:
            link = f"{SCRATCH}/few-pictures/{c}/{os.path.basename(f)}"
            if not os.path.lexists(link):
                os.symlink(os.path.abspath(f), link)
    nemg("dataset", "build", "--images", f"{SCRATCH}/few-pictures", "--out", f"{SCRATCH}/few", "--split", "file")


CHECKS = {
    "tfrecord": tfrecords,
    "preprocess": preprocessing,
    "checkpoint V2": lambda: forward(v1.train.SaverDef.V2, "v2"),
    "checkpoint V1": lambda: forward(v1.train.SaverDef.V1, "v1"),
    "training checkpoint": train,
    "events": events,
    "fine-tuning": lambda: (few_pictures(), fine_tune())[1],
}


def main():
    print(f"TensorFlow {tf.__version__}, {len(CLASSES)} classes in {PICTURES}")
    failed, chosen = 0, sys.argv[4:] or list(CHECKS)
    for name in chosen:
        check = CHECKS[name]
        try:
            print(f"ok {name}: {check()}", flush=True)
        except Exception as why:  # whatever it is, the other checks go on
            failed += 1
            print(f"FAILED {name}: {why}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
