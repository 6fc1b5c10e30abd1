"""The accuracy figure: how well hyperplanes separate held-out images."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnemo.figures import parts, style

#: What a row says of the estimator: nothing of that of the paper.
_BY = {"logistic": "", "ridge": ", ridge", "svm": ", SVM"}


@style.applied()
def draw(hyperplanes: pd.DataFrame, confidence: float) -> Figure:
    """Draw how well hyperplanes separate held-out images, compared with chance (Tables 2 and 4).

    Args:
        hyperplanes: Rows of `HYPERPLANES`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one row per hyperplane: its accuracy, the share of the larger class, and the
        accuracy with shuffled labels. n is the number of fitted and held-out images.
    """
    names = [
        f"{row.space}, {row.assessor}, {row.shape}, {row.threshold}{_BY[str(row.estimator)]}, "
        f"n = {row.n}"
        for row in hyperplanes.itertuples()
    ]
    figure = Figure((style.WIDTH, 0.8 + 0.24 * len(names)), layout="constrained")
    panel = figure.subplots()
    y = np.arange(len(names))
    label = f"accuracy ({parts.percent(confidence)} interval)"
    parts.bars(panel, hyperplanes, "accuracy", y, label=label, across=True)
    chance: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("base_rate", "share of the larger class", {"marker": "|", "s": 60, "color": "black"}),
        (
            "permuted_accuracy",
            "shuffled labels",
            {"marker": "x", "s": 16, "color": style.VERMILION},
        ),
    )
    for name, label, mark in chance:
        panel.scatter(hyperplanes[name], y, label=label, zorder=3, **mark)
    parts.name_rows(panel, names)
    validated = {
        "cross-validation": "share of the n images on the correct side, each when held out",
        "holdout": "share on the correct side, among the tenth of the n images that was held out",
    }
    panel.set_xlabel("; ".join(validated[name] for name in hyperplanes["validation"].unique()))
    figure.legend(loc="outside upper right", ncols=3)
    return figure
