"""Scores of images at several alphas, drawn to have the means that are wanted."""

import numpy as np
import pandas as pd
from scipy import stats

# Mean scores of 10,000 oval faces, from the outputs of paper 1's authors' notebook.
PAPER_ALPHAS = [-9, -6, -3, 0, 3, 6, 9]
PAPER_MEANS = [0.1641, 0.1891, 0.2256, 0.2728, 0.3454, 0.4245, 0.5011]


def respond(images, alphas, means, spread=0.1, noise=0.0, seed=0):
    """Scores of images that differ by an offset each, with these mean scores exactly."""
    generator = np.random.default_rng(seed)
    offsets = stats.zscore(generator.standard_normal(images)) * spread
    residuals = noise * generator.standard_normal((images, len(alphas)))
    residuals -= residuals.mean(axis=0)
    return pd.DataFrame(
        {
            "image": np.repeat([f"{seed:07d}" for seed in range(images)], len(alphas)),
            "alpha": np.tile(np.asarray(alphas, float), images),
            "score": (np.asarray(means) + offsets[:, None] + residuals).ravel(),
        }
    )


def lose(frame, share, seed=0):
    """Remove the scores of a share of the rows, as of faces not found."""
    lost = np.random.default_rng(seed).random(len(frame)) < share
    return frame.assign(score=frame["score"].mask(lost))
