#!/usr/bin/env python3
"""Numbers of other libraries for the statistics of src/stats, into statistics_reference.json.

    pip install numpy scipy scikit-learn statsmodels
    python3 statistics_reference.py > statistics_reference.json

The probabilities are rounded to two digits, so that there are ties. What no library has (DeLong's
variance, Guo's calibration error, the conformal quantile) is computed here by its definition, pair by
pair, and not by the algorithm that the C code uses.
"""
import json
import sys

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binomtest
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa

N, K = 90, 3


def examples():
    rng = np.random.default_rng(20261125)
    truth = rng.choice(K, N, p=[0.5, 0.3, 0.2])
    logits = rng.normal(0, 1.5, (N, K))
    logits[np.arange(N), truth] += 1.2
    logits = np.float32(np.round(2 * logits, 2))  # too sure by a factor of two
    p = np.exp(log_softmax(logits.astype(float), axis=1))
    p = np.round(p, 2)
    p[:, 2] = np.round(1 - p[:, 0] - p[:, 1], 2)
    return truth, logits, np.abs(p)


def delong_variance(positive, negative):
    """The structural components, by all pairs."""
    psi = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    return v10.var(ddof=1) / len(positive) + v01.var(ddof=1) / len(negative)


def of_class(truth, p, k):
    is_k, score = truth == k, p[:, k]
    fpr, tpr, thresholds = metrics.roc_curve(is_k, score, drop_intermediate=False)
    precision, recall, pr_thresholds = metrics.precision_recall_curve(is_k, score)
    auc = metrics.roc_auc_score(is_k, score)
    variance = delong_variance(score[is_k], score[~is_k])
    half = scipy.stats.norm.ppf(0.975) * np.sqrt(variance) / (auc * (1 - auc))
    centre = np.log(auc / (1 - auc))
    weight = np.arange(N) % 4
    return {
        "auc": auc,
        "variance": variance,
        "ci95": [1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))],
        "average_precision": metrics.average_precision_score(is_k, score),
        "auc_weighted": metrics.roc_auc_score(is_k, score, sample_weight=weight),
        "average_precision_weighted": metrics.average_precision_score(is_k, score, sample_weight=weight),
        "fpr": fpr.tolist()[1:],
        "tpr": tpr.tolist()[1:],
        "thresholds": thresholds.tolist()[1:],
        "precision": precision.tolist()[-2::-1],
        "recall": recall.tolist()[-2::-1],
        "pr_thresholds": pr_thresholds.tolist()[::-1],
    }


def expected_calibration_error(truth, p):
    called, confidence = p.argmax(axis=1), p.max(axis=1)
    error = 0
    for b in range(15):
        inside = (confidence > b / 15) & (confidence <= (b + 1) / 15)
        if inside.any():
            error += inside.mean() * abs((called == truth)[inside].mean() - confidence[inside].mean())
    return error


def temperature(truth, logits):
    def loss(log_t):
        return -log_softmax(logits.astype(float) / np.exp(log_t), axis=1)[np.arange(N), truth].mean()

    best = minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-10})
    return {"temperature": np.exp(best.x), "loss": best.fun, "loss_before": loss(0)}


def conformal(truth, p, rate):
    scores = np.sort(1 - p[np.arange(N), truth])
    level = np.ceil((N + 1) * (1 - rate)) / N
    return {"rate": rate, "threshold": np.quantile(scores, level, method="inverted_cdf")}


def mcnemar_of(b, c):
    # mid-p: half of the probability of what was seen does not count (Fagerland 2013)
    exact = mcnemar([[0, b], [c, 0]], exact=True).pvalue
    at = scipy.stats.binom.pmf(min(b, c), b + c, 0.5)
    assert np.isclose(exact, binomtest(b, b + c).pvalue)
    return {"b": b, "c": c, "exact": exact, "mid": 1 - at / 2 if b == c else exact - at}


def kappa_of(table):
    k = cohens_kappa(np.array(table))
    a = [i for i, row in enumerate(table) for n in row for _ in range(n)]
    b = [j for row in table for j, n in enumerate(row) for _ in range(n)]
    assert np.isclose(metrics.cohen_kappa_score(a, b), k.kappa)
    return {"table": table, "kappa": k.kappa, "ci95": [max(-1, k.kappa_low), min(1, k.kappa_upp)]}


def patients():
    """The share that is right, of 12 patients with 3 to 14 examples each, drawn again 200,000 times."""
    n = np.array([3, 5, 8, 14, 6, 7, 9, 4, 11, 10, 5, 8])
    right = np.array([3, 2, 7, 12, 6, 3, 9, 1, 9, 8, 5, 4])
    found = scipy.stats.bootstrap(
        (right, n), lambda r, m, axis: r.sum(axis=axis) / m.sum(axis=axis), paired=True, method="percentile",
        n_resamples=200000, batch=2000, vectorized=True, rng=np.random.default_rng(1))
    return {"n": n.tolist(), "right": right.tolist(), "ci95": list(found.confidence_interval)}


def main():
    truth, logits, p = examples()
    one_hot = np.eye(K)[truth]
    out = {
        "made_by": {m.__name__: m.__version__ for m in (np, scipy, sklearn, statsmodels)},
        "truth": truth.tolist(),
        "p": p.round(2).tolist(),
        "logits": [[round(float(x), 2) for x in row] for row in logits],
        "classes": [of_class(truth, p, k) for k in range(K)],
        "brier": metrics.brier_score_loss(truth, p, scale_by_half=False),
        "ece": expected_calibration_error(truth, p),
        "temperature": temperature(truth, logits),
        "conformal": [conformal(truth, p, r) for r in (0.05, 0.1, 0.2)],
        "mcnemar": [mcnemar_of(b, c) for b, c in ((1, 7), (5, 5), (0, 4), (12, 30), (700, 800))],
        "kappa": [kappa_of(t) for t in (
            [[88, 14, 18], [10, 40, 10], [2, 6, 12]],
            [[20, 5], [10, 15]],
            [[0, 7, 1], [6, 0, 2], [3, 3, 1]],
        )],
        "bootstrap": patients(),
    }
    assert np.isclose(out["brier"], ((p - one_hot) ** 2).sum(axis=1).mean())
    json.dump(out, sys.stdout, indent=None, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
