"""Time and memory of fitting a hyperplane, against scikit-learn's cross-validation of copies.

Both do the same work: five folds and a fit on all images, to the same tolerance. The reference is
what paper 1's authors did to reach the extended latent space: copy each w to 18 layers and hand
the copies to scikit-learn. Each run has a process of its own. Usage:

    python benchmarks/hyperplanes.py [images]
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate

from mnemo.directions import hyperplanes

Fit = Callable[[NDArray[np.float32], NDArray[np.float32], int], float]


def mnemo(latents: NDArray[np.float32], scores: NDArray[np.float32], layers: int) -> float:
    """Return the accuracy that `hyperplanes.fit` measures."""
    return hyperplanes.fit(
        latents, scores, threshold="mean", layers=layers, permutations=0
    ).accuracy


def scikit_learn(latents: NDArray[np.float32], scores: NDArray[np.float32], layers: int) -> float:
    """Return the accuracy that plain scikit-learn measures on copies."""
    copies = np.tile(latents, layers) if layers > 1 else latents
    high = scores >= scores.mean()
    model = LogisticRegression(tol=1e-6, max_iter=4000)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scored = cross_validate(model, copies, high, cv=folds, scoring=["accuracy", "roc_auc"])
    model.fit(copies, high)
    return float(scored["test_accuracy"].mean())


def measure(fit: Fit, images: int, layers: int) -> tuple[float, float, float]:
    """Return seconds, peak memory as a multiple of the latents' own, and accuracy."""
    generator = np.random.default_rng(0)
    latents = generator.standard_normal((images, 512), dtype=np.float32)
    # Spreads fall off as those of StyleGAN's w do, which makes the fit take its iterations.
    latents *= np.geomspace(0.5, 0.01, 512, dtype=np.float32)
    scores = latents @ generator.standard_normal(512, dtype=np.float32)
    scores += 0.6 * scores.std() * generator.standard_normal(images, dtype=np.float32)
    fit(latents[:200], scores[:200], layers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    accuracy = fit(latents, scores, layers)
    seconds = time.perf_counter() - start
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    return seconds, 1 + grown / latents.nbytes, accuracy


def main() -> None:
    """Print one row for each run, and ours as a share of scikit-learn's."""
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{images} latents of 512 float32; memory as a multiple of theirs")
    print(f"{'layers':>6} {'':14} {'seconds':>8} {'memory':>8} {'accuracy':>9}")
    context = multiprocessing.get_context("spawn")
    for layers in (1, 18):
        rows = []
        for fit in (mnemo, scikit_learn):
            with context.Pool(1) as pool:
                rows.append(pool.apply(measure, (fit, images, layers)))
            seconds, memory, accuracy = rows[-1]
            name = fit.__name__.replace("_", "-")
            print(f"{layers:6} {name:14} {seconds:8.1f} {memory:8.2f} {accuracy:9.4f}")
        (seconds, memory, _), (their_seconds, their_memory, _) = rows
        print(
            f"{layers:6} {'ratio':14} {seconds / their_seconds:8.2f} {memory / their_memory:8.2f}"
        )


if __name__ == "__main__":
    main()
